//! SSIMULACRA2 of pictures: lines of `REFERENCE PICTURE` in, a score for each out.
//!
//! Both are width and height as little-endian `u32`, then RGB: `f32` in linear light for the reference,
//! 8-bit sRGB for the picture.

use std::io::{BufRead, Write, stdin, stdout};
use std::{env, fs, process};

use anyhow::{Context, Result, ensure};
use ssimulacra2::{ColorPrimaries, LinearRgb, Rgb, TransferCharacteristic, compute_frame_ssimulacra2};

fn main() -> Result<()> {
    if env::args().len() > 1 {
        eprintln!("usage: score, with lines of REFERENCE and PICTURE on the standard input, apart by a tab");
        process::exit(2);
    }
    let mut reference = (String::new(), None);
    for line in stdin().lock().lines() {
        let line = line?;
        let (path, picture) = line.split_once('\t').context("a line is REFERENCE, tab, PICTURE")?;
        if reference.0 != path {
            reference = (path.to_owned(), Some(read_reference(path)?));
        }
        let exact = reference.1.clone().context("read above")?;
        println!("{:.3}", compute_frame_ssimulacra2(exact, read_picture(picture)?)?);
        stdout().flush()?;
    }
    Ok(())
}

fn read_reference(path: &str) -> Result<LinearRgb> {
    let (width, height, samples) = read(path)?;
    let floats: Vec<f32> = samples.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    Ok(LinearRgb::new(floats.as_chunks::<3>().0.to_vec(), width, height)?)
}

fn read_picture(path: &str) -> Result<Rgb> {
    let (width, height, samples) = read(path)?;
    let pixels = samples.as_chunks::<3>().0.iter().map(|rgb| rgb.map(|sample| f32::from(sample) / 255.0)).collect();
    Ok(Rgb::new(pixels, width, height, TransferCharacteristic::SRGB, ColorPrimaries::BT709)?)
}

fn read(path: &str) -> Result<(usize, usize, Vec<u8>)> {
    let mut bytes = fs::read(path).with_context(|| path.to_owned())?;
    ensure!(bytes.len() > 8, "{path} is empty");
    let samples = bytes.split_off(8);
    let side = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize;
    Ok((side(0), side(4), samples))
}
