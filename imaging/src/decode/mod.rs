//! From bytes to stored pixels: first what the header says, then, within the limits, the pixels.

mod gif;
mod jpeg;
mod jpeg_segments;
mod png;
mod reader;
mod webp;

use crate::orient::Orientation;
use crate::raster::{Raster, Size};
use crate::{InputFormat, Rejection};

/// What the bytes say of themselves, read without any decoder and without allocating.
pub struct Header {
    /// As stored, before the orientation is applied.
    pub size: Size,
    pub frames: u32,
    /// Passes over the picture; 1 but for progressive JPEGs.
    pub scans: u32,
    pub orientation: Orientation,
}

/// The picture as stored, and the ICC profile that gives its numbers a meaning.
pub struct Pixels {
    pub raster: Raster,
    pub profile: Option<Vec<u8>>,
}

pub fn header(format: InputFormat, original: &[u8]) -> Result<Header, Rejection> {
    match format {
        InputFormat::Jpeg => jpeg::header(original),
        InputFormat::Png => png::header(original),
        InputFormat::WebP => webp::header(original),
        InputFormat::Gif => gif::header(original),
    }
}

/// Decodes the picture, or the first frame of an animation.
///
/// `largest` is the upright size of the largest rendition: a format that can decode to a smaller scale
/// for less may do so, as long as twice that size is left.
pub fn pixels(
    format: InputFormat,
    original: &[u8],
    header: &Header,
    largest: Option<Size>,
) -> Result<Pixels, Rejection> {
    let mut pixels = match format {
        InputFormat::Jpeg => jpeg::pixels(original, largest.map(|size| header.orientation.upright(size)))?,
        InputFormat::Png => png::pixels(original)?,
        InputFormat::WebP => webp::pixels(original)?,
        InputFormat::Gif => gif::pixels(original)?,
    };
    pixels.raster = pixels.raster.without_idle_alpha();
    Ok(pixels)
}
