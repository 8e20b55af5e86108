//! Which part of a picture a rendition shows, how large, and where on its canvas.

use preset::{Fit, Rendition};

use crate::attention::Saliency;
use crate::gravity;
use crate::orient::Orientation;
use crate::raster::Size;

/// Of a rendition, in pixels: what every codec can hold.
pub const MAX_SIDE: u32 = 16_384;

const MOST: Size = Size { width: MAX_SIDE, height: MAX_SIDE };

/// `crop` of the original is scaled to `size`, and then laid on `canvas` if there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    pub crop: Crop,
    pub size: Size,
    pub canvas: Option<Canvas>,
}

/// In pixels of the original as the rendition turns and flips it, and in fractions of them: the crop has
/// the box's shape exactly. At least one pixel on each side, and inside the original.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crop {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

/// What a picture is laid on, and where its upper left corner comes to lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canvas {
    pub size: Size,
    pub left: u32,
    pub top: u32,
}

/// Frames the original, whose `upright` size is before the rendition's own turn. A box of one side, or of
/// none, is met alike by every fit: all of the picture in its own shape.
///
/// | Fit | Original | Made |
/// |---|---|---|
/// | `inside` | larger | the largest size of its shape inside the box |
/// | | smaller on both sides | its own size; with `enlarge` as above |
/// | `cover` | as large as the box on both sides | the box, from the largest part of its shape |
/// | | smaller on any side | the largest part of the box's shape, unscaled; with `enlarge` as above |
/// | `contain` | any | as `inside`, on a canvas of the box's size, which the original does not limit |
/// | `fill` | any | the box, each side at most the original's own; with `enlarge` the box |
///
/// Of a size that follows from a shape, the side that meets the box is the box's, and the other is rounded,
/// halves up. What is not scaled is cut at whole pixels. No side is below 1 or above `MAX_SIDE`.
///
/// `saliency` is of the picture as the rendition turns it; `attention` without it means the centre.
pub fn frame(upright: Size, rendition: &Rendition, saliency: Option<&Saliency>) -> Frame {
    let turned = Orientation::of(rendition.rotate, rendition.flip).upright(upright);
    let original = Size { width: turned.width.max(1), height: turned.height.max(1) };
    let side = |wanted: Option<u32>| wanted.unwrap_or(MAX_SIDE).clamp(1, MAX_SIDE);
    let wanted = Size { width: side(rendition.width), height: side(rendition.height) };
    let [width, height] = sides(original);
    let whole = Crop { left: 0.0, top: 0.0, width, height };
    let fit = if rendition.width.is_some() && rendition.height.is_some() { rendition.fit } else { Fit::Inside };
    let inside = inside(original, wanted, rendition.enlarge);
    match fit {
        Fit::Inside => Frame { crop: whole, size: inside, canvas: None },
        Fit::Contain => Frame { crop: whole, size: inside, canvas: canvas(inside, wanted, rendition) },
        Fit::Fill if rendition.enlarge => Frame { crop: whole, size: wanted, canvas: None },
        Fit::Fill => Frame { crop: whole, size: overlap(original, wanted), canvas: None },
        Fit::Cover => cover(original, wanted, rendition, saliency),
    }
}

/// The largest size of the picture's shape inside the box, and inside the picture unless it may grow.
fn inside(original: Size, wanted: Size, enlarge: bool) -> Size {
    let limit = if enlarge { wanted } else { overlap(original, wanted) };
    of_shape(original, limit)
}

/// The largest size of `shape`'s shape inside `limit`.
fn of_shape(shape: Size, limit: Size) -> Size {
    let (across, down) = (u64::from(shape.width), u64::from(shape.height));
    if u64::from(limit.width) * down <= u64::from(limit.height) * across {
        Size { width: limit.width, height: scaled(down, limit.width, across) }
    } else {
        Size { width: scaled(across, limit.height, down), height: limit.height }
    }
}

/// `side × part / whole`, halves up, and never nothing.
fn scaled(side: u64, part: u32, whole: u64) -> u32 {
    ((side * u64::from(part) + whole / 2) / whole.max(1)).max(1) as u32
}

fn overlap(a: Size, b: Size) -> Size {
    Size { width: a.width.min(b.width), height: a.height.min(b.height) }
}

fn cover(original: Size, wanted: Size, rendition: &Rendition, saliency: Option<&Saliency>) -> Frame {
    let scaled = rendition.enlarge || original.at_least(1, 1, wanted);
    let size = if scaled { wanted } else { of_shape(wanted, overlap(original, MOST)) };
    let whole = sides(original);
    let [across, down] = sides(size);
    let scale = if scaled { (across / whole[0]).max(down / whole[1]) } else { 1.0 };
    // A box a thousand times as wide as the original would show less than a pixel of its height.
    let part = [(across / scale).clamp(1.0, whole[0]), (down / scale).clamp(1.0, whole[1])];
    let mut corner = gravity::corner(rendition.gravity, whole, part, saliency);
    if scale == 1.0 {
        // Moving by less than a pixel would only soften.
        corner = corner.map(f64::round);
    }
    Frame { crop: Crop { left: corner[0], top: corner[1], width: part[0], height: part[1] }, size, canvas: None }
}

fn sides(size: Size) -> [f64; 2] {
    [size.width.into(), size.height.into()]
}

/// The room around the picture is shared by gravity, halves of a pixel going right and down.
fn canvas(picture: Size, wanted: Size, rendition: &Rendition) -> Option<Canvas> {
    let [x, y] = gravity::anchor(rendition.gravity);
    let before = |room: u32, share: f64| (f64::from(room) * share).floor() as u32;
    let left = before(wanted.width - picture.width, x);
    let top = before(wanted.height - picture.height, y);
    (picture != wanted).then_some(Canvas { size: wanted, left, top })
}

#[cfg(test)]
mod tests;
