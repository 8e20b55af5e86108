//! Pixels only: an uploaded picture in, its renditions out, or one plain reason why not.
//!
//! The steps, in order, each in the file of its name:
//! sniff → decode (header) → limits → plan → decode (pixels) → resize → colour → orient → encode.

mod colour;
mod decode;
mod encode;
mod limits;
mod orient;
mod plan;
mod raster;
mod rejection;
mod resize;
mod sniff;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Makes the renditions of `plan` from the bytes of an upload.
///
/// Every rendition is upright, in sRGB, without metadata, inside its box and never enlarged.
/// Renditions that come out with equal format, quality and size are made once, under the first name.
/// No panic of a decoder leaves this function: the picture that provoked it is `Corrupt`.
pub fn develop(original: &[u8], plan: &[Rendition], limits: &Limits) -> Result<Developed, Rejection> {
    // Nothing that the steps borrow or own outlives a panic, so no broken state can be seen afterwards.
    catch_unwind(AssertUnwindSafe(|| steps(original, plan, limits)))
        .unwrap_or_else(|_| Err(Rejection::corrupt("The picture is broken in a way that stopped its decoder.")))
}

fn steps(original: &[u8], plan: &[Rendition], limits: &Limits) -> Result<Developed, Rejection> {
    let format = sniff::sniff(original)?;
    let header = decode::header(format, original)?;
    limits::check(&header, limits)?;
    let upright = header.orientation.upright(header.size);
    let schedule = plan::schedule(upright, plan);
    let pixels = decode::pixels(format, original, &header, schedule.largest())?;
    let levels = resize::pyramid(pixels, header.orientation, &schedule.sizes);
    let renditions = encode::renditions(&schedule.jobs, &levels)?;
    Ok(Developed { format, width: upright.width, height: upright.height, frames: header.frames, renditions })
}

/// One wish of a plan: a picture that fits inside `width` × `height`, where an absent side is unbounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendition {
    pub name: String,
    pub format: Format,
    pub width: Option<u32>,
    pub height: Option<u32>,
    /// 0 to 100 on one scale for every format; 80 is the usual choice.
    pub quality: u8,
}

/// What a rendition is encoded as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    Avif,
    Jpeg,
}

impl Format {
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Avif => "avif",
            Format::Jpeg => "jpeg",
        }
    }

    /// The ending of a file name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Avif => "avif",
            Format::Jpeg => "jpg",
        }
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Format::Avif => "image/avif",
            Format::Jpeg => "image/jpeg",
        }
    }
}

/// What a picture may ask of the machine; all of it is read from the bytes before anything is decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Width × height × frames. Larger: memory, up to 7 bytes a pixel. Smaller: cameras are refused.
    pub max_pixels: u64,
    /// Larger: rows that codecs cannot hold. Smaller: panoramas are refused.
    pub max_side: u32,
    /// Larger: long animations cost storage and bandwidth. Smaller: they are refused.
    pub max_frames: u32,
    /// Every scan of a progressive JPEG visits every block, so this bounds time. Encoders write 10 to 20.
    pub max_scans: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { max_pixels: 50_000_000, max_side: 16_384, max_frames: 300, max_scans: 50 }
    }
}

/// What was learnt of an original, and the pictures made from it.
#[derive(Clone, Debug)]
pub struct Developed {
    pub format: InputFormat,
    /// The original's width when upright, in pixels.
    pub width: u32,
    /// The original's height when upright, in pixels.
    pub height: u32,
    /// 1 unless the original is an animated GIF or WebP.
    pub frames: u32,
    /// In the order of the plan.
    pub renditions: Vec<Picture>,
}

/// What an original turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InputFormat {
    Jpeg,
    Png,
    WebP,
    Gif,
}

impl InputFormat {
    pub fn as_str(self) -> &'static str {
        match self {
            InputFormat::Jpeg => "jpeg",
            InputFormat::Png => "png",
            InputFormat::WebP => "webp",
            InputFormat::Gif => "gif",
        }
    }
}

/// A finished rendition.
#[derive(Clone, Debug)]
pub struct Picture {
    pub name: String,
    pub format: Format,
    pub width: u32,
    pub height: u32,
    pub bytes: Vec<u8>,
}

/// Why a picture cannot be developed; trying again with the same bytes gives the same answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub code: RejectionCode,
    /// One plain sentence, with the limit and the number that was hit where there is one.
    pub detail: String,
}

/// The whole vocabulary of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RejectionCode {
    Empty,
    UnsupportedFormat,
    Truncated,
    Corrupt,
    TooManyPixels,
    SideTooLong,
    TooManyFrames,
    TooManyScans,
}

#[cfg(test)]
mod tests;
