//! The rows of objects: found, listed, written together with their events, deleted.

use std::{fs::File, io};

use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::{blobs::Draft, events, parts, shelf::Disk};

/// Where an object lies.
#[derive(Clone)]
pub(super) struct Place {
    pub bucket: String,
    pub key: String,
}

/// An object as its row tells it.
#[derive(Clone)]
pub(super) struct Object {
    pub key: String,
    pub blob: String,
    pub bytes: u64,
    pub etag: String,
    pub sha256: Option<Vec<u8>>,
    pub content_type: Option<String>,
    pub cache_control: Option<String>,
    /// Milliseconds since 1970.
    pub modified_at: i64,
}

/// How an object came to be: the end of its event's name.
#[derive(Clone, Copy)]
pub(super) enum Origin {
    Put,
    Copy,
    CompleteMultipartUpload,
}

/// What came of writing an object.
#[derive(PartialEq, Eq)]
pub(super) enum Written {
    Done,
    /// Something lies there already, and it was to be left alone.
    Occupied,
    /// The multipart upload was ended by another.
    Gone,
}

const COLUMNS: &str = "key, blob, bytes, etag, sha256, content_type, cache_control, modified_at";

impl Disk {
    /// Makes the draft the object at `place`: blob on the disk first, then the rows in one transaction.
    pub fn write_object(&self, new: NewObject) -> Result<Written> {
        let NewObject { place, draft, object, origin, only_if_absent, multipart } = new;
        self.blobs.settle(&draft)?;
        let tells = place.bucket == self.buckets.originals;
        let committed = self.change(|rows| {
            let old = find(rows, &place)?;
            if only_if_absent && old.is_some() {
                return Ok((Written::Occupied, Vec::new()));
            }
            // Parts first: nothing must be written yet if there are none any more.
            let mut replaced = match &multipart {
                Some(id) => match parts::forget(rows, id)? {
                    Some(blobs) => blobs,
                    None => return Ok((Written::Gone, Vec::new())),
                },
                None => Vec::new(),
            };
            upsert(rows, &place, &object)?;
            if tells {
                events::store(rows, &place, &object, origin)?;
            }
            replaced.extend(old.map(|old| old.blob));
            Ok((Written::Done, replaced))
        });
        let (draft, written) = draft.unless_failed(committed)?;
        if written == Written::Done {
            self.blobs.keep(draft);
            if tells {
                self.arrivals.notify_one();
            }
        }
        Ok(written)
    }

    /// The object and its bytes, which stay readable whatever happens to the object.
    pub fn open_object(&self, place: &Place) -> Result<Option<(Object, File)>> {
        let mut missing = None;
        loop {
            let Some(object) = self.rows.read(|rows| find(rows, place))? else { return Ok(None) };
            match self.blobs.open_blob(&object.blob) {
                Ok(file) => {
                    let bytes = file.metadata().context("measure the blob")?.len();
                    ensure!(bytes == object.bytes, "the blob {} has {bytes} bytes, not {}", object.blob, object.bytes);
                    return Ok(Some((object, file)));
                }
                // Replaced between the two looks, unless the same row names it again.
                Err(error) if error.kind() == io::ErrorKind::NotFound && missing.as_ref() != Some(&object.blob) => {
                    missing = Some(object.blob);
                }
                Err(error) => return Err(error).with_context(|| format!("open the blob {}", object.blob)),
            }
        }
    }

    /// Deletes what is there; nothing there is deleted already.
    pub fn delete_objects(&self, bucket: &str, keys: &[String]) -> Result<()> {
        self.change(|rows| {
            let mut delete = rows.prepare_cached("DELETE FROM objects WHERE bucket = ? AND key = ? RETURNING blob")?;
            let mut blobs = Vec::new();
            for key in keys {
                blobs.extend(delete.query_row([bucket, key], |row| row.get(0)).optional()?);
            }
            Ok(((), blobs))
        })
    }
}

/// All that decides what lies at a place afterwards.
pub(super) struct NewObject {
    pub place: Place,
    pub draft: Draft,
    pub object: Object,
    pub origin: Origin,
    pub only_if_absent: bool,
    /// The multipart upload that ends with it.
    pub multipart: Option<String>,
}

pub(super) fn find(rows: &Connection, place: &Place) -> Result<Option<Object>> {
    let mut query = rows.prepare_cached(&format!("SELECT {COLUMNS} FROM objects WHERE bucket = ? AND key = ?"))?;
    query.query_row([&place.bucket, &place.key], object).optional().context("find the object")
}

/// Up to `limit` objects whose keys begin with `prefix` and come after `after`, in the order of their keys' bytes.
pub(super) fn list(rows: &Connection, bucket: &str, prefix: &str, after: &str, limit: usize) -> Result<Vec<Object>> {
    let mut query = rows.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM objects WHERE bucket = ? AND key >= ? AND key > ? ORDER BY key"
    ))?;
    let found = query.query_map([bucket, prefix, after], object)?;
    // Keys with one prefix lie side by side: the first without it ends the list.
    let matching = found.take_while(|object| object.as_ref().map_or(true, |object| object.key.starts_with(prefix)));
    matching.take(limit).collect::<rusqlite::Result<_>>().context("list objects")
}

pub(super) fn upsert(rows: &Transaction, place: &Place, object: &Object) -> Result<()> {
    let insert = format!("INSERT OR REPLACE INTO objects (bucket, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    rows.prepare_cached(&insert)?
        .execute(params![
            place.bucket,
            place.key,
            object.blob,
            object.bytes as i64,
            object.etag,
            object.sha256,
            object.content_type,
            object.cache_control,
            object.modified_at,
        ])
        .context("write the object's row")?;
    Ok(())
}

fn object(row: &Row) -> rusqlite::Result<Object> {
    Ok(Object {
        key: row.get("key")?,
        blob: row.get("blob")?,
        bytes: row.get::<_, i64>("bytes")? as u64,
        etag: row.get("etag")?,
        sha256: row.get("sha256")?,
        content_type: row.get("content_type")?,
        cache_control: row.get("cache_control")?,
        modified_at: row.get("modified_at")?,
    })
}
