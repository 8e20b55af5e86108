//! Runs one job by oximg's library: `run-oximg JOB.json`, as `../job.py` describes it.

#[path = "../../clock.rs"]
mod clock;

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result, bail};
use oximg::pipeline::{ImageFormat, Params, process, process_path};
use serde::Deserialize;

// As oximg's own binary does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Deserialize)]
struct Job {
    input: PathBuf,
    out: PathBuf,
    repetitions: u32,
    outputs: Vec<Output>,
    /// A whole process: the file is read and written within the measured time, and nothing is warm.
    whole: bool,
}

#[derive(Deserialize)]
struct Output {
    format: String,
    width: u32,
    quality: f32,
}

fn main() -> Result<()> {
    let path = env::args().nth(1).context("usage: run-oximg JOB.json")?;
    let job: Job = serde_json::from_slice(&fs::read(path)?)?;
    if job.whole {
        for output in &job.outputs {
            write(&job, output, &process_path(&job.input, &params(output)?)?.0)?;
        }
        return clock::print_peak();
    }
    let original = fs::read(&job.input)?;
    let made = clock::repeat(job.repetitions, || develop(&original, &job.outputs))?;
    for (output, bytes) in job.outputs.iter().zip(made) {
        write(&job, output, &bytes)?;
    }
    Ok(())
}

/// It makes one output a run, so several are several runs.
fn develop(original: &[u8], outputs: &[Output]) -> Result<Vec<Vec<u8>>> {
    outputs.iter().map(|output| Ok(process(original, &params(output)?)?.0)).collect()
}

fn params(output: &Output) -> Result<Params> {
    let format = match output.format.as_str() {
        "jpeg" => ImageFormat::Jpeg,
        "webp" => ImageFormat::Webp,
        #[cfg(feature = "avif")]
        "avif" => ImageFormat::Avif,
        other => bail!("this build of oximg writes no {other}"),
    };
    Ok(Params {
        max_width: output.width,
        quality: output.quality,
        webp_quality: Some(output.quality),
        #[cfg(feature = "avif")]
        avif_quality: Some(output.quality as u8),
        output: Some(format),
        ..Params::default()
    })
}

fn write(job: &Job, output: &Output, bytes: &[u8]) -> Result<()> {
    fs::write(Path::new(&job.out).join(format!("{}.{}", output.width, output.format)), bytes)?;
    Ok(())
}
