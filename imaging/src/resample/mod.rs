//! Makes pictures smaller, or larger, in linear light: rows go in as they come, a picture comes out.

mod kernel;
mod sums;
#[cfg(target_arch = "x86_64")]
mod sums_avx2;

use kernel::{Kernel, LANES};

pub use kernel::Span;

use crate::planes::Planes;
use crate::raster::Size;

/// A picture in the making: columns are summed as rows arrive, each finished row is summed along itself.
///
/// Holds no more of the source than the filter reaches: rows of a window, not a frame.
pub struct Resampler {
    source: Size,
    vertical: Option<Kernel>,
    horizontal: Option<Kernel>,
    columns: Columns,
    /// The last rows of each channel.
    ring: Vec<Vec<i16>>,
    ring_rows: usize,
    received: u32,
    finished: u32,
    first_row: u32,
    target: Planes,
}

/// The part of each source row that is used, and one row of sums over columns.
struct Columns {
    start: usize,
    width: usize,
    sums: Vec<i16>,
}

impl Resampler {
    /// From the part of a `source` that the spans tell.
    pub fn new(source: Size, channels: usize, across: Span, down: Span) -> Resampler {
        let horizontal = (!across.copies()).then(|| Kernel::lanczos3(source.width, across, LANES));
        let vertical = (!down.copies()).then(|| Kernel::lanczos3(source.height, down, 1));
        let columns = Columns::used(source, across, horizontal.as_ref());
        let ring_rows = vertical.as_ref().map_or(1, |kernel| kernel.taps + 1);
        let target = Size { width: across.outputs, height: down.outputs };
        Resampler {
            source,
            ring: vec![vec![0; ring_rows * columns.width]; channels],
            columns,
            vertical,
            horizontal,
            ring_rows,
            received: 0,
            finished: 0,
            first_row: down.start as u32,
            target: Planes { size: target, channels: vec![vec![0; target.area() as usize]; channels] },
        }
    }

    /// Takes the next row of the source, a slice for each channel.
    pub fn push(&mut self, row: &[&[i16]]) {
        let slot = self.received as usize % self.ring_rows * self.columns.width;
        for (ring, samples) in self.ring.iter_mut().zip(row) {
            let used = &samples[self.columns.start..self.columns.start + self.columns.width];
            ring[slot..slot + self.columns.width].copy_from_slice(used);
        }
        self.received += 1;
        while self.finished < self.target.size.height && self.last_needed() < self.received {
            self.finish_row();
        }
    }

    /// The finished picture, once every row has been pushed.
    pub fn finish(self) -> Planes {
        debug_assert_eq!(self.finished, self.target.size.height);
        self.target
    }

    /// Index of the last source row that the next target row is made of.
    fn last_needed(&self) -> u32 {
        match &self.vertical {
            Some(kernel) => {
                let last = kernel.first[self.finished as usize] as usize + kernel.taps - 1;
                (last as u32).min(self.source.height - 1)
            }
            None => self.first_row + self.finished,
        }
    }

    fn finish_row(&mut self) {
        let line = self.finished as usize;
        let width = self.target.size.width as usize;
        for (ring, target) in self.ring.iter().zip(&mut self.target.channels) {
            let row = &mut target[line * width..][..width];
            let columns = &mut self.columns;
            match (&self.vertical, &self.horizontal) {
                (None, None) => row.copy_from_slice(&ring[..width]),
                (None, Some(horizontal)) => {
                    columns.sums[..columns.width].copy_from_slice(&ring[..columns.width]);
                    sums::along(&columns.sums, columns.start, horizontal, row);
                }
                (Some(vertical), None) => sums::down(ring, self.ring_rows, vertical, line, row),
                (Some(vertical), Some(horizontal)) => {
                    sums::down(ring, self.ring_rows, vertical, line, &mut columns.sums[..columns.width]);
                    sums::along(&columns.sums, columns.start, horizontal, row);
                }
            }
        }
        self.finished += 1;
    }
}

impl Columns {
    fn used(source: Size, across: Span, horizontal: Option<&Kernel>) -> Columns {
        let (start, end) = match horizontal {
            None => (across.start as usize, across.start as usize + across.outputs as usize),
            Some(kernel) => {
                let start = kernel.first.first().map_or(0, |first| *first as usize);
                let end = kernel.first.last().map_or(0, |last| *last as usize + kernel.taps);
                (start, end.min(source.width as usize))
            }
        };
        let padding = horizontal.map_or(0, |kernel| kernel.taps);
        Columns { start, width: end - start, sums: vec![0; end - start + padding] }
    }
}

/// Another picture of the part of `source` that the spans tell.
pub fn resample(source: &Planes, across: Span, down: Span) -> Planes {
    let width = source.size.width as usize;
    let mut resampler = Resampler::new(source.size, source.channels.len(), across, down);
    for line in 0..source.size.height as usize {
        let row: Vec<&[i16]> = source.channels.iter().map(|channel| &channel[line * width..][..width]).collect();
        resampler.push(&row);
    }
    resampler.finish()
}

/// Another picture of the whole `source`.
pub fn resize(source: &Planes, size: Size) -> Planes {
    resample(source, Span::whole(source.size.width, size.width), Span::whole(source.size.height, size.height))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planes::WHITE;

    fn planes(width: u32, height: u32, sample: impl Fn(u32, u32) -> i16) -> Planes {
        let samples = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let channel = samples.map(|(x, y)| sample(x, y)).collect();
        Planes { size: Size { width, height }, channels: vec![channel] }
    }

    fn size(width: u32, height: u32) -> Size {
        Size { width, height }
    }

    #[test]
    fn a_flat_picture_stays_exactly_flat_at_every_size() {
        for (width, height) in [(1, 1), (3, 5), (16, 7), (40, 100), (77, 31)] {
            let made = resize(&planes(40, 31, |_, _| 1234), size(width, height));
            assert_eq!(made.channels[0], vec![1234; (width * height) as usize], "{width}x{height}");
        }
    }

    #[test]
    fn stripes_too_fine_to_show_become_half_of_the_light() {
        let made = resize(&planes(400, 30, |x, _| if x % 2 == 0 { WHITE } else { 0 }), size(50, 30));
        let inner = |index: usize| (3..47).contains(&(index % 50));
        let samples = made.channels[0].iter().enumerate().filter(|(index, _)| inner(*index));
        for (index, sample) in samples {
            assert!(sample.abs_diff(WHITE / 2) < 20, "{index}: {sample}");
        }
    }

    #[test]
    fn a_ramp_stays_a_ramp() {
        let made = resize(&planes(300, 300, |x, y| (x * 40 + y * 40) as i16), size(100, 100));
        for (index, sample) in
            made.channels[0].iter().enumerate().filter(|(index, _)| index % 100 > 3 && index % 100 < 96)
        {
            let (x, y) = (index % 100, index / 100);
            if (4..96).contains(&y) {
                let expected = (x * 3 + 1 + y * 3 + 1) as i16 * 40;
                assert!(sample.abs_diff(expected) < 8, "{x},{y}: {sample} is not {expected}");
            }
        }
    }

    #[test]
    fn a_part_in_its_own_size_is_cut_out_unchanged() {
        let source = planes(20, 10, |x, y| (x + 100 * y) as i16);
        let across = Span { start: 3.0, length: 5.0, outputs: 5 };
        let down = Span { start: 2.0, length: 4.0, outputs: 4 };
        let made = resample(&source, across, down);
        assert_eq!((made.size, made.channels[0][0], made.channels[0][19]), (size(5, 4), 203, 507));
    }

    #[test]
    fn a_scaled_part_shows_what_lies_there() {
        let source = planes(100, 100, |x, _| if x < 50 { 0 } else { 20_000 });
        let half = |start| {
            let across = Span { start, length: 50.0, outputs: 10 };
            resample(&source, across, Span::whole(100, 20)).channels[0][5 + 10 * 10]
        };
        assert!(half(0.0).abs() < 300 && half(50.0).abs_diff(20_000) < 300, "{} {}", half(0.0), half(50.0));
    }
}
