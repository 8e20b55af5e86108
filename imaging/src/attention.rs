//! Finds the part of a picture that draws the eye: detail, colours unlike the rest, and skin.
//!
//! The cues are those of smartcrop and of libvips; how they are measured and weighed is our own.
//! All sums are of whole numbers, so that every machine finds the same place.

use crate::raster::{Layout, Raster};

/// How much of what draws the eye lies above and to the left of each pixel.
pub struct Saliency {
    width: usize,
    height: usize,
    /// Of a pixel more than the picture across and down: the first row and column are nothing.
    sums: Vec<u64>,
}

/// Of each cue at its strongest. Skin outweighs the finest texture; colour alone does not.
const DETAIL: f32 = 400.0;
const COLOUR: f32 = 300.0;
const SKIN: f32 = 1_000.0;

/// Of the weight of a place in the very corner, how much is left: only enough to decide between near equals.
const CORNER: f64 = 0.9;

impl Saliency {
    /// `picture` is sRGB, and small: about 128 pixels a side show all that counts, and cost nothing.
    pub fn of(picture: &Raster) -> Saliency {
        let (width, height) = (picture.size.width as usize, picture.size.height as usize);
        let pixels = pixels(picture);
        let detail = detail(&pixels, width);
        let colour = unlikeness(&pixels);
        let skin: Vec<f32> = pixels.iter().map(skin).collect();
        // What is everywhere leads nowhere: in dunes, sand is no skin.
        let rarity = 1.0 - skin.iter().sum::<f32>() / skin.len().max(1) as f32;
        let mut sums = vec![0; (width + 1) * (height + 1)];
        for y in 0..height {
            let mut row = 0;
            for x in 0..width {
                let index = y * width + x;
                let weight = DETAIL * detail[index] + COLOUR * colour[index] + SKIN * rarity * skin[index];
                row += (weight * pixels[index].alpha) as u64;
                sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + row;
            }
        }
        Saliency { width, height, sums }
    }

    /// The upper left corner of the best part that has this `share` of the width and of the height; all
    /// are fractions. Of equal places the one nearest to the centre.
    pub fn best_corner(&self, share: [f64; 2]) -> [f64; 2] {
        let [across, down] = share.map(|share| if share.is_nan() { 1.0 } else { share.clamp(0.0, 1.0) });
        if self.sums.last().is_none_or(|all| *all == 0) {
            return [(1.0 - across) / 2.0, (1.0 - down) / 2.0];
        }
        let (wide, high) = (part(self.width, across), part(self.height, down));
        let (columns, rows) = (self.width.saturating_sub(wide), self.height.saturating_sub(high));
        let mut best = (0.0, [0.5, 0.5]);
        for top in 0..=rows {
            for left in 0..=columns {
                let place = [along(left, columns), along(top, rows)];
                let found = self.weight(left, top, wide, high) * nearness(place);
                if found > best.0 {
                    best = (found, place);
                }
            }
        }
        let [x, y] = best.1;
        [x * (1.0 - across), y * (1.0 - down)]
    }

    /// What lies in a part; what lies in its inner half counts twice, since a subject cut by the edge is lost.
    fn weight(&self, left: usize, top: usize, wide: usize, high: usize) -> f64 {
        let inner = self.sum(left + wide / 4, top + high / 4, wide - wide / 4 * 2, high - high / 4 * 2);
        (self.sum(left, top, wide, high) + inner) as f64
    }

    fn sum(&self, left: usize, top: usize, wide: usize, high: usize) -> u64 {
        let at = |x: usize, y: usize| self.sums[y * (self.width + 1) + x];
        at(left + wide, top + high) + at(left, top) - at(left + wide, top) - at(left, top + high)
    }
}

/// Pixels of a side that a share of it covers.
fn part(side: usize, share: f64) -> usize {
    ((side as f64 * share).round() as usize).clamp(side.min(1), side)
}

fn along(offset: usize, room: usize) -> f64 {
    if room == 0 { 0.5 } else { offset as f64 / room as f64 }
}

/// 1 in the centre.
fn nearness([x, y]: [f64; 2]) -> f64 {
    let square = |place: f64| (place - 0.5) * (place - 0.5);
    1.0 - (1.0 - CORNER) * 2.0 * (square(x) + square(y))
}

#[derive(Clone, Copy)]
struct Pixel {
    rgb: [f32; 3],
    alpha: f32,
}

impl Pixel {
    /// On black, from 0 to 1.
    fn luma(&self) -> f32 {
        let [red, green, blue] = self.rgb;
        (0.2126 * red + 0.7152 * green + 0.0722 * blue) * self.alpha
    }

    /// Blue against yellow, and red against green.
    fn chroma(&self) -> [f32; 2] {
        let [red, green, blue] = self.rgb;
        [blue - (red + green) / 2.0, red - green]
    }
}

fn pixels(picture: &Raster) -> Vec<Pixel> {
    let pixel = |samples: &[u8]| {
        let (rgb, alpha) = match (picture.layout, samples) {
            (Layout::Grey, [grey]) => ([*grey; 3], 255),
            (Layout::GreyAlpha, [grey, alpha]) => ([*grey; 3], *alpha),
            (Layout::Rgba, [red, green, blue, alpha]) => ([*red, *green, *blue], *alpha),
            (_, [red, green, blue, ..]) => ([*red, *green, *blue], 255),
            _ => ([0; 3], 0),
        };
        Pixel { rgb: rgb.map(|code| f32::from(code) / 255.0), alpha: f32::from(alpha) / 255.0 }
    };
    picture.pixels.chunks_exact(picture.layout.channels()).map(pixel).collect()
}

/// How far each pixel is from the mean of its four neighbours, in luma, less what noise may be; 1 for a step
/// of an eighth of the way from black to white, since an edge says no more by being harsher.
fn detail(pixels: &[Pixel], width: usize) -> Vec<f32> {
    const NOISE: f32 = 0.01;
    let luma: Vec<f32> = pixels.iter().map(Pixel::luma).collect();
    let height = luma.len() / width.max(1);
    let at = |x: usize, y: usize| luma[y * width + x];
    let mut detail = Vec::with_capacity(luma.len());
    for y in 0..height {
        let (above, below) = (y.saturating_sub(1), (y + 1).min(height - 1));
        for x in 0..width {
            let (before, after) = (x.saturating_sub(1), (x + 1).min(width - 1));
            let around = (at(before, y) + at(after, y) + at(x, above) + at(x, below)) / 4.0;
            detail.push((((at(x, y) - around).abs() - NOISE) * 8.0).clamp(0.0, 1.0));
        }
    }
    detail
}

/// How far the colour of each pixel is from the picture's mean, which is saturation where most is grey.
fn unlikeness(pixels: &[Pixel]) -> Vec<f32> {
    let count: f32 = pixels.iter().map(|pixel| pixel.alpha).sum::<f32>().max(1.0);
    let total = |axis: usize| pixels.iter().map(|pixel| pixel.chroma()[axis] * pixel.alpha).sum::<f32>();
    let mean = [total(0) / count, total(1) / count];
    let distance = |pixel: &Pixel| {
        let [yellow, red] = pixel.chroma();
        let square = (yellow - mean[0]) * (yellow - mean[0]) + (red - mean[1]) * (red - mean[1]);
        (square.sqrt() - 0.05).clamp(0.0, 1.0)
    };
    pixels.iter().map(distance).collect()
}

/// How much a colour is that of skin. From the palest to the darkest, skin differs much in brightness and
/// little in the shares of red and green in it, which lie about a line (Soriano and others, 2000).
fn skin(pixel: &Pixel) -> f32 {
    let [red, green, blue] = pixel.rgb;
    let total = red + green + blue;
    if !(0.35..2.7).contains(&total) || red <= green || green <= blue * 0.9 {
        return 0.0;
    }
    let (off_red, off_green) = ((red / total - 0.44) / 0.12, (green / total - 0.312) / 0.035);
    (1.5 - 1.5 * (off_red * off_red + off_green * off_green).sqrt()).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Size;

    fn drawn(width: u32, height: u32, of: impl Fn(i32, i32) -> [u8; 3]) -> Raster {
        let pixel = |index: u32| of((index % width) as i32, (index / width) as i32);
        let pixels = (0..width * height).flat_map(pixel).collect();
        Raster { size: Size { width, height }, layout: Layout::Rgb, pixels }
    }

    const GREY: [u8; 3] = [128; 3];

    fn checks(x: i32, y: i32, amplitude: u8) -> [u8; 3] {
        if (x / 2 + y / 2) % 2 == 0 { [128 + amplitude; 3] } else { [128 - amplitude; 3] }
    }

    fn inside(x: i32, y: i32, centre: (i32, i32), radius: i32) -> bool {
        (x - centre.0).pow(2) + (y - centre.1).pow(2) <= radius * radius
    }

    /// The pixels across that the best square of a picture of 128 x 64 covers.
    fn square(picture: &Raster) -> (f64, f64) {
        let [left, top] = Saliency::of(picture).best_corner([0.5, 1.0]);
        assert_eq!(top, 0.0);
        (left * 128.0, left * 128.0 + 64.0)
    }

    #[test]
    fn a_detailed_patch_off_centre_is_kept() {
        for x in [12, 40, 64, 100, 115] {
            let picture = drawn(128, 64, |px, py| if inside(px, py, (x, 30), 12) { checks(px, py, 60) } else { GREY });
            let (left, right) = square(&picture);
            let (from, to) = (f64::from(x - 12).max(0.0), f64::from(x + 12).min(128.0));
            assert!(left <= from && to <= right, "patch at {x}, square from {left}");
        }
    }

    #[test]
    fn an_even_picture_is_cut_at_its_centre() {
        for colour in [[0; 3], GREY, [224, 172, 140], [20, 60, 250]] {
            assert_eq!(square(&drawn(128, 64, |_, _| colour)), (32.0, 96.0), "{colour:?}");
        }
        assert_eq!(Saliency::of(&drawn(64, 128, |_, _| GREY)).best_corner([1.0, 0.25]), [0.0, 0.375]);
    }

    #[test]
    fn a_skin_toned_disc_beats_grey_texture_of_equal_contrast() {
        // Of light, medium and dark skin, each with luma about 45 of 255 off the grey around, as the texture has.
        for skin in [[224, 172, 140], [198, 134, 98], [115, 73, 52]] {
            let luma = 0.2126 * f32::from(skin[0]) + 0.7152 * f32::from(skin[1]) + 0.0722 * f32::from(skin[2]);
            let step = (luma - 128.0).abs() as u8;
            let disc = |x, y| if inside(x, y, (100, 32), 14) { skin } else { GREY };
            let picture =
                drawn(128, 64, |x, y| if inside(x, y, (28, 32), 14) { checks(x, y, step) } else { disc(x, y) });
            assert!(square(&picture).0 >= 50.0, "{skin:?}: square from {}", square(&picture).0);
        }
    }

    #[test]
    fn a_colour_unlike_the_rest_draws_the_eye() {
        let meadow = drawn(128, 64, |x, y| if inside(x, y, (20, 40), 10) { [200, 30, 40] } else { [60, 140, 50] });
        assert!(square(&meadow).0 <= 10.0);
    }

    #[test]
    fn what_is_transparent_draws_no_eye() {
        let opaque = drawn(128, 64, |x, y| if x < 64 { checks(x, y, 100) } else { checks(x, y, 40) });
        let alpha = |index: usize| if index % 128 < 64 { 0 } else { 255 };
        let pixels = opaque.pixels.as_chunks::<3>().0.iter().enumerate();
        let pixels = pixels.flat_map(|(index, [red, green, blue])| [*red, *green, *blue, alpha(index)]).collect();
        assert!(square(&Raster { layout: Layout::Rgba, pixels, ..opaque }).0 >= 60.0);
    }

    #[test]
    fn any_share_of_any_picture_gives_a_place_inside() {
        for (width, height) in [(1, 1), (1, 128), (128, 1), (3, 2)] {
            let saliency = Saliency::of(&drawn(width, height, |x, y| checks(x * 3, y * 5, 100)));
            for share in [0.0, 1e-9, 0.3, 1.0, 7.0, f64::NAN, f64::INFINITY] {
                let [left, top] = saliency.best_corner([share, share]);
                assert!((0.0..=1.0).contains(&left) && (0.0..=1.0).contains(&top), "{share} of {width}x{height}");
            }
        }
    }
}
