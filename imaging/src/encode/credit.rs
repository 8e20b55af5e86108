//! Whose picture it is: the only metadata that a rendition carries, as a minimal EXIF.

use crate::raster::Size;

const ARTIST: u16 = 0x013b;
const COPYRIGHT: u16 = 0x8298;

/// The type of a field that holds text.
const ASCII: u16 = 2;

/// Of one string, in bytes. A licence's name and address fit; larger ones would outweigh small renditions.
const MAX_BYTES: usize = 2048;

#[derive(Clone, Copy, Debug, Default)]
pub struct Credit<'a> {
    pub copyright: Option<&'a str>,
    pub artist: Option<&'a str>,
}

impl Credit<'_> {
    /// A TIFF block, big-endian, with one directory; none where there is nothing to say.
    pub fn exif(&self) -> Option<Vec<u8>> {
        // A directory is sorted by its tags (TIFF 6.0, section 2).
        let fields = [(ARTIST, self.artist), (COPYRIGHT, self.copyright)];
        let fields: Vec<(u16, Vec<u8>)> =
            fields.into_iter().filter_map(|(tag, text)| Some((tag, ascii(text?)?))).collect();
        if fields.is_empty() {
            return None;
        }
        let mut block = b"MM\0\x2a\0\0\0\x08".to_vec();
        block.extend((fields.len() as u16).to_be_bytes());
        let mut offset = block.len() + 12 * fields.len() + 4;
        let mut behind = Vec::new();
        for (tag, text) in &fields {
            block.extend([tag.to_be_bytes(), ASCII.to_be_bytes()].as_flattened());
            block.extend((text.len() as u32).to_be_bytes());
            let mut value = (offset as u32).to_be_bytes();
            if text.len() <= value.len() {
                value = [0; 4];
                value[..text.len()].copy_from_slice(text);
            } else {
                // Values begin at even places.
                behind.extend(text);
                behind.resize(behind.len().next_multiple_of(2), 0);
                offset += text.len().next_multiple_of(2);
            }
            block.extend(value);
        }
        // No further directory follows.
        block.extend([0; 4]);
        block.extend(behind);
        Some(block)
    }
}

/// With its end mark. EXIF says ASCII; everybody writes UTF-8, and reads it.
fn ascii(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|character| !character.is_control()).collect();
    let text = text.trim();
    let text = &text[..text.floor_char_boundary(MAX_BYTES)];
    (!text.is_empty()).then(|| [text.as_bytes(), &[0]].concat())
}

/// As segment APP1, behind the JFIF header where there is one.
pub fn into_jpeg(jpeg: Vec<u8>, exif: &[u8]) -> Vec<u8> {
    let place = match jpeg.get(2..6) {
        Some(&[0xff, 0xe0, high, low]) => 4 + usize::from(u16::from_be_bytes([high, low])),
        _ => 2,
    };
    let name = b"Exif\0\0";
    // Two strings of at most 2 KiB stay far below the 64 KiB of a segment.
    let length = (2 + name.len() + exif.len()) as u16;
    let (head, rest) = jpeg.split_at(place.min(jpeg.len()));
    [head, &[0xff, 0xe1], &length.to_be_bytes(), name, exif, rest].concat()
}

/// As chunk EXIF at the end, and announced by a VP8X header, which is made where there is none.
pub fn into_webp(webp: Vec<u8>, exif: &[u8], canvas: Size) -> Vec<u8> {
    const HAS_EXIF: u8 = 0x08;
    const HEADER: usize = 12;
    let mut chunks = webp.get(HEADER..).unwrap_or_default().to_vec();
    if chunks.starts_with(b"VP8X") {
        chunks[8] |= HAS_EXIF;
    } else {
        let side = |side: u32| (side - 1).to_le_bytes();
        let ([w0, w1, w2, _], [h0, h1, h2, _]) = (side(canvas.width), side(canvas.height));
        let header = [HAS_EXIF, 0, 0, 0, w0, w1, w2, h0, h1, h2];
        chunks.splice(0..0, [b"VP8X\x0a\0\0\0", &header[..]].concat());
    }
    chunks.extend([b"EXIF", &(exif.len() as u32).to_le_bytes()[..], exif].concat());
    // A chunk takes an even number of bytes; its length does not tell of the last one.
    chunks.resize(chunks.len().next_multiple_of(2), 0);
    [b"RIFF", &(chunks.len() as u32 + 4).to_le_bytes()[..], b"WEBP", &chunks].concat()
}

#[cfg(test)]
mod tests {
    use exif::{In, Tag};

    use super::*;

    #[test]
    fn both_strings_are_read_back() {
        let credit = Credit { copyright: Some("© 2026 Ada\n"), artist: Some("A") };
        let block = credit.exif().expect("a block");
        let read = exif::Reader::new().read_raw(block).expect("a valid block");
        assert_eq!(read.fields().count(), 2);
        for (tag, text) in [(Tag::Copyright, "© 2026 Ada"), (Tag::Artist, "A")] {
            let exif::Value::Ascii(lines) = &read.get_field(tag, In::PRIMARY).expect("a field").value else { panic!() };
            assert_eq!(lines[..], [text.as_bytes()]);
        }
    }

    #[test]
    fn nothing_to_say_is_nothing_written() {
        assert_eq!(Credit::default().exif(), None);
        assert_eq!(Credit { copyright: Some(" \0\n"), artist: Some("") }.exif(), None);
    }

    #[test]
    fn a_long_string_is_cut_between_two_characters() {
        let long = "é".repeat(5000);
        let block = Credit { copyright: None, artist: Some(&long) }.exif().expect("a block");
        assert_eq!(block.len(), 26 + MAX_BYTES + 2);
    }
}
