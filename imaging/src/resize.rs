//! Makes every size from one decoded picture, from larger to smaller.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, MulDiv, PixelType, ResizeAlg, ResizeOptions, Resizer};

use crate::decode::Pixels;
use crate::orient::Orientation;
use crate::raster::{Layout, Raster, Size};
use crate::{colour, orient};

/// The upright sRGB rasters of `sizes`, which must be distinct and run from large to small.
///
/// The original is scaled first and coloured and turned after, at a fraction of its pixels.
pub fn pyramid(pixels: Pixels, orientation: Orientation, sizes: &[Size]) -> Vec<Raster> {
    let Pixels { mut raster, profile } = pixels;
    let finish = |stored| orient::apply(colour::to_srgb(stored, profile.as_deref()), orientation);
    let mut levels: Vec<Raster> = Vec::with_capacity(sizes.len());
    if let Some((_, rest)) = sizes.split_first().filter(|(first, _)| **first == orientation.upright(raster.size)) {
        levels.push(finish(raster));
        for size in rest {
            levels.push(scale(parent(&levels, *size).unwrap_or(&levels[0]), *size, Alpha::Straight));
        }
        return levels;
    }
    premultiply(&mut raster);
    for size in sizes {
        let level = match parent(&levels, *size) {
            Some(parent) => scale(parent, *size, Alpha::Straight),
            None => {
                let mut stored = scale(&raster, orientation.upright(*size), Alpha::Premultiplied);
                unpremultiply(&mut stored);
                finish(stored)
            }
        };
        levels.push(level);
    }
    levels
}

/// The smallest level that leaves the filter enough to work with.
///
/// Below half as large again, two passes of Lanczos in a row would soften or ring; the source serves better.
fn parent(levels: &[Raster], size: Size) -> Option<&Raster> {
    levels.iter().rev().find(|level| level.size.at_least(3, 2, size))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Alpha {
    Straight,
    Premultiplied,
}

fn scale(source: &Raster, size: Size, alpha: Alpha) -> Raster {
    let mut target = Raster::new(size, source.layout);
    let kind = pixel_type(source.layout);
    // With `use_alpha` the filter weighs colours by their alpha, on a premultiplied copy that it makes.
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        .use_alpha(source.layout.has_alpha() && alpha == Alpha::Straight);
    let from = ImageRef::new(source.size.width, source.size.height, &source.pixels, kind)
        .expect("a raster has as many bytes as its size asks for");
    Resizer::new().resize(&from, &mut image(&mut target), &options).expect("both have one pixel type");
    target
}

/// Done in place on the original, which is the one raster that is too large to copy.
fn premultiply(raster: &mut Raster) {
    if raster.layout.has_alpha() {
        MulDiv::new().multiply_alpha_inplace(&mut image(raster)).expect("the layout has an alpha channel");
    }
}

fn unpremultiply(raster: &mut Raster) {
    if raster.layout.has_alpha() {
        MulDiv::new().divide_alpha_inplace(&mut image(raster)).expect("the layout has an alpha channel");
    }
}

fn image(raster: &mut Raster) -> Image<'_> {
    Image::from_slice_u8(raster.size.width, raster.size.height, &mut raster.pixels, pixel_type(raster.layout))
        .expect("a raster has as many bytes as its size asks for")
}

fn pixel_type(layout: Layout) -> PixelType {
    match layout {
        Layout::Grey => PixelType::U8,
        Layout::GreyAlpha => PixelType::U8x2,
        Layout::Rgb => PixelType::U8x3,
        Layout::Rgba | Layout::Cmyk => PixelType::U8x4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(side: u32) -> Raster {
        Raster::new(Size { width: side, height: side }, Layout::Rgb)
    }

    #[test]
    fn a_level_is_made_from_the_smallest_that_is_half_as_large_again() {
        let levels = [level(2000), level(1000), level(600)];
        let side = |side| parent(&levels, Size { width: side, height: side }).map(|level| level.size.width);
        assert_eq!((side(400), side(500), side(1300), side(1400)), (Some(600), Some(1000), Some(2000), None));
    }

    #[test]
    fn hidden_colours_do_not_bleed_into_visible_ones() {
        let size = Size { width: 4, height: 4 };
        let hidden_green_beside_red: Vec<u8> = [[0, 255, 0, 0], [255, 0, 0, 255]].as_flattened().repeat(8);
        let raster = Raster { size, layout: Layout::Rgba, pixels: hidden_green_beside_red };
        let small = Size { width: 2, height: 2 };
        for sizes in [&[small][..], &[size, small]] {
            let pixels = Pixels { raster: raster.clone(), profile: None };
            let made = pyramid(pixels, Orientation::Upright, sizes).pop().expect("the smallest level");
            assert!(made.pixels.as_chunks::<4>().0.iter().all(|pixel| pixel[1] == 0 && pixel[0] >= 254), "{made:?}");
        }
    }
}
