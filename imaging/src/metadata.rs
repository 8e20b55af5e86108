//! Finds the blocks of metadata in an original, without decoding it and without copying any.
//!
//! A block that is damaged, split or compressed is passed over: it is never a reason to refuse a picture.

use crate::InputFormat;
use crate::decode::heif_boxes;
use crate::decode::reader::Reader;
use crate::ifd::Directory;

/// More is no description of a picture; larger costs time in the reader of XML, smaller loses edit histories' authors.
const MAX_XMP_BYTES: usize = 1 << 20;

/// Where an original speaks of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Metadata<'a> {
    /// Shaped like a TIFF.
    pub exif: Option<&'a [u8]>,
    /// A packet of XML.
    pub xmp: Option<&'a [u8]>,
    /// IPTC's datasets.
    pub iptc: Option<&'a [u8]>,
}

impl<'a> Metadata<'a> {
    pub fn find(format: InputFormat, original: &'a [u8]) -> Metadata<'a> {
        let mut metadata = Metadata::default();
        // Both end early where the bytes do, with what was found until then.
        let _ = match format {
            InputFormat::Jpeg => metadata.jpeg(original),
            InputFormat::Png => metadata.png(original),
            InputFormat::WebP => metadata.webp(original),
            InputFormat::Tiff => return Metadata::of_tiff(original),
            InputFormat::Heic | InputFormat::Avif => {
                let [exif, xmp] = heif_boxes::metadata(original);
                let metadata = exif.map(Metadata::of_tiff).unwrap_or_default();
                let xmp = xmp.filter(|xmp| xmp.len() <= MAX_XMP_BYTES);
                return Metadata { xmp: xmp.or(metadata.xmp), ..metadata };
            }
            InputFormat::Gif | InputFormat::Bmp => None,
        };
        metadata
    }

    /// Of a TIFF, or of any EXIF block, which may hold the other two as TIFFs do.
    pub fn of_tiff(block: &'a [u8]) -> Metadata<'a> {
        let first = Directory::first(block);
        let bytes = |tag| first.and_then(|first| first.bytes(tag));
        let iptc = bytes(0x83bb).or_else(|| iptc(bytes(0x8649)?));
        Metadata { exif: Some(block), xmp: bytes(0x02bc).filter(|xmp| xmp.len() <= MAX_XMP_BYTES), iptc }
    }

    /// The segments before the first scan; each kind is read from the first segment of it.
    fn jpeg(&mut self, original: &'a [u8]) -> Option<()> {
        let mut reader = Reader::new(original.get(2..)?);
        loop {
            while reader.byte()? != 0xff {}
            let mut marker = reader.byte()?;
            while marker == 0xff {
                marker = reader.byte()?;
            }
            match marker {
                0x00 | 0x01 | 0xd0..=0xd8 => continue,
                0xd9 | 0xda => return Some(()),
                _ => {}
            }
            let length = usize::from(reader.u16_be()?).checked_sub(2)?;
            self.segment(marker, reader.take(length)?);
        }
    }

    fn segment(&mut self, marker: u8, body: &'a [u8]) {
        let after = |prefix: &[u8]| body.strip_prefix(prefix);
        match marker {
            // The sixth byte is padding, of any value.
            0xe1 => {
                self.exif = self.exif.or_else(|| after(b"Exif\0")?.get(1..));
                self.xmp = self.xmp.or_else(|| after(b"http://ns.adobe.com/xap/1.0/\0"));
            }
            0xed => self.iptc = self.iptc.or_else(|| iptc(after(b"Photoshop 3.0\0")?)),
            _ => {}
        }
    }

    fn png(&mut self, original: &'a [u8]) -> Option<()> {
        let mut reader = Reader::new(original.get(8..)?);
        while !reader.is_empty() {
            let length = reader.u32_be()?;
            let kind = reader.array::<4>()?;
            let body = reader.take(length as usize)?;
            let _checksum = reader.take(4)?;
            match &kind {
                b"eXIf" => self.exif = self.exif.or(Some(unprefixed(body))),
                b"iTXt" => self.xmp = self.xmp.or_else(|| international_xmp(body)),
                b"IEND" => break,
                _ => {}
            }
        }
        Some(())
    }

    fn webp(&mut self, original: &'a [u8]) -> Option<()> {
        let mut reader = Reader::new(original.get(12..)?);
        while !reader.is_empty() {
            let kind = reader.array::<4>()?;
            let length = reader.u32_le()? as usize;
            let body = reader.take(length)?;
            reader.take(length % 2);
            match &kind {
                b"EXIF" => self.exif = self.exif.or(Some(unprefixed(body))),
                b"XMP " => self.xmp = self.xmp.or(Some(body).filter(|xmp| xmp.len() <= MAX_XMP_BYTES)),
                _ => {}
            }
        }
        Some(())
    }
}

/// PNG and WebP writers sometimes keep the prefix that only JPEG asks for.
pub fn unprefixed(block: &[u8]) -> &[u8] {
    block.strip_prefix(b"Exif\0\0").unwrap_or(block)
}

/// Keyword, not compressed, no language, no translation (PNG, section 11.3.4.5; XMP part 3, section 1.1.5).
fn international_xmp(body: &[u8]) -> Option<&[u8]> {
    body.strip_prefix(b"XML:com.adobe.xmp\0\0\0\0\0").filter(|xmp| xmp.len() <= MAX_XMP_BYTES)
}

/// IPTC's datasets among Photoshop's image resources: signature, number, name, size, and padding to even lengths.
fn iptc(resources: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(resources);
    while reader.array()? == *b"8BIM" {
        let number = reader.u16_be()?;
        let name = usize::from(reader.byte()?);
        reader.take(name + usize::from(name % 2 == 0))?;
        let length = reader.u32_be()? as usize;
        let body = reader.take(length)?;
        if number == 0x0404 {
            return Some(body);
        }
        reader.take(length % 2);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jpeg_segments_are_found_behind_each_other() {
        let segment = |marker: u8, body: &[u8]| [&[0xff, marker, 0, body.len() as u8 + 2], body].concat();
        let resources = b"Photoshop 3.0\08BIM\x03\xed\x00\x00\0\0\0\x01x\08BIM\x04\x04\x03abc\0\0\0\x04iptc";
        let parts = [
            b"\xff\xd8".to_vec(),
            segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x/>"),
            segment(0xe1, b"Exif\0\0MM"),
            segment(0xe1, b"Exif\0\0II"),
            segment(0xed, resources),
            b"\xff\xda".to_vec(),
            segment(0xe1, b"Exif\0\0late"),
        ];
        let expected = Metadata { exif: Some(b"MM"), xmp: Some(b"<x/>"), iptc: Some(b"iptc") };
        assert_eq!(Metadata::find(InputFormat::Jpeg, &parts.concat()), expected);
    }

    #[test]
    fn chunks_of_png_and_webp_are_found() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\x08eXIfExif\0\0MMcrc.\0\0\0\x1aiTXtXML:com.adobe.xmp\0\0\0\0\0<x/>crc.";
        let webp = b"RIFF\0\0\0\0WEBPEXIF\x01\0\0\0M\0XMP \x04\0\0\0<x/>";
        let found = |format, bytes| Metadata::find(format, bytes);
        assert_eq!(found(InputFormat::Png, png), Metadata { exif: Some(b"MM"), xmp: Some(b"<x/>"), iptc: None });
        assert_eq!(found(InputFormat::WebP, webp), Metadata { exif: Some(b"M"), xmp: Some(b"<x/>"), iptc: None });
    }

    #[test]
    fn a_cut_block_is_passed_over() {
        let jpeg = b"\xff\xd8\xff\xe1\0\x0aExif\0\0MM\xff\xe1\x40\0http";
        assert_eq!(Metadata::find(InputFormat::Jpeg, jpeg).exif, Some(&b"MM"[..]));
        assert_eq!(Metadata::find(InputFormat::Png, b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffeXIf"), Metadata::default());
    }
}
