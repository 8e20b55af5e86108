//! What lies in the data folder, told before anything in it is opened: SQLite makes an empty database as readily as it opens a full one.

use std::{io, path::Path};

use anyhow::{Context, Result, bail, ensure};
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use crate::{parts::IMAGES_TABLE, s3};

/// A database, and the table whose rows tell that it is in use.
type Database = (&'static str, &'static str);

const CATALOG: Database = ("catalog.sqlite", IMAGES_TABLE);
const OBJECTS: Database = ("objects.sqlite", "objects");
const NOTIFICATIONS: Database = ("notifications.sqlite", "notifications");

/// The file that is there once all of these are: from then on the one that is missing was lost, be it that all were empty.
pub const BEGUN: &str = "begun";

const ADVICE: &str =
    "put the whole folder back from one backup, or choose another by --data to begin anew; nothing was changed";

/// What a database holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// Not even its table: there is no file, or nothing in it.
    Nothing,
    NoRows,
    Rows,
}

/// Whether the folder is new. Refuses one that has lost a part: what is left would be taken for all that ever was.
pub fn is_new(folder: &Path) -> Result<bool> {
    let (catalog, objects) = (look(folder, CATALOG)?, look(folder, OBJECTS)?);
    let all = [(CATALOG, catalog), (OBJECTS, objects), (NOTIFICATIONS, look(folder, NOTIFICATIONS)?)];
    let in_use = all.iter().any(|(_, holds)| *holds == Holds::Rows)
        || folder.join(BEGUN).exists()
        || s3::has_blobs(folder).context("look for objects in the data folder")?;
    let lost = all.iter().find(|(_, holds)| in_use && *holds == Holds::Nothing);
    if let Some(((file, _), _)) = lost {
        bail!("{} is missing or empty, though its folder is in use: {ADVICE}", folder.join(file).display());
    }
    // A record is written before its upload can come, and outlives its objects.
    if (catalog, objects) == (Holds::NoRows, Holds::Rows) {
        bail!("{} has no record of the objects beside it: {ADVICE}", folder.join(CATALOG.0).display());
    }
    Ok(!in_use)
}

fn look(folder: &Path, (file, table): Database) -> Result<Holds> {
    let path = folder.join(file);
    let bytes = match path.metadata() {
        Ok(found) => found.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error).with_context(|| format!("look at {}", path.display())),
    };
    if bytes == 0 {
        // What is left of one in use; SQLite would remove it.
        let log = folder.join(format!("{file}-wal"));
        ensure!(!log.exists(), "{} is missing or empty, but its log is there: {ADVICE}", path.display());
        return Ok(Holds::Nothing);
    }
    inspect(&path, table).or_else(|cause| bail!("{} cannot be used ({cause:#}): {ADVICE}", path.display()))
}

fn inspect(path: &Path, table: &str) -> Result<Holds> {
    let rows = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let verdict: String = rows.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    ensure!(verdict == "ok", "SQLite finds it damaged: {verdict}");
    let named = rows.query_row("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", [table], |_| Ok(()));
    if named.optional()?.is_none() {
        return Ok(Holds::Nothing);
    }
    let any: bool = rows.query_row(&format!("SELECT EXISTS (SELECT 1 FROM {table})"), [], |row| row.get(0))?;
    Ok(if any { Holds::Rows } else { Holds::NoRows })
}
