//! Brightness, contrast and saturation as CSS defines them (Filter Effects 1, 2021).
//!
//! CSS reckons with sRGB's codes and not with light, so samples go through tables to codes and back.

use std::sync::LazyLock;

use super::{premultiplied, rounded, straight};
use crate::planes::{Planes, WHITE};
use crate::srgb;

/// More is a poster of two tones already.
const MOST: f32 = 1_000.0;

/// Codes that `LIGHT` tells apart: 64 for each of eight bits.
const STEPS: f32 = 16_383.0;

/// The code, from 0 to 1, of each light that is not negative.
static CODE: LazyLock<Vec<f32>> = LazyLock::new(|| {
    (0..=i16::MAX).map(|light| srgb::from_light(f32::from(light) / f32::from(WHITE)).clamp(0.0, 1.0)).collect()
});

static LIGHT: LazyLock<Vec<i16>> = LazyLock::new(|| {
    let light = |step: u16| srgb::to_light(f32::from(step) / STEPS) * f32::from(WHITE);
    (0..=STEPS as u16).map(|step| light(step).round() as i16).collect()
});

pub fn brightness(planes: &mut Planes, factor: f32) {
    if let Some(factor) = meant(factor) {
        map(planes, &curve(|code| code * factor));
    }
}

pub fn contrast(planes: &mut Planes, factor: f32) {
    if let Some(factor) = meant(factor) {
        map(planes, &curve(|code| (code - 0.5) * factor + 0.5));
    }
}

pub fn saturation(planes: &mut Planes, factor: f32) {
    let Some(factor) = meant(factor) else { return };
    // Sizes that are known while compiling spare a look at them for each sample.
    let code: &[f32; 32_768] = CODE[..].try_into().expect("as many as there are samples");
    let light = &LIGHT[..];
    let saturated = |pixel: [i16; 3]| {
        let [red, green, blue] = pixel.map(|sample| code[sample.max(0) as usize]);
        // The weights that CSS and SVG write: less exact than BT.709's, and what browsers do.
        let grey = 0.213 * red + 0.715 * green + 0.072 * blue;
        [red, green, blue].map(|own| nearest(light, grey + (own - grey) * factor))
    };
    match &mut planes.channels[..] {
        [reds, greens, blues] => {
            for ((red, green), blue) in reds.iter_mut().zip(greens).zip(blues) {
                [*red, *green, *blue] = saturated([*red, *green, *blue]);
            }
        }
        [reds, greens, blues, alphas] => {
            for (((red, green), blue), alpha) in reds.iter_mut().zip(greens).zip(blues).zip(alphas) {
                let pixel = saturated([*red, *green, *blue].map(|sample| straight(sample, *alpha)));
                [*red, *green, *blue] = pixel.map(|sample| premultiplied(sample, *alpha));
            }
        }
        _ => {}
    }
}

/// A factor that changes something.
fn meant(factor: f32) -> Option<f32> {
    (factor >= 0.0 && factor != 1.0).then_some(factor.min(MOST))
}

/// What becomes of each light, given what becomes of its code.
fn curve(of: impl Fn(f32) -> f32) -> Vec<i16> {
    CODE.iter().map(|code| nearest(&LIGHT, of(*code))).collect()
}

fn nearest(light: &[i16], code: f32) -> i16 {
    light[rounded(code.clamp(0.0, 1.0) * STEPS) as usize]
}

fn map(planes: &mut Planes, curve: &[i16]) {
    let alphas = if planes.has_alpha() { planes.channels.pop() } else { None };
    for plane in &mut planes.channels {
        match &alphas {
            None => plane.iter_mut().for_each(|sample| *sample = curve[(*sample).max(0) as usize]),
            Some(alphas) => {
                for (sample, alpha) in plane.iter_mut().zip(alphas) {
                    *sample = premultiplied(curve[straight(*sample, *alpha) as usize], *alpha);
                }
            }
        }
    }
    planes.channels.extend(alphas);
}
