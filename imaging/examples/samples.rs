//! Develops a folder of samples and compares each with what its list promises:
//! `cargo run -p imaging --example samples -- FOLDER`, where `FOLDER/MANIFEST.tsv` names them.
//!
//! Each sample has a process of its own, so that its memory and time are known and its crash is nobody else's.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::io::Read;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

use imaging::{Limits, develop};
use preset::{Format, Preset, Rendition};
use turbojpeg::PixelFormat;

const MAX_SECONDS: f64 = 10.0;
const MAX_MIB: f64 = 512.0;
/// Of 255, in the mean of a channel; decoders round and interpolate chroma each in their own way.
const COLOUR_TOLERANCE: f64 = 3.0;
/// Where there is no PNG to look at: JPEG cannot hold the strong colours of pictures of few pixels.
const JPEG_TOLERANCE: f64 = 15.0;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match &arguments[..] {
        [folder] => compare(Path::new(folder)),
        [flag, path] if flag == "--one" => develop_one(Path::new(path)),
        _ => Err("usage: samples FOLDER".into()),
    }
}

/// The child: prints one line of what became of a sample.
fn develop_one(path: &Path) -> Result<ExitCode, Box<dyn Error>> {
    let original = fs::read(path)?;
    let renditions =
        [Format::Png, Format::Jpeg].map(|format| Rendition { quality: 95, ..Rendition::new(format.as_str(), format) });
    let preset = Preset { name: "samples".into(), renditions: renditions.to_vec() };
    let start = Instant::now();
    let developed = develop(&original, &preset, &Limits::default());
    let milliseconds = start.elapsed().as_secs_f64() * 1e3;
    let kibibytes = peak_kibibytes()?;
    match developed {
        Err(rejection) => {
            println!("reject\t{milliseconds}\t{kibibytes}\t{}\t{}", rejection.code.as_str(), rejection.detail)
        }
        Ok(made) => {
            let exact = made.renditions.iter().find(|picture| picture.format == imaging::Format::Png);
            let other = made.renditions.iter().find(|picture| picture.format == imaging::Format::Jpeg);
            let [red, green, blue] = match (exact, other) {
                (Some(png), _) => png_mean(&png.bytes)?,
                (None, Some(jpeg)) => jpeg_mean(&jpeg.bytes)?,
                (None, None) => return Err("neither PNG nor JPEG was made".into()),
            };
            let tolerance = if exact.is_some() { COLOUR_TOLERANCE } else { JPEG_TOLERANCE };
            let size = format!("{}x{}", made.width, made.height);
            let format = made.format.as_str();
            println!(
                "decode\t{milliseconds}\t{kibibytes}\t{format}\t{size}\t{}\t{red:.1},{green:.1},{blue:.1}\t{tolerance}",
                made.frames
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn peak_kibibytes() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("the system tells no peak memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

fn jpeg_mean(jpeg: &[u8]) -> Result<[f64; 3], Box<dyn Error>> {
    let image = turbojpeg::decompress(jpeg, PixelFormat::RGB)?;
    let rows = image.pixels.chunks(image.pitch).map(|row| &row[..image.width * 3]);
    Ok(mean(rows.flat_map(|row| row.as_chunks::<3>().0.iter().map(|[red, green, blue]| [*red, *green, *blue, 255]))))
}

fn png_mean(png: &[u8]) -> Result<[f64; 3], Box<dyn Error>> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().ok_or("a PNG too large")?];
    reader.next_frame(&mut pixels)?;
    let channels = reader.output_color_type().0.samples();
    Ok(mean(pixels.chunks_exact(channels).map(|pixel| match *pixel {
        [grey] => [grey, grey, grey, 255],
        [grey, alpha] => [grey, grey, grey, alpha],
        [red, green, blue] => [red, green, blue, 255],
        _ => [pixel[0], pixel[1], pixel[2], pixel[3]],
    })))
}

/// On white, as the list has it.
fn mean(pixels: impl Iterator<Item = [u8; 4]>) -> [f64; 3] {
    let (mut sums, mut count) = ([0.0; 3], 0.0);
    for [colours @ .., alpha] in pixels {
        let alpha = f64::from(alpha) / 255.0;
        sums.iter_mut()
            .zip(colours)
            .for_each(|(sum, colour)| *sum += f64::from(colour) * alpha + 255.0 * (1.0 - alpha));
        count += 1.0;
    }
    sums.map(|sum| sum / count)
}

/// A line of the list, by the names of its columns.
type Sample<'a> = HashMap<&'a str, &'a str>;

struct Outcome {
    fields: Vec<String>,
    milliseconds: f64,
    mebibytes: f64,
}

fn compare(folder: &Path) -> Result<ExitCode, Box<dyn Error>> {
    let list = fs::read_to_string(folder.join("MANIFEST.tsv"))?;
    let mut lines = list.lines();
    let columns: Vec<&str> = lines.next().ok_or("the list is empty")?.split('\t').collect();
    let samples: Vec<Sample<'_>> = lines.map(|line| columns.iter().copied().zip(line.split('\t')).collect()).collect();
    let mut counts: BTreeMap<(&str, &str), [u32; 3]> = BTreeMap::new();
    let mut outcomes = Vec::new();
    let mut disagreements = 0;
    for sample in &samples {
        let outcome = run(&folder.join(sample["path"]))?;
        let count = counts.entry((sample["cls"], sample["format"])).or_default();
        count[usize::from(outcome.fields[0] != "decode")] += 1;
        for disagreement in disagreements_of(sample, &outcome) {
            println!("DISAGREES {}: {disagreement} ({})", sample["path"], outcome.fields.join(" "));
            disagreements += 1;
            count[2] += 1;
        }
        outcomes.push((sample["path"], outcome));
    }
    println!("{:<14} {:<8} {:>8} {:>8} {:>9}", "class", "format", "decoded", "rejected", "disagrees");
    for ((class, format), [decoded, rejected, wrong]) in counts {
        println!("{class:<14} {format:<8} {decoded:>8} {rejected:>8} {wrong:>9}");
    }
    outcomes.sort_by(|one, other| other.1.milliseconds.total_cmp(&one.1.milliseconds));
    outcomes.iter().take(3).for_each(|(path, outcome)| println!("slowest: {:.0} ms, {path}", outcome.milliseconds));
    outcomes.sort_by(|one, other| other.1.mebibytes.total_cmp(&one.1.mebibytes));
    outcomes.iter().take(3).for_each(|(path, outcome)| println!("largest: {:.0} MiB, {path}", outcome.mebibytes));
    println!("{} samples, {disagreements} disagreements", samples.len());
    Ok(if disagreements == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Develops one sample in a process that is stopped when its time is over.
fn run(path: &Path) -> Result<Outcome, Box<dyn Error>> {
    let mut child = Command::new(env::current_exe()?)
        .args([Path::new("--one"), path])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if start.elapsed().as_secs_f64() > 2.0 * MAX_SECONDS {
            child.kill()?;
            child.wait()?;
            break None;
        }
        thread::sleep(Duration::from_millis(2));
    };
    let mut line = String::new();
    child.stdout.take().ok_or("the child has no output")?.read_to_string(&mut line)?;
    let mut fields: Vec<String> = line.trim_end().split('\t').map(String::from).collect();
    if fields.len() < 4 {
        let end = status.map_or("too slow".into(), |status| status.to_string());
        return Ok(Outcome {
            fields: vec!["crash".into(), end],
            milliseconds: start.elapsed().as_secs_f64() * 1e3,
            mebibytes: 0.0,
        });
    }
    let numbers: Vec<f64> = fields.drain(1..3).map(|field| field.parse()).collect::<Result<_, _>>()?;
    Ok(Outcome { fields, milliseconds: numbers[0], mebibytes: numbers[1] / 1024.0 })
}

fn disagreements_of(sample: &Sample<'_>, outcome: &Outcome) -> Vec<String> {
    let mut found = Vec::new();
    match (sample["expect"], outcome.fields[0].as_str()) {
        (_, "crash") => found.push("its process ended".into()),
        ("decode", "reject") | ("reject", "decode") => found.push(format!("expected {}", sample["expect"])),
        (_, "decode") => found.extend(wrong_picture(sample, &outcome.fields)),
        _ => {}
    }
    if outcome.milliseconds > MAX_SECONDS * 1e3 {
        found.push(format!("took {:.0} ms", outcome.milliseconds));
    }
    if outcome.mebibytes > MAX_MIB {
        found.push(format!("took {:.0} MiB", outcome.mebibytes));
    }
    found
}

/// What the list knows of a picture that was accepted: nothing where a column is empty.
fn wrong_picture(sample: &Sample<'_>, fields: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let size = format!("{}x{}", sample["width"], sample["height"]);
    if !sample["width"].is_empty() && size != fields[2] {
        found.push(format!("expected {size}"));
    }
    // Of an animated AVIF or PNG the still picture is taken, and its frames are not counted.
    if matches!(sample["format"], "gif" | "webp") && !sample["frames"].is_empty() && sample["frames"] != fields[3] {
        found.push(format!("expected {} frames", sample["frames"]));
    }
    let numbers = |text: &str| text.split(',').filter_map(|number| number.parse::<f64>().ok()).collect::<Vec<_>>();
    let (expected, is) = (numbers(sample["mean_rgb"]), numbers(&fields[4]));
    let tolerance = numbers(&fields[5]).first().copied().unwrap_or(COLOUR_TOLERANCE);
    let differs = expected.iter().zip(&is).any(|(expected, is)| (expected - is).abs() > tolerance);
    if sample["colour_check"] != "no" && differs {
        found.push(format!("expected the mean colour {}", sample["mean_rgb"]));
    }
    found
}
