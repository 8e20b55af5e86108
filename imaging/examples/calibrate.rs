//! Measures how far equal qualities are from equal scores: `cargo run --release -p imaging --example calibrate -- *.png`
//!
//! For each quality: the mean SSIMULACRA2 of the photographs as JPEG, AVIF and WebP, and their bytes beside JPEG's.
//! Where a codec is off, move its anchor in `src/encode/quality.rs`. The photographs should be lossless, a few
//! hundred to a thousand pixels wide, and scaled down, so that they carry no traces of an earlier JPEG.

use std::error::Error;
use std::{env, fs};

use imaging::{Limits, develop};
use preset::{Format, Preset, Rendition};
use ssimulacra2::{ColorPrimaries, Rgb, TransferCharacteristic, compute_frame_ssimulacra2};

const QUALITIES: [u8; 10] = [30, 40, 50, 60, 70, 75, 80, 85, 90, 95];
const FORMATS: [Format; 3] = [Format::Jpeg, Format::Avif, Format::WebP];

fn main() -> Result<(), Box<dyn Error>> {
    let photos = env::args().skip(1).map(fs::read).collect::<Result<Vec<_>, _>>()?;
    if photos.is_empty() {
        return Err("usage: calibrate PHOTO.png ...".into());
    }
    println!("quality   jpeg     avif           webp");
    for quality in QUALITIES {
        let mut scores = [0.0; 3];
        let mut bytes = [0.0; 3];
        for photo in &photos {
            let reference = pixels(photo)?;
            let encoded = FORMATS.map(|format| written(photo, format, quality));
            let jpeg_bytes = encoded[0].as_ref().map_or(1, Vec::len) as f64;
            for (index, encoded) in encoded.into_iter().enumerate() {
                let encoded = encoded?;
                scores[index] += compute_frame_ssimulacra2(reference.clone(), pixels(&encoded)?)?;
                bytes[index] += encoded.len() as f64 / jpeg_bytes;
            }
        }
        let [jpeg, avif, webp] = scores.map(|sum| sum / photos.len() as f64);
        let [_, avif_bytes, webp_bytes] = bytes.map(|sum| sum / photos.len() as f64);
        println!("{quality:7} {jpeg:6.1}   {avif:6.1} × {avif_bytes:.2}   {webp:6.1} × {webp_bytes:.2}");
    }
    Ok(())
}

fn written(picture: &[u8], format: Format, quality: u8) -> Result<Vec<u8>, Box<dyn Error>> {
    let rendition = Rendition { quality, ..Rendition::new("one", format) };
    let preset = Preset { name: "one".into(), renditions: vec![rendition] };
    let mut developed = develop(picture, &preset, &Limits::default())?;
    Ok(developed.renditions.pop().ok_or("no rendition")?.bytes)
}

/// Any format that can be developed, by way of PNG.
fn pixels(picture: &[u8]) -> Result<Rgb, Box<dyn Error>> {
    let bytes = written(picture, Format::Png, 100)?;
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info()?;
    let mut samples = vec![0; reader.output_buffer_size().ok_or("too large")?];
    let frame = reader.next_frame(&mut samples)?;
    let light = |sample: u8| f32::from(sample) / 255.0;
    let colours = match frame.color_type {
        png::ColorType::Grayscale => samples.iter().map(|grey| [light(*grey); 3]).collect(),
        png::ColorType::Rgb => samples.as_chunks::<3>().0.iter().map(|pixel| pixel.map(light)).collect(),
        other => return Err(format!("a photograph has no {other:?}").into()),
    };
    let (width, height) = (frame.width as usize, frame.height as usize);
    let (transfer, primaries) = (TransferCharacteristic::SRGB, ColorPrimaries::BT709);
    Ok(Rgb::new(colours, width, height, transfer, primaries)?)
}
