//! What the command does: start, say where, run until it is told to stop.

use anyhow::{Context, Result};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::{Options, Site};

/// Runs the command line to its end.
pub fn main() -> Result<()> {
    let options = Options::parse();
    let filter = EnvFilter::try_from_env("TINTYPE_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Runtime::new().context("start the runtime")?;
    runtime.block_on(run(options))
}

async fn run(options: Options) -> Result<()> {
    let site = Site::start(options).await?;
    let url = site.url();
    println!("Tintype is ready: {url}");
    println!("  a page      {url}/");
    println!("  one line    curl -fsS -LT photo.jpg {url}/uploads/photo.jpg");
    println!("  all images  curl -fsS {url}/images");
    println!("  S3 at {}, data in {}", site.s3_url(), site.folder().display());
    until_told_to_stop().await?;
    println!("Finishing what is in hand.");
    site.stop().await;
    Ok(())
}

async fn until_told_to_stop() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
