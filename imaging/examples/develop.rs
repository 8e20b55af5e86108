//! Develops one picture into a folder: `cargo run -p imaging --example develop -- cat.jpg out`

use std::error::Error;
use std::time::Instant;
use std::{env, fs, path::Path};

use imaging::{Format, Limits, Rendition, develop};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [path, folder] = &arguments[..] else {
        return Err("usage: develop PICTURE FOLDER".into());
    };
    let original = fs::read(path)?;
    fs::create_dir_all(folder)?;

    let start = Instant::now();
    let developed = develop(&original, &plan(), &Limits::default())?;
    let milliseconds = start.elapsed().as_secs_f64() * 1e3;

    let (format, frames) = (developed.format.as_str(), developed.frames);
    println!("{format} {}x{} frames={frames} {milliseconds:.1} ms", developed.width, developed.height);
    for picture in &developed.renditions {
        let name = format!("{}.{}", picture.name, picture.format.extension());
        println!("{name} {}x{} {} bytes", picture.width, picture.height, picture.bytes.len());
        fs::write(Path::new(folder).join(name), &picture.bytes)?;
    }
    Ok(())
}

fn plan() -> Vec<Rendition> {
    let avif = [320, 640, 1280, 2048].map(|width| (Format::Avif, width));
    let rendition = |(format, width): (Format, u32)| Rendition {
        name: format!("{}-{width}", format.as_str()),
        format,
        width: Some(width),
        height: None,
        quality: 80,
    };
    avif.into_iter().chain([(Format::Jpeg, 1280)]).map(rendition).collect()
}
