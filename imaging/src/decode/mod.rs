//! From bytes to stored pixels: first what the header says, then, within the limits, the pixels.

mod aom;
mod avif;
mod baseline;
mod bmp;
mod bmp_runs;
pub mod frames;
mod gif;
#[cfg(feature = "heic")]
mod heic;
mod heif;
pub mod heif_boxes;
mod heif_canvas;
mod heif_layers;
mod jpeg;
mod jpeg_segments;
mod png;
pub mod reader;
mod tiff;
mod tiff_samples;
mod webp;
mod ycc;
mod yuv;

use preset::Resample;

use crate::base::{Bases, Source};
use crate::light::{Light, Row};
use crate::orient::Orientation;
use crate::raster::{Layout, Raster, Size};
use crate::{InputFormat, Rejection};

/// What the bytes say of themselves, read without any decoder and without allocating.
pub struct Header {
    /// As stored, before the orientation is applied.
    pub size: Size,
    pub frames: u32,
    /// Passes over the picture; 1 but for progressive JPEGs.
    pub scans: u32,
    pub orientation: Orientation,
    /// EXIF, XMP and colour profile, as far as they are told before decoding; packed, where they are packed.
    pub metadata_bytes: u64,
}

impl Header {
    pub fn still(size: Size) -> Header {
        Header { size, frames: 1, scans: 1, orientation: Orientation::Upright, metadata_bytes: 0 }
    }
}

/// The picture as stored, and what its numbers mean.
pub struct Pixels {
    pub size: Size,
    pub layout: Layout,
    /// Interleaved, rows without gaps, alpha straight.
    pub samples: Samples,
    pub colour: Colour,
}

/// Depths of other kinds are stretched to the next of these.
pub enum Samples {
    Eight(Vec<u8>),
    Sixteen(Vec<u16>),
}

/// What the numbers of a picture mean.
#[derive(Clone, Debug, PartialEq)]
pub enum Colour {
    Srgb,
    /// As embedded; it may be damaged, or speak of other channels.
    Icc(Vec<u8>),
    /// Code points of ITU-T H.273 for primaries and transfer.
    Cicp {
        primaries: u8,
        transfer: u8,
    },
}

impl Colour {
    pub fn from_profile(profile: Option<Vec<u8>>) -> Colour {
        profile.map_or(Colour::Srgb, Colour::Icc)
    }

    /// Code points of ITU-T H.273, where 2 is "not told" and is taken for sRGB's, as browsers do. So are the curves of
    /// cameras for video (1, 6, 14, 15): screens do not undo them, and who grades for screens expects it.
    pub fn from_code_points(primaries: u16, transfer: u16) -> Colour {
        let told = |code: u16, usual: u8| u8::try_from(code).ok().filter(|code| *code != 2).unwrap_or(usual);
        match (told(primaries, 1), told(transfer, 13)) {
            (1, 1 | 6 | 13 | 14 | 15) => Colour::Srgb,
            (primaries, 1 | 6 | 14 | 15) => Colour::Cicp { primaries, transfer: 13 },
            (primaries, transfer) => Colour::Cicp { primaries, transfer },
        }
    }
}

impl Pixels {
    /// Gives all rows.
    fn give(&self, bases: &mut Bases) {
        let deep = matches!(self.samples, Samples::Sixteen(_));
        bases.begin(Source::whole(self.size), Light::new(self.layout, deep, &self.colour));
        let length = self.size.width as usize * self.layout.channels();
        match &self.samples {
            Samples::Eight(samples) => samples.chunks_exact(length).for_each(|row| bases.row(Row::Eight(row))),
            Samples::Sixteen(samples) => samples.chunks_exact(length).for_each(|row| bases.row(Row::Sixteen(row))),
        }
    }

    pub fn eight(raster: Raster, colour: Colour) -> Pixels {
        Pixels { size: raster.size, layout: raster.layout, samples: Samples::Eight(raster.pixels), colour }
    }
}

pub fn header(format: InputFormat, original: &[u8]) -> Result<Header, Rejection> {
    match format {
        InputFormat::Jpeg => jpeg::header(original),
        InputFormat::Png => png::header(original),
        InputFormat::WebP => webp::header(original),
        InputFormat::Gif => gif::header(original),
        InputFormat::Heic | InputFormat::Avif => heif::header(original),
        InputFormat::Tiff => tiff::header(original),
        InputFormat::Bmp => bmp::header(original),
    }
}

/// Decodes the picture, or the first frame of an animation, row by row into `bases`.
pub fn rows(format: InputFormat, original: &[u8], resample: Resample, bases: &mut Bases) -> Result<(), Rejection> {
    match format {
        InputFormat::Jpeg => jpeg::rows(original, resample, bases),
        InputFormat::Png => png::rows(original, bases),
        other => {
            pixels(other, original)?.give(bases);
            Ok(())
        }
    }
}

/// The whole picture at once.
fn pixels(format: InputFormat, original: &[u8]) -> Result<Pixels, Rejection> {
    match format {
        InputFormat::Jpeg => jpeg::pixels(original, None),
        InputFormat::Png => png::open(original)?.read(),
        InputFormat::WebP => webp::pixels(original),
        InputFormat::Gif => gif::pixels(original),
        InputFormat::Heic | InputFormat::Avif => heif::pixels(original),
        InputFormat::Tiff => tiff::pixels(original),
        InputFormat::Bmp => bmp::pixels(original),
    }
}

#[cfg(test)]
pub mod tests;
