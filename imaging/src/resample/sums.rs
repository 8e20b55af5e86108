//! The two inner loops of resampling, in the vectors of the machine.

use super::kernel::{FRACTION, Kernel, LANES};
#[cfg(target_arch = "x86_64")]
use super::sums_avx2 as avx2;

/// Sums columns: target row `line`, from the rows of `ring` that its window covers.
pub fn down(ring: &[i16], ring_rows: usize, kernel: &Kernel, line: usize, target: &mut [i16]) {
    let width = target.len();
    let first = kernel.first[line] as usize;
    let weights = &kernel.weights[line * kernel.taps..][..kernel.taps];
    let row = |(tap, weight): (usize, &i16)| ((first + tap) % ring_rows * width, *weight);
    let rows: Vec<(usize, i16)> = weights.iter().enumerate().map(row).collect();
    let done = down_blocks(ring, &rows, target);
    let mut sums = vec![ROUND; width - done];
    for (row, weight) in rows {
        for (sum, sample) in sums.iter_mut().zip(&ring[row + done..row + width]) {
            *sum += i32::from(*sample) * i32::from(weight);
        }
    }
    target[done..].iter_mut().zip(sums).for_each(|(target, sum)| *target = narrow(sum));
}

/// Answers how many columns are done.
#[cfg(target_arch = "x86_64")]
fn down_blocks(ring: &[i16], rows: &[(usize, i16)], target: &mut [i16]) -> usize {
    if !std::arch::is_x86_feature_detected!("avx2") {
        return 0;
    }
    let (blocks, _) = target.as_chunks_mut::<{ avx2::BLOCK }>();
    for (index, block) in blocks.iter_mut().enumerate() {
        // SAFETY: the processor has AVX2.
        *block = unsafe { avx2::down(ring, rows, index * avx2::BLOCK) };
    }
    blocks.len() * avx2::BLOCK
}

#[cfg(not(target_arch = "x86_64"))]
fn down_blocks(_ring: &[i16], _rows: &[(usize, i16)], _target: &mut [i16]) -> usize {
    0
}

/// Sums along a row: every sample of `target`, from `sums`, whose first sample is the source's `start`.
/// `sums` is padded by a window's length.
pub fn along(sums: &[i16], start: usize, kernel: &Kernel, target: &mut [i16]) {
    let done = along_fours(sums, start, kernel, target);
    let windows = kernel.first.iter().zip(kernel.weights.chunks_exact(kernel.taps));
    for (target, (first, weights)) in target.iter_mut().zip(windows).skip(done) {
        let samples = &sums[*first as usize - start..][..kernel.taps];
        let products = samples.iter().zip(weights).map(|(sample, weight)| i32::from(*sample) * i32::from(*weight));
        *target = narrow(ROUND + products.sum::<i32>());
    }
}

/// Answers how many samples are done.
#[cfg(target_arch = "x86_64")]
fn along_fours(sums: &[i16], start: usize, kernel: &Kernel, target: &mut [i16]) -> usize {
    if !std::arch::is_x86_feature_detected!("avx2") {
        return 0;
    }
    debug_assert!(kernel.taps.is_multiple_of(LANES));
    let (fours, _) = target.as_chunks_mut::<4>();
    let firsts = kernel.first.as_chunks::<4>().0.iter();
    for ((four, firsts), weights) in fours.iter_mut().zip(firsts).zip(kernel.weights.chunks_exact(4 * kernel.taps)) {
        let starts = firsts.map(|first| first as usize - start);
        // SAFETY: the processor has AVX2.
        *four = unsafe { avx2::along(sums, starts, weights, kernel.taps) };
    }
    fours.len() * 4
}

#[cfg(not(target_arch = "x86_64"))]
fn along_fours(_sums: &[i16], _start: usize, _kernel: &Kernel, _target: &mut [i16]) -> usize {
    0
}

const ROUND: i32 = 1 << (FRACTION - 1);

fn narrow(sum: i32) -> i16 {
    (sum >> FRACTION).clamp(i16::MIN.into(), i16::MAX.into()) as i16
}
