//! JPEG by libjpeg-turbo: baseline and progressive; grey, YCbCr, RGB, CMYK and YCCK.

use turbojpeg::{Colorspace, Decompressor, Error, Image, PixelFormat, ScalingFactor};

use super::jpeg_segments::Segments;
use super::{Header, Pixels};
use crate::Rejection;
use crate::orient::Orientation;
use crate::raster::{Layout, Raster, Size};

pub fn header(original: &[u8]) -> Result<Header, Rejection> {
    let segments = Segments::read(original)?;
    Ok(Header {
        size: segments.size,
        frames: 1,
        scans: segments.scans,
        orientation: segments.exif.map_or(Orientation::Upright, Orientation::from_exif),
    })
}

/// `largest` is the largest rendition as it would be stored.
pub fn pixels(original: &[u8], largest: Option<Size>) -> Result<Pixels, Rejection> {
    let segments = Segments::read(original)?;
    let essential = segments.essential.concat();
    let mut decompressor = Decompressor::new().map_err(broken)?;
    let header = decompressor.read_header(&essential).map_err(broken)?;
    let (format, layout) = match header.colorspace {
        Colorspace::Gray => (PixelFormat::GRAY, Layout::Grey),
        Colorspace::CMYK | Colorspace::YCCK => (PixelFormat::CMYK, Layout::Cmyk),
        _ => (PixelFormat::RGB, Layout::Rgb),
    };
    let factor = match largest {
        Some(largest) if !header.is_lossless => smallest_sufficient(segments.size, largest),
        _ => ScalingFactor::ONE,
    };
    decompressor.set_scaling_factor(factor).map_err(broken)?;
    let mut raster = Raster::new(scaled(segments.size, factor), layout);
    let Size { width, height } = raster.size;
    let (width, height) = (width as usize, height as usize);
    let pitch = width * layout.channels();
    let image = Image { pixels: &mut raster.pixels[..], width, pitch, height, format };
    decompressor.decompress(&essential, image).or_else(forgive)?;
    // Adobe's convention stores how much light is left rather than how much ink is laid on.
    if layout == Layout::Cmyk && segments.adobe {
        raster.pixels.iter_mut().for_each(|sample| *sample = !*sample);
    }
    Ok(Pixels { raster, profile: segments.profile() })
}

/// The cheapest scale that libjpeg-turbo has vector code for and that leaves the filter twice the largest
/// rendition: below that, detail is measurably lost.
fn smallest_sufficient(size: Size, largest: Size) -> ScalingFactor {
    [ScalingFactor::ONE_EIGHTH, ScalingFactor::ONE_QUARTER, ScalingFactor::ONE_HALF]
        .into_iter()
        .find(|factor| scaled(size, *factor).at_least(2, 1, largest))
        .unwrap_or(ScalingFactor::ONE)
}

fn scaled(size: Size, factor: ScalingFactor) -> Size {
    let scale = |side: u32| factor.scale(side as usize) as u32;
    Size { width: scale(size.width), height: scale(size.height) }
}

/// Stray bytes before the end marker harm nobody: cameras pad with them.
/// libjpeg-turbo tells only the first of its warnings, and this one can only come after the last block.
fn forgive(error: Error) -> Result<(), Rejection> {
    let harmless = error.to_string().contains("extraneous bytes before marker 0xd9");
    if harmless { Ok(()) } else { Err(broken(error)) }
}

fn broken(error: Error) -> Rejection {
    let message = match error {
        Error::TurboJpegError(message) => message,
        other => other.to_string(),
    };
    if message.to_ascii_lowercase().contains("premature end") {
        return Rejection::truncated("JPEG");
    }
    Rejection::corrupt(format!("The JPEG is broken: {}.", message.trim_end_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factor(largest: u32) -> String {
        let largest = Size { width: largest, height: largest };
        smallest_sufficient(Size { width: 4000, height: 4000 }, largest).to_string()
    }

    #[test]
    fn scaled_decoding_leaves_twice_the_largest_rendition() {
        assert_eq!([factor(250), factor(251), factor(1000), factor(1001)], ["1/8", "1/4", "1/2", "1/1"]);
    }
}
