//! What a page can show before the picture comes: a ThumbHash, and one colour.

use std::sync::LazyLock;

use crate::raster::{Layout, Raster, Size};
use crate::srgb;

/// More would not change the 25 bytes that come out, only what they cost; the encoder takes up to 100.
const MAX_SIDE: u32 = 64;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Placeholder {
    /// A ThumbHash.
    pub hash: Vec<u8>,
    /// The mean of the light that is seen, as sRGB; black where nothing is seen.
    pub color: [u8; 3],
}

/// Of an sRGB raster; the smaller it is, the cheaper.
pub fn of(raster: &Raster) -> Placeholder {
    let light = Light::of(raster);
    let small = light.to_rgba();
    let hash = thumbhash::rgba_to_thumb_hash(light.size.width as usize, light.size.height as usize, &small);
    Placeholder { hash, color: light.mean() }
}

/// Red, green and blue in linear light, multiplied by alpha, and alpha; each to 1.
type Pixel = [f32; 4];

/// A picture of at most `MAX_SIDE` pixels a side.
struct Light {
    size: Size,
    pixels: Vec<Pixel>,
}

impl Light {
    /// Each pixel is the mean of the area that it covers, so that light is neither gained nor lost.
    fn of(raster: &Raster) -> Light {
        let size = reduced(raster.size);
        let columns = shares(raster.size.width, size.width);
        let rows = shares(raster.size.height, size.height);
        let mut pixels = vec![[0.0; 4]; size.width as usize * size.height as usize];
        let stride = raster.size.width as usize * raster.layout.channels();
        for (line, row_shares) in raster.pixels.chunks_exact(stride).zip(rows) {
            let row = reduced_row(line, raster.layout, &columns, size.width as usize);
            for (target, share) in row_shares {
                let start = target * size.width as usize;
                for (sum, pixel) in pixels[start..].iter_mut().zip(&row) {
                    add(sum, pixel, share);
                }
            }
        }
        Light { size, pixels }
    }

    /// As sRGB with straight alpha.
    fn to_rgba(&self) -> Vec<u8> {
        self.pixels
            .iter()
            .flat_map(|[red, green, blue, alpha]| {
                let [red, green, blue] = [red, green, blue].map(|light| encoded(light / alpha.max(f32::MIN_POSITIVE)));
                [red, green, blue, (alpha * 255.0).round() as u8]
            })
            .collect()
    }

    fn mean(&self) -> [u8; 3] {
        let mut sum = [0.0; 4];
        self.pixels.iter().for_each(|pixel| add(&mut sum, pixel, 1.0));
        [0, 1, 2].map(|channel| encoded(sum[channel] / sum[3].max(f32::MIN_POSITIVE)))
    }
}

fn reduced(size: Size) -> Size {
    let longer = size.width.max(size.height);
    if longer <= MAX_SIDE {
        return size;
    }
    let side =
        |side: u32| ((u64::from(side) * u64::from(MAX_SIDE) + u64::from(longer) / 2) / u64::from(longer)).max(1) as u32;
    Size { width: side(size.width), height: side(size.height) }
}

/// For each place along a side, the one or two places that it falls into on the shorter side, and how much
/// of each of those it makes up. The second share is mostly zero.
fn shares(from: u32, to: u32) -> Vec<[(usize, f32); 2]> {
    // In units of which a place has `to` and a target `from`.
    let (from, to) = (u64::from(from), u64::from(to));
    let share = |units: u64| units as f32 / from as f32;
    (0..from)
        .map(|place| {
            let (start, end) = (place * to, (place + 1) * to);
            let first = start / from;
            let border = ((first + 1) * from).min(end);
            [(first as usize, share(border - start)), ((first + 1).min(to - 1) as usize, share(end - border))]
        })
        .collect()
}

fn reduced_row(line: &[u8], layout: Layout, columns: &[[(usize, f32); 2]], width: usize) -> Vec<Pixel> {
    let decoded = &*DECODED;
    let mut row = vec![[0.0; 4]; width];
    for (pixel, column_shares) in line.chunks_exact(layout.channels()).zip(columns) {
        let alpha = if layout.has_alpha() { f32::from(pixel[pixel.len() - 1]) / 255.0 } else { 1.0 };
        // Grey repeats its one sample.
        let light = |channel: usize| decoded[usize::from(pixel[if pixel.len() < 3 { 0 } else { channel }])] * alpha;
        let pixel = [light(0), light(1), light(2), alpha];
        for (target, share) in column_shares {
            add(&mut row[*target], &pixel, *share);
        }
    }
    row
}

fn add(sum: &mut Pixel, pixel: &Pixel, share: f32) {
    sum.iter_mut().zip(pixel).for_each(|(sum, light)| *sum += light * share);
}

/// The light of each eight-bit code of sRGB.
static DECODED: LazyLock<[f32; 256]> =
    LazyLock::new(|| std::array::from_fn(|code| srgb::to_light(code as f32 / 255.0)));

fn encoded(light: f32) -> u8 {
    (srgb::from_light(light.clamp(0.0, 1.0)) * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raster(width: u32, height: u32, layout: Layout, pixel: impl Fn(u32, u32) -> Vec<u8>) -> Raster {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| pixel(x, y)).collect();
        Raster { size: Size { width, height }, layout, pixels }
    }

    #[test]
    fn the_mean_of_black_and_white_is_half_the_light() {
        for side in [2, 100, 150, 333] {
            let checks = raster(side, 2, Layout::Rgb, |x, y| vec![if (x + y) % 2 == 0 { 255 } else { 0 }; 3]);
            assert_eq!(of(&checks).color, [188; 3], "{side}");
        }
    }

    #[test]
    fn what_is_not_seen_does_not_colour_the_mean() {
        let half_hidden =
            raster(4, 4, Layout::Rgba, |x, _| if x < 2 { vec![200, 30, 40, 255] } else { vec![0, 255, 0, 0] });
        assert_eq!(of(&half_hidden).color, [200, 30, 40]);
        assert_eq!(of(&raster(4, 4, Layout::Rgba, |_, _| vec![9, 9, 9, 0])).color, [0; 3]);
    }

    #[test]
    fn a_large_picture_has_the_placeholder_of_its_small_self() {
        let gradient = |side: u32| {
            raster(side, side / 2, Layout::Rgb, move |x, y| vec![(x * 250 / side) as u8, (y * 250 / side) as u8, 90])
        };
        let [large, small] =
            [1000, 100].map(|side| thumbhash::thumb_hash_to_rgba(&of(&gradient(side)).hash).expect("a hash"));
        assert_eq!((large.0, large.1), (small.0, small.1));
        let furthest = large.2.iter().zip(&small.2).map(|(one, other)| one.abs_diff(*other)).max();
        // Terms are kept in sixteen steps, and one step of the coarsest is about this much.
        assert!(furthest <= Some(20), "{furthest:?}");
    }

    #[test]
    fn every_shape_has_a_placeholder() {
        for (width, height) in [(1, 1), (1, 3000), (3000, 2), (101, 100), (199, 7)] {
            let Placeholder { hash, color } = of(&raster(width, height, Layout::Rgb, |_, _| vec![10, 120, 230]));
            assert!((5..=25).contains(&hash.len()), "{width} x {height}");
            assert_eq!(color, [10, 120, 230]);
        }
    }

    #[test]
    fn the_hash_shows_left_from_right() {
        let flag = raster(300, 100, Layout::Rgb, |x, _| if x < 150 { vec![220, 40, 30] } else { vec![30, 60, 200] });
        let (width, _, pixels) = thumbhash::thumb_hash_to_rgba(&of(&flag).hash).expect("a hash");
        let (left, right) = (&pixels[..4], &pixels[width * 4 - 4..width * 4]);
        assert!(left[0] > left[2] + 60 && right[2] > right[0] + 60, "{left:?} {right:?}");
    }
}
