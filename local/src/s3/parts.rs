//! The rows of multipart uploads and of the parts that have come.

use anyhow::{Context, Result};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{blobs::Draft, clock::now, objects::Place, shelf::Disk};

/// After a day nobody will complete it: the same rule that a bucket's lifecycle has on AWS.
const STALE_MILLIS: i64 = 24 * 3600 * 1000;

/// A multipart upload, and what its object will carry.
pub(super) struct Multipart {
    pub content_type: Option<String>,
    pub cache_control: Option<String>,
}

/// A part that has come.
pub(super) struct Part {
    pub number: i32,
    pub blob: String,
    pub bytes: u64,
    pub md5: [u8; 16],
    /// Milliseconds since 1970.
    pub received_at: i64,
}

impl Disk {
    /// Makes the draft a part of the multipart upload, if that is still there to have one.
    pub fn keep_part(&self, id: &str, place: &Place, draft: Draft, part: &Part) -> Result<bool> {
        self.blobs.settle(&draft)?;
        let committed = self.change(|rows| match find(rows, id, place)? {
            // Completed or aborted while the part was on its way.
            None => Ok((false, Vec::new())),
            Some(_) => Ok((true, put(rows, id, part)?.into_iter().collect())),
        });
        let (draft, kept) = draft.unless_failed(committed)?;
        if kept {
            self.blobs.keep(draft);
        }
        Ok(kept)
    }
}

pub(super) fn start(rows: &Transaction, id: &str, place: &Place, multipart: &Multipart) -> Result<()> {
    let mut insert = rows.prepare_cached("INSERT INTO multiparts VALUES (?, ?, ?, ?, ?, ?)")?;
    insert
        .execute(params![id, place.bucket, place.key, multipart.content_type, multipart.cache_control, now()])
        .context("start the multipart upload")?;
    Ok(())
}

pub(super) fn find(rows: &Connection, id: &str, place: &Place) -> Result<Option<Multipart>> {
    let mut query = rows
        .prepare_cached("SELECT content_type, cache_control FROM multiparts WHERE id = ? AND bucket = ? AND key = ?")?;
    let found = query.query_row([id, &place.bucket, &place.key], |row| {
        Ok(Multipart { content_type: row.get(0)?, cache_control: row.get(1)? })
    });
    found.optional().context("find the multipart upload")
}

/// Returns the blob of the part that had the same number.
fn put(rows: &Transaction, id: &str, part: &Part) -> Result<Option<String>> {
    let replaced = rows
        .prepare_cached("SELECT blob FROM parts WHERE multipart = ? AND number = ?")?
        .query_row(params![id, part.number], |row| row.get(0))
        .optional()
        .context("find the part")?;
    rows.prepare_cached("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?)")?
        .execute(params![id, part.number, part.blob, part.bytes as i64, part.md5, part.received_at])
        .context("write the part's row")?;
    Ok(replaced)
}

/// In the order of their numbers.
pub(super) fn list(rows: &Connection, id: &str) -> Result<Vec<Part>> {
    let mut query = rows.prepare_cached(
        "SELECT number, blob, bytes, md5, received_at FROM parts WHERE multipart = ? ORDER BY number",
    )?;
    let parts = query.query_map([id], |row| {
        let bytes = row.get::<_, i64>(2)? as u64;
        Ok(Part { number: row.get(0)?, blob: row.get(1)?, bytes, md5: row.get(3)?, received_at: row.get(4)? })
    })?;
    parts.collect::<rusqlite::Result<_>>().context("list the parts")
}

/// Ends the multipart upload and returns the blobs of its parts; `None` if another has ended it.
pub(super) fn forget(rows: &Transaction, id: &str) -> Result<Option<Vec<String>>> {
    let blobs = list(rows, id)?.into_iter().map(|part| part.blob).collect();
    let ended = rows.execute("DELETE FROM multiparts WHERE id = ?", [id]).context("end the multipart upload")?;
    Ok((ended == 1).then_some(blobs))
}

/// Ends all that began too long ago, and returns the blobs of their parts.
pub(super) fn forget_stale(rows: &Transaction) -> Result<Vec<String>> {
    let mut query = rows.prepare_cached("SELECT id FROM multiparts WHERE started_at < ?")?;
    let ids: Vec<String> =
        query.query_map([now() - STALE_MILLIS], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut blobs = Vec::new();
    for id in ids {
        blobs.extend(forget(rows, &id)?.unwrap_or_default());
    }
    Ok(blobs)
}
