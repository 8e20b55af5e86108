//! Pixels only: an uploaded picture in, its renditions out, or one plain reason why not.
//!
//! The steps, in order, each in the file of its name:
//! sniff → decode (header) → limits → plan → decode (rows) → light → resample → turn → levels →
//! for each rendition: draw (fit, filters, canvas) → encode; and of a small level: placeholder, attention.

mod animation;
mod attention;
mod base;
mod canvas;
mod credits;
mod decode;
mod draw;
mod encode;
mod exif;
mod filters;
mod fit;
mod flatten;
mod gravity;
mod halve;
mod hdr;
mod ifd;
mod levels;
mod light;
mod limits;
mod metadata;
mod orient;
mod placeholder;
mod plan;
mod planes;
mod raster;
mod rejection;
mod renditions;
mod resample;
mod sniff;
mod srgb;
mod turn;
mod words;
mod xmp;

use std::panic::{AssertUnwindSafe, catch_unwind};

use preset::{Preset, Resample};
use serde::{Deserialize, Serialize};

pub use exif::Exif;

/// Makes the renditions of `preset` from the bytes of an upload.
///
/// Every rendition is upright, in sRGB, and without metadata but copyright and credit.
/// What the original is too small for, several times over, is made once, under the first name.
/// No panic of a decoder leaves this function: the picture that provoked it is `Corrupt`.
pub fn develop(original: &[u8], preset: &Preset, limits: &Limits) -> Result<Developed, Rejection> {
    // Nothing that the steps borrow or own outlives a panic, so no broken state can be seen afterwards.
    catch_unwind(AssertUnwindSafe(|| steps(original, preset, limits)))
        .unwrap_or_else(|_| Err(Rejection::stopped_its_decoder()))
}

fn steps(original: &[u8], preset: &Preset, limits: &Limits) -> Result<Developed, Rejection> {
    let format = sniff::sniff(original)?;
    let header = decode::header(format, original)?;
    limits::check(&header, limits)?;
    let upright = header.orientation.upright(header.size);
    let plan = plan::plan(upright, &preset.renditions);
    for job in &plan.jobs {
        limits::check_rendition(&job.rendition.name, job.frame.size, limits)?;
    }
    let levels = levels(format, original, &header, &plan)?;
    let exif = Exif::read(&metadata::Metadata::find(format, original));
    let known = encode::Original {
        size: upright,
        quality: encode::quality::of_jpeg(original),
        credit: encode::Credit { copyright: exif.copyright.as_deref(), artist: exif.credit.as_deref() },
    };
    let wants_motion = header.frames > 1 && preset.renditions.iter().any(|rendition| rendition.animated);
    let moves = wants_motion && limits::lets_move(&header, limits);
    let source = moves.then_some(animation::Source { format, bytes: original, header: &header });
    let renditions = renditions::all(&plan, &levels, &known, source.as_ref())?;
    let placeholder = placeholder::of(levels.glance());
    Ok(Developed {
        format,
        width: upright.width,
        height: upright.height,
        frames: header.frames,
        poster: wants_motion && !moves,
        exif,
        placeholder: placeholder.hash,
        color: placeholder.color,
        renditions,
    })
}

/// Decodes once, into every size that is made from the original itself, and makes the others from those.
fn levels(
    format: InputFormat,
    original: &[u8],
    header: &decode::Header,
    plan: &plan::Plan<'_>,
) -> Result<levels::Levels, Rejection> {
    let fast = plan.jobs.iter().all(|job| job.rendition.resample == Resample::Fast);
    let resample = if fast && !plan.jobs.is_empty() { Resample::Fast } else { Resample::Linear };
    let orientation = header.orientation;
    let mut bases = base::Bases::new(plan.bases().map(|size| orientation.upright(size)).collect());
    decode::rows(format, original, resample, &mut bases)?;
    Ok(levels::Levels::new(orientation.upright(header.size), bases.finish(), orientation, plan))
}

/// What a rendition was encoded as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Format {
    Avif,
    Jpeg,
    WebP,
    Png,
}

impl Format {
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Avif => "avif",
            Format::Jpeg => "jpeg",
            Format::WebP => "webp",
            Format::Png => "png",
        }
    }

    /// The ending of a file name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Avif => "avif",
            Format::Jpeg => "jpg",
            Format::WebP => "webp",
            Format::Png => "png",
        }
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Format::Avif => "image/avif",
            Format::Jpeg => "image/jpeg",
            Format::WebP => "image/webp",
            Format::Png => "image/png",
        }
    }
}

/// What a picture may ask of the machine; all of it is read from the bytes before anything is decoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Width × height × frames. Larger: memory, up to 7 bytes a pixel. Smaller: cameras are refused.
    pub max_pixels: u64,
    /// Larger: rows that codecs cannot hold. Smaller: panoramas are refused.
    pub max_side: u32,
    /// Larger: long animations cost storage and bandwidth. Smaller: they are refused.
    pub max_frames: u32,
    /// Every scan of a progressive JPEG visits every block, so this bounds time. Encoders write 10 to 20.
    pub max_scans: u32,
    /// EXIF, XMP and profile together. Larger: copies of them in memory. Smaller: printers' profiles are refused.
    pub max_metadata_bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_pixels: 50_000_000,
            max_side: 16_384,
            max_frames: 300,
            max_scans: 50,
            max_metadata_bytes: 16 << 20,
        }
    }
}

/// What was learnt of an original, and the pictures made from it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Developed {
    pub format: InputFormat,
    /// The original's width when upright, in pixels.
    pub width: u32,
    /// The original's height when upright, in pixels.
    pub height: u32,
    /// 1 unless the original is an animated GIF or WebP.
    pub frames: u32,
    /// Whether the original moves, and a rendition that should have moved shows one frame of it.
    pub poster: bool,
    pub exif: Exif,
    /// A ThumbHash; empty if the preset has no rendition.
    pub placeholder: Vec<u8>,
    /// The mean colour, in sRGB.
    pub color: [u8; 3],
    /// In the order of the plan.
    pub renditions: Vec<Picture>,
}

/// What an original turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum InputFormat {
    Jpeg,
    Png,
    WebP,
    Gif,
    /// HEIF, whose picture is HEVC's as a rule.
    Heic,
    Avif,
    Tiff,
    Bmp,
}

impl InputFormat {
    pub fn as_str(self) -> &'static str {
        match self {
            InputFormat::Jpeg => "jpeg",
            InputFormat::Png => "png",
            InputFormat::WebP => "webp",
            InputFormat::Gif => "gif",
            InputFormat::Heic => "heic",
            InputFormat::Avif => "avif",
            InputFormat::Tiff => "tiff",
            InputFormat::Bmp => "bmp",
        }
    }
}

/// A finished rendition.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Picture {
    pub name: String,
    pub format: Format,
    pub width: u32,
    pub height: u32,
    pub bytes: Vec<u8>,
}

/// Why a picture cannot be developed; trying again with the same bytes gives the same answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    pub code: RejectionCode,
    /// One plain sentence, with the limit and the number that was hit where there is one.
    pub detail: String,
}

/// The whole vocabulary of refusal; the last two are those of whoever bounds a development from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RejectionCode {
    Empty,
    UnsupportedFormat,
    Truncated,
    Corrupt,
    TooManyPixels,
    SideTooLong,
    TooManyScans,
    MetadataTooLarge,
    TooMuchMemory,
    TooMuchTime,
}

#[cfg(test)]
mod tests;
