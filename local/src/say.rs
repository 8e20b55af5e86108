//! What is told on standard output, to the person who started it.

use std::{
    io::Write,
    sync::atomic::{AtomicBool, Ordering},
};

static SILENT: AtomicBool = AtomicBool::new(false);

/// Prints a line. That nobody reads it any more is no reason to stop: `println!` would panic.
pub fn say(line: &str) {
    if !SILENT.load(Ordering::Relaxed) {
        let _ = writeln!(std::io::stdout(), "{line}");
    }
}

/// Once, at start: a collector that gets both streams should find nothing but JSON. The log tells the same.
pub fn be_silent() {
    SILENT.store(true, Ordering::Relaxed);
}
