//! What an upload may be called.

use std::ops::RangeInclusive;

use crate::problem::Problem;

pub const MAX_CHARACTERS: usize = 255;

/// The name that is kept. Some browsers send a path: only its last part is the name.
pub fn accept(given: &str) -> Result<String, Problem> {
    let characters = given.chars().count();
    if characters > MAX_CHARACTERS {
        return Err(Problem::invalid(
            "filename",
            format!("has {characters} characters, the limit is {MAX_CHARACTERS}"),
        ));
    }
    if let Some(hidden) = given.chars().find(|letter| is_hidden(*letter)) {
        return Err(Problem::invalid(
            "filename",
            format!("has the character U+{:04X}, which cannot be seen", u32::from(hidden)),
        ));
    }
    let name = given.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    if name.is_empty() {
        return Err(Problem::invalid("filename", "is empty"));
    }
    Ok(name.to_owned())
}

/// What would make a name look like another one, or break the line that shows it, in a shell, a log or a message:
/// control characters, separators of lines, marks that turn the direction of what follows, and what takes no room.
///
/// The joiners U+200C and U+200D stay: Persian and emoji are written with them.
const HIDDEN: [RangeInclusive<char>; 8] = [
    '\0'..='\u{1f}',
    '\u{7f}'..='\u{9f}',
    '\u{61c}'..='\u{61c}',
    '\u{200b}'..='\u{200b}',
    '\u{200e}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{feff}'..='\u{feff}',
];

pub fn is_hidden(letter: char) -> bool {
    HIDDEN.iter().any(|hidden| hidden.contains(&letter))
}

/// The same as a regular expression: nothing hidden, and in the last part something to see.
pub fn pattern() -> String {
    let hidden = hidden_class();
    format!(r"^[^{hidden}]*[^\s/\\{hidden}][^/\\{hidden}]*$")
}

/// Any text with nothing hidden in it, as a regular expression.
pub fn visible_pattern() -> String {
    format!("^[^{}]*$", hidden_class())
}

fn hidden_class() -> String {
    let code = |letter: &char| format!(r"\u{:04x}", u32::from(*letter));
    let range = |hidden: &RangeInclusive<char>| match hidden.start() == hidden.end() {
        true => code(hidden.start()),
        false => format!("{}-{}", code(hidden.start()), code(hidden.end())),
    };
    HIDDEN.iter().map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_reduced_to_its_name() {
        for given in ["C:\\photos\\Cat.JPG", "photos/Cat.JPG", " Cat.JPG "] {
            assert_eq!(accept(given).unwrap(), "Cat.JPG");
        }
    }

    #[test]
    fn a_name_that_cannot_be_seen_as_it_is_is_refused() {
        for hidden in [
            "\u{202e}",
            "\u{2028}",
            "\u{200b}",
            "\u{2066}",
            "\u{feff}",
            "\u{61c}",
            "\r\n",
            "\u{1b}[31m",
            "\0",
            "\u{85}",
        ] {
            assert!(accept(&format!("a{hidden}gpj.exe")).is_err(), "{hidden:?}");
        }
        for given in ["", " ", "/", "a/", "\\ \u{3000}"] {
            assert!(accept(given).is_err(), "{given:?}");
        }
    }

    #[test]
    fn a_name_in_any_script_is_kept_as_it_is() {
        for given in [
            "b\u{fc}cher \"x\".jpg",
            "می\u{200c}خواهم.jpg",
            "👨\u{200d}👩\u{200d}👧.png",
            "写真.heic",
            "Screenshot 3.04\u{202f}PM.png",
        ] {
            assert_eq!(accept(given).unwrap(), given);
        }
        assert!(accept(&"é".repeat(255)).is_ok() && accept(&"é".repeat(256)).is_err());
    }
}
