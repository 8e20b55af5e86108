//! JPEG of the kind that cameras write: baseline, one scan, grey or luma with chroma, a band of rows at a time.
//!
//! Faster than libjpeg-turbo, since codes and values are looked up together, and never more than a band
//! in memory. Equal to it, sample by sample; whatever is in doubt is left to it.

mod bits;
mod frame;
mod huffman;
mod idct;
#[cfg(target_arch = "x86_64")]
mod idct_avx2;

use std::ops::Range;

use bits::Bits;
use frame::{Component, Frame};
use huffman::{END_OF_BLOCK, Huffman};

use super::jpeg_segments::Segments;

/// Some rows of the picture, as many as its groups of blocks are high.
pub struct Band {
    /// Luma, then chroma if there is any.
    pub planes: Vec<Plane>,
}

pub struct Plane {
    pub samples: Vec<u8>,
    /// Samples between the starts of rows; a multiple of eight, wider than the picture.
    pub stride: usize,
    pub rows: usize,
}

/// What the picture is before its samples are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    pub chroma: bool,
    /// Luma samples for one of chroma, across and down.
    pub across: usize,
    pub down: usize,
}

pub struct Baseline<'a> {
    frame: Frame<'a>,
}

impl<'a> Baseline<'a> {
    /// `None` where the picture is of another kind.
    pub fn open(segments: &Segments<'a>) -> Option<Baseline<'a>> {
        Frame::read(segments).map(|frame| Baseline { frame })
    }

    pub fn sampling(&self) -> Sampling {
        let luma = &self.frame.components[0];
        Sampling { chroma: self.frame.components.len() == 3, across: luma.across, down: luma.down }
    }

    /// Decodes from top to bottom. `None` if anything about the coded bytes is in doubt, whatever was given before.
    pub fn bands(&self, mut take: impl FnMut(&Band)) -> Option<()> {
        let frame = &self.frame;
        let luma = &frame.components[0];
        let groups = (frame.size.width as usize).div_ceil(8 * luma.across);
        let lines = (frame.size.height as usize).div_ceil(8 * luma.down);
        let mut band =
            Band { planes: frame.components.iter().map(|component| Plane::new(component, groups)).collect() };
        let tables: Vec<Tables<'_>> = frame.components.iter().map(|component| Tables::new(frame, component)).collect();
        let places = places(&frame.components, &band);
        let mut bits = Bits::new(frame.scan);
        let mut previous = [0_i32; 3];
        for line in 0..lines {
            let first = line * groups;
            if fast_vectors() {
                // SAFETY: the processor has what the function is compiled for.
                unsafe { line_avx2(&mut bits, &tables, &places, &mut previous, &mut band, first..first + groups)? };
            } else {
                self::line::<false>(&mut bits, &tables, &places, &mut previous, &mut band, first..first + groups)?;
            }
            take(&band);
        }
        bits.complete()
    }
}

/// Blocks of one group: four of luma and two of chroma.
const MAX_BLOCKS: usize = 6;

/// Where a block of a group lies.
struct Place {
    component: usize,
    /// In the plane, for the first group of a line.
    offset: usize,
    /// From group to group.
    step: usize,
}

/// In the order of the scan.
fn places(components: &[Component], band: &Band) -> Vec<Place> {
    let mut places = Vec::with_capacity(MAX_BLOCKS);
    for (index, component) in components.iter().enumerate() {
        let step = component.across * 8;
        for line in 0..component.down {
            let offset = line * 8 * band.planes[index].stride;
            places.extend((0..component.across).map(|column| Place {
                component: index,
                offset: offset + column * 8,
                step,
            }));
        }
    }
    places
}

fn fast_vectors() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("bmi2");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn line_avx2(
    bits: &mut Bits<'_>,
    tables: &[Tables<'_>],
    places: &[Place],
    previous: &mut [i32; 3],
    band: &mut Band,
    groups: Range<usize>,
) -> Option<()> {
    line::<true>(bits, tables, places, previous, band, groups)
}

/// One line of groups, numbered as they come in the scan.
#[inline(always)]
fn line<const AVX2: bool>(
    state: &mut Bits<'_>,
    tables: &[Tables<'_>],
    places: &[Place],
    previous: &mut [i32; 3],
    band: &mut Band,
    groups: Range<usize>,
) -> Option<()> {
    let first = groups.start;
    let mut bits = *state;
    let mut blocks = [(Block([0; 128]), false); MAX_BLOCKS];
    for group in groups {
        let interval = tables[0].restart_interval;
        if interval > 0 && group > 0 && group % interval == 0 {
            bits = bits.restarted(((group / interval - 1) % 8) as u8)?;
            *previous = [0; 3];
        }
        for (place, (block, coded)) in places.iter().zip(&mut blocks) {
            let component = place.component;
            *coded = tables[component].read(&mut bits, &mut previous[component], block)?;
        }
        // Only now: a block that is read back while it is still being written would stall.
        for (place, (block, coded)) in places.iter().zip(&mut blocks) {
            let plane = &mut band.planes[place.component];
            let target = &mut plane.samples[place.offset + (group - first) * place.step..];
            if *coded {
                idct::inverse::<AVX2>(block.coefficients(), target, plane.stride);
                *block.coefficients() = [0; 64];
            } else {
                idct::flat(block.0[0], target, plane.stride);
            }
        }
    }
    *state = bits;
    Some(())
}

impl Plane {
    fn new(component: &Component, groups: usize) -> Plane {
        let (stride, rows) = (groups * component.across * 8, component.down * 8);
        Plane { samples: vec![0; stride * rows], stride, rows }
    }
}

/// What the blocks of a component are read by.
struct Tables<'a> {
    first: &'a Huffman,
    others: &'a Huffman,
    /// In the order of the scan; zeros behind it.
    steps: [i32; 256],
    restart_interval: usize,
}

impl<'a> Tables<'a> {
    fn new(frame: &'a Frame<'_>, component: &Component) -> Tables<'a> {
        let [first, others] = frame.codes(component);
        let mut steps = [0; 256];
        steps.iter_mut().zip(frame.quantisation(component)).for_each(|(to, step)| *to = i32::from(*step));
        Tables { first, others, steps, restart_interval: frame.restart_interval }
    }

    /// Reads a block that is all zeros; answers whether it has more than its first coefficient.
    #[inline(always)]
    fn read(&self, bits: &mut Bits<'_>, previous: &mut i32, block: &mut Block) -> Option<bool> {
        bits.refill();
        let step = self.first.step(bits);
        let difference = if step.is_found() {
            bits.skip(step.bits());
            step.values()[0]
        } else {
            let size = self.first.symbol(bits).filter(|size| *size <= 11)?;
            bits.coefficient(size.into())
        };
        *previous = previous.wrapping_add(difference);
        block.0[0] = previous.wrapping_mul(self.steps[0]) as i16;
        self.read_others(bits, block)
    }

    /// Answers whether there are any.
    #[inline(always)]
    fn read_others(&self, bits: &mut Bits<'_>, block: &mut Block) -> Option<bool> {
        let mut position = 0;
        while position < 63 {
            bits.refill();
            let step = self.others.step(bits);
            let ([run, next], [value, other]) = (step.advances(), step.values());
            let place = position + run;
            if place < 63 {
                bits.skip(step.bits());
                self.put(block, place, value);
                position = place + next;
                self.put(block, position, other);
                continue;
            }
            if run == usize::from(END_OF_BLOCK) {
                bits.skip(step.bits());
                return Some(position > 0);
            }
            let (read, value, advance) = self.long_coefficient(*bits)?;
            *bits = read;
            if advance == END_OF_BLOCK {
                return Some(position > 0);
            }
            position += usize::from(advance);
            self.put(block, position, value);
        }
        // The last coefficient, or the end of the block behind another; but none after the last.
        (position == 63 || position >= usize::from(END_OF_BLOCK)).then_some(true)
    }

    /// Positions after the last, to 255, are allowed, and do no harm.
    #[inline(always)]
    fn put(&self, block: &mut Block, position: usize, value: i32) {
        let position = usize::from(position as u8);
        block.0[usize::from(ORDER[position] & 127)] = (value * self.steps[position]) as i16;
    }

    /// Code and value one after the other.
    #[cold]
    #[inline(never)]
    fn long_coefficient<'b>(&self, mut bits: Bits<'b>) -> Option<(Bits<'b>, i32, u8)> {
        let symbol = self.others.symbol(&mut bits)?;
        let (run, size) = (symbol >> 4, symbol & 15);
        if size > 0 {
            let value = bits.coefficient(size.into());
            return Some((bits, value, run + 1));
        }
        // A block's end, or sixteen zeros; nothing else may have no value.
        match run {
            0 => Some((bits, 0, END_OF_BLOCK)),
            15 => Some((bits, 0, 16)),
            _ => None,
        }
    }
}

/// The coefficients of a block, row by row, and room for what lies behind them.
#[derive(Clone, Copy)]
struct Block([i16; 128]);

impl Block {
    fn coefficients(&mut self) -> &mut [i16; 64] {
        self.0.first_chunk_mut().expect("a block is longer")
    }
}

/// Where the coefficients of a scan lie in a block, and all positions behind them.
const ORDER: [u8; 256] = {
    let mut order = [64; 256];
    let mut position = 0;
    while position < 64 {
        order[position] = ZIGZAG[position];
        position += 1;
    }
    order
};

/// T.81, figure A.6.
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

#[cfg(test)]
mod tests;
