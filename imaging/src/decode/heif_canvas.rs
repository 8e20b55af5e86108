//! Lays decoded tiles out into one picture, of which only what is seen is kept.

use super::Samples;
use super::heif_layers::{Layer, View};
use super::yuv::Rows;
use crate::Rejection;
use crate::raster::Size;

pub struct Canvas {
    view: View,
    channels: usize,
    samples: Samples,
}

impl Canvas {
    pub fn new(view: View, has_alpha: bool, is_deep: bool) -> Canvas {
        let channels = if has_alpha { 4 } else { 3 };
        let count = view.size.width as usize * view.size.height as usize * channels;
        let samples = if is_deep { Samples::Sixteen(vec![0; count]) } else { Samples::Eight(vec![0; count]) };
        Canvas { view, channels, samples }
    }

    pub fn into_samples(self) -> Samples {
        self.samples
    }

    /// The colours of a layer's tile of this number.
    pub fn place(&mut self, layer: &Layer, number: usize, rows: &mut Rows<'_>) -> Result<(), Rejection> {
        let part = self.part(layer, number);
        let mut row = vec![[0; 3]; part.size.width as usize];
        for line in 0..part.size.height as usize {
            rows.rgb(part.top + line, part.left, self.max(), &mut row);
            self.write(&part, line, 0, row.as_flattened(), 3);
        }
        Ok(())
    }

    pub fn place_alpha(&mut self, layer: &Layer, number: usize, rows: &mut Rows<'_>) -> Result<(), Rejection> {
        let part = self.part(layer, number);
        let mut row = vec![0; part.size.width as usize];
        for line in 0..part.size.height as usize {
            rows.alpha(part.top + line, part.left, self.max(), &mut row);
            self.write(&part, line, 3, &row, 1);
        }
        Ok(())
    }

    /// Makes colours straight that were multiplied by alpha.
    pub fn unpremultiply(&mut self) {
        match &mut self.samples {
            Samples::Eight(samples) => {
                for [colours @ .., alpha] in samples.as_chunks_mut::<4>().0 {
                    let alpha = u32::from(*alpha).max(1);
                    *colours = colours.map(|colour| ((u32::from(colour) * 255 + alpha / 2) / alpha).min(255) as u8);
                }
            }
            Samples::Sixteen(samples) => {
                for [colours @ .., alpha] in samples.as_chunks_mut::<4>().0 {
                    let alpha = u32::from(*alpha).max(1);
                    *colours =
                        colours.map(|colour| ((u32::from(colour) * 65_535 + alpha / 2) / alpha).min(65_535) as u16);
                }
            }
        }
    }

    fn max(&self) -> f32 {
        if matches!(self.samples, Samples::Eight(_)) { 255.0 } else { 65_535.0 }
    }

    fn part(&self, layer: &Layer, number: usize) -> Part {
        let (column, row) = (number as u32 % layer.columns, number as u32 / layer.columns);
        let (left, x, width) =
            overlap(column * layer.tile.width, layer.tile.width, self.view.left, self.view.size.width);
        let (top, y, height) =
            overlap(row * layer.tile.height, layer.tile.height, self.view.top, self.view.size.height);
        Part { left, top, x, y, size: Size { width, height } }
    }

    fn write(&mut self, part: &Part, line: usize, first_channel: usize, row: &[u16], of_pixel: usize) {
        let start = ((part.y + line) * self.view.size.width as usize + part.x) * self.channels;
        let range = start..start + part.size.width as usize * self.channels;
        let channels = first_channel..first_channel + of_pixel;
        match &mut self.samples {
            Samples::Eight(samples) => {
                for (target, pixel) in samples[range].chunks_exact_mut(self.channels).zip(row.chunks_exact(of_pixel)) {
                    target[channels.clone()].iter_mut().zip(pixel).for_each(|(target, sample)| *target = *sample as u8);
                }
            }
            Samples::Sixteen(samples) => {
                for (target, pixel) in samples[range].chunks_exact_mut(self.channels).zip(row.chunks_exact(of_pixel)) {
                    target[channels.clone()].copy_from_slice(pixel);
                }
            }
        }
    }
}

/// What is seen of a tile: from where in the tile, to where on the canvas.
struct Part {
    left: usize,
    top: usize,
    x: usize,
    y: usize,
    size: Size,
}

/// Of a tile and what is seen along one side: start in the tile, start in what is seen, and length, which may be none.
fn overlap(tile: u32, tile_length: u32, seen: u32, seen_length: u32) -> (usize, usize, u32) {
    let start = tile.max(seen);
    let end = (tile + tile_length).min(seen + seen_length);
    let length = end.saturating_sub(start);
    if length == 0 { (0, 0, 0) } else { ((start - tile) as usize, (start - seen) as usize, length) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_is_cut_by_what_is_seen() {
        assert_eq!(overlap(0, 64, 10, 100), (10, 0, 54));
        assert_eq!(overlap(64, 64, 10, 100), (0, 54, 46));
        assert_eq!(overlap(128, 64, 10, 100), (0, 0, 0));
    }
}
