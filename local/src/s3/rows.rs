//! The SQLite file, used from blocking threads only; whether it is damaged was looked at before.

use std::{
    fmt,
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

/// What `schema.sql` makes.
const SCHEMA: i64 = 1;

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
        let writer = connect(path).with_context(unusable)?;
        make_schema(&writer).with_context(|| format!("prepare {}", path.display()))?;
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

fn make_schema(rows: &Connection) -> Result<()> {
    match rows.query_row("PRAGMA user_version", [], |row| row.get(0))? {
        0 => Ok(rows.execute_batch(&format!("BEGIN IMMEDIATE; {} COMMIT;", include_str!("schema.sql")))?),
        SCHEMA => Ok(()),
        later => bail!("it is of schema {later}, this program knows {SCHEMA}: use the program that wrote it"),
    }
}
