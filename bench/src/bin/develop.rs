//! Runs one job of `bench/pixels`: `develop JOB.json`, as `bench/pixels/job.py` describes it.

#[path = "../../pixels/clock.rs"]
mod clock;

use std::path::PathBuf;
use std::{env, fs};

use anyhow::{Context, Result};
use imaging::{Developed, Limits};
use preset::{Preset, Rendition, Resample};
use serde::Deserialize;

#[derive(Deserialize)]
struct Job {
    input: PathBuf,
    out: PathBuf,
    repetitions: u32,
    outputs: Vec<Output>,
    way: Resample,
    /// A whole process: the original is read and the renditions are written, and nothing is warm.
    whole: bool,
}

#[derive(Deserialize)]
struct Output {
    format: preset::Format,
    width: u32,
    quality: u8,
}

fn main() -> Result<()> {
    let path = env::args().nth(1).context("usage: develop JOB.json")?;
    let job: Job = serde_json::from_slice(&fs::read(path)?)?;
    let preset = preset(&job);
    if job.whole {
        let original = fs::read(&job.input)?;
        write(&job, &develop(&original, &preset)?)?;
        return clock::print_peak();
    }
    let original = fs::read(&job.input)?;
    write(&job, &clock::repeat(job.repetitions, || develop(&original, &preset))?)
}

fn preset(job: &Job) -> Preset {
    let rendition = |output: &Output| Rendition {
        width: Some(output.width),
        quality: output.quality,
        resample: job.way,
        ..Rendition::new(format!("{}.{}", output.width, output.format.as_str()), output.format)
    };
    Preset { name: "bench".into(), renditions: job.outputs.iter().map(rendition).collect() }
}

/// The largest photo has 100 megapixels.
fn develop(original: &[u8], preset: &Preset) -> Result<Developed> {
    Ok(imaging::develop(original, preset, &Limits { max_pixels: 200_000_000, ..Limits::default() })?)
}

fn write(job: &Job, developed: &Developed) -> Result<()> {
    for picture in &developed.renditions {
        fs::write(job.out.join(&picture.name), &picture.bytes)?;
    }
    Ok(())
}
