//! One photo at a time, from the end of its PUT to its renditions.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    client::{Connection, whole},
    figures::{Durations, grouped, megabytes, milliseconds, row},
    grant::Upload,
    photo,
    server::Server,
};

const PATIENCE: Duration = Duration::from_secs(120);

/// What is read of the answer to `GET /images/{id}`.
#[derive(Deserialize)]
struct Image {
    status: String,
    status_changed_at: String,
    renditions: Vec<Rendition>,
}

#[derive(Deserialize)]
struct Rendition {
    name: String,
    width: u32,
    height: u32,
    bytes: u64,
}

/// How long one photo took.
struct Round {
    put: Duration,
    /// From the end of the PUT until a client that waits is told.
    told: Duration,
    /// From the end of the PUT until the record says so.
    recorded: Duration,
    renditions: Vec<Rendition>,
}

pub async fn measure(server: &Server, rounds: usize) -> Result<()> {
    ensure!(rounds > 0, "no rounds, no figures");
    let photo = Bytes::from(photo::jpeg()?);
    let mut all = Vec::new();
    for _ in 0..rounds {
        all.push(round(server, photo.clone()).await?);
    }
    let over_all = |measured: fn(&Round) -> Duration| Durations::new(all.iter().map(measured).collect());
    let (put, told, recorded) =
        (over_all(|round| round.put), over_all(|round| round.told), over_all(|round| round.recorded));

    row("original", format!("{} × {}, {} bytes", photo::WIDTH, photo::HEIGHT, grouped(photo.len() as u64)));
    row("the PUT itself, median", milliseconds(put.median()));
    row("end of PUT to `ready` in the record, median", milliseconds(recorded.median()));
    row("end of PUT to `ready` in the record, worst", milliseconds(recorded.worst()));
    row("end of PUT to `ready` at the waiting client, median", milliseconds(told.median()));
    row("end of PUT to `ready` at the waiting client, worst", milliseconds(told.worst()));
    row("peak memory", megabytes(server.peak_mb()?));
    for Rendition { name, width, height, bytes } in &all[0].renditions {
        row(format!("`{name}`, {width} × {height}"), format!("{} bytes", grouped(*bytes)));
    }
    Ok(())
}

async fn round(server: &Server, photo: Bytes) -> Result<Round> {
    let mut api = Connection::open(&server.url).await?;
    let granted = Upload::ask(&mut api, photo.len() as u64).await?;
    let mut s3 = Connection::open(&granted.upload.url).await?;
    let start = Instant::now();
    granted.upload.send(&mut s3, whole(photo)).await?.expect(StatusCode::OK)?;
    let (end, end_by_the_clock) = (Instant::now(), OffsetDateTime::now_utc());
    let image = settled(&mut api, &granted.id, end).await?;
    let told = end.elapsed();
    ensure!(image.status == "ready", "the photo became {}", image.status);
    let changed_at = OffsetDateTime::parse(&image.status_changed_at, &Rfc3339).context("read a time")?;
    Ok(Round {
        put: end - start,
        told,
        // Both by the clock of this machine.
        recorded: (changed_at - end_by_the_clock).try_into().unwrap_or_default(),
        renditions: image.renditions,
    })
}

async fn settled(api: &mut Connection, id: &str, start: Instant) -> Result<Image> {
    while start.elapsed() < PATIENCE {
        let image: Image = api.get(&format!("/images/{id}?wait=20")).await?.expect(StatusCode::OK)?.json()?;
        if !matches!(image.status.as_str(), "awaiting_upload" | "processing") {
            return Ok(image);
        }
    }
    bail!("the photo was not settled after {} seconds", PATIENCE.as_secs())
}
