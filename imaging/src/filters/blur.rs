//! A Gaussian of any width in time that does not grow with it.
//!
//! A wide one is made on a picture of half the sides, and so on, until it is narrow enough to be summed up
//! pixel by pixel. Pixels are halved by averaging two and doubled by mixing two at 3 : 1 (Chaikin's scheme),
//! which together are a small blur of their own: it has a variance of one pixel, and what is left for the
//! smaller picture is reckoned without it.

use super::convolve;
use crate::halve::halve;
use crate::planes::Planes;
use crate::raster::Size;

/// Wider is as even as this on every picture that there may be.
const MOST_SIGMA: f32 = 1_000.0;

/// Narrower reaches no neighbour, and its square may be nothing, which nothing can be divided by.
const LEAST_VARIANCE: f32 = 1e-6;

/// What is summed up pixel by pixel: up to a sigma of 3, and of 4.5 once there are fewer pixels.
///
/// The mixing is less than a hundredth of the picture's range off a true bell, and the less the more of the
/// blur is summed up.
const NARROW_VARIANCE: f32 = 9.0;
const NARROW_VARIANCE_OF_SMALL: f32 = 20.0;

/// Beyond its edges the picture goes on as it ends there.
pub fn blur(planes: &mut Planes, sigma: f32) {
    let size = planes.size;
    planes.channels.iter_mut().for_each(|plane| blur_plane(plane, size, sigma));
}

pub fn blur_plane(plane: &mut [i16], size: Size, sigma: f32) {
    if sigma > 0.0 {
        let sigma = sigma.min(MOST_SIGMA);
        spread(plane, size, (sigma * sigma).max(LEAST_VARIANCE), NARROW_VARIANCE);
    }
}

fn spread(plane: &mut [i16], size: Size, variance: f32, narrow: f32) {
    if variance <= narrow {
        return convolve::gaussian(plane, size.width as usize, variance);
    }
    let half = Size { width: size.width.div_ceil(2), height: size.height.div_ceil(2) };
    let mut small = halved(plane, size, half);
    spread(&mut small, half, (variance - 1.0) / 4.0, NARROW_VARIANCE_OF_SMALL);
    double(&small, half, plane, size);
}

fn halved(plane: &[i16], size: Size, half: Size) -> Vec<i16> {
    let (width, half_width) = (size.width as usize, half.width as usize);
    let mut small = vec![0; half_width * half.height as usize];
    for (pair, target) in plane.chunks(2 * width).zip(small.chunks_exact_mut(half_width)) {
        let (upper, rest) = pair.split_at(width);
        let lower = if rest.is_empty() { upper } else { rest };
        halve(upper, lower, target);
    }
    small
}

fn double(small: &[i16], half: Size, plane: &mut [i16], size: Size) {
    let (width, half_width) = (size.width as usize, half.width as usize);
    let rows: Vec<&[i16]> = small.chunks_exact(half_width).collect();
    // One more at each end, so that the ends are no special case.
    let mut mixed = vec![0; half_width + 2];
    for (y, target) in plane.chunks_exact_mut(width).enumerate() {
        let near = y / 2;
        let far = if y % 2 == 0 { near.saturating_sub(1) } else { (near + 1).min(rows.len() - 1) };
        for (sum, (near, far)) in mixed[1..].iter_mut().zip(rows[near].iter().zip(rows[far])) {
            *sum = 3 * i32::from(*near) + i32::from(*far);
        }
        mixed[0] = mixed[1];
        mixed[half_width + 1] = mixed[half_width];
        let sums = mixed[..half_width].iter().zip(&mixed[1..]).zip(&mixed[2..]);
        let (pairs, last) = target.as_chunks_mut::<2>();
        for (pair, ((left, middle), right)) in pairs.iter_mut().zip(sums) {
            *pair = [sixteenth(3 * middle + left), sixteenth(3 * middle + right)];
        }
        if let [sample] = last {
            *sample = sixteenth(3 * mixed[half_width] + mixed[half_width - 1]);
        }
    }
}

#[inline(always)]
fn sixteenth(sum: i32) -> i16 {
    ((sum + 8) >> 4) as i16
}
