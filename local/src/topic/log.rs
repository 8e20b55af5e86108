//! Notifications in a file: published ones survive a crash, and so does what is still to be sent.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use rusqlite::{Connection, Row, params};
use serde_json::Value;
use store::Timestamp;

use super::{Notification, deliver::LONGEST_DELAY};

/// Older ones are dropped once they are done.
const KEPT: i64 = 1000;
const SHOWN_AT_ONCE: i64 = 50;

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS notifications (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        event_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        image_id TEXT NOT NULL,
        filename TEXT NOT NULL,
        at TEXT NOT NULL,
        message TEXT NOT NULL,
        delivery TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        due_at INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX IF NOT EXISTS due ON notifications (due_at) WHERE delivery IN ('pending', 'retrying');
";

/// The file, shared.
#[derive(Clone)]
pub struct Log {
    connection: Arc<Mutex<Connection>>,
    has_subscriber: bool,
}

/// A notification whose time to be sent has come.
#[derive(Debug)]
pub struct Due {
    pub sequence: i64,
    pub attempts: u32,
    pub image_id: String,
    pub message: String,
}

impl Log {
    pub fn open(file: &Path, has_subscriber: bool) -> Result<Self> {
        let connection = Connection::open(file).context("open the notifications")?;
        connection.execute_batch(SCHEMA).context("prepare the notifications")?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), has_subscriber })
    }

    pub async fn append(&self, event: &Value, message: String) -> Result<i64> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let image = &event["image"];
        let row = (
            text(&event["event_id"]),
            text(&event["type"]),
            text(&image["id"]),
            text(&image["filename"]),
            text(&event["at"]),
        );
        let delivery = if self.has_subscriber { "pending" } else { "shown" };
        self.run(move |connection| {
            let (event_id, kind, image_id, filename, at) = row;
            connection.execute(
                "INSERT INTO notifications (event_id, kind, image_id, filename, at, message, delivery) VALUES (?, ?, ?, ?, ?, ?, ?)",
                params![event_id, kind, image_id, filename, at, message, delivery],
            )?;
            let sequence = connection.last_insert_rowid();
            connection.execute(
                "DELETE FROM notifications WHERE sequence <= ? AND delivery NOT IN ('pending', 'retrying')",
                [sequence - KEPT],
            )?;
            Ok(sequence)
        })
        .await
    }

    /// The latest ones of an owner's images, oldest first.
    pub async fn latest(&self, owner: String) -> Result<Vec<Notification>> {
        self.run(move |connection| {
            let mut newest = connection.prepare_cached(
                "SELECT sequence, event_id, kind, image_id, at, delivery FROM notifications WHERE message ->> '$.image.owner' = ? ORDER BY sequence DESC LIMIT ?",
            )?;
            let mut found: Vec<_> = newest.query_map(params![owner, SHOWN_AT_ONCE], notification)?.collect::<Result<_, _>>()?;
            found.reverse();
            Ok(found)
        })
        .await
    }

    /// The one that should be sent next, if its time has come. One that seems to have longer than any delay was put
    /// off before the clock was set back.
    pub async fn next_due(&self) -> Result<Option<Due>> {
        let now = Timestamp::now().unix_milliseconds();
        self.run(move |connection| {
            let mut due = connection.prepare_cached(
                "SELECT sequence, attempts, image_id, message FROM notifications WHERE delivery IN ('pending', 'retrying') AND NOT due_at BETWEEN ? AND ? ORDER BY due_at LIMIT 1",
            )?;
            let later = [now + 1, now + LONGEST_DELAY.as_millis() as i64];
            let mut rows = due.query_map(later, |row| Ok(Due { sequence: row.get(0)?, attempts: row.get(1)?, image_id: row.get(2)?, message: row.get(3)? }))?;
            rows.next().transpose()
        })
        .await
    }

    /// How the attempt ended, and when to try again if it must be.
    pub async fn note(&self, sequence: i64, delivery: &'static str, retry_in: Duration) -> Result<()> {
        let due_at = Timestamp::now().unix_milliseconds() + retry_in.as_millis() as i64;
        self.run(move |connection| {
            connection.execute(
                "UPDATE notifications SET delivery = ?, attempts = attempts + 1, due_at = ? WHERE sequence = ?",
                params![delivery, due_at, sequence],
            )
        })
        .await?;
        Ok(())
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let connection = self.connection.clone();
        let done = tokio::task::spawn_blocking(move || {
            let connection = connection.lock().map_err(|_| anyhow!("a panic while notifications were written"))?;
            work(&connection).context("read or write the notifications")
        });
        done.await.context("the notifications' thread ended early")?
    }
}

fn notification(row: &Row) -> rusqlite::Result<Notification> {
    Ok(Notification {
        sequence: row.get(0)?,
        event_id: row.get(1)?,
        kind: row.get(2)?,
        image_id: row.get(3)?,
        at: row.get(4)?,
        delivery: row.get(5)?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn a_notification_is_not_put_off_for_ever_by_a_clock_that_was_set_back() {
        let log = Log::open(Path::new(":memory:"), true).unwrap();
        let sequence = log.append(&json!({}), "{}".into()).await.unwrap();
        log.note(sequence, "retrying", LONGEST_DELAY).await.unwrap();
        assert!(log.next_due().await.unwrap().is_none());
        log.note(sequence, "retrying", Duration::from_secs(86_400)).await.unwrap();
        assert!(log.next_due().await.unwrap().is_some());
    }
}
