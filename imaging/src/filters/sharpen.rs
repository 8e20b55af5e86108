//! An unsharp mask on how bright the eye finds each pixel, so that no side of an edge gets the larger halo.
//!
//! The scale of brightness is a cube root, as in CIE's L*, lifted a little so that it is not infinitely steep
//! at black. Colours keep their hue: all three are multiplied by what became of their luminance.

use std::sync::LazyLock;

use super::blur::blur_plane;
use super::grayscale::luminance;
use super::{premultiplied, rounded, straight};
use crate::planes::{Planes, WHITE};

/// How much black is lifted: about as steep there as sRGB's own curve.
const LIFT: f32 = 0.005;

/// More turns noise into snow; far below what a sum of samples can hold.
const MOST_AMOUNT: f32 = 10.0;

/// Light that counts as none.
const DARKNESS: f32 = 1e-5;

/// Adds to each pixel `amount` times what it has over its surroundings.
pub fn sharpen(planes: &mut Planes, sigma: f32, amount: f32) {
    if !(sigma > 0.0 && amount > 0.0) {
        return;
    }
    let amount = amount.min(MOST_AMOUNT);
    let size = planes.size;
    let mut bright = luminance(planes);
    let table = &BRIGHTNESS[..];
    if planes.has_alpha() {
        let alphas = planes.channels.pop().expect("planes with alpha");
        for (sample, alpha) in bright.iter_mut().zip(&alphas) {
            *sample = table[straight(*sample, *alpha) as usize];
        }
        // What is transparent has no say in what surrounds a pixel.
        let mut around: Vec<i16> = bright.iter().zip(&alphas).map(|(own, alpha)| premultiplied(*own, *alpha)).collect();
        let mut cover = alphas.clone();
        blur_plane(&mut around, size, sigma);
        blur_plane(&mut cover, size, sigma);
        around.iter_mut().zip(&cover).for_each(|(around, cover)| *around = straight(*around, *cover));
        raise(&mut planes.channels, &bright, &around, amount);
        for plane in &mut planes.channels {
            plane.iter_mut().zip(&alphas).for_each(|(sample, alpha)| *sample = (*sample).min((*alpha).max(0)));
        }
        planes.channels.push(alphas);
    } else {
        bright.iter_mut().for_each(|sample| *sample = table[(*sample).clamp(0, WHITE) as usize]);
        let mut around = bright.clone();
        blur_plane(&mut around, size, sigma);
        raise(&mut planes.channels, &bright, &around, amount);
    }
}

/// Multiplies every colour by what its brightness gains over that around it.
fn raise(channels: &mut [Vec<i16>], bright: &[i16], around: &[i16], amount: f32) {
    const BLOCK: usize = 256;
    let mut gains = [0.0; BLOCK];
    for (index, (bright, around)) in bright.chunks(BLOCK).zip(around.chunks(BLOCK)).enumerate() {
        for (gain, (bright, around)) in gains.iter_mut().zip(bright.iter().zip(around)) {
            let own = f32::from(*bright) / f32::from(WHITE);
            let raised = own + amount * f32::from(*bright - *around) / f32::from(WHITE);
            // Both from the same rounded number, so that an even area gains exactly 1.
            *gain = between(light_of(raised), DARKNESS, 1.0) / between(light_of(own), DARKNESS, 1.0);
        }
        for plane in channels.iter_mut() {
            let samples = &mut plane[index * BLOCK..][..bright.len()];
            for (sample, gain) in samples.iter_mut().zip(&gains) {
                *sample = rounded(between(f32::from(*sample) * gain, 0.0, WHITE.into()));
            }
        }
    }
}

/// How bright each amount of light is, in samples too.
static BRIGHTNESS: LazyLock<Vec<i16>> = LazyLock::new(|| {
    let lifted = |light: i16| (f32::from(light) / f32::from(WHITE) + LIFT) / (1.0 + LIFT);
    (0..=WHITE).map(|light| (lifted(light).cbrt() * f32::from(WHITE)).round() as i16).collect()
});

#[inline(always)]
fn light_of(bright: f32) -> f32 {
    let bright = if bright < 0.0 { 0.0 } else { bright };
    bright * bright * bright * (1.0 + LIFT) - LIFT
}

/// As `clamp`, but in two instructions, since there is no care for what is not a number.
#[inline(always)]
fn between(value: f32, least: f32, most: f32) -> f32 {
    let value = if value < least { least } else { value };
    if value > most { most } else { value }
}
