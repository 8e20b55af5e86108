//! Grants, as many as the server gives.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use http::StatusCode;
use tokio::task::JoinSet;

use crate::{
    client::Connection,
    figures::{Durations, grouped, megabytes, milliseconds, row},
    grant,
    server::Server,
};

/// What is asked to be signed: the length of a usual photo.
const ORIGINAL_BYTES: u64 = 3_000_000;

#[derive(Debug, Args)]
pub struct Load {
    /// Requests that are counted.
    #[arg(long, default_value_t = 20_000)]
    requests: usize,
    /// How many wait for an answer at any moment. More: more a second, until the core is busy; then only longer waits.
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// Requests before those, which are not counted.
    #[arg(long, default_value_t = 500)]
    warm_up: usize,
}

pub async fn measure(server: &Server, load: &Load) -> Result<()> {
    ensure!(load.connections > 0 && load.requests > 0, "no connections or no requests, no figures");
    let mut connections = Vec::new();
    for _ in 0..load.connections {
        connections.push(Connection::open(&server.url).await?);
    }
    let (connections, _) = send(connections, load.warm_up).await?;
    let start = Instant::now();
    let (_, waits) = send(connections, load.requests).await?;
    let seconds = start.elapsed().as_secs_f64();

    let waits = Durations::new(waits);
    row("answers a second", grouped((load.requests as f64 / seconds).round() as u64));
    row("p50", milliseconds(waits.percentile(50)));
    row("p99", milliseconds(waits.percentile(99)));
    row("max", milliseconds(waits.worst()));
    row(
        format!("peak memory after {} uploads", grouped((load.warm_up + load.requests) as u64)),
        megabytes(server.peak_mb()?),
    );
    Ok(())
}

/// Shares the requests out to whichever connection is free; gives the connections back for the next lot.
async fn send(connections: Vec<Connection>, requests: usize) -> Result<(Vec<Connection>, Vec<Duration>)> {
    let taken = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for connection in connections {
        let taken = taken.clone();
        tasks.spawn(async move { take_turns(connection, &taken, requests).await });
    }
    let (mut connections, mut waits) = (Vec::new(), Vec::new());
    while let Some(ended) = tasks.join_next().await {
        let (connection, its_waits) = ended.context("a connection's task ended badly")??;
        connections.push(connection);
        waits.extend(its_waits);
    }
    Ok((connections, waits))
}

async fn take_turns(mut api: Connection, taken: &AtomicUsize, requests: usize) -> Result<(Connection, Vec<Duration>)> {
    let mut waits = Vec::new();
    while taken.fetch_add(1, Ordering::Relaxed) < requests {
        let start = Instant::now();
        let answer = grant::post(&mut api, ORIGINAL_BYTES).await?;
        waits.push(start.elapsed());
        answer.expect(StatusCode::CREATED)?;
    }
    Ok((api, waits))
}
