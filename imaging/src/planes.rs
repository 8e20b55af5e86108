//! Pictures in linear light: one plane for each channel, sixteen bits a sample, rows without gaps.

use std::sync::LazyLock;

use crate::raster::{Layout, Raster, Size};
use crate::srgb;

/// The sample that stands for white, or for opaque. The room above it and below zero holds what a
/// sharp filter overshoots; the darkest step of eight-bit sRGB is eight samples.
pub const WHITE: i16 = 26_000;

/// One plane is grey, two are grey and alpha, three are red, green and blue, four have alpha too.
///
/// Colours are linear light of sRGB's primaries, multiplied by their alpha.
#[derive(Clone, Debug)]
pub struct Planes {
    pub size: Size,
    pub channels: Vec<Vec<i16>>,
}

impl Planes {
    pub fn has_alpha(&self) -> bool {
        self.channels.len().is_multiple_of(2)
    }

    /// Gives up an alpha plane that hides nothing: what follows is a quarter cheaper and smaller.
    pub fn without_idle_alpha(mut self) -> Planes {
        if self.has_alpha() && self.channels.last().is_some_and(|alphas| alphas.iter().all(|alpha| *alpha == WHITE)) {
            self.channels.pop();
        }
        self
    }

    /// Eight-bit sRGB with straight alpha; grey becomes equal red, green and blue.
    pub fn to_srgb(&self) -> Raster {
        match &self.channels[..] {
            [grey] => rgb(self.size, [grey, grey, grey]),
            [red, green, blue] => rgb(self.size, [red, green, blue]),
            [grey, alpha] => rgba(self.size, [grey, grey, grey], alpha),
            [red, green, blue, alpha] => rgba(self.size, [red, green, blue], alpha),
            _ => unreachable!("planes are one to four"),
        }
    }
}

fn rgb(size: Size, planes: [&[i16]; 3]) -> Raster {
    let mut raster = Raster::new(size, Layout::Rgb);
    let encoded = &*ENCODED;
    let [reds, greens, blues] = planes;
    let (pixels, _) = raster.pixels.as_chunks_mut::<3>();
    for (pixel, ((red, green), blue)) in pixels.iter_mut().zip(reds.iter().zip(greens).zip(blues)) {
        *pixel = [red, green, blue].map(|sample| encoded[(*sample).max(0) as usize]);
    }
    raster
}

fn rgba(size: Size, planes: [&[i16]; 3], alphas: &[i16]) -> Raster {
    let mut raster = Raster::new(size, Layout::Rgba);
    let encoded = &*ENCODED;
    let [reds, greens, blues] = planes;
    let (pixels, _) = raster.pixels.as_chunks_mut::<4>();
    let samples = reds.iter().zip(greens).zip(blues).zip(alphas);
    for (pixel, (((red, green), blue), alpha)) in pixels.iter_mut().zip(samples) {
        let alpha = (*alpha).clamp(0, WHITE);
        let straight = |sample: &i16| match alpha {
            0 => 0,
            alpha => i32::from(*sample) * i32::from(WHITE) / i32::from(alpha),
        };
        let [red, green, blue] = [red, green, blue].map(|sample| encoded[straight(sample).clamp(0, 32_767) as usize]);
        let opacity = (i32::from(alpha) * 255 + i32::from(WHITE) / 2) / i32::from(WHITE);
        *pixel = [red, green, blue, opacity as u8];
    }
    raster
}

/// The eight-bit sRGB code of each sample that is not negative.
static ENCODED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    (0..=i16::MAX)
        .map(|sample| {
            let light = (f32::from(sample) / f32::from(WHITE)).min(1.0);
            (srgb::from_light(light) * 255.0).round() as u8
        })
        .collect()
});
