//! DynamoDB in this process: dynoxide on a SQLite file, reached by the SDK's own requests.

use std::path::Path;

use anyhow::{Context, Result};
use dynoxide::{Database, DynoxideError};
use futures_util::FutureExt;
use serde::{Serialize, de::DeserializeOwned};

use crate::connector::{Answer, Call, InProcess};

const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// Opens the database file, or one in memory.
pub fn open(file: Option<&Path>) -> Result<Database> {
    match file {
        None => Database::memory().context("open a database in memory"),
        Some(file) => {
            let path = file.to_str().context("a data folder whose name is not UTF-8")?;
            Database::new(path).with_context(|| format!("open the database {path}"))
        }
    }
}

/// The SDK's way to it.
pub fn connector(database: Database) -> InProcess {
    InProcess::new(move |call| {
        let database = database.clone();
        async move {
            // A write waits for the disk: not on a thread that serves others.
            let answered = tokio::task::spawn_blocking(move || answer(&database, &call)).await;
            answered.context("the database's thread ended early")
        }
        .boxed()
    })
}

fn answer(database: &Database, call: &Call) -> Answer {
    let operation = call.target.rsplit('.').next().unwrap_or_default();
    let (status, body) = match dispatch(database, operation, &call.body) {
        Ok(body) => (200, body),
        Err(error) => (error.status_code(), error.to_json()),
    };
    tracing::trace!(operation, status, "the database was asked");
    Answer { status, content_type: CONTENT_TYPE, body }
}

/// The operations that catalog and accounts use; any other is a mistake of ours.
fn dispatch(database: &Database, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
    match operation {
        "PutItem" => write(&database.put_item(read(body)?)?),
        "GetItem" => write(&database.get_item(read(body)?)?),
        "UpdateItem" => write(&database.update_item(read(body)?)?),
        "Scan" => write(&database.scan(read(body)?)?),
        "Query" => write(&database.query(read(body)?)?),
        "BatchGetItem" => write(&database.batch_get_item(read(body)?)?),
        "DescribeTable" => write(&database.describe_table(read(body)?)?),
        "CreateTable" => write(&database.create_table(read(body)?)?),
        "UpdateTimeToLive" => write(&database.update_time_to_live(read(body)?)?),
        other => Err(DynoxideError::ValidationException(format!("{other} is not offered here"))),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, DynoxideError> {
    serde_json::from_slice(body).map_err(|error| DynoxideError::SerializationException(error.to_string()))
}

fn write(answer: &impl Serialize) -> Result<String, DynoxideError> {
    serde_json::to_string(answer).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}
