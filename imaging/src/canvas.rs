//! Lays pictures on a colour: under what is transparent, and around what is smaller than its canvas.

use preset::Background;

use crate::fit::Canvas;
use crate::planes::{Planes, WHITE};
use crate::raster::Size;
use crate::srgb;

/// Lays `picture` on its canvas, which must hold it: on `background`, or on nothing, which needs alpha.
pub fn laid(picture: Planes, canvas: Canvas, background: Option<Background>) -> Planes {
    let Some(background) = background else {
        return on(&with_alpha(picture), canvas, [0; 4]);
    };
    let [red, green, blue] = light(background);
    on(&flattened(picture, background), canvas, [red, green, blue, WHITE])
}

/// Fills what is transparent, in linear light; what comes back is opaque.
pub fn flattened(picture: Planes, background: Background) -> Planes {
    if !picture.has_alpha() && is_grey(background) {
        return picture;
    }
    let Planes { size, mut channels } = picture;
    let alphas = if channels.len().is_multiple_of(2) { channels.pop() } else { None };
    if channels.len() == 1 && !is_grey(background) {
        channels = vec![channels[0].clone(), channels[0].clone(), channels.remove(0)];
    }
    if let Some(alphas) = alphas {
        for (plane, light) in channels.iter_mut().zip(light(background)) {
            // Both are light that arrives, since colours are premultiplied: what is not covered shines through.
            for (sample, alpha) in plane.iter_mut().zip(&alphas) {
                let uncovered = i32::from(WHITE) - i32::from((*alpha).clamp(0, WHITE));
                *sample = sample.saturating_add(product(light, uncovered));
            }
        }
    }
    Planes { size, channels }
}

fn product(light: i16, share: i32) -> i16 {
    let white = i32::from(WHITE);
    ((i32::from(light) * share + white / 2) / white) as i16
}

fn is_grey(Background([red, green, blue]): Background) -> bool {
    red == green && green == blue
}

fn light(Background(rgb): Background) -> [i16; 3] {
    rgb.map(|code| (srgb::to_light(f32::from(code) / 255.0) * f32::from(WHITE)).round() as i16)
}

fn with_alpha(mut picture: Planes) -> Planes {
    if !picture.has_alpha() {
        let opaque = vec![WHITE; picture.channels[0].len()];
        picture.channels.push(opaque);
    }
    picture
}

/// Around it, each plane has its sample of `fill`.
fn on(picture: &Planes, canvas: Canvas, fill: [i16; 4]) -> Planes {
    let channels = picture.channels.iter().zip(fill).map(|(plane, fill)| spread(plane, picture.size, canvas, fill));
    Planes { size: canvas.size, channels: channels.collect() }
}

fn spread(plane: &[i16], size: Size, canvas: Canvas, fill: i16) -> Vec<i16> {
    let mut wide = vec![fill; canvas.size.area() as usize];
    let (left, top) = (canvas.left as usize, canvas.top as usize);
    let rows = wide.chunks_exact_mut(canvas.size.width as usize).skip(top);
    for (to, from) in rows.zip(plane.chunks_exact(size.width as usize)) {
        to[left..left + from.len()].copy_from_slice(from);
    }
    wide
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Layout;

    const ORANGE: Background = Background([255, 128, 0]);
    const SILVER: Background = Background([192, 192, 192]);

    /// One pixel in the middle of a canvas of three by two, as sRGB.
    fn laid_pixel(channels: &[i16], background: Option<Background>) -> (Layout, Vec<u8>) {
        let channels = channels.iter().map(|sample| vec![*sample]).collect();
        let canvas = Canvas { size: Size { width: 3, height: 2 }, left: 1, top: 1 };
        let raster = laid(Planes { size: Size { width: 1, height: 1 }, channels }, canvas, background).to_srgb();
        assert_eq!(raster.size, canvas.size);
        (raster.layout, raster.pixels)
    }

    #[test]
    fn a_picture_lies_where_its_canvas_says_on_the_colour_asked_for() {
        let around = [255, 128, 0];
        let white = [255; 3];
        let pixels = [around, around, around, around, white, around].concat();
        assert_eq!(laid_pixel(&[WHITE, WHITE, WHITE], Some(ORANGE)), (Layout::Rgb, pixels));
    }

    #[test]
    fn a_canvas_without_a_colour_is_transparent() {
        let mut pixels = vec![0; 24];
        pixels[16..20].copy_from_slice(&[255; 4]);
        assert_eq!(laid_pixel(&[WHITE, WHITE, WHITE], None), (Layout::Rgba, pixels.clone()));
        assert_eq!(laid_pixel(&[WHITE], None), (Layout::Rgba, pixels));
    }

    #[test]
    fn a_grey_picture_stays_grey_on_grey_and_gets_colours_on_a_colour() {
        let planes = || Planes { size: Size { width: 1, height: 1 }, channels: vec![vec![9]] };
        assert_eq!(flattened(planes(), SILVER).channels.len(), 1);
        assert_eq!(flattened(planes(), ORANGE).channels, vec![vec![9], vec![9], vec![9]]);
        assert_eq!(laid_pixel(&[WHITE], Some(SILVER)).1[..3], [192; 3]);
    }

    #[test]
    fn transparency_shows_the_background_in_linear_light() {
        let half = WHITE / 2;
        let (layout, pixels) = laid_pixel(&[half, half, half, half], Some(Background([0; 3])));
        // Half the light of white is code 188, not 128.
        assert_eq!((layout, &pixels[12..15]), (Layout::Rgb, &[188; 3][..]));
        let (_, pixels) = laid_pixel(&[0, half], Some(Background([255; 3])));
        assert_eq!(pixels[12..15], [188; 3]);
    }

    #[test]
    fn what_is_fully_transparent_becomes_the_background_itself() {
        assert_eq!(laid_pixel(&[0, 0, 0, 0], Some(ORANGE)).1, [255, 128, 0].repeat(6));
    }
}
