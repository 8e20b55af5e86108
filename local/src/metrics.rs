//! `/metrics`: what is counted, and how queue and disk stand.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use api::{Admin, Allowed, App};
use axum::{
    Extension, Router,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use telemetry::metrics::prometheus::{self, Gauge};

use crate::s3::Shelf;

/// For Prometheus, with an administrator's key.
pub fn routes(shelf: Shelf, folder: &Path) -> Router<App> {
    Router::new().route("/metrics", get(metrics)).layer(Extension((shelf, folder.to_owned())))
}

async fn metrics(_: Allowed<Admin>, Extension((shelf, folder)): Extension<(Shelf, PathBuf)>) -> Response {
    // What was counted is told even when a look at the disk fails.
    let gauges = gauges(&shelf, folder).await.unwrap_or_else(|fault| {
        tracing::error!(cause = format!("{fault:#}"), "queue and disk cannot be measured");
        Vec::new()
    });
    ([(header::CONTENT_TYPE, prometheus::CONTENT_TYPE)], prometheus::text(&gauges)).into_response()
}

async fn gauges(shelf: &Shelf, folder: PathBuf) -> Result<Vec<Gauge>> {
    let backlog = shelf.backlog().await?;
    let disk = tokio::task::spawn_blocking(move || rustix::fs::statvfs(&folder)).await?.context("measure the disk")?;
    let gauge = |name, help, value| Gauge { name, help, value };
    Ok(vec![
        gauge("queue_messages", "Messages that wait or are in hand.", backlog.messages as f64),
        gauge("queue_oldest_age_seconds", "Age of the oldest of them.", backlog.oldest_age.as_secs_f64()),
        gauge("queue_dead_letters", "Messages that were given up and are kept.", backlog.dead_letters as f64),
        gauge(
            "disk_free_bytes",
            "What may still be written to the disk of the data folder.",
            (disk.f_bavail * disk.f_frsize) as f64,
        ),
        gauge("disk_size_bytes", "What that disk holds in all.", (disk.f_blocks * disk.f_frsize) as f64),
    ])
}
