//! Tells drawings from photographs by how much of a picture repeats itself.

use crate::raster::{Layout, Raster};

/// Whether two thirds of the pixels are exactly like their left neighbour.
///
/// In photographs a tenth is much, for noise and shading leave few neighbours equal; charts, logos and text
/// have nine tenths and more.
pub fn is_flat(raster: &Raster) -> bool {
    let width = raster.size.width as usize;
    let repeated = match raster.layout {
        Layout::Rgba => repeated(raster.pixels.as_chunks::<4>().0, width),
        _ => repeated(raster.pixels.as_chunks::<3>().0, width),
    };
    // The first pixel of a row has no neighbour.
    let all = raster.size.area() - u64::from(raster.size.height);
    repeated * 3 >= all * 2
}

fn repeated<P: PartialEq>(pixels: &[P], width: usize) -> u64 {
    pixels.chunks(width).map(|row| row.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64).sum()
}
