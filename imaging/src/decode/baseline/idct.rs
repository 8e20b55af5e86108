//! The inverse cosine transform of libjpeg's `islow`, bit for bit: the same integers, in the same order.
//!
//! After C. Loeffler, A. Ligtenberg and G. Moschytz, "Practical fast 1-D DCT algorithms with 11 multiplications", 1989.

use std::num::Wrapping;

pub const FRACTION: u32 = 13;
/// Bits of fraction that are kept between the passes.
pub const BETWEEN: u32 = 2;

const fn fixed(value: f64) -> Sum {
    Wrapping((value * (1 << FRACTION) as f64 + 0.5) as i32)
}

/// Turns dequantised coefficients, row by row, into samples at `target`, whose rows are `stride` apart.
/// `AVX2` where the processor is known to have it.
#[inline(always)]
pub fn inverse<const AVX2: bool>(coefficients: &[i16; 64], target: &mut [u8], stride: usize) {
    #[cfg(target_arch = "x86_64")]
    if AVX2 {
        // SAFETY: the caller has asked the processor.
        return unsafe { super::idct_avx2::inverse(coefficients, target, stride) };
    }
    inverse_anywhere(coefficients, target, stride);
}

/// The samples of a block that has no coefficient but the first.
pub fn flat(coefficient: i16, target: &mut [u8], stride: usize) {
    let first = i32::from(coefficient) << BETWEEN;
    let sample = ((first + (1 << (BETWEEN + 2))) >> (BETWEEN + 3)) + 128;
    for row in target.chunks_mut(stride).take(8) {
        row[..8].fill(sample.clamp(0, 255) as u8);
    }
}

/// Sums of what a hostile file asks for may not fit; like libjpeg's they wrap.
type Sum = Wrapping<i32>;

#[inline(never)]
fn inverse_anywhere(coefficients: &[i16; 64], target: &mut [u8], stride: usize) {
    let mut block = coefficients.map(|coefficient| Wrapping(i32::from(coefficient)));
    pass::<{ (FRACTION - BETWEEN) as usize }>(&mut block);
    transpose(&mut block);
    pass::<{ (FRACTION + BETWEEN + 3) as usize }>(&mut block);
    transpose(&mut block);
    for (row, samples) in target.chunks_mut(stride).zip(block.as_chunks::<8>().0) {
        let row: &mut [u8; 8] = row.first_chunk_mut().expect("a block's row lies in the plane");
        for (to, sample) in row.iter_mut().zip(samples) {
            *to = sample.0.saturating_add(128).clamp(0, 255) as u8;
        }
    }
}

#[inline(always)]
fn transpose(block: &mut [Sum; 64]) {
    let from = *block;
    for row in 0..8 {
        for column in 0..8 {
            block[column * 8 + row] = from[row * 8 + column];
        }
    }
}

/// One transform down each of the eight columns, which are independent: lanes of a vector.
#[inline(always)]
fn pass<const SHIFT: usize>(block: &mut [Sum; 64]) {
    for lane in 0..8 {
        let at = |row: usize| block[row * 8 + lane];
        let middle = (at(2) + at(6)) * fixed(0.541_196_100);
        let low = middle - at(6) * fixed(1.847_759_065);
        let high = middle + at(2) * fixed(0.765_366_865);
        let sum = (at(0) + at(4)) << FRACTION as usize;
        let difference = (at(0) - at(4)) << FRACTION as usize;
        let even = [sum + high, difference + low, difference - low, sum - high];

        let (a, b, c, d) = (at(7), at(5), at(3), at(1));
        let all = (a + c + b + d) * fixed(1.175_875_602);
        let outer = (a + d) * fixed(0.899_976_223);
        let inner = (b + c) * fixed(2.562_915_447);
        let right = all - (a + c) * fixed(1.961_570_560);
        let left = all - (b + d) * fixed(0.390_180_644);
        let odd = [
            d * fixed(1.501_321_110) - outer + left,
            c * fixed(3.072_711_026) - inner + right,
            b * fixed(2.053_119_869) - inner + left,
            a * fixed(0.298_631_336) - outer + right,
        ];
        let round = Wrapping(1 << (SHIFT - 1));
        for index in 0..4 {
            block[index * 8 + lane] = (even[index] + odd[index] + round) >> SHIFT;
            block[(7 - index) * 8 + lane] = (even[index] - odd[index] + round) >> SHIFT;
        }
    }
}
