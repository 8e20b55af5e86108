//! From bands of luma and chroma to rows of red, green and blue.

use super::baseline::{Band, Plane, Sampling};
use crate::raster::Size;

/// Turns bands into rows of the picture's own size; chroma is stretched by straight lines between samples.
pub struct FullRows {
    size: Size,
    sampling: Sampling,
    given: usize,
    /// The last luma row of the band before, which waits for the chroma below it.
    waiting: Vec<u8>,
    above: [Vec<u8>; 2],
    stretched: [Vec<u8>; 2],
    rgb: [Vec<u8>; 3],
}

impl FullRows {
    pub fn new(size: Size, sampling: Sampling) -> FullRows {
        // Pairs of samples are written together.
        let width = size.width as usize + 1;
        FullRows {
            size,
            sampling,
            given: 0,
            waiting: Vec::new(),
            above: Default::default(),
            stretched: [vec![0; width], vec![0; width]],
            rgb: [(); 3].map(|()| vec![0; width]),
        }
    }

    pub fn take(&mut self, band: &Band, give: &mut impl FnMut([&[u8]; 3])) {
        let [luma, blue, red] = &band.planes[..] else { unreachable!("a band with chroma") };
        let height = self.size.height as usize;
        if self.sampling.down == 1 {
            for line in 0..luma.rows.min(height - self.given) {
                self.row(luma.row(line), [(blue.row(line), blue.row(line)), (red.row(line), red.row(line))], give);
            }
            return;
        }
        if !self.waiting.is_empty() {
            let (waiting, above) = (std::mem::take(&mut self.waiting), std::mem::take(&mut self.above));
            self.row(&waiting, [(&above[0], blue.row(0)), (&above[1], red.row(0))], give);
            (self.waiting, self.above) = (waiting, above);
        }
        let last = luma.rows - 1;
        for line in 0..last.min(height - self.given) {
            let above = std::mem::take(&mut self.above);
            let chroma = [(blue, &above[0]), (red, &above[1])].map(|(plane, above)| neighbours(plane, above, line));
            self.row(luma.row(line), chroma, give);
            self.above = above;
        }
        self.waiting.clear();
        self.waiting.extend_from_slice(luma.row(last));
        for (above, plane) in self.above.iter_mut().zip([blue, red]) {
            above.clear();
            above.extend_from_slice(plane.row(plane.rows - 1));
        }
    }

    /// Gives the row that still waits, if the picture has it.
    pub fn end(&mut self, give: &mut impl FnMut([&[u8]; 3])) {
        if self.given < self.size.height as usize && !self.waiting.is_empty() {
            let (waiting, above) = (std::mem::take(&mut self.waiting), std::mem::take(&mut self.above));
            self.row(&waiting, [(&above[0], &above[0]), (&above[1], &above[1])], give);
        }
    }

    fn row(&mut self, luma: &[u8], chroma: [(&[u8], &[u8]); 2], give: &mut impl FnMut([&[u8]; 3])) {
        let width = self.size.width as usize;
        for (target, (near, far)) in self.stretched.iter_mut().zip(chroma) {
            stretch(near, far, self.sampling.across, &mut target[..width.next_multiple_of(self.sampling.across)]);
        }
        let [blue, red] = &self.stretched;
        to_rgb(&luma[..width], &blue[..width], &red[..width], &mut self.rgb);
        self.given += 1;
        give([&self.rgb[0][..width], &self.rgb[1][..width], &self.rgb[2][..width]]);
    }
}

/// The chroma row of a luma row in the middle of a band, and the one on its other side.
fn neighbours<'a>(plane: &'a Plane, above: &'a [u8], line: usize) -> (&'a [u8], &'a [u8]) {
    let near = plane.row(line / 2);
    let far = match line {
        0 if above.is_empty() => near,
        0 => above,
        line if line % 2 == 0 => plane.row(line / 2 - 1),
        line => plane.row(line / 2 + 1),
    };
    (near, far)
}

impl Plane {
    pub fn row(&self, line: usize) -> &[u8] {
        &self.samples[line * self.stride..][..self.stride]
    }
}

/// Three parts of the near row and one of the far; then the same along the row, if it is to be twice as long.
fn stretch(near: &[u8], far: &[u8], across: usize, target: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { stretch_avx2(near, far, across, target) };
    }
    stretch_here(near, far, across, target);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn stretch_avx2(near: &[u8], far: &[u8], across: usize, target: &mut [u8]) {
    stretch_here(near, far, across, target);
}

#[inline(always)]
fn stretch_here(near: &[u8], far: &[u8], across: usize, target: &mut [u8]) {
    let mixed = |near: u8, far: u8| u16::from(near) * 3 + u16::from(far);
    if across == 1 {
        for ((to, near), far) in target.iter_mut().zip(near).zip(far) {
            *to = ((mixed(*near, *far) + 2) >> 2) as u8;
        }
        return;
    }
    let (pairs, _) = target.as_chunks_mut::<2>();
    let last = pairs.len() - 1;
    let at = |index: usize| mixed(near[index], far[index]);
    let inner = near.windows(3).zip(far.windows(3));
    for (pair, (near, far)) in pairs[1.min(last)..last].iter_mut().zip(inner) {
        let (before, own, after) = (mixed(near[0], far[0]), mixed(near[1], far[1]), mixed(near[2], far[2]));
        *pair = [((3 * own + before + 8) >> 4) as u8, ((3 * own + after + 7) >> 4) as u8];
    }
    // The ends have a neighbour on one side only.
    pairs[last] = [((3 * at(last) + at(last.saturating_sub(1)) + 8) >> 4) as u8, ((4 * at(last) + 8) >> 4) as u8];
    pairs[0][0] = ((4 * at(0) + 8) >> 4) as u8;
    if last > 0 {
        pairs[0][1] = ((3 * at(0) + at(1) + 7) >> 4) as u8;
    }
}

/// Turns bands whose chroma is half as fine into rows of chroma's size: four samples of luma become one of
/// about their mean light.
pub struct HalfRows {
    full: Size,
    size: Size,
    given: usize,
    luma: Vec<u8>,
    rgb: [Vec<u8>; 3],
}

impl HalfRows {
    /// The size of what half the picture is.
    pub fn size(full: Size) -> Size {
        Size { width: full.width.div_ceil(2), height: full.height.div_ceil(2) }
    }

    pub fn new(full: Size) -> HalfRows {
        let size = HalfRows::size(full);
        let width = size.width as usize;
        HalfRows { full, size, given: 0, luma: vec![0; width], rgb: [(); 3].map(|()| vec![0; width]) }
    }

    pub fn take(&mut self, band: &Band, give: &mut impl FnMut([&[u8]; 3])) {
        let [luma, blue, red] = &band.planes[..] else { unreachable!("a band with chroma") };
        let width = self.size.width as usize;
        for line in 0..blue.rows.min(self.size.height as usize - self.given) {
            let top = luma.row(2 * line);
            let is_last = 2 * self.given + 1 == self.full.height as usize;
            let bottom = if is_last { top } else { luma.row(2 * line + 1) };
            halve(top, bottom, &mut self.luma);
            if self.full.width % 2 == 1 {
                // What lies beyond the edge is no part of the picture.
                let edge = self.full.width as usize - 1;
                halve_here(&[top[edge]; 2], &[bottom[edge]; 2], &mut self.luma[width - 1..]);
            }
            to_rgb(&self.luma, &blue.row(line)[..width], &red.row(line)[..width], &mut self.rgb);
            give([&self.rgb[0], &self.rgb[1], &self.rgb[2]]);
            self.given += 1;
        }
    }
}

fn halve(top: &[u8], bottom: &[u8], target: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        // SAFETY: the processor has both.
        return unsafe { halve_avx2(top, bottom, target) };
    }
    halve_here(top, bottom, target);
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn bytes(row: &[u8; 16]) -> std::arch::x86_64::__m128i {
    let (halves, _) = row.as_chunks::<8>();
    let [low, high] = [halves[0], halves[1]].map(i64::from_le_bytes);
    std::arch::x86_64::_mm_set_epi64x(high, low)
}

/// Eight at a time; the rest as anywhere.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn halve_avx2(top: &[u8], bottom: &[u8], target: &mut [u8]) {
    use std::arch::x86_64::*;
    let (eights, rest) = target.as_chunks_mut::<8>();
    let (tops, bottoms) = (top.as_chunks::<16>().0, bottom.as_chunks::<16>().0);
    let done = eights.len();
    for (to, (top, bottom)) in eights.iter_mut().zip(tops.iter().zip(bottoms)) {
        let (top, bottom) = (_mm256_cvtepu8_epi16(bytes(top)), _mm256_cvtepu8_epi16(bytes(bottom)));
        let sums = _mm256_madd_epi16(_mm256_add_epi16(top, bottom), _mm256_set1_epi16(1));
        let squares = _mm256_add_epi32(_mm256_madd_epi16(top, top), _mm256_madd_epi16(bottom, bottom));
        let mean = _mm256_mul_ps(_mm256_cvtepi32_ps(sums), _mm256_set1_ps(0.25));
        let root = _mm256_sqrt_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(squares), _mm256_set1_ps(0.25)));
        let share = _mm256_div_ps(_mm256_mul_ps(mean, _mm256_set1_ps(1.4)), _mm256_add_ps(mean, _mm256_set1_ps(14.0)));
        let code = _mm256_cvtps_epi32(_mm256_fmadd_ps(share, _mm256_sub_ps(root, mean), mean));
        let words = _mm_packs_epi32(_mm256_castsi256_si128(code), _mm256_extracti128_si256::<1>(code));
        *to = _mm_cvtsi128_si64(_mm_packus_epi16(words, words)).to_le_bytes();
    }
    halve_here(&top[16 * done..], &bottom[16 * done..], rest);
}

/// The code of the mean light of four codes, to the second order of how they differ.
///
/// Their root mean square lies above their mean by half of variance / mean; the mean of sRGB's light by
/// 1.4 / (mean + 0.055) where that has 1 / mean.
fn halve_here(top: &[u8], bottom: &[u8], target: &mut [u8]) {
    let quads = top.as_chunks::<2>().0.iter().zip(bottom.as_chunks::<2>().0);
    for (to, ([a, b], [c, d])) in target.iter_mut().zip(quads) {
        let quad = [a, b, c, d].map(|sample| i32::from(*sample));
        let mean = quad.iter().sum::<i32>() as f32 / 4.0;
        let square = quad.iter().map(|sample| sample * sample).sum::<i32>() as f32 / 4.0;
        let code = mean + 1.4 * mean / (mean + 14.0) * (square.sqrt() - mean);
        *to = code.round() as u8;
    }
}

fn to_rgb(luma: &[u8], blue: &[u8], red: &[u8], rgb: &mut [Vec<u8>; 3]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { to_rgb_avx2(luma, blue, red, rgb) };
    }
    to_rgb_here(luma, blue, red, rgb);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn to_rgb_avx2(luma: &[u8], blue: &[u8], red: &[u8], rgb: &mut [Vec<u8>; 3]) {
    to_rgb_here(luma, blue, red, rgb);
}

/// ITU-T T.871, 7; sixteen bits of fraction.
#[inline(always)]
fn to_rgb_here(luma: &[u8], blue: &[u8], red: &[u8], rgb: &mut [Vec<u8>; 3]) {
    let [reds, greens, blues] = rgb;
    let (blue, red) = (&blue[..luma.len()], &red[..luma.len()]);
    let (reds, greens, blues) = (&mut reds[..luma.len()], &mut greens[..luma.len()], &mut blues[..luma.len()]);
    for index in 0..luma.len() {
        let y = (i32::from(luma[index]) << 16) + (1 << 15);
        let (cb, cr) = (i32::from(blue[index]) - 128, i32::from(red[index]) - 128);
        reds[index] = ((y + 91_881 * cr) >> 16).clamp(0, 255) as u8;
        greens[index] = ((y - 22_554 * cb - 46_802 * cr) >> 16).clamp(0, 255) as u8;
        blues[index] = ((y + 116_130 * cb) >> 16).clamp(0, 255) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::baseline::Plane;

    /// Three by three of one grey, in a group whose other samples are black.
    #[test]
    fn what_lies_beyond_an_odd_edge_is_no_part_of_the_picture() {
        let mut luma = Plane { samples: vec![0; 256], stride: 16, rows: 16 };
        (0..3).for_each(|y| luma.samples[16 * y..16 * y + 3].fill(200));
        let chroma = || Plane { samples: vec![128; 64], stride: 8, rows: 8 };
        let band = Band { planes: vec![luma, chroma(), chroma()] };
        let mut rows = Vec::new();
        HalfRows::new(Size { width: 3, height: 3 }).take(&band, &mut |row| rows.push(row.map(<[u8]>::to_vec)));
        assert_eq!(rows, vec![[(); 3].map(|()| vec![200; 2]); 2]);
    }
}
