//! A narrow Gaussian, summed up pixel by pixel: along each row, and then down the rows that were summed up.

use super::rounded;

/// Samples summed up together: what fits in registers beside what is read.
const LANES: usize = 16;

/// A pair of rows that have one weight, being equally far from the middle.
type Pair<'a> = (f32, &'a [f32], &'a [f32]);

/// Blurs in place: a row is overwritten when no later one needs it.
pub fn gaussian(plane: &mut [i16], width: usize, variance: f32) {
    let weights = weights(variance);
    let reach = weights.len() - 1;
    let height = plane.len() / width;
    let stride = width.next_multiple_of(LANES);
    // The rows around the one that is made, already blurred across.
    let mut across: Vec<Vec<f32>> = vec![vec![0.0; stride]; 2 * reach + 1];
    let kept = across.len();
    let mut padded = vec![0.0; stride + 2 * reach];
    let mut made = vec![0.0; stride];
    for y in 0..height + reach {
        if y < height {
            pad(&plane[y * width..][..width], reach, &mut padded);
            let pair = |step: usize| (weights[step], &padded[reach - step..], &padded[reach + step..]);
            let pairs: Vec<Pair<'_>> = (1..=reach).map(pair).collect();
            sum(weights[0], &padded[reach..], &pairs, &mut across[y % kept]);
        }
        if let Some(middle) = y.checked_sub(reach) {
            let row = |line: usize| &across[line.min(height - 1) % kept][..];
            let pair = |step: usize| (weights[step], row(middle.saturating_sub(step)), row(middle + step));
            let pairs: Vec<Pair<'_>> = (1..=reach).map(pair).collect();
            sum(weights[0], row(middle), &pairs, &mut made);
            let target = &mut plane[middle * width..][..width];
            target.iter_mut().zip(&made).for_each(|(sample, sum)| *sample = rounded(*sum));
        }
    }
}

/// From the middle outwards; all of them, both ways, are 1.
fn weights(variance: f32) -> Vec<f32> {
    let reach = (3.2 * variance.sqrt()).ceil().max(1.0) as usize;
    let bell = |step: usize| (-((step * step) as f32) / (2.0 * variance)).exp();
    let total: f32 = bell(0) + 2.0 * (1..=reach).map(bell).sum::<f32>();
    (0..=reach).map(|step| bell(step) / total).collect()
}

/// Repeats the first and the last sample of a row.
fn pad(row: &[i16], reach: usize, padded: &mut [f32]) {
    let (before, rest) = padded.split_at_mut(reach);
    let (inner, after) = rest.split_at_mut(row.len());
    before.fill(row[0].into());
    inner.iter_mut().zip(row).for_each(|(to, from)| *to = f32::from(*from));
    after.fill(row[row.len() - 1].into());
}

fn sum(weight: f32, middle: &[f32], pairs: &[Pair<'_>], made: &mut [f32]) {
    let (middles, _) = middle.as_chunks::<LANES>();
    for (index, (made, middle)) in made.as_chunks_mut::<LANES>().0.iter_mut().zip(middles).enumerate() {
        let mut sums = middle.map(|sample| sample * weight);
        for (weight, before, after) in pairs {
            let before: &[f32; LANES] = before[index * LANES..].first_chunk().expect("rows are padded");
            let after: &[f32; LANES] = after[index * LANES..].first_chunk().expect("rows are padded");
            for lane in 0..LANES {
                sums[lane] += (before[lane] + after[lane]) * weight;
            }
        }
        *made = sums;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_add_up_to_one() {
        for variance in [1e-30, 0.01, 0.09, 1.0, 6.25] {
            let weights = weights(variance);
            let total = weights[0] + 2.0 * weights[1..].iter().sum::<f32>();
            assert!((total - 1.0).abs() < 1e-6, "{variance}: {total}");
        }
    }
}
