//! The SQLite file, used from blocking threads only; whether it is damaged was looked at before.

use std::{
    fmt,
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

/// What makes the tables, the oldest first: a file of an earlier version gets the steps that it lacks.
const SCHEMA: [&str; 2] = [
    include_str!("schema.sql"),
    // What was counted before had no fault among it, mostly.
    "ALTER TABLE events RENAME COLUMN receives TO faults; UPDATE events SET faults = 0;",
];

/// The commit itself failed, after all had been written: whether it took place shows at the next start.
#[derive(Debug)]
pub(super) struct InDoubt;

impl fmt::Display for InDoubt {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("commit")
    }
}

/// One connection writes and one reads, so that no reader waits for a writer's fsync.
pub(super) struct Rows {
    writer: Mutex<Connection>,
    reader: Mutex<Connection>,
}

impl Rows {
    /// Makes the file unless it is there; refuses one from a later version.
    pub fn open(path: &Path) -> Result<Self> {
        let unusable = || format!("{} cannot be used", path.display());
        let mut writer = connect(path).with_context(unusable)?;
        make_schema(&mut writer).with_context(|| format!("prepare {}", path.display()))?;
        let reader = connect(path).with_context(unusable)?;
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
        match transaction.commit() {
            Ok(()) => Ok(outcome),
            // Nothing was written to its end.
            Err(full) if full.sqlite_error_code() == Some(ErrorCode::DiskFull) => Err(full).context("commit"),
            Err(fault) => Err(fault).context(InDoubt),
        }
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

fn make_schema(rows: &mut Connection) -> Result<()> {
    let (version, known): (usize, _) = (rows.query_row("PRAGMA user_version", [], |row| row.get(0))?, SCHEMA.len());
    let Some(lacking) = SCHEMA.get(version..) else {
        bail!("it is of schema {version}, this program knows {known}: use the program that wrote it")
    };
    let transaction = rows.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in lacking {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    Ok(transaction.commit()?)
}
