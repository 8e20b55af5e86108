//! Puts the C++ library that the codecs want into the program: not every system has one, or one that is new enough.

use std::{env, error::Error, fs, path::Path, process::Command};

const LIBRARY: &str = "libstdc++.a";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=CXX");
    if env::var("CARGO_CFG_TARGET_OS")? != "linux" || env::var("HOST")? != env::var("TARGET")? {
        return Ok(());
    }
    // With its flags, or by way of a cache.
    let compiler = env::var("CXX").unwrap_or_else(|_| "c++".into());
    let mut words = compiler.split_whitespace();
    let program = words.next().unwrap_or("c++");
    let told = Command::new(program).args(words).arg(format!("-print-file-name={LIBRARY}")).output()?;
    let found = String::from_utf8(told.stdout)?;
    let found = Path::new(found.trim());
    // Where the compiler came without it, the program asks for the system's when it starts.
    if found.is_absolute() {
        // A folder where there is no other: in its own the linker would prefer the shared one.
        let folder = env::var("OUT_DIR")?;
        fs::copy(found, Path::new(&folder).join(LIBRARY))?;
        println!("cargo:rustc-link-search=native={folder}");
    }
    Ok(())
}
