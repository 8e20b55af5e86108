//! The events that tell of new originals: rows written with the object, handed out until they are acknowledged.

use std::time::Duration;

use anyhow::{Context, Result};
use rusqlite::{Connection, Row, Transaction, named_params, params};
use serde_json::json;
use time::format_description::well_known::Rfc3339;
use tokio::sync::Notify;

use super::{
    clock::{at, now},
    objects::{Object, Origin, Place},
    shelf::{Buckets, Shelf},
};

/// No event is hidden for longer. One that seems to be was hidden before the clock was set back: it is due.
const LONGEST: Duration = Duration::from_secs(300);
const DUE: &str = "dead = 0 AND (visible_at <= :now OR visible_at > :now + :longest)";

/// An event that was handed out.
#[derive(Clone, Debug)]
pub struct Event {
    pub sequence: i64,
    /// How often it was handed out and could not be dealt with.
    pub faults: u32,
    /// The JSON that S3 sends to a queue.
    pub body: String,
}

/// How the queue stands.
#[derive(Clone, Copy, Debug)]
pub struct Backlog {
    pub messages: u64,
    /// Of the oldest of them; 0 when there is none.
    pub oldest_age: Duration,
    pub dead_letters: u64,
}

impl Shelf {
    pub async fn backlog(&self) -> Result<Backlog> {
        self.on_disk(|disk| disk.rows.read(|rows| backlog(rows, now()))).await
    }

    /// Hands out up to `limit` events that are due, oldest first, and hides them for `hold`, five minutes at most.
    pub async fn next_events(&self, limit: usize, hold: Duration) -> Result<Vec<Event>> {
        self.on_disk(move |disk| {
            let now = now();
            // Looking costs no fsync; most looks find nothing.
            if !disk.rows.read(|rows| any_due(rows, now))? {
                return Ok(Vec::new());
            }
            disk.rows.write(|rows| take_due(rows, &disk.buckets, limit, now, now + millis(hold)))
        })
        .await
    }

    /// The event has done its work and goes.
    pub async fn acknowledge(&self, sequence: i64) -> Result<()> {
        self.change(move |rows| rows.execute("DELETE FROM events WHERE sequence = ?", [sequence])).await
    }

    /// The event came too early: it is handed out again, but not before `delay` has passed, five minutes at most.
    pub async fn postpone(&self, sequence: i64, delay: Duration) -> Result<()> {
        let until = now() + millis(delay);
        let postpone = "UPDATE events SET visible_at = ? WHERE sequence = ?";
        self.change(move |rows| rows.execute(postpone, [until, sequence])).await
    }

    /// The same after a fault, which is counted.
    pub async fn postpone_after_fault(&self, sequence: i64, delay: Duration) -> Result<()> {
        let until = now() + millis(delay);
        let postpone = "UPDATE events SET visible_at = ?, faults = faults + 1 WHERE sequence = ?";
        self.change(move |rows| rows.execute(postpone, [until, sequence])).await
    }

    /// The event is never handed out again, and kept for whoever looks for the reason.
    pub async fn bury(&self, sequence: i64) -> Result<()> {
        self.change(move |rows| rows.execute("UPDATE events SET dead = 1 WHERE sequence = ?", [sequence])).await
    }

    /// Woken when an object has arrived.
    pub fn arrivals(&self) -> &Notify {
        &self.0.arrivals
    }

    async fn change(
        &self,
        change: impl FnOnce(&Transaction) -> rusqlite::Result<usize> + Send + 'static,
    ) -> Result<()> {
        self.on_disk(|disk| disk.rows.write(|rows| change(rows).context("change an event"))).await?;
        Ok(())
    }
}

pub(super) fn store(rows: &Transaction, place: &Place, object: &Object, origin: Origin) -> Result<()> {
    let name = match origin {
        Origin::Put => "ObjectCreated:Put",
        Origin::Copy => "ObjectCreated:Copy",
        Origin::CompleteMultipartUpload => "ObjectCreated:CompleteMultipartUpload",
    };
    let mut insert =
        rows.prepare_cached("INSERT INTO events (name, bucket, key, bytes, etag, at) VALUES (?, ?, ?, ?, ?, ?)")?;
    insert
        .execute(params![name, place.bucket, place.key, object.bytes as i64, object.etag, object.modified_at])
        .context("store the event")?;
    Ok(())
}

/// After a start nobody works on any event, whatever was handed out before.
pub(super) fn release_all(rows: &Transaction) -> Result<()> {
    rows.execute("UPDATE events SET visible_at = 0 WHERE dead = 0 AND visible_at > 0", [])?;
    Ok(())
}

fn backlog(rows: &Connection, now: i64) -> Result<Backlog> {
    let mut query = rows.prepare_cached("SELECT count(*), coalesce(min(at), ?1) FROM events WHERE dead = 0")?;
    let (messages, oldest): (u64, i64) = query.query_row([now], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut query = rows.prepare_cached("SELECT count(*) FROM events WHERE dead = 1")?;
    let dead_letters = query.query_row([], |row| row.get(0))?;
    Ok(Backlog { messages, oldest_age: Duration::from_millis((now - oldest).max(0) as u64), dead_letters })
}

fn any_due(rows: &Connection, now: i64) -> Result<bool> {
    let mut query = rows.prepare_cached(&format!("SELECT EXISTS (SELECT 1 FROM events WHERE {DUE})"))?;
    let clock = named_params! { ":now": now, ":longest": millis(LONGEST) };
    query.query_row(clock, |row| row.get(0)).context("look for events")
}

fn take_due(rows: &Transaction, buckets: &Buckets, limit: usize, now: i64, until: i64) -> Result<Vec<Event>> {
    let mut query = rows.prepare_cached(&format!("SELECT * FROM events WHERE {DUE} ORDER BY sequence LIMIT :limit"))?;
    let asked = named_params! { ":now": now, ":longest": millis(LONGEST), ":limit": limit as i64 };
    let due = query.query_map(asked, |row| event(row, buckets))?;
    let due: Vec<Event> = due.collect::<rusqlite::Result<_>>().context("read events")?;
    let mut hide = rows.prepare_cached("UPDATE events SET visible_at = ? WHERE sequence = ?")?;
    for event in &due {
        hide.execute([until, event.sequence]).context("hand out the event")?;
    }
    Ok(due)
}

fn event(row: &Row, buckets: &Buckets) -> rusqlite::Result<Event> {
    let sequence: i64 = row.get("sequence")?;
    let (name, bucket, key): (String, String, String) = (row.get("name")?, row.get("bucket")?, row.get("key")?);
    let (bytes, etag): (i64, String) = (row.get("bytes")?, row.get("etag")?);
    let happened_at = at(row.get("at")?).format(&Rfc3339).unwrap_or_default();
    let body = json!({ "Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": buckets.region,
        "eventTime": happened_at,
        "eventName": name,
        "userIdentity": { "principalId": "local" },
        "requestParameters": { "sourceIPAddress": "127.0.0.1" },
        "responseElements": { "x-amz-request-id": format!("{sequence:016X}") },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "ingest",
            "bucket": {
                "name": bucket,
                "ownerIdentity": { "principalId": "local" },
                "arn": format!("arn:aws:s3:::{bucket}"),
            },
            "object": {
                "key": form_encoded(&key),
                "size": bytes,
                "eTag": etag,
                "sequencer": format!("{sequence:016X}"),
            },
        },
    }] });
    Ok(Event { sequence, faults: row.get("faults")?, body: body.to_string() })
}

/// As S3 writes keys in events: a space is a plus, a slash stays.
fn form_encoded(key: &str) -> String {
    let parts = key.split('/').map(|part| form_urlencoded::byte_serialize(part.as_bytes()).collect::<String>());
    parts.collect::<Vec<_>>().join("/")
}

fn millis(duration: Duration) -> i64 {
    duration.min(LONGEST).as_millis() as i64
}
