//! Crockford's base32 in lower case: no i, l, o, u, so that what is written in it survives being read aloud.

pub const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Five bits a character, the last one filled up with zeros.
pub fn encode(bytes: &[u8]) -> String {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let character = |at: usize| ALPHABET[usize::from((0..5).fold(0, |bits, next| bits << 1 | bit(5 * at + next)))];
    (0..(8 * bytes.len()).div_ceil(5)).map(|at| char::from(character(at))).collect()
}

/// Whether the text is of `length` characters, all of the alphabet.
pub fn is_encoded(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| ALPHABET.contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_bits_become_one_character() {
        assert_eq!(encode(&[0b00001_000, 0b10_00011_0, 0b0100_0010, 0b1_00110_00, 0b111_01000]), "12345678");
        assert_eq!((encode(&[0xff]).as_str(), encode(&[]).as_str()), ("zw", ""));
    }
}
