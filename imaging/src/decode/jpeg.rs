//! JPEG by libjpeg-turbo: baseline and progressive; grey, YCbCr, RGB, CMYK and YCCK.

use turbojpeg::{Colorspace, Decompressor, Error, Image, PixelFormat, ScalingFactor};

use preset::Resample;

use super::baseline::Baseline;
use super::jpeg_segments::Segments;
use super::ycc::{FullRows, HalfRows};
use super::{Colour, Header, Pixels};
use crate::Rejection;
use crate::base::{Bases, Source};
use crate::halve;
use crate::light::{Light, Row};
use crate::orient::Orientation;
use crate::raster::{Layout, Raster, Size};

pub fn header(original: &[u8]) -> Result<Header, Rejection> {
    let segments = Segments::read(original)?;
    Ok(Header {
        scans: segments.scans,
        orientation: segments.exif.map_or(Orientation::Upright, Orientation::from_exif),
        metadata_bytes: segments.metadata_bytes,
        ..Header::still(segments.size)
    })
}

/// Gives the rows of the picture, or of one that is half as fine where that leaves enough.
pub fn rows(original: &[u8], resample: Resample, bases: &mut Bases) -> Result<(), Rejection> {
    let segments = Segments::read(original)?;
    if resample == Resample::Linear
        && let Some(baseline) = Baseline::open(&segments)
        && stream(&baseline, &segments, bases).is_some()
    {
        return Ok(());
    }
    let largest = (resample == Resample::Fast).then(|| bases.largest());
    whole(&segments, largest)?.give(bases);
    Ok(())
}

/// The whole picture by libjpeg-turbo; at a smaller scale if that will do for the `largest` rendition.
pub fn pixels(original: &[u8], largest: Option<Size>) -> Result<Pixels, Rejection> {
    whole(&Segments::read(original)?, largest)
}

/// `None` if the coded bytes are in doubt.
fn stream(baseline: &Baseline<'_>, segments: &Segments<'_>, bases: &mut Bases) -> Option<()> {
    let (size, sampling) = (segments.size, baseline.sampling());
    let layout = if sampling.chroma { Layout::Rgb } else { Layout::Grey };
    let light = Light::new(layout, false, &Colour::from_profile(segments.profile()));
    if !sampling.chroma {
        bases.begin(Source::whole(size), light);
        let mut left = size.height as usize;
        return baseline.bands(|band| {
            let rows = band.planes[0].rows.min(left);
            (0..rows).for_each(|line| bases.row(Row::Eight(&band.planes[0].row(line)[..size.width as usize])));
            left -= rows;
        });
    }
    if (sampling.across, sampling.down) == (2, 2) && halve::leaves_enough(size, bases.largest()) {
        let (across, down) = (f64::from(size.width) / 2.0, f64::from(size.height) / 2.0);
        bases.begin(Source { size: HalfRows::size(size), across, down }, light);
        let mut rows = HalfRows::new(size);
        return baseline.bands(|band| rows.take(band, &mut |row| bases.row_of_rgb(row)));
    }
    bases.begin(Source::whole(size), light);
    let mut rows = FullRows::new(size, sampling);
    baseline.bands(|band| rows.take(band, &mut |row| bases.row_of_rgb(row)))?;
    rows.end(&mut |row| bases.row_of_rgb(row));
    Some(())
}

/// The whole picture, by libjpeg-turbo. `largest` is the largest rendition, if a smaller scale will do.
fn whole(segments: &Segments<'_>, largest: Option<Size>) -> Result<Pixels, Rejection> {
    let essential = segments.essential_file();
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
    Ok(Pixels::eight(raster, Colour::from_profile(segments.profile())))
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
