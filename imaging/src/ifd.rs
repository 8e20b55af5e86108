//! Reads single values out of a TIFF-shaped block (TIFF 6.0, section 2), where they lie.
//!
//! EXIF is such a block. A reader that collects every entry of every directory can be made to hold gigabytes by
//! 64 KiB of directories that point at each other; this one visits only the directories that it is sent to,
//! and copies nothing.

const ASCII: u16 = 2;
/// Since EXIF 3.0.
const UTF_8: u16 = 129;
const RATIONAL: u16 = 5;
const ENTRY_BYTES: usize = 12;

/// One image file directory: a table of tags and their values.
#[derive(Clone, Copy)]
pub struct Directory<'a> {
    block: &'a [u8],
    little_endian: bool,
    entries: &'a [[u8; ENTRY_BYTES]],
}

impl<'a> Directory<'a> {
    /// The directory that describes the picture itself, or `None` if this is no such block.
    pub fn first(block: &'a [u8]) -> Option<Directory<'a>> {
        let little_endian = match block.get(..4)? {
            b"II*\0" => true,
            b"MM\0*" => false,
            _ => return None,
        };
        Directory { block, little_endian, entries: &[] }.at(u32_of(little_endian, block.get(4..8)?)?)
    }

    /// The directory that a tag of this one points at.
    pub fn child(&self, tag: u16) -> Option<Directory<'a>> {
        self.at(self.unsigned(tag)?)
    }

    /// The bytes of a text, as they are stored.
    pub fn text(&self, tag: u16) -> Option<&'a [u8]> {
        self.value(tag, |kind| matches!(kind, ASCII | UTF_8)).map(|(_, bytes)| bytes)
    }

    /// The bytes of a value of any single-byte kind, for blocks of other formats that are stored so.
    pub fn bytes(&self, tag: u16) -> Option<&'a [u8]> {
        self.value(tag, |kind| bytes_of(kind) == Some(1)).map(|(_, bytes)| bytes)
    }

    /// The first of the numbers under a tag.
    pub fn unsigned(&self, tag: u16) -> Option<u32> {
        // BYTE, SHORT, LONG and the pointer IFD.
        let (kind, bytes) = self.value(tag, |kind| matches!(kind, 1 | 3 | 4 | 13))?;
        let bytes = bytes.get(..bytes_of(kind)?)?;
        match *bytes {
            [byte] => Some(byte.into()),
            [first, second] => Some(u16_of(self.little_endian, [first, second]).into()),
            _ => u32_of(self.little_endian, bytes),
        }
    }

    /// The first of the fractions under a tag; it may be infinite or not a number.
    pub fn ratio(&self, tag: u16) -> Option<f64> {
        let (_, bytes) = self.value(tag, |kind| kind == RATIONAL)?;
        let part = |range| u32_of(self.little_endian, bytes.get(range)?).map(f64::from);
        Some(part(0..4)? / part(4..8)?)
    }

    fn at(&self, offset: u32) -> Option<Directory<'a>> {
        let rest = self.block.get(usize::try_from(offset).ok()?..)?;
        let (count, rest) = rest.split_first_chunk::<2>()?;
        let count = usize::from(u16_of(self.little_endian, *count));
        let (entries, _) = rest.as_chunks::<ENTRY_BYTES>();
        // A cut directory is read as far as it goes.
        Some(Directory { entries: &entries[..count.min(entries.len())], ..*self })
    }

    /// The value under a tag if it is of a fitting kind and lies within the block.
    fn value(&self, tag: u16, fits: impl Fn(u16) -> bool) -> Option<(u16, &'a [u8])> {
        let entry = self.entries.iter().find(|entry| u16_of(self.little_endian, [entry[0], entry[1]]) == tag)?;
        let kind = u16_of(self.little_endian, [entry[2], entry[3]]);
        if !fits(kind) {
            return None;
        }
        let count = usize::try_from(u32_of(self.little_endian, &entry[4..8])?).ok()?;
        let length = count.checked_mul(bytes_of(kind)?)?;
        if length <= 4 {
            return Some((kind, &entry[8..8 + length]));
        }
        let offset = usize::try_from(u32_of(self.little_endian, &entry[8..])?).ok()?;
        Some((kind, self.block.get(offset..)?.get(..length)?))
    }
}

/// The size of one value of a kind.
fn bytes_of(kind: u16) -> Option<usize> {
    match kind {
        1 | ASCII | 6 | 7 | UTF_8 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        RATIONAL | 10 | 12 => Some(8),
        _ => None,
    }
}

fn u16_of(little_endian: bool, bytes: [u8; 2]) -> u16 {
    if little_endian { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) }
}

fn u32_of(little_endian: bool, bytes: &[u8]) -> Option<u32> {
    let bytes = bytes.try_into().ok()?;
    Some(if little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LITTLE: &[u8] =
        b"II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\x0f\x01\x02\0\x05\0\0\0\x22\0\0\0Kodak";

    #[test]
    fn both_byte_orders_are_read() {
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0";
        let orientation = |block| Directory::first(block).and_then(|first| first.unsigned(0x0112));
        assert_eq!((orientation(LITTLE), orientation(big)), (Some(6), Some(6)));
    }

    #[test]
    fn text_of_exif_3_is_read() {
        let mut utf_8 = LITTLE.to_vec();
        utf_8[24] = 129;
        assert_eq!(Directory::first(&utf_8).and_then(|first| first.text(0x010f)), Some(&b"Kodak"[..]));
    }

    #[test]
    fn a_value_that_leaves_the_block_is_not_there() {
        let make = |block| Directory::first(block).and_then(|first| first.text(0x010f));
        assert_eq!(make(LITTLE), Some(&b"Kodak"[..]));
        assert_eq!(make(&LITTLE[..LITTLE.len() - 1]), None);
    }

    #[test]
    fn an_entry_of_another_kind_is_not_there() {
        let first = Directory::first(LITTLE).expect("a directory");
        assert_eq!((first.text(0x0112), first.unsigned(0x010f), first.ratio(0x0112)), (None, None, None));
    }
}
