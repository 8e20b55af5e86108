//! What the command does: start, say where, run until it is told to stop.

use anyhow::{Context, Result};
use clap::Parser;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::{Options, Site, Wiring, memory, say::say};

/// Runs the command line to its end.
pub fn main() -> Result<()> {
    main_with(Wiring::default())
}

pub fn main_with(wiring: Wiring) -> Result<()> {
    processor::develop_if_asked();
    let options = Options::parse();
    memory::be_frugal();
    let filter = EnvFilter::try_from_env("TINTYPE_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Runtime::new().context("start the runtime")?;
    runtime.block_on(run(options, wiring))
}

async fn run(options: Options, wiring: Wiring) -> Result<()> {
    // Before anybody is told that it runs: until then a signal would cut it off.
    let mut signals = Signals::listen()?;
    let mut site = Site::start(options, wiring).await?;
    greet(&site);
    tokio::select! {
        () = signals.next() => {}
        broken = site.broken() => return Err(broken),
    }
    say("Finishing what is in hand; once more to stop at once.");
    tokio::select! {
        () = site.stop() => {}
        () = signals.next() => say("Stopped at once: what was in hand goes on at the next start."),
    }
    Ok(())
}

fn greet(site: &Site) {
    let url = site.url();
    say(&format!("Tintype is ready: {url}"));
    say(&format!("  a page      {url}/"));
    say(&format!("  one line    curl -fsS -LT photo.jpg {url}/uploads/photo.jpg"));
    say(&format!("  all images  curl -fsS {url}/images"));
    say(&format!("  S3 at {}, data in {}", site.s3_url(), site.folder().display()));
}

/// What tells a process to stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> Result<Self> {
        let terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
        let interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
        Ok(Self { terminate, interrupt })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
