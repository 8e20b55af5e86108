//! What is spoken between the two processes, and what the one inside does.

use std::io::{self, Read, Write};

use anyhow::{Context, Result};
use imaging::{Developed, Limits, Rejection};
use preset::{Preset, Rendition};
use serde::{Deserialize, Serialize};

use super::{ARGUMENT, Bounds};

/// What comes before the original.
#[derive(Serialize, Deserialize)]
struct Question {
    /// As JSON, since a preset leaves out what is as usual.
    renditions: String,
    limits: Limits,
    bounds: Bounds,
}

/// The first words of a `main` whose program is to be a darkroom. Called as one, it develops a picture and exits.
pub fn develop_if_asked() {
    if std::env::args_os().nth(1).is_none_or(|argument| argument != ARGUMENT) {
        return;
    }
    let done = develop();
    if let Err(fault) = &done {
        eprintln!("{fault:#}");
    }
    std::process::exit(i32::from(done.is_err()));
}

fn develop() -> Result<()> {
    die_with_the_parent();
    let mut asked = Vec::new();
    io::stdin().read_to_end(&mut asked).context("read a question")?;
    let (question, original): (Question, _) = postcard::take_from_bytes(&asked).context("understand a question")?;
    let renditions: Vec<Rendition> = serde_json::from_str(&question.renditions).context("understand a preset")?;
    question.bounds.apply();
    let preset = Preset { name: String::new(), renditions };
    let developed = imaging::develop(original, &preset, &question.limits);
    let developed = developed.map_err(|rejection| question.bounds.reclassify(rejection));
    let answer = postcard::to_stdvec(&developed).context("put an answer")?;
    io::stdout().write_all(&answer).context("give an answer")
}

/// Nobody waits for the pictures of a process that was killed. Where the system does not let it ask, as on Lambda, which
/// ends all processes of a function at once, it ends with its picture.
fn die_with_the_parent() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
}

pub(super) fn question(preset: &Preset, limits: &Limits, bounds: &Bounds) -> Result<Vec<u8>> {
    let renditions = serde_json::to_string(&preset.renditions).context("tell a preset")?;
    let question = Question { renditions, limits: limits.clone(), bounds: *bounds };
    postcard::to_stdvec(&question).context("put a question")
}

pub(super) fn answer(bytes: &[u8]) -> Result<Result<Developed, Rejection>> {
    postcard::from_bytes(bytes).context("understand what a darkroom made")
}
