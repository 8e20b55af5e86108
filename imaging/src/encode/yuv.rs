//! RGB to planes of Y, Cb and Cr: BT.601 in full range, as JPEG has it.

use super::flat;
use crate::raster::{Layout, Raster};

/// How many chroma samples there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampling {
    /// One for 2 × 2 pixels (4:2:0): colour is half as sharp, and few photographs show it.
    Half,
    /// One for each pixel (4:4:4).
    Full,
}

/// From this quality on, what half of the colour takes away shows more than what it saves.
const FULL_FROM: u8 = 90;

/// In fewer pixels, edges are too near to each other to share their colour, and all of it costs little.
const FULL_BELOW: u64 = 64 * 64;

impl Sampling {
    /// Full where half would show: in fine, tiny and flat pictures.
    pub fn of(raster: &Raster, quality: u8) -> Sampling {
        let full = quality >= FULL_FROM || raster.size.area() < FULL_BELOW || flat::is_flat(raster);
        if full { Sampling::Full } else { Sampling::Half }
    }
}

pub struct Planes {
    pub width: usize,
    pub height: usize,
    pub sampling: Sampling,
    pub luma: Vec<u8>,
    /// Cb and Cr, each `chroma_width()` wide; none where there is no colour.
    pub chroma: Option<[Vec<u8>; 2]>,
}

impl Planes {
    pub fn chroma_width(&self) -> usize {
        match self.sampling {
            Sampling::Half => self.width.div_ceil(2),
            Sampling::Full => self.width,
        }
    }
}

/// The colour of an RGB or RGBA raster.
pub fn colour(raster: &Raster, sampling: Sampling) -> Planes {
    match (raster.layout, sampling) {
        (Layout::Rgba, Sampling::Half) => halved(raster, sum_of_visible),
        (_, Sampling::Half) => halved(raster, sum),
        (Layout::Rgba, Sampling::Full) => full::<4>(raster),
        (_, Sampling::Full) => full::<3>(raster),
    }
}

/// The alpha of an RGBA raster, as luma.
pub fn alpha(raster: &Raster) -> Option<Planes> {
    if raster.layout != Layout::Rgba {
        return None;
    }
    let luma = raster.pixels.as_chunks::<4>().0.iter().map(|pixel| pixel[3]).collect();
    let (width, height) = (raster.size.width as usize, raster.size.height as usize);
    Some(Planes { width, height, sampling: Sampling::Half, luma, chroma: None })
}

fn full<const N: usize>(raster: &Raster) -> Planes {
    let (width, height) = (raster.size.width as usize, raster.size.height as usize);
    let (pixels, _) = raster.pixels.as_chunks::<N>();
    let luma = pixels.iter().map(luma).collect();
    let (blues, reds) = pixels
        .iter()
        .map(|pixel| {
            let [blue, red] = blue_and_red([0, 1, 2].map(|channel| 4 * i32::from(pixel[channel])));
            (blue, red)
        })
        .unzip();
    Planes { width, height, sampling: Sampling::Full, luma, chroma: Some([blues, reds]) }
}

fn halved<const N: usize>(raster: &Raster, mix: impl Fn([[u8; N]; 4]) -> [i32; 3]) -> Planes {
    let (width, height) = (raster.size.width as usize, raster.size.height as usize);
    let (pixels, _) = raster.pixels.as_chunks::<N>();
    let luma = pixels.iter().map(luma).collect();
    let chroma_size = width.div_ceil(2) * height.div_ceil(2);
    let mut chroma = [vec![0; chroma_size], vec![0; chroma_size]];
    let [blues, reds] = &mut chroma;
    let targets = blues.chunks_exact_mut(width.div_ceil(2)).zip(reds.chunks_exact_mut(width.div_ceil(2)));
    for (rows, (blues, reds)) in pixels.chunks(2 * width).zip(targets) {
        let (top, bottom) = rows.split_at(width);
        // The last row and column of an odd side stand for the neighbour that is not there.
        let bottom = if bottom.is_empty() { top } else { bottom };
        for (((top, bottom), blue), red) in top.chunks(2).zip(bottom.chunks(2)).zip(blues).zip(reds) {
            let right = top.len() - 1;
            [*blue, *red] = blue_and_red(mix([top[0], top[right], bottom[0], bottom[right]]));
        }
    }
    Planes { width, height, sampling: Sampling::Half, luma, chroma: Some(chroma) }
}

/// Weights of ITU-R BT.601 in 16 bits of fraction.
fn luma<const N: usize>(pixel: &[u8; N]) -> u8 {
    let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
    ((19_595 * red + 38_470 * green + 7_471 * blue + 32_768) >> 16) as u8
}

/// Cb and Cr of a sum of four pixels: (B − Y) / 1.772 and (R − Y) / 1.402 about 128.
///
/// One less than half is added for rounding, so that the extreme 255.5 stays a byte; libjpeg does the same.
fn blue_and_red([red, green, blue]: [i32; 3]) -> [u8; 2] {
    let middle = (128 << 18) + (1 << 17) - 1;
    let cb = -11_059 * red - 21_709 * green + 32_768 * blue;
    let cr = 32_768 * red - 27_439 * green - 5_329 * blue;
    [cb, cr].map(|chroma| ((chroma + middle) >> 18) as u8)
}

fn sum(quad: [[u8; 3]; 4]) -> [i32; 3] {
    [0, 1, 2].map(|channel| quad.iter().map(|pixel| i32::from(pixel[channel])).sum())
}

/// Four times the mean of what shows, so that the colour of hidden pixels cannot tint visible edges.
fn sum_of_visible(quad: [[u8; 4]; 4]) -> [i32; 3] {
    let visible: i32 = quad.iter().map(|pixel| i32::from(pixel[3])).sum();
    if visible == 0 || visible == 4 * 255 {
        return sum(quad.map(|[red, green, blue, _]| [red, green, blue]));
    }
    [0, 1, 2].map(|channel| {
        let light: i32 = quad.iter().map(|pixel| i32::from(pixel[channel]) * i32::from(pixel[3])).sum();
        (4 * light + visible / 2) / visible
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Size;

    fn of(width: u32, height: u32, layout: Layout, pixels: &[u8]) -> Planes {
        colour(&Raster { size: Size { width, height }, layout, pixels: pixels.to_vec() }, Sampling::Half)
    }

    #[test]
    fn primaries_have_the_values_of_bt_601() {
        for (rgb, y, cb, cr) in [
            ([255, 0, 0], 76, 85, 255),
            ([0, 255, 0], 150, 44, 21),
            ([0, 0, 255], 29, 255, 107),
            ([255, 255, 255], 255, 128, 128),
            ([0, 0, 0], 0, 128, 128),
        ] {
            let planes = of(1, 1, Layout::Rgb, &rgb);
            assert_eq!((planes.luma, planes.chroma), (vec![y], Some([vec![cb], vec![cr]])), "{rgb:?}");
        }
    }

    #[test]
    fn odd_sides_have_one_chroma_sample_more() {
        let planes = of(3, 5, Layout::Rgb, &[128; 45]);
        assert_eq!(planes.luma.len(), 15);
        assert_eq!(planes.chroma, Some([vec![128; 6], vec![128; 6]]));
    }

    #[test]
    fn full_sampling_keeps_the_colour_of_each_pixel() {
        let size = Size { width: 2, height: 1 };
        let raster = Raster { size, layout: Layout::Rgb, pixels: vec![255, 0, 0, 0, 0, 255] };
        assert_eq!(colour(&raster, Sampling::Full).chroma, Some([vec![85, 255], vec![255, 107]]));
    }

    #[test]
    fn hidden_green_does_not_tint_visible_red() {
        let planes = of(2, 1, Layout::Rgba, &[255, 0, 0, 255, 0, 255, 0, 0]);
        assert_eq!(planes.chroma, Some([vec![85], vec![255]]));
    }
}
