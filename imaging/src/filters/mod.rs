//! Changes of what the pixels look like, on pictures in linear light.
//!
//! Whatever a filter makes lies between black and white, and colours stay multiplied by their alpha.
//! A number that means nothing (not a number, or below what a filter knows) changes nothing, and one too
//! large counts as the largest that does.

mod blur;
mod convolve;
mod grayscale;
mod sharpen;
mod tone;

use preset::Filter;

use crate::planes::{Planes, WHITE};

/// Applies the filters, in their order.
pub fn apply(planes: &mut Planes, filters: &[Filter]) {
    for filter in filters {
        match *filter {
            Filter::Grayscale => grayscale::grayscale(planes),
            Filter::Blur { sigma } => blur::blur(planes, sigma),
            Filter::Sharpen { sigma, amount } => sharpen::sharpen(planes, sigma, amount),
            Filter::Brightness(factor) => tone::brightness(planes, factor),
            Filter::Contrast(factor) => tone::contrast(planes, factor),
            Filter::Saturation(factor) => tone::saturation(planes, factor),
        }
    }
}

/// Colour as it would be without its alpha, from black to white.
fn straight(sample: i16, alpha: i16) -> i16 {
    match alpha {
        WHITE => sample.clamp(0, WHITE),
        alpha if alpha <= 0 => 0,
        alpha => (i32::from(sample) * i32::from(WHITE) / i32::from(alpha)).clamp(0, WHITE.into()) as i16,
    }
}

fn premultiplied(sample: i16, alpha: i16) -> i16 {
    let white = i32::from(WHITE);
    ((i32::from(sample) * i32::from(alpha.clamp(0, WHITE)) + white / 2) / white) as i16
}

/// The nearest whole number of a sum that fits.
///
/// Adding 1½ × 2²³ leaves it in the lowest bits: that vectorises everywhere, where a saturating cast does not.
#[inline(always)]
fn rounded(value: f32) -> i16 {
    const SHIFT: f32 = 12_582_912.0;
    ((value + SHIFT).to_bits() as i32).wrapping_sub(SHIFT.to_bits() as i32) as i16
}

#[cfg(test)]
mod tests;
