//! WebP: lossy, lossless, with alpha; of an animation the first frame on its canvas.

use std::borrow::Cow;
use std::io::Cursor;

use image_webp::{DecodingError, WebPDecoder};

use super::reader::Reader;
use super::{Colour, Header, Pixels};
use crate::Rejection;
use crate::orient::Orientation;
use crate::raster::{Layout, Raster, Size};

/// Of the extended header (RFC 9649, section 2.7.1): where, and which says that there is alpha.
const FLAGS: usize = 20;
const ALPHA: u8 = 0x10;

#[derive(Default)]
struct Found<'a> {
    canvas: Option<Size>,
    still: Option<Size>,
    frames: u32,
    exif: Option<&'a [u8]>,
    profile: Option<&'a [u8]>,
    has_alpha: bool,
    metadata_bytes: u64,
}

pub fn header(original: &[u8]) -> Result<Header, Rejection> {
    let found = walk(original)?;
    // The decoder allocates what the inner picture claims, so the outer claim must bound it.
    let size = match (found.canvas, found.still) {
        (Some(canvas), Some(still)) if found.frames > 0 => canvas.at_least(1, 1, still).then_some(canvas),
        (Some(canvas), Some(still)) => (canvas == still).then_some(canvas),
        (None, still) => still,
        (Some(_), None) => None,
    };
    let Some(size) = size.filter(|size| size.area() > 0) else {
        return Err(Rejection::corrupt("The WebP does not say one size."));
    };
    // Frames are shown as they are.
    let exif = found.exif.filter(|_| found.frames == 0);
    let orientation = exif.map_or(Orientation::Upright, Orientation::from_exif);
    let metadata_bytes = found.metadata_bytes;
    Ok(Header { frames: found.frames.max(1), orientation, metadata_bytes, ..Header::still(size) })
}

/// Walks the RIFF container (RFC 9649, section 2.3) to its declared end.
fn walk(original: &[u8]) -> Result<Found<'_>, Rejection> {
    let truncated = || Rejection::truncated("WebP");
    let mut outer = Reader::new(&original[4..]);
    let length = outer.u32_le().ok_or_else(truncated)?;
    let body = outer.take(length as usize).ok_or_else(truncated)?;
    let mut reader = Reader::new(body.get(4..).ok_or_else(truncated)?);
    let mut found = Found::default();
    while !reader.is_empty() {
        let (kind, body) = chunk(&mut reader).ok_or_else(truncated)?;
        if matches!(&kind, b"EXIF" | b"ICCP" | b"XMP ") {
            found.metadata_bytes += body.len() as u64;
        }
        match &kind {
            b"VP8X" => found.canvas = found.canvas.or(canvas(body)),
            b"ANMF" => {
                found.frames += 1;
                if found.frames == 1 {
                    found.still = first_frame(body);
                }
            }
            b"EXIF" => found.exif = found.exif.or(Some(body)),
            b"ALPH" | b"VP8L" => {
                found.has_alpha = true;
                found.still = found.still.or(bitstream(&kind, body));
            }
            b"ICCP" => found.profile = found.profile.or(Some(body)),
            _ => found.still = found.still.or(bitstream(&kind, body)),
        }
    }
    Ok(found)
}

/// Chunks are padded to even lengths; some writers leave the last pad out.
fn chunk<'a>(reader: &mut Reader<'a>) -> Option<([u8; 4], &'a [u8])> {
    let kind = reader.array()?;
    let length = reader.u32_le()? as usize;
    let body = reader.take(length)?;
    reader.take(length % 2);
    Some((kind, body))
}

fn canvas(body: &[u8]) -> Option<Size> {
    let mut reader = Reader::new(body.get(4..)?);
    Some(Size { width: reader.u24_le()? + 1, height: reader.u24_le()? + 1 })
}

fn first_frame(body: &[u8]) -> Option<Size> {
    let mut reader = Reader::new(body.get(16..)?);
    loop {
        let (kind, body) = chunk(&mut reader)?;
        if let Some(size) = bitstream(&kind, body) {
            return Some(size);
        }
    }
}

fn bitstream(kind: &[u8; 4], body: &[u8]) -> Option<Size> {
    match kind {
        b"VP8 " => {
            let mut reader = Reader::new(body.get(6..)?);
            Some(Size { width: (reader.u16_le()? & 0x3fff).into(), height: (reader.u16_le()? & 0x3fff).into() })
        }
        b"VP8L" => {
            let bits = Reader::new(body.get(1..)?).u32_le()?;
            Some(Size { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 })
        }
        _ => None,
    }
}

pub fn pixels(original: &[u8]) -> Result<Pixels, Rejection> {
    let profile = walk(original)?.profile.map(<[u8]>::to_vec);
    let mut decoder = open(original)?;
    let (width, height) = decoder.dimensions();
    let layout = if decoder.has_alpha() { Layout::Rgba } else { Layout::Rgb };
    let mut raster = Raster::new(Size { width, height }, layout);
    decoder.read_image(&mut raster.pixels).map_err(broken)?;
    Ok(Pixels::eight(raster, Colour::from_profile(profile)))
}

pub type Decoder<'a> = WebPDecoder<Cursor<Cow<'a, [u8]>>>;

/// Where the extended header claims alpha that is not there, the decoder is shown a copy that does not.
pub fn open(original: &[u8]) -> Result<Decoder<'_>, Rejection> {
    let found = walk(original)?;
    let mut shown = Cow::Borrowed(original);
    let is_extended = original.get(12..16) == Some(b"VP8X");
    if is_extended
        && found.frames == 0
        && !found.has_alpha
        && original.get(FLAGS).is_some_and(|flags| flags & ALPHA != 0)
    {
        shown.to_mut()[FLAGS] &= !ALPHA;
    }
    WebPDecoder::new(Cursor::new(shown)).map_err(broken)
}

pub fn broken(error: DecodingError) -> Rejection {
    Rejection::corrupt(format!("The WebP is broken: {}.", error.to_string().trim_end_matches('.')))
}
