//! The shelf: blobs in a folder, rows in SQLite, and one rule between them: an object exists when its row does.

use std::{collections::HashSet, fs::File, path::Path, sync::Arc};

use anyhow::{Context, Result};
use rusqlite::Transaction;
use s3s::{S3Error, S3Result, s3_error};
use tokio::sync::Notify;

use super::{
    blobs::{self, Blobs, Found},
    events, parts,
    rows::{InDoubt, Rows},
};

/// The buckets that there are; any other is refused.
#[derive(Clone, Debug)]
pub struct Buckets {
    /// Requests signed for another region are refused.
    pub region: String,
    /// Each object that arrives here leaves an event.
    pub originals: String,
    pub renditions: String,
}

impl Buckets {
    pub(super) fn contains(&self, name: &str) -> bool {
        name == self.originals || name == self.renditions
    }
}

/// Objects and their events on this machine's disk; a clone is the same shelf.
#[derive(Clone)]
pub struct Shelf(pub(super) Arc<Disk>);

/// What is used from blocking threads.
pub(super) struct Disk {
    pub buckets: Buckets,
    pub rows: Rows,
    /// Behind the rows, which are closed before the folder's lock is let go.
    pub blobs: Blobs,
    pub arrivals: Notify,
}

impl Shelf {
    /// Opens `<folder>/objects` and `<folder>/objects.sqlite`, or makes them, and ends what a crash left half done.
    pub fn open(folder: &Path, buckets: Buckets) -> Result<Self> {
        let blobs = Blobs::open(folder.join(blobs::FOLDER))?;
        let rows = Rows::open(&folder.join("objects.sqlite"))?;
        // The names of both must survive a power failure before anything in them is promised.
        let sync = File::open(folder).and_then(|folder| folder.sync_all());
        sync.with_context(|| format!("fsync {}", folder.display()))?;
        let disk = Disk { buckets, blobs, rows, arrivals: Notify::new() };
        disk.recover().context("recover the objects of the last run")?;
        Ok(Self(Arc::new(disk)))
    }

    pub fn buckets(&self) -> &Buckets {
        &self.0.buckets
    }

    /// Runs `work` on a thread that may wait for the disk.
    pub(super) async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Disk) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let disk = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || work(&disk)).await.context("work on the disk")?
    }

    /// The same on behalf of a request: the cause goes to the log, the client learns only that it failed.
    pub(super) async fn serve<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Disk) -> Result<T> + Send + 'static,
    ) -> S3Result<T> {
        // Logged on the blocking thread, because logging is switched off around a request: see `Endpoint`.
        let logged = move |disk: &Disk| work(disk).inspect_err(|error| tracing::error!("the shelf failed: {error:#}"));
        self.on_disk(logged).await.map_err(|_| internal())
    }
}

impl Disk {
    /// Changes rows, and removes the blobs that `change` says are no longer referred to.
    pub fn change<T>(&self, change: impl FnOnce(&Transaction) -> Result<(T, Vec<String>)>) -> Result<T> {
        let mut freed = Vec::new();
        let committed = self.rows.write(|rows| {
            let outcome;
            (outcome, freed) = change(rows)?;
            self.blobs.depart(&freed)?;
            Ok(outcome)
        });
        match &committed {
            Ok(_) => self.blobs.remove(&freed),
            Err(error) if error.is::<InDoubt>() => {}
            Err(_) => self.blobs.take_back(&freed),
        }
        committed
    }

    fn recover(&self) -> Result<()> {
        self.change(|rows| {
            events::release_all(rows)?;
            Ok(((), parts::forget_stale(rows)?))
        })?;
        let kept = self.rows.read(|rows| {
            let mut query = rows.prepare("SELECT blob FROM objects UNION ALL SELECT blob FROM parts")?;
            let names = query.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<HashSet<String>>>();
            names.context("list the blobs in use")
        })?;
        self.blobs.recover(&kept).map(tell)
    }
}

/// What only an older copy of the rows, or a hand in the folder, can explain.
fn tell(found: Found) {
    let Found { unclaimed, missing } = found;
    if missing > 0 {
        tracing::error!(missing, "objects have lost their bytes: put the folder of objects back from a backup");
    }
    if !unclaimed.is_empty() {
        tracing::warn!(
            unclaimed = unclaimed.len(),
            "files in the folder of objects belong to no object, and are kept: objects.sqlite may be older than they are (TINTYPE_LOG=local=info names them)"
        );
    }
    for blob in unclaimed {
        tracing::info!(blob, "a file that belongs to no object");
    }
}

pub(super) fn internal() -> S3Error {
    s3_error!(InternalError, "We encountered an internal error. Please try again.")
}
