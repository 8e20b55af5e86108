//! The folder of blobs: files with random names, each written once and never changed.
//!
//! While it comes or goes, a blob's name has an end of its own: after a crash its row decides whether it stays.
//! A blob under its plain name is never removed for want of a row: then it is the rows that were lost.

use std::{
    collections::HashSet,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::rows::InDoubt;

/// In the data folder.
pub(super) const FOLDER: &str = "objects";
/// The end of the name of a blob that no commit has decided about yet.
const PASSING: &str = ".part";

/// The folder, held open: to lock it, and to fsync it.
pub(super) struct Blobs {
    path: PathBuf,
    folder: File,
}

/// What a start found beside what the rows told.
#[derive(Default)]
pub(super) struct Found {
    /// Blobs that no row refers to.
    pub unclaimed: Vec<String>,
    /// Blobs that a row refers to and that are not there.
    pub missing: usize,
}

impl Blobs {
    /// Locks the folder: a second process would sweep away what the first is receiving.
    pub fn open(path: PathBuf) -> Result<Self> {
        fs::create_dir_all(&path).with_context(|| format!("create {}", path.display()))?;
        let folder = File::open(&path).with_context(|| format!("open {}", path.display()))?;
        match folder.try_lock() {
            Ok(()) => Ok(Self { path, folder }),
            Err(TryLockError::WouldBlock) => bail!("another process uses {}", path.display()),
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("lock {}", path.display())),
        }
    }

    /// A new blob that vanishes again unless it is kept.
    pub fn draft(&self) -> Result<Draft> {
        let name = random_name()?;
        let path = self.passing(&name);
        let file = File::create_new(&path).with_context(|| format!("create {}", path.display()))?;
        Ok(Draft { name, path, file, kept: false })
    }

    pub fn open_blob(&self, name: &str) -> io::Result<File> {
        let plain = || File::open(self.path.join(name));
        // It may be on its way out, or come in between the two looks.
        plain().or_else(|_| File::open(self.passing(name))).or_else(|_| plain())
    }

    /// Puts the draft's bytes and its name on the disk; only then may a row refer to it.
    pub fn settle(&self, draft: &Draft) -> Result<()> {
        draft.file.sync_all().context("fsync the blob")?;
        self.folder.sync_all().context("fsync the folder of objects")
    }

    /// A row refers to it now.
    pub fn keep(&self, mut draft: Draft) {
        draft.kept = true;
        if let Err(error) = self.arrive(&draft.name) {
            tracing::warn!(%error, blob = draft.name, "a new blob gets its plain name at the next start");
        }
    }

    /// To be called before the commit after which no row refers to these: should the process die, its outcome decides.
    pub fn depart(&self, names: &[String]) -> Result<()> {
        for name in names {
            match fs::rename(self.path.join(name), self.passing(name)) {
                // It never got its plain name.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                renamed => renamed.with_context(|| format!("rename the blob {name}"))?,
            }
        }
        if names.is_empty() { Ok(()) } else { self.folder.sync_all().context("fsync the folder of objects") }
    }

    /// No row refers to these any more; those who read one go on reading it.
    pub fn remove(&self, names: &[String]) {
        for name in names {
            if let Err(error) = fs::remove_file(self.passing(name)) {
                tracing::warn!(%error, blob = name, "a blob that is not needed stays until the next start");
            }
        }
    }

    /// The commit did not take place.
    pub fn take_back(&self, names: &[String]) {
        for name in names {
            if let Err(error) = self.arrive(name) {
                tracing::warn!(%error, blob = name, "a blob gets its plain name back at the next start");
            }
        }
    }

    /// Decides about what was coming or going when the last run ended: what is among `kept` stays.
    pub fn recover(&self, kept: &HashSet<String>) -> Result<Found> {
        let (mut found, mut present) = (Found::default(), HashSet::new());
        for entry in fs::read_dir(&self.path).context("list the folder of objects")? {
            let name = entry.context("list the folder of objects")?.file_name();
            let Some(name) = name.to_str() else { continue };
            let (blob, passing) = match name.strip_suffix(PASSING) {
                Some(blob) => (blob, true),
                None => (name, false),
            };
            match (is_blob(blob), passing, kept.contains(blob)) {
                (false, ..) => continue,
                (_, true, true) => self.arrive(blob).with_context(|| format!("rename the blob {blob}"))?,
                (_, true, false) => {
                    fs::remove_file(self.path.join(name)).with_context(|| format!("sweep the blob {name}"))?
                }
                (_, false, true) => {}
                (_, false, false) => found.unclaimed.push(blob.to_owned()),
            }
            present.extend(kept.get(blob));
        }
        found.missing = kept.len() - present.len();
        Ok(found)
    }

    fn arrive(&self, name: &str) -> io::Result<()> {
        fs::rename(self.passing(name), self.path.join(name))
    }

    fn passing(&self, name: &str) -> PathBuf {
        self.path.join(format!("{name}{PASSING}"))
    }
}

/// Whether there are blobs in the data folder `folder`, of objects that somebody may miss.
pub(crate) fn has_blobs(folder: &Path) -> io::Result<bool> {
    let entries = match fs::read_dir(folder.join(FOLDER)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        entries => entries?,
    };
    for entry in entries {
        if entry?.file_name().to_str().is_some_and(is_blob) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A blob that is being written.
pub(super) struct Draft {
    pub name: String,
    pub file: File,
    path: PathBuf,
    kept: bool,
}

impl Draft {
    /// Itself again beside what was committed.
    ///
    /// A commit in doubt may be found done at the next start, so then the blob stays until that start decides.
    pub fn unless_failed<T>(mut self, committed: Result<T>) -> Result<(Self, T)> {
        match committed {
            Ok(outcome) => Ok((self, outcome)),
            Err(error) => {
                self.kept = error.is::<InDoubt>();
                Err(error)
            }
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            // What cannot be removed now is swept at the next start.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// 128 random bits in hexadecimal.
pub(super) fn random_name() -> Result<String> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).context("draw random bits")?;
    Ok(hex::encode(bits))
}

fn is_blob(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
