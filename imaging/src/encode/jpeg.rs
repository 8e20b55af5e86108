//! JPEG by libjpeg-turbo: progressive, 4:2:0, optimised tables, alpha flattened on white.

use std::borrow::Cow;

use turbojpeg::{Compressor, Image, PixelFormat, Result, Subsamp};

use crate::raster::{Layout, Raster};

pub fn encode(raster: &Raster, quality: u8) -> Result<Vec<u8>> {
    let pixels = match raster.layout {
        Layout::Rgba => Cow::Owned(flattened(&raster.pixels)),
        _ => Cow::Borrowed(&raster.pixels[..]),
    };
    let (width, height) = (raster.size.width as usize, raster.size.height as usize);
    let image = Image { pixels: &pixels[..], width, pitch: width * 3, height, format: PixelFormat::RGB };
    let mut compressor = Compressor::new()?;
    compressor.set_quality(i32::from(quality).clamp(1, 100))?;
    compressor.set_subsamp(Subsamp::Sub2x2)?;
    compressor.set_progressive(true)?;
    compressor.set_optimize(true)?;
    compressor.compress_to_vec(image)
}

fn flattened(rgba: &[u8]) -> Vec<u8> {
    let (pixels, _) = rgba.as_chunks::<4>();
    let on_white = |colour: u8, alpha: u8| {
        let light = u32::from(colour) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
        ((light + 127) / 255) as u8
    };
    pixels.iter().flat_map(|[red, green, blue, alpha]| [red, green, blue].map(|c| on_white(*c, *alpha))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_transparent_becomes_white() {
        let rgba = [0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 128, 10, 20, 30, 255];
        assert_eq!(flattened(&rgba), [255, 255, 255, 0, 0, 0, 127, 127, 127, 10, 20, 30]);
    }
}
