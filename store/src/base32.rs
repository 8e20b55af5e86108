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
        // 00001 00010 00011 00100 00101 00110 00111 01000.
        assert_eq!(encode(&[0x08, 0x86, 0x42, 0x98, 0xe8]), "12345678");
        assert_eq!((encode(&[0xff]).as_str(), encode(&[]).as_str()), ("zw", ""));
    }
}
