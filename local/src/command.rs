//! What the command does: start, say where, run until it is told to stop.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use telemetry::log::{self, Format, Stream};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{
    Options, Site, Wiring, memory,
    say::{be_silent, say},
};

/// Runs the command line to its end.
pub fn main() -> ExitCode {
    main_with(Wiring::default())
}

pub fn main_with(wiring: Wiring) -> ExitCode {
    processor::develop_if_asked();
    let options = Options::parse();
    let format = options.log_format;
    memory::be_frugal();
    log::init(format, Stream::Err);
    if format == Format::Json {
        be_silent();
    }
    log::last_words(format, start(options, wiring))
}

fn start(options: Options, wiring: Wiring) -> Result<()> {
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
    tracing::info!("stopping");
    say("Finishing what is in hand; once more to stop at once.");
    tokio::select! {
        () = site.stop() => {}
        () = signals.next() => say("Stopped at once: what was in hand goes on at the next start."),
    }
    Ok(())
}

fn greet(site: &Site) {
    let url = site.url();
    tracing::info!(url, s3_url = site.s3_url(), open = site.is_open(), folder = %site.folder().display(), "ready");
    say(&format!("Tintype is ready: {url}"));
    say(&format!("  a page      {url}/"));
    let key = if site.is_open() { "" } else { " -H \"Authorization: Bearer $KEY\"" };
    say(&format!("  one line    curl -fsS{key} -LT photo.jpg {url}/uploads/photo.jpg"));
    say(&format!("  all images  curl -fsS{key} {url}/images"));
    say(&format!("  S3 at {}, data in {}", site.s3_url(), site.folder().display()));
    say(match site.is_open() {
        true => "  OPEN: every program on this machine is answered, until a first key is made (README, Keys)",
        false => "  nobody is answered without a key (README, Keys)",
    });
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
