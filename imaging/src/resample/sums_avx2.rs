//! The same sums in the vectors of AVX2: two products and their sum in one instruction.

use std::arch::x86_64::*;

use super::kernel::{FRACTION, LANES};

const ROUND: i32 = 1 << (FRACTION - 1);

/// Columns that are summed at once.
pub const BLOCK: usize = 32;

/// Sums `BLOCK` columns of rows of a ring, which start at the given places.
#[target_feature(enable = "avx2")]
pub fn down(ring: &[i16], rows: &[(usize, i16)], column: usize) -> [i16; BLOCK] {
    let mut sums = [_mm256_set1_epi32(ROUND); 4];
    let (pairs, last) = rows.as_chunks::<2>();
    for [(upper, first), (lower, second)] in pairs {
        let weights = pair(*first, *second);
        add_pair(&mut sums, load_block(ring, upper + column), load_block(ring, lower + column), weights);
    }
    if let [(row, weight)] = last {
        add_pair(&mut sums, load_block(ring, row + column), [_mm256_setzero_si256(); 2], pair(*weight, 0));
    }
    let sums = [shift(sums[0]), shift(sums[1]), shift(sums[2]), shift(sums[3])];
    // Unpacking and packing both work within halves of a vector, so the order comes out as it went in.
    let words = [_mm256_packs_epi32(sums[0], sums[1]), _mm256_packs_epi32(sums[2], sums[3])];
    // SAFETY: both are 64 bytes, of which every pattern is valid.
    unsafe { std::mem::transmute(words) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn add_pair(sums: &mut [__m256i; 4], upper: [__m256i; 2], lower: [__m256i; 2], weights: __m256i) {
    for half in 0..2 {
        let low = _mm256_unpacklo_epi16(upper[half], lower[half]);
        let high = _mm256_unpackhi_epi16(upper[half], lower[half]);
        sums[2 * half] = _mm256_add_epi32(sums[2 * half], _mm256_madd_epi16(low, weights));
        sums[2 * half + 1] = _mm256_add_epi32(sums[2 * half + 1], _mm256_madd_epi16(high, weights));
    }
}

/// Four neighbours of a row: sums of `taps` samples from each of the starts, a multiple of sixteen.
#[target_feature(enable = "avx2")]
pub fn along(samples: &[i16], starts: [usize; 4], weights: &[i16], taps: usize) -> [i16; 4] {
    let sum = |output: usize| {
        let (samples, _) = samples[starts[output]..][..taps].as_chunks::<LANES>();
        let (weights, _) = weights[output * taps..][..taps].as_chunks::<LANES>();
        let mut sum = _mm256_setzero_si256();
        for (samples, weights) in samples.iter().zip(weights) {
            sum = _mm256_add_epi32(sum, _mm256_madd_epi16(load(samples), load(weights)));
        }
        sum
    };
    let pairs = [_mm256_hadd_epi32(sum(0), sum(1)), _mm256_hadd_epi32(sum(2), sum(3))];
    let fours = _mm256_hadd_epi32(pairs[0], pairs[1]);
    let sums = _mm_add_epi32(_mm256_castsi256_si128(fours), _mm256_extracti128_si256::<1>(fours));
    let sums = _mm_srai_epi32::<{ FRACTION as i32 }>(_mm_add_epi32(sums, _mm_set1_epi32(ROUND)));
    let words = _mm_cvtsi128_si64(_mm_packs_epi32(sums, sums)).to_le_bytes();
    let (words, _) = words.as_chunks::<2>();
    [words[0], words[1], words[2], words[3]].map(i16::from_le_bytes)
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_block(ring: &[i16], start: usize) -> [__m256i; 2] {
    let block: &[i16; BLOCK] = ring[start..].first_chunk().expect("a block of the row");
    let (halves, _) = block.as_chunks::<LANES>();
    [load(&halves[0]), load(&halves[1])]
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(samples: &[i16; LANES]) -> __m256i {
    // SAFETY: the reference is to 32 readable bytes, which need not be aligned.
    unsafe { _mm256_loadu_si256(samples.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn pair(first: i16, second: i16) -> __m256i {
    _mm256_set1_epi32(i32::from(second) << 16 | i32::from(first) & 0xffff)
}

#[inline]
#[target_feature(enable = "avx2")]
fn shift(sum: __m256i) -> __m256i {
    _mm256_srai_epi32::<{ FRACTION as i32 }>(sum)
}
