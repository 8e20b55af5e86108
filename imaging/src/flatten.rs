//! Lays a picture on an opaque colour, in linear light: half of white over black is the grey that the eye sees as half.

use std::borrow::Cow;
use std::sync::LazyLock;

use preset::Background;

use crate::raster::{Layout, Raster};
use crate::srgb;

pub const WHITE: Background = Background([255; 3]);

/// An RGB raster; one without alpha is returned as it is.
pub fn on(raster: &Raster, background: Background) -> Cow<'_, Raster> {
    if raster.layout != Layout::Rgba {
        return Cow::Borrowed(raster);
    }
    let light = &*LIGHT;
    let behind = background.0.map(|code| light[usize::from(code)]);
    let mut flat = Raster::new(raster.size, Layout::Rgb);
    let (from, _) = raster.pixels.as_chunks::<4>();
    let (to, _) = flat.pixels.as_chunks_mut::<3>();
    for (&[red, green, blue, alpha], target) in from.iter().zip(to) {
        *target = match alpha {
            0 => background.0,
            255 => [red, green, blue],
            _ => blend([red, green, blue], alpha, behind, light),
        };
    }
    Cow::Owned(flat)
}

fn blend(colour: [u8; 3], alpha: u8, behind: [u32; 3], light: &[u32; 256]) -> [u8; 3] {
    let (alpha, rest) = (u32::from(alpha), 255 - u32::from(alpha));
    let mixed = |channel: usize| (light[usize::from(colour[channel])] * alpha + behind[channel] * rest + 127) / 255;
    [0, 1, 2].map(|channel| CODES[mixed(channel) as usize])
}

/// Full light. The darkest step of eight-bit sRGB is five of it, so rounding stays below a tenth of a code.
const FULL: u32 = 16_383;

/// The light of each eight-bit sRGB code.
static LIGHT: LazyLock<[u32; 256]> =
    LazyLock::new(|| std::array::from_fn(|code| (srgb::to_light(code as f32 / 255.0) * FULL as f32).round() as u32));

/// The eight-bit sRGB code of each light from none to full.
static CODES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    (0..=FULL).map(|light| (srgb::from_light(light as f32 / FULL as f32) * 255.0).round() as u8).collect()
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Size;

    fn flat(rgba: [u8; 4], background: [u8; 3]) -> Vec<u8> {
        let raster = Raster { size: Size { width: 1, height: 1 }, layout: Layout::Rgba, pixels: rgba.to_vec() };
        on(&raster, Background(background)).into_owned().pixels
    }

    #[test]
    fn half_of_white_over_black_is_half_of_the_light() {
        // 128 / 255 of the light is code 188; in codes it would have been 128.
        assert_eq!(flat([255, 255, 255, 128], [0, 0, 0]), [188, 188, 188]);
        assert_eq!(flat([0, 0, 0, 128], [255, 255, 255]), [187, 187, 187]);
    }

    #[test]
    fn what_hides_nothing_and_what_hides_all_stay_exact() {
        assert_eq!(flat([9, 8, 7, 0], [1, 2, 3]), [1, 2, 3]);
        assert_eq!(flat([9, 8, 7, 255], [1, 2, 3]), [9, 8, 7]);
    }

    #[test]
    fn a_colour_over_itself_stays_itself() {
        for code in 0..=255 {
            assert_eq!(flat([code, code, code, 100], [code; 3]), [code; 3]);
        }
    }
}
