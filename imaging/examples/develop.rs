//! Develops one picture into a folder: `cargo run -p imaging --example develop -- cat.jpg out`

use std::error::Error;
use std::time::Instant;
use std::{env, fs, path::Path};

use imaging::{Limits, develop};
use preset::Preset;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [path, folder] = &arguments[..] else {
        return Err("usage: develop PICTURE FOLDER".into());
    };
    let original = fs::read(path)?;
    fs::create_dir_all(folder)?;

    let start = Instant::now();
    let developed = develop(&original, &Preset::default(), &Limits::default())?;
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
