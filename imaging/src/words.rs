//! Makes text that a stranger wrote fit to be shown.

/// At most `longest` letters of `text`, its words a space apart, or `None` where no word is in it.
///
/// Control characters separate words. What is not UTF-8 is taken for Latin-1, which old cameras and Photoshop wrote.
pub fn words(text: &[u8], longest: usize) -> Option<String> {
    // Four bytes are the longest letter, and padding may stand before the first word.
    let text = &text[..text.len().min(4 * longest + 64)];
    let decoded = match str::from_utf8(text) {
        Ok(text) => text.to_owned(),
        // Cut in the middle of its last letter.
        Err(error) if error.error_len().is_none() => String::from_utf8_lossy(&text[..error.valid_up_to()]).into_owned(),
        Err(_) => text.iter().copied().map(char::from).collect(),
    };
    let visible: String = decoded.chars().filter(|letter| !is_invisible(*letter)).collect();
    let words: Vec<&str> = visible.split(|letter: char| letter.is_whitespace() || letter.is_control()).collect();
    let joined = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let cut: String = joined.chars().take(longest).collect();
    let cut = cut.trim_end();
    (!cut.is_empty()).then(|| cut.to_owned())
}

/// Marks that turn the direction of what follows them, so that a name can disguise its surroundings, and the byte order mark.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &[u8], longest: usize) -> String {
        words(text, longest).unwrap_or_default()
    }

    #[test]
    fn words_are_a_space_apart_and_nothing_is_hidden_between_them() {
        assert_eq!(of(b"  Ada\r\n\tLovelace \0", 50), "Ada Lovelace");
        assert_eq!(of("A\u{202e}da\u{7f}B".as_bytes(), 50), "Ada B");
        assert_eq!(words(b" \n\0", 50), None);
    }

    #[test]
    fn text_is_cut_between_letters() {
        assert_eq!(of("é".repeat(400).as_bytes(), 3), "ééé");
        assert_eq!(of("a b".as_bytes(), 2), "a");
        assert_eq!(of("日本".as_bytes().split_last().map_or(&[], |(_, cut)| cut), 9), "日");
    }

    #[test]
    fn what_is_not_utf8_is_latin1() {
        assert_eq!(of(b"\xa9 Andr\xe9", 50), "© André");
    }
}
