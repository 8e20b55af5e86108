//! Chooses the format of a picture whose rendition leaves it open.

use std::collections::HashSet;

use super::flat;
use crate::Format;
use crate::raster::{Layout, Raster};

/// Smoothed edges between a dozen colours make a few hundred to a few thousand; photographs have more in a
/// few rows.
const MAX_COLOURS: usize = 4096;

/// PNG for flat art of few colours, which is then exact and small, else AVIF.
pub fn format(raster: &Raster) -> Format {
    let few = match raster.layout {
        Layout::Rgba => few_colours(raster.pixels.as_chunks::<4>().0),
        _ => few_colours(raster.pixels.as_chunks::<3>().0),
    };
    if few && flat::is_flat(raster) { Format::Png } else { Format::Avif }
}

fn few_colours<P: Copy + Eq + std::hash::Hash>(pixels: &[P]) -> bool {
    let mut seen = HashSet::new();
    let mut last = None;
    pixels.iter().all(|pixel| {
        // Most pixels of a drawing repeat the one before, and need no look into the set.
        let known = last.replace(*pixel) == Some(*pixel);
        known || !seen.insert(*pixel) || seen.len() <= MAX_COLOURS
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Size;

    fn drawn(layout: Layout, pixel: impl Fn(i64, i64) -> Vec<u8>) -> Raster {
        let size = Size { width: 200, height: 120 };
        let pixels = (0..120).flat_map(|y| (0..200).map(move |x| (x, y))).flat_map(|(x, y)| pixel(x, y)).collect();
        Raster { size, layout, pixels }
    }

    /// How much of a pixel lies inside a disc, in 255 parts, with a soft edge.
    fn disc(x: i64, y: i64, radius: f64) -> u8 {
        let distance = ((x - 100).pow(2) as f64 + (y - 60).pow(2) as f64).sqrt();
        ((radius - distance).clamp(0.0, 1.0) * 255.0) as u8
    }

    fn noise(x: i64, y: i64) -> u8 {
        ((x * 7919 + y * 104_729) * (x + 31 * y) % 251) as u8
    }

    #[test]
    fn a_chart_with_soft_edges_is_png() {
        let bars = |x: i64, y: i64| if (x / 20) % 2 == 0 && y > x / 3 { [30_u8, 90, 200] } else { [255; 3] };
        let chart = drawn(Layout::Rgb, |x, y| {
            let ink = u16::from(disc(x, y, 30.0));
            bars(x, y).map(|paper| ((u16::from(paper) * (255 - ink) + 20 * ink) / 255) as u8).to_vec()
        });
        assert_eq!(format(&chart), Format::Png);
    }

    #[test]
    fn a_transparent_icon_is_png() {
        let icon = drawn(Layout::Rgba, |x, y| vec![220, 40, 30, disc(x, y, 50.0)]);
        assert_eq!(format(&icon), Format::Png);
    }

    #[test]
    fn a_photograph_is_avif_in_colour_and_in_grey() {
        let shaded = |x: i64, y: i64| (x + y) as u8 / 2 + noise(x, y) / 16;
        let colour = drawn(Layout::Rgb, |x, y| vec![shaded(x, y), shaded(y, x), noise(x, y)]);
        // It has fewer than 256 colours, and yet nothing that repeats.
        let grey = drawn(Layout::Rgb, |x, y| vec![shaded(x, y); 3]);
        assert_eq!([format(&colour), format(&grey)], [Format::Avif; 2]);
    }
}
