//! The SQLite file: opened, checked, and used from blocking threads only.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use rusqlite::{Connection, Transaction, TransactionBehavior};

/// What `schema.sql` makes.
const SCHEMA: i64 = 1;

/// One connection writes and one reads, so that no reader waits for a writer's fsync.
pub(super) struct Rows {
    writer: Mutex<Connection>,
    reader: Mutex<Connection>,
}

impl Rows {
    /// Refuses a damaged file and one from a later version.
    pub fn open(path: &Path) -> Result<Self> {
        let damaged = || {
            format!(
                "{} cannot be used: restore it from a backup, or move it and the folder of objects away to begin anew",
                path.display()
            )
        };
        let writer = connect(path).with_context(damaged)?;
        check(&writer).with_context(damaged)?;
        make_schema(&writer).with_context(|| format!("prepare {}", path.display()))?;
        let reader = connect(path).with_context(damaged)?;
        Ok(Self { writer: Mutex::new(writer), reader: Mutex::new(reader) })
    }

    pub fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        // A panic while it was held leaves nothing half done: an open transaction is rolled back when it is dropped.
        work(&self.reader.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// All or nothing, and on the disk when it returns.
    pub fn write<T>(&self, work: impl FnOnce(&Transaction) -> Result<T>) -> Result<T> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate).context("begin")?;
        let outcome = work(&transaction)?;
        transaction.commit().context("commit")?;
        Ok(outcome)
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // With WAL the default would lose the last commits when the power fails; an answered PUT must stay.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn check(rows: &Connection) -> Result<()> {
    let verdict: String = rows.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        bail!("SQLite finds it damaged: {verdict}");
    }
    Ok(())
}

fn make_schema(rows: &Connection) -> Result<()> {
    match rows.query_row("PRAGMA user_version", [], |row| row.get(0))? {
        0 => Ok(rows.execute_batch(&format!("BEGIN IMMEDIATE; {} COMMIT;", include_str!("schema.sql")))?),
        SCHEMA => Ok(()),
        later => bail!("it is of schema {later}, this program knows {SCHEMA}: use the program that wrote it"),
    }
}
