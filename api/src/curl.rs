//! The ready line for a shell.

use store::SignedPut;

/// The command that sends the file, quoted so that no name can escape from it.
pub fn line(filename: &str, put: &SignedPut) -> String {
    // A name that begins with a dash would be taken for an option, one that is "-" or "." for standard input.
    let path = if filename.starts_with(['-', '.']) { format!("./{filename}") } else { filename.to_owned() };
    let headers: String =
        put.headers.iter().map(|(name, value)| format!(" -H {}", quoted(&format!("{name}: {value}")))).collect();
    format!("curl -gfsST {}{headers} {}", quoted(&path), quoted(&put.url))
}

/// Single quotes stop every expansion; a single quote itself is put between two quoted parts.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_filename_escapes_from_its_quotes() {
        assert_eq!(quoted("it's $(rm -rf) `x`"), r"'it'\''s $(rm -rf) `x`'");
    }
}
