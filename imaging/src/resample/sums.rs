//! The two inner loops of resampling, each compiled for the vectors of the machine.

use super::kernel::{FRACTION, Kernel, LANES};

/// Sums columns: target row `line`, from the rows of `ring` that its window covers.
pub fn down(ring: &[i16], ring_rows: usize, kernel: &Kernel, line: usize, target: &mut [i16]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { down_avx2(ring, ring_rows, kernel, line, target) };
    }
    down_here(ring, ring_rows, kernel, line, target);
}

/// Sums along a row: every sample of `target`, from `sums`, whose first sample is the source's `start`.
/// `sums` is padded by a window's length.
pub fn along(sums: &[i16], start: usize, kernel: &Kernel, target: &mut [i16]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { along_avx2(sums, start, kernel, target) };
    }
    along_here(sums, start, kernel, target);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn down_avx2(ring: &[i16], ring_rows: usize, kernel: &Kernel, line: usize, target: &mut [i16]) {
    down_here(ring, ring_rows, kernel, line, target);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn along_avx2(sums: &[i16], start: usize, kernel: &Kernel, target: &mut [i16]) {
    along_here(sums, start, kernel, target);
}

const ROUND: i32 = 1 << (FRACTION - 1);

/// Columns that are summed at once: as many as the registers hold.
const BLOCK: usize = 64;

#[inline(always)]
fn down_here(ring: &[i16], ring_rows: usize, kernel: &Kernel, line: usize, target: &mut [i16]) {
    let width = target.len();
    let first = kernel.first[line] as usize;
    let weights = &kernel.weights[line * kernel.taps..][..kernel.taps];
    let rows = || weights.iter().enumerate().map(|(tap, weight)| ((first + tap) % ring_rows * width, *weight));
    let (blocks, rest) = target.as_chunks_mut::<BLOCK>();
    for (block, target) in blocks.iter_mut().enumerate() {
        let mut sums = [ROUND; BLOCK];
        for (row, weight) in rows() {
            let samples: &[i16; BLOCK] = ring[row + block * BLOCK..].first_chunk().expect("a block of the row");
            for (sum, sample) in sums.iter_mut().zip(samples) {
                *sum += i32::from(*sample) * i32::from(weight);
            }
        }
        *target = sums.map(narrow);
    }
    let done = width - rest.len();
    for (column, target) in rest.iter_mut().enumerate() {
        let products = rows().map(|(row, weight)| i32::from(ring[row + done + column]) * i32::from(weight));
        *target = narrow(ROUND + products.sum::<i32>());
    }
}

#[inline(always)]
fn along_here(sums: &[i16], start: usize, kernel: &Kernel, target: &mut [i16]) {
    let weights = kernel.weights.chunks_exact(kernel.taps);
    for ((target, first), weights) in target.iter_mut().zip(&kernel.first).zip(weights) {
        let samples = &sums[*first as usize - start..][..kernel.taps];
        let (samples, _) = samples.as_chunks::<LANES>();
        let (weights, _) = weights.as_chunks::<LANES>();
        let mut lanes = [0_i32; LANES / 2];
        for (samples, weights) in samples.iter().zip(weights) {
            for (lane, sum) in lanes.iter_mut().enumerate() {
                *sum += i32::from(samples[2 * lane]) * i32::from(weights[2 * lane])
                    + i32::from(samples[2 * lane + 1]) * i32::from(weights[2 * lane + 1]);
            }
        }
        *target = narrow(ROUND + lanes.iter().sum::<i32>());
    }
}

#[inline(always)]
fn narrow(sum: i32) -> i16 {
    (sum >> FRACTION).clamp(i16::MIN.into(), i16::MAX.into()) as i16
}
