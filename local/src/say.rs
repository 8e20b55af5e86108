//! What is told on standard output.

use std::io::Write;

/// Prints a line. That nobody reads it any more is no reason to stop: `println!` would panic.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
