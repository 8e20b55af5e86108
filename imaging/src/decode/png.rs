//! PNG: every colour type and depth, interlaced or not; of an APNG the still picture.

use std::io::{Cursor, ErrorKind};

use png::{ColorType, DecodeOptions, Decoder, DecodingError, Limits, Transformations};

use super::reader::Reader;
use super::{Header, Pixels};
use crate::Rejection;
use crate::orient::Orientation;
use crate::raster::{Layout, Raster, Size};

/// For an inflated ICC profile and one row, not for the picture; larger lets metadata eat memory,
/// smaller refuses profiles that printers use.
const SIDE_MEMORY: usize = 16 << 20;

/// Walks the chunks to the last one, so that a cut file is known before it is decoded.
pub fn header(original: &[u8]) -> Result<Header, Rejection> {
    let mut reader = Reader::new(&original[8..]);
    let mut size = None;
    let mut orientation = Orientation::Upright;
    loop {
        let (kind, body) = chunk(&mut reader).ok_or_else(|| Rejection::truncated("PNG"))?;
        match (&kind, body, size) {
            (b"IHDR", [w0, w1, w2, w3, h0, h1, h2, h3, ..], None) => {
                let sides = [[*w0, *w1, *w2, *w3], [*h0, *h1, *h2, *h3]].map(u32::from_be_bytes);
                size = Some(Size { width: sides[0], height: sides[1] });
            }
            (b"eXIf", tiff, Some(_)) => orientation = Orientation::from_exif(tiff),
            (b"IEND", _, Some(size)) if size.area() > 0 => {
                return Ok(Header { size, frames: 1, scans: 1, orientation });
            }
            (_, _, None) | (b"IEND", ..) => return Err(Rejection::corrupt("The PNG does not say its size.")),
            _ => {}
        }
    }
}

fn chunk<'a>(reader: &mut Reader<'a>) -> Option<([u8; 4], &'a [u8])> {
    let length = reader.u32_be()?;
    let kind = reader.array()?;
    let body = reader.take(length as usize)?;
    reader.take(4)?;
    Some((kind, body))
}

pub fn pixels(original: &[u8]) -> Result<Pixels, Rejection> {
    let mut options = DecodeOptions::default();
    options.set_ignore_adler32(false);
    options.set_ignore_text_chunk(true);
    let mut decoder = Decoder::new_with_options(Cursor::new(original), options);
    decoder.set_limits(Limits { bytes: SIDE_MEMORY });
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(broken)?;
    let layout = match reader.output_color_type().0 {
        ColorType::Grayscale => Layout::Grey,
        ColorType::GrayscaleAlpha => Layout::GreyAlpha,
        ColorType::Rgb => Layout::Rgb,
        ColorType::Rgba => Layout::Rgba,
        ColorType::Indexed => return Err(Rejection::corrupt("The PNG has a palette that cannot be applied.")),
    };
    let size = Size { width: reader.info().width, height: reader.info().height };
    let mut raster = Raster::new(size, layout);
    reader.next_frame(&mut raster.pixels).map_err(broken)?;
    // Only after the last byte have all checksums been compared.
    reader.finish().map_err(broken)?;
    Ok(Pixels { raster, profile: reader.info().icc_profile.as_ref().map(|profile| profile.to_vec()) })
}

fn broken(error: DecodingError) -> Rejection {
    match error {
        DecodingError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => Rejection::truncated("PNG"),
        DecodingError::LimitsExceeded => {
            Rejection::corrupt(format!("The PNG's metadata needs more than the limit of {SIDE_MEMORY} bytes."))
        }
        other => Rejection::corrupt(format!("The PNG is broken: {}.", other.to_string().trim_end_matches('.'))),
    }
}
