//! What the samples of a TIFF mean, and how they become pixels.

use tiff::ColorType;
use tiff::decoder::DecodingResult;

use super::Samples;
use super::tiff::{Place, unsupported_samples};
use crate::Rejection;
use crate::raster::{Layout, Size};

pub struct Kind {
    pub layout: Layout,
    /// Of a stored pixel; what is more than the layout's is left out.
    pub stored_channels: usize,
    /// Bits of a stored sample: 1, 2, 4, 8 or 16.
    pub depth: u8,
    pub is_planar: bool,
    pub meaning: Meaning,
}

pub enum Meaning {
    Plain,
    /// Colours are multiplied by alpha ("associated").
    Premultiplied,
    Palette(Vec<[u8; 3]>),
    YCbCr,
}

impl Kind {
    /// `extra` is what the first sample beyond the colours is: 0 unknown, 1 associated alpha, 2 alpha.
    pub fn new(colour: ColorType, extra: Option<u16>) -> Result<Kind, Rejection> {
        use Meaning::{Palette, Plain, Premultiplied, YCbCr};
        let has_alpha = extra != Some(0);
        let alpha = if extra == Some(1) { Premultiplied } else { Plain };
        let (layout, stored_channels, depth, meaning) = match colour {
            ColorType::Gray(depth) => (Layout::Grey, 1, depth, Plain),
            ColorType::GrayA(depth) if has_alpha => (Layout::GreyAlpha, 2, depth, alpha),
            ColorType::GrayA(depth) => (Layout::Grey, 2, depth, Plain),
            ColorType::RGB(depth) => (Layout::Rgb, 3, depth, Plain),
            ColorType::RGBA(depth) if has_alpha => (Layout::Rgba, 4, depth, alpha),
            ColorType::RGBA(depth) => (Layout::Rgb, 4, depth, Plain),
            ColorType::CMYK(depth) => (Layout::Cmyk, 4, depth, Plain),
            ColorType::CMYKA(depth) => (Layout::Cmyk, 5, depth, Plain),
            ColorType::Palette(depth @ (1 | 2 | 4 | 8)) => (Layout::Rgb, 1, depth, Palette(Vec::new())),
            ColorType::YCbCr(8) => (Layout::Rgb, 3, 8, YCbCr),
            other => {
                return Err(Rejection::unsupported(format!(
                    "The TIFF has colours of the kind {other:?}, which is not supported."
                )));
            }
        };
        if !matches!(depth, 1 | 2 | 4 | 8 | 16) || (depth < 8 && stored_channels > 1) {
            return Err(Rejection::unsupported(format!("The TIFF has {depth} bits a sample, which is not supported.")));
        }
        Ok(Kind { layout, stored_channels, depth, is_planar: false, meaning })
    }
}

/// The whole picture, filled strip by strip or tile by tile.
pub struct Target {
    size: Size,
    layout: Layout,
    samples: Samples,
}

impl Target {
    pub fn new(size: Size, kind: &Kind) -> Target {
        let count = size.bytes(kind.layout);
        let samples = if kind.depth == 16 { Samples::Sixteen(vec![0; count]) } else { Samples::Eight(vec![0; count]) };
        Target { size, layout: kind.layout, samples }
    }

    pub fn layout(&self) -> Layout {
        self.layout
    }

    pub fn write(&mut self, kind: &Kind, place: Place, size: Size, chunk: &DecodingResult) -> Result<(), Rejection> {
        let stored = if place.plane.is_some() { 1 } else { kind.stored_channels };
        if place.plane.is_some_and(|plane| plane >= self.layout.channels()) {
            return Ok(());
        }
        let mut row = Vec::new();
        for line in 0..size.height as usize {
            unpack(chunk, line, size.width as usize * stored, kind.depth, &mut row)?;
            kind.translate(&mut row);
            self.write_row(place, line, stored, &row);
        }
        Ok(())
    }

    fn write_row(&mut self, place: Place, line: usize, stored: usize, row: &[u16]) {
        let channels = self.layout.channels();
        let start = ((place.top + line) * self.size.width as usize + place.left) * channels;
        // A palette has made three of one.
        let stored = if stored == 1 && place.plane.is_none() { channels } else { stored };
        let first = place.plane.unwrap_or(0);
        let taken = stored.min(channels - first);
        for (index, pixel) in row.chunks_exact(stored).enumerate() {
            let at = start + index * channels + first;
            match &mut self.samples {
                Samples::Eight(samples) => {
                    samples[at..at + taken].iter_mut().zip(pixel).for_each(|(target, sample)| *target = *sample as u8);
                }
                Samples::Sixteen(samples) => samples[at..at + taken].copy_from_slice(&pixel[..taken]),
            }
        }
    }

    pub fn finish(mut self, kind: &Kind) -> Samples {
        if matches!(kind.meaning, Meaning::Premultiplied) {
            match (&mut self.samples, self.layout) {
                (Samples::Eight(samples), Layout::Rgba) => straighten::<4, _>(samples, 255),
                (Samples::Eight(samples), _) => straighten::<2, _>(samples, 255),
                (Samples::Sixteen(samples), Layout::Rgba) => straighten::<4, _>(samples, 65_535),
                (Samples::Sixteen(samples), _) => straighten::<2, _>(samples, 65_535),
            }
        }
        self.samples
    }
}

/// Divides colours by their alpha.
fn straighten<const N: usize, T: Copy + Into<u32> + TryFrom<u32>>(samples: &mut [T], max: u32) {
    for pixel in samples.as_chunks_mut::<N>().0 {
        let alpha: u32 = pixel[N - 1].into();
        for colour in &mut pixel[..N - 1] {
            let straight = ((*colour).into() * max + alpha / 2).checked_div(alpha).unwrap_or(0).min(max);
            *colour = T::try_from(straight).unwrap_or(*colour);
        }
    }
}

/// The samples of one row as numbers; rows of less than a byte a sample start at a byte.
fn unpack(chunk: &DecodingResult, line: usize, count: usize, depth: u8, row: &mut Vec<u16>) -> Result<(), Rejection> {
    row.clear();
    let missing = || Rejection::truncated("TIFF");
    match chunk {
        DecodingResult::U8(bytes) if depth == 8 => {
            let bytes = bytes.get(line * count..(line + 1) * count).ok_or_else(missing)?;
            row.extend(bytes.iter().map(|byte| u16::from(*byte)));
        }
        DecodingResult::U8(bytes) if depth < 8 => {
            let per_byte = usize::from(8 / depth);
            let length = count.div_ceil(per_byte);
            let bytes = bytes.get(line * length..(line + 1) * length).ok_or_else(missing)?;
            let samples = bytes.iter().flat_map(|byte| (1..=per_byte).map(move |nth| (byte, nth)));
            let mask = (1_u16 << depth) - 1;
            row.extend(
                samples.take(count).map(|(byte, nth)| u16::from(*byte) >> (8 - nth * usize::from(depth)) & mask),
            );
        }
        DecodingResult::U16(samples) if depth == 16 => {
            row.extend(samples.get(line * count..(line + 1) * count).ok_or_else(missing)?);
        }
        other => return Err(unsupported_samples(other)),
    }
    Ok(())
}

impl Kind {
    /// From stored numbers to the depth and colours of the target.
    fn translate(&self, row: &mut Vec<u16>) {
        match &self.meaning {
            Meaning::Palette(palette) => {
                let colours: Vec<u16> =
                    row.iter().flat_map(|index| palette[usize::from(*index)].map(u16::from)).collect();
                *row = colours;
            }
            Meaning::YCbCr if !self.is_planar => {
                row.as_chunks_mut::<3>().0.iter_mut().for_each(|pixel| *pixel = rgb(*pixel));
            }
            _ if self.depth < 8 => {
                let scale = 255 / ((1 << self.depth) - 1);
                row.iter_mut().for_each(|sample| *sample *= scale);
            }
            _ => {}
        }
    }
}

/// BT.601 in full range, as JPEG has it.
fn rgb([y, cb, cr]: [u16; 3]) -> [u16; 3] {
    let [y, cb, cr] = [f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0];
    [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb]
        .map(|value| (value + 0.5).clamp(0.0, 255.0) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_less_than_a_byte_are_unpacked_and_stretched() {
        let kind = Kind::new(ColorType::Gray(2), None).expect("a kind");
        let mut row = vec![];
        unpack(&DecodingResult::U8(vec![0b0001_1011, 0b1100_0000, 0xff, 0xff]), 0, 5, 2, &mut row).expect("a row");
        kind.translate(&mut row);
        assert_eq!(row, [0, 85, 170, 255, 255]);
    }

    #[test]
    fn associated_alpha_is_divided_out() {
        let mut samples = [50_u8, 100, 0, 100, 9, 9, 9, 0];
        straighten::<4, _>(&mut samples, 255);
        assert_eq!(samples, [128, 255, 0, 100, 0, 0, 0, 0]);
    }
}
