//! Writes a picture in the format that its rendition asks for.

mod aom;
mod auto;
mod avif;
mod bleed;
mod credit;
mod flat;
mod jpeg;
mod palette;
mod png;
pub mod quality;
mod webp;
mod yuv;

use std::borrow::Cow;

use preset::Rendition;

pub use self::credit::Credit;
use self::yuv::Sampling;
use crate::raster::{Raster, Size};
use crate::{Format, Rejection, RejectionCode, flatten};

/// libwebp's own default. Measured: 2 takes half the time for 3 % more bytes and 1 point less, 6 takes nearly three
/// times as long for 5 % fewer.
const WEBP_EFFORT: u8 = 4;

/// What encoders must know of the picture that a raster was made from.
#[derive(Clone, Copy, Debug)]
pub struct Original<'a> {
    /// Upright.
    pub size: Size,
    /// Its own quality on the common scale, where it can be told: see `quality::of_jpeg`.
    pub quality: Option<u8>,
    pub credit: Credit<'a>,
}

/// Writes an RGB or RGBA raster as the rendition asks; tells the format, which `auto` leaves open.
pub fn encode(raster: &Raster, rendition: &Rendition, original: &Original<'_>) -> Result<(Format, Vec<u8>), Rejection> {
    let raster = &*shown(raster, rendition);
    let format = match rendition.format {
        preset::Format::Avif => Format::Avif,
        preset::Format::Jpeg => Format::Jpeg,
        preset::Format::WebP => Format::WebP,
        preset::Format::Png => Format::Png,
        preset::Format::Auto => auto::format(raster),
    };
    if format == Format::WebP {
        fits_webp(raster.size)?;
    }
    let quality = quality_for(raster.size, rendition.quality, original);
    let exif = original.credit.exif();
    let bytes = match format {
        Format::Avif => avif::encode(raster, avif_settings(rendition, quality), Sampling::of(raster, quality), exif),
        Format::Jpeg => jpeg::encode(raster, jpeg::Manner { quality, progressive: rendition.progressive })
            .map(|bytes| with(exif, bytes, credit::into_jpeg)),
        Format::WebP => webp::encode(raster, webp_settings(rendition, quality))
            .map(|bytes| with(exif, bytes, |bytes, exif| credit::into_webp(bytes, exif, raster.size))),
        Format::Png => png::encode(raster, exif).map_err(|error| error.to_string()),
    };
    bytes.map(|bytes| (format, bytes)).map_err(|cause| unwritable(format, &cause))
}

/// A frame as a whole canvas, and for how many milliseconds it is shown.
pub type Frame = (Raster, u32);

/// Writes an animated WebP that plays `loops` times, 0 for ever; frames are asked for one at a time.
pub fn animation(
    canvas: Size,
    loops: u16,
    frames: &mut dyn Iterator<Item = Result<Frame, Rejection>>,
    rendition: &Rendition,
    original: &Original<'_>,
) -> Result<Vec<u8>, Rejection> {
    fits_webp(canvas)?;
    let settings = webp_settings(rendition, quality_for(canvas, rendition.quality, original));
    let refused = |cause: String| unwritable(Format::WebP, &cause);
    let mut animation = webp::Animation::new(canvas, loops, settings).map_err(refused)?;
    for frame in frames {
        let (raster, delay_ms) = frame?;
        animation.add(&shown(&raster, rendition), delay_ms).map_err(refused)?;
    }
    let bytes = animation.finish().map_err(refused)?;
    Ok(with(original.credit.exif(), bytes, |bytes, exif| credit::into_webp(bytes, exif, canvas)))
}

/// The raster, on its background where it must have one, and without an alpha channel that hides nothing.
fn shown<'a>(raster: &'a Raster, rendition: &Rendition) -> Cow<'a, Raster> {
    let opaque = rendition.format == preset::Format::Jpeg || rendition.background.is_some();
    if opaque || raster.has_idle_alpha() {
        return flatten::on(raster, rendition.background.unwrap_or(flatten::WHITE));
    }
    Cow::Borrowed(raster)
}

/// Not finer than an original of the same size: the bytes would go into its artefacts.
fn quality_for(size: Size, wanted: u8, original: &Original<'_>) -> u8 {
    match original.quality {
        Some(own) if size == original.size => wanted.min(own),
        _ => wanted,
    }
}

fn avif_settings(rendition: &Rendition, quality: u8) -> aom::Settings {
    // Without an effort the fastest, which was measured smaller than WebP at its score, and cheaper.
    let speed = 9 - rendition.effort.unwrap_or(0).min(9);
    aom::Settings { quantizer: quality::avif(quality), speed }
}

fn webp_settings(rendition: &Rendition, quality: u8) -> webp::Settings {
    webp::Settings { quality: quality::webp(quality), effort: rendition.effort.unwrap_or(WEBP_EFFORT) }
}

fn with(exif: Option<Vec<u8>>, bytes: Vec<u8>, put: impl Fn(Vec<u8>, &[u8]) -> Vec<u8>) -> Vec<u8> {
    match exif {
        Some(exif) => put(bytes, &exif),
        None => bytes,
    }
}

fn fits_webp(size: Size) -> Result<(), Rejection> {
    let (longest, most) = (size.width.max(size.height), webp::MAX_SIDE);
    if longest > most {
        let detail = format!("A WebP has at most {most} pixels a side, and the rendition would have {longest}.");
        return Err(Rejection::new(RejectionCode::SideTooLong, detail));
    }
    Ok(())
}

fn unwritable(format: Format, cause: &str) -> Rejection {
    Rejection::corrupt(format!("The picture could not be written as {}: {cause}.", format.as_str()))
}

#[cfg(test)]
mod tests;
