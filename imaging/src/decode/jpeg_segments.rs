//! Takes a JPEG apart by its markers (ITU-T T.81, annex B), without decoding any of it.

use super::reader::Reader;
use crate::raster::Size;
use crate::{Rejection, RejectionCode};

const SCAN: u8 = 0xda;
/// Its length, and what it must say of one component and of the spectrum.
const MIN_SCAN_HEADER: usize = 8;
/// From the first coefficient to the last, in one approximation.
const WHOLE_SPECTRUM: [u8; 3] = [0, 63, 0];

pub struct Segments<'a> {
    pub size: Size,
    pub scans: u32,
    pub exif: Option<&'a [u8]>,
    /// Written by a program of Adobe's convention, which stores CMYK inverted.
    pub adobe: bool,
    /// Its program said that the colours are red, green and blue.
    pub plain_rgb: bool,
    /// The parts that make pixels, in order; metadata and bytes between segments are left out,
    /// so that no decoder stumbles over them.
    pub essential: Vec<&'a [u8]>,
    pub metadata_bytes: u64,
    /// Each scan is of the whole spectrum.
    is_sequential: bool,
    profile: Vec<(u8, &'a [u8])>,
}

impl<'a> Segments<'a> {
    /// Fails with `Truncated` where the end marker was never reached.
    pub fn read(original: &'a [u8]) -> Result<Segments<'a>, Rejection> {
        let mut segments = Segments {
            size: Size { width: 0, height: 0 },
            scans: 0,
            exif: None,
            adobe: false,
            plain_rgb: false,
            essential: vec![&[0xff, 0xd8]],
            metadata_bytes: 0,
            is_sequential: false,
            profile: Vec::new(),
        };
        let mut reader = Reader::new(&original[2..]);
        let ended = segments.walk(&mut reader)?;
        if ended.is_none() {
            return Err(Rejection::truncated("JPEG"));
        }
        if segments.scans == 0 || segments.size.area() == 0 {
            return Err(Rejection::corrupt("The JPEG has no picture in it."));
        }
        Ok(segments)
    }

    /// The essential parts as a file. Some telephones leave empty what a sequential scan says of its spectrum, where it
    /// can say one thing only: that is filled in.
    pub fn essential_file(&self) -> Vec<u8> {
        let mut file = self.essential.concat();
        let mut end = 0;
        let mut before: &[u8] = &[];
        for part in &self.essential {
            end += part.len();
            if self.is_sequential && before == marker_bytes(SCAN) && part.len() >= MIN_SCAN_HEADER {
                file[end - WHOLE_SPECTRUM.len()..end].copy_from_slice(&WHOLE_SPECTRUM);
            }
            before = part;
        }
        file
    }

    /// The whole profile, if every chunk of it is there.
    pub fn profile(&self) -> Option<Vec<u8>> {
        let mut chunks = self.profile.clone();
        chunks.sort_by_key(|(number, _)| *number);
        let complete = chunks.iter().zip(1..).all(|((number, _), expected)| *number == expected);
        (complete && !chunks.is_empty()).then(|| chunks.iter().flat_map(|(_, chunk)| *chunk).copied().collect())
    }

    /// `None` where the bytes ran out.
    fn walk(&mut self, reader: &mut Reader<'a>) -> Result<Option<()>, Rejection> {
        loop {
            let Some(marker) = next_marker(reader) else { return Ok(None) };
            if marker == 0xd9 {
                self.essential.push(&[0xff, 0xd9]);
                return Ok(Some(()));
            }
            if matches!(marker, 0x01 | 0xd0..=0xd8) {
                continue;
            }
            let start = reader.rest();
            let Some(length) = reader.u16_be() else { return Ok(None) };
            let Some(body) = usize::from(length).checked_sub(2) else {
                return Err(Rejection::corrupt("A segment of the JPEG has an impossible length."));
            };
            let Some(body) = reader.take(body) else { return Ok(None) };
            let whole = &start[..usize::from(length)];
            if self.keep(marker, body)? {
                self.essential.extend([marker_bytes(marker), whole]);
            } else {
                self.metadata_bytes += u64::from(length);
            }
            if marker == SCAN {
                self.scans += 1;
                let Some(coded) = entropy_coded(reader) else { return Ok(None) };
                self.essential.push(coded);
            }
        }
    }

    /// Notes what a segment says; answers whether a decoder needs it.
    fn keep(&mut self, marker: u8, body: &'a [u8]) -> Result<bool, Rejection> {
        self.is_sequential |= matches!(marker, 0xc0 | 0xc1);
        match marker {
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => self.frame(body)?,
            0xe0 => return Ok(body.starts_with(b"JFIF\0\x01") && body.len() >= 14),
            0xe1 if self.exif.is_none() => {
                self.exif = body.strip_prefix(b"Exif\0").and_then(|rest| rest.get(1..));
                return Ok(false);
            }
            0xe2 => {
                if let Some([number, _count, chunk @ ..]) = body.strip_prefix(b"ICC_PROFILE\0") {
                    self.profile.push((*number, chunk));
                }
                return Ok(false);
            }
            0xee => {
                self.adobe |= body.starts_with(b"Adobe");
                self.plain_rgb |= self.adobe && body.get(11) == Some(&0);
            }
            0xe1..=0xef | 0xfe => return Ok(false),
            _ => {}
        }
        Ok(true)
    }

    fn frame(&mut self, body: &[u8]) -> Result<(), Rejection> {
        let mut reader = Reader::new(body);
        let (Some(precision), Some(height), Some(width)) = (reader.byte(), reader.u16_be(), reader.u16_be()) else {
            return Err(Rejection::corrupt("The frame header of the JPEG is too short."));
        };
        if self.size.area() != 0 || width == 0 || height == 0 {
            return Err(Rejection::corrupt("The JPEG does not say one size."));
        }
        if precision != 8 {
            let detail = format!("The JPEG has {precision} bits a sample, and 8 are supported.");
            return Err(Rejection::new(RejectionCode::UnsupportedFormat, detail));
        }
        self.size = Size { width: width.into(), height: height.into() };
        Ok(())
    }
}

/// Skips stray and fill bytes up to a marker.
fn next_marker(reader: &mut Reader<'_>) -> Option<u8> {
    loop {
        while reader.byte()? != 0xff {}
        let mut marker = reader.byte()?;
        while marker == 0xff {
            marker = reader.byte()?;
        }
        if marker != 0 {
            return Some(marker);
        }
    }
}

/// Everything up to a marker that ends a scan; stuffed zeros and restart markers belong to it.
fn entropy_coded<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let bytes = reader.rest();
    let mut position = 0;
    loop {
        position += memchr::memchr(0xff, &bytes[position..])?;
        match bytes.get(position + 1)? {
            0x00 | 0xd0..=0xd7 => position += 2,
            0xff => position += 1,
            _ => return reader.take(position),
        }
    }
}

/// The two bytes of a marker, for as long as anyone wants them.
fn marker_bytes(marker: u8) -> &'static [u8] {
    static MARKERS: [[u8; 2]; 256] = {
        let mut markers = [[0xff, 0]; 256];
        let mut code = 0;
        while code < 256 {
            markers[code][1] = code as u8;
            code += 1;
        }
        markers
    };
    &MARKERS[usize::from(marker)]
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: &[u8] = &[0xff, 0xc0, 0, 11, 8, 0, 3, 0, 5, 1, 1, 0x11, 0];
    const CODED: &[u8] = &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x12, 0xff, 0x00, 0xff, 0xd0, 0x34];

    fn jpeg(parts: &[&[u8]]) -> Vec<u8> {
        [&[&[0xff, 0xd8][..]], parts].concat().concat()
    }

    #[test]
    fn metadata_and_stray_bytes_are_left_out() {
        let bytes = jpeg(&[&[0xff, 0xfe, 0, 4, b'h', b'i'], FRAME, &[7, 7], CODED, &[0xff, 0xd9], b"<html>"]);
        let segments = Segments::read(&bytes).expect("a whole JPEG");
        assert_eq!(segments.essential.concat(), jpeg(&[FRAME, CODED, &[0xff, 0xd9]]));
        assert_eq!((segments.size, segments.scans), (Size { width: 5, height: 3 }, 1));
    }

    #[test]
    fn a_spectrum_that_was_left_empty_is_filled_in() {
        let empty = CODED.iter().map(|byte| if *byte == 63 { 0 } else { *byte }).collect::<Vec<_>>();
        let bytes = jpeg(&[FRAME, &empty, &[0xff, 0xd9]]);
        let whole = jpeg(&[FRAME, CODED, &[0xff, 0xd9]]);
        assert_eq!(Segments::read(&bytes).expect("a whole JPEG").essential_file(), whole);
        let progressive = [&[0xff, 0xc2], &FRAME[2..]].concat();
        let bytes = jpeg(&[&progressive, &empty, &[0xff, 0xd9]]);
        assert_eq!(Segments::read(&bytes).expect("a whole JPEG").essential_file(), bytes);
    }

    #[test]
    fn scans_are_counted() {
        let bytes = jpeg(&[FRAME, CODED, CODED, CODED, &[0xff, 0xd9]]);
        assert_eq!(Segments::read(&bytes).expect("a whole JPEG").scans, 3);
    }

    #[test]
    fn a_missing_end_is_truncated_wherever_it_is_cut() {
        let bytes = jpeg(&[FRAME, CODED, &[0xff, 0xd9]]);
        for length in 2..bytes.len() {
            let code = Segments::read(&bytes[..length]).err().map(|rejection| rejection.code);
            assert_eq!(code, Some(RejectionCode::Truncated), "cut at {length}");
        }
    }

    #[test]
    fn profile_chunks_are_put_in_order_and_must_all_be_there() {
        let chunk = |number: u8, byte: u8| [b"\xff\xe2\0\x11ICC_PROFILE\0", &[number, 2, byte][..]].concat();
        let bytes = jpeg(&[&chunk(2, b'b'), &chunk(1, b'a'), FRAME, CODED, &[0xff, 0xd9]]);
        assert_eq!(Segments::read(&bytes).expect("whole").profile(), Some(b"ab".to_vec()));
        let bytes = jpeg(&[&chunk(2, b'b'), FRAME, CODED, &[0xff, 0xd9]]);
        assert_eq!(Segments::read(&bytes).expect("whole").profile(), None);
    }
}
