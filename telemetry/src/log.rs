//! The log: one line an event, as text for a person or as JSON for a collector.

mod panics;
#[cfg(test)]
mod tests;

use std::{
    ffi::OsStr,
    io::{IsTerminal, Write, stderr, stdout},
    process::ExitCode,
    str::FromStr,
};

use anyhow::{Context, Result, bail};
use tracing::{Dispatch, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::Targets,
    fmt::{self, writer::BoxMakeWriter},
    layer::SubscriberExt,
};

/// What is logged, such as `info` or `api=debug`.
const LEVEL: &str = "TINTYPE_LOG";

/// What a line looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For the person who started it: what goes wrong.
    #[default]
    Text,
    /// For a collector: one JSON object a line, of what goes well too.
    Json,
}

/// Where lines go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Out,
    Err,
}

/// Turns the log on, panics included. Once, at start.
pub fn init(format: Format, stream: Stream) {
    let (filter, misunderstood) = match wanted() {
        Ok(wanted) => (wanted.unwrap_or_else(|| EnvFilter::new(format.level())), None),
        Err(fault) => (EnvFilter::new(format.level()), Some(fault)),
    };
    let log = dispatch(format, filter, stream.writer(), stream.shows_colours());
    panics::go_to(log.clone());
    let first = tracing::dispatcher::set_global_default(log).is_ok();
    debug_assert!(first, "the log is turned on once");
    if let Some(fault) = misunderstood {
        tracing::warn!(cause = format!("{fault:#}"), "the log keeps its usual level");
    }
}

/// How a process ends: what stopped it is its last line.
pub fn last_words(format: Format, ended: Result<()>) -> ExitCode {
    let Err(fault) = ended else { return ExitCode::SUCCESS };
    match format {
        // That nobody reads it is no reason to panic.
        Format::Text => drop(writeln!(stderr(), "Error: {fault:#}")),
        Format::Json => tracing::error!(cause = format!("{fault:#}"), "stopped by a fault"),
    }
    ExitCode::FAILURE
}

impl Format {
    fn level(self) -> &'static str {
        match self {
            Self::Text => "warn",
            Self::Json => "info",
        }
    }
}

impl FromStr for Format {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => bail!("accepted are text and json"),
        }
    }
}

impl Stream {
    fn writer(self) -> BoxMakeWriter {
        match self {
            Self::Out => BoxMakeWriter::new(stdout),
            Self::Err => BoxMakeWriter::new(stderr),
        }
    }

    /// By the convention of no-color.org.
    fn shows_colours(self) -> bool {
        let terminal = match self {
            Self::Out => stdout().is_terminal(),
            Self::Err => stderr().is_terminal(),
        };
        terminal && std::env::var_os("NO_COLOR").as_deref().is_none_or(OsStr::is_empty)
    }
}

/// What the variable asks for, if it is set.
fn wanted() -> Result<Option<EnvFilter>> {
    let Some(wanted) = std::env::var(LEVEL).ok().filter(|wanted| !wanted.is_empty()) else { return Ok(None) };
    let filter = EnvFilter::builder().parse(&wanted).with_context(|| format!("{LEVEL} is {wanted:?}"))?;
    Ok(Some(filter))
}

fn dispatch(format: Format, filter: EnvFilter, writer: BoxMakeWriter, colours: bool) -> Dispatch {
    // A line that cannot be written is lost: complaining on the same stream would be the next one.
    let lines = fmt::layer().with_writer(writer).with_ansi(colours).log_internal_errors(false);
    let lines = match format {
        Format::Text => lines.boxed(),
        Format::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    Dispatch::new(Registry::default().with(lines).with(filter).with(discretion()))
}

/// Whatever is asked for: below `info` these tell whole requests, and a presigned URL is a password, as a key is.
fn discretion() -> Targets {
    let talkative = ["aws_", "hyper", "lambda_", "reqwest", "rustls", "s3s"].map(|target| (target, LevelFilter::INFO));
    Targets::new().with_default(LevelFilter::TRACE).with_targets(talkative)
}
