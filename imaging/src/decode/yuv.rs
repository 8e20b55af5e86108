//! From the planes of a video codec to rows of RGB (ITU-T H.273, 8.3).

use crate::Rejection;
use crate::raster::Size;

/// How samples are coded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coding {
    /// A code point of H.273 for matrix coefficients.
    pub matrix: u16,
    pub full_range: bool,
}

/// A decoded picture, in the memory of its codec.
pub struct Frame<'a> {
    pub luma: Plane<'a>,
    /// Cb and Cr; none where there is no colour.
    pub chroma: Option<[Plane<'a>; 2]>,
    /// Bits of a sample, 8 to 16.
    pub depth: u8,
    /// As the bitstream says.
    pub coding: Coding,
}

pub struct Plane<'a> {
    pub size: Size,
    /// In samples; the last row may end where its width does.
    pub stride: usize,
    pub samples: Samples<'a>,
}

pub enum Samples<'a> {
    Eight(&'a [u8]),
    Sixteen(&'a [u16]),
}

impl Plane<'_> {
    fn row(&self, y: usize, row: &mut Vec<f32>) {
        let range = y * self.stride..y * self.stride + self.size.width as usize;
        row.clear();
        match self.samples {
            Samples::Eight(samples) => row.extend(samples[range].iter().map(|sample| f32::from(*sample))),
            Samples::Sixteen(samples) => row.extend(samples[range].iter().map(|sample| f32::from(*sample))),
        }
    }
}

/// Converts the rows of one frame; holds what they share.
pub struct Rows<'a> {
    frame: &'a Frame<'a>,
    matrix: Matrix,
    full_range: bool,
    luma: Vec<f32>,
    chroma: [Vec<f32>; 2],
    near: Vec<f32>,
    far: Vec<f32>,
}

/// `green` has the shares of Cb and Cr.
enum Matrix {
    Identity,
    Weighted { red: f32, green: [f32; 2], blue: f32 },
    YCgCo,
}

impl Matrix {
    fn new(code: u16) -> Option<Matrix> {
        let (red, blue) = match code {
            0 => return Some(Matrix::Identity),
            8 => return Some(Matrix::YCgCo),
            1 => (0.2126, 0.0722),
            4 => (0.30, 0.11),
            // 2 is "not told", and then BT.601 is what cameras mean (MIAF, 7.3.6.4).
            2 | 5 | 6 => (0.299, 0.114),
            7 => (0.212, 0.087),
            9 => (0.2627, 0.0593),
            _ => return None,
        };
        let green = 1.0 - red - blue;
        let (cr, cb) = (2.0 * (1.0 - red), 2.0 * (1.0 - blue));
        Some(Matrix::Weighted { red: cr, green: [cb * blue / green, cr * red / green], blue: cb })
    }
}

impl<'a> Rows<'a> {
    /// `coding` is what the container says, if it does.
    pub fn new(frame: &'a Frame<'a>, coding: Option<Coding>) -> Result<Rows<'a>, Rejection> {
        let coding = coding.unwrap_or(frame.coding);
        let matrix = Matrix::new(coding.matrix).ok_or_else(|| {
            Rejection::unsupported(format!(
                "The colours are coded by matrix {}, which is not supported.",
                coding.matrix
            ))
        })?;
        let full_range = coding.full_range;
        Ok(Rows { frame, matrix, full_range, luma: vec![], chroma: Default::default(), near: vec![], far: vec![] })
    }

    /// Fills as many pixels of `row` as fit, from `left` on; 1 is `max`.
    pub fn rgb(&mut self, y: usize, left: usize, max: f32, row: &mut [[u16; 3]]) {
        let (offset, scale) = self.luma_range();
        self.frame.luma.row(y, &mut self.luma);
        let luma = &self.luma[left..];
        let sample = |value: f32| (value * max + 0.5).clamp(0.0, max + 0.5) as u16;
        let Some(planes) = &self.frame.chroma else {
            for (pixel, luma) in row.iter_mut().zip(luma) {
                *pixel = [sample((luma - offset) * scale); 3];
            }
            return;
        };
        for (plane, chroma) in planes.iter().zip(&mut self.chroma) {
            upsample(plane, self.frame.luma.size, y, [&mut self.near, &mut self.far], chroma);
        }
        let [first, second] = &self.chroma;
        let pixels = row.iter_mut().zip(luma).zip(first[left..].iter().zip(&second[left..]));
        let (middle, chroma_scale) = self.chroma_range();
        let signed = |chroma: f32| (chroma - middle) * chroma_scale;
        match self.matrix {
            Matrix::Identity => pixels.for_each(|((pixel, green), (blue, red))| {
                *pixel = [*red, *green, *blue].map(|value| sample((value - offset) * scale));
            }),
            Matrix::Weighted { red, green: [of_cb, of_cr], blue } => pixels.for_each(|((pixel, luma), (cb, cr))| {
                let (luma, cb, cr) = ((luma - offset) * scale, signed(*cb), signed(*cr));
                *pixel = [luma + red * cr, luma - of_cb * cb - of_cr * cr, luma + blue * cb].map(sample);
            }),
            Matrix::YCgCo => pixels.for_each(|((pixel, luma), (cg, co))| {
                let (luma, cg, co) = ((luma - offset) * scale, signed(*cg), signed(*co));
                *pixel = [luma - cg + co, luma + cg, luma - cg - co].map(sample);
            }),
        }
    }

    /// The luma alone, which is what a picture of alpha has.
    pub fn alpha(&mut self, y: usize, left: usize, max: f32, row: &mut [u16]) {
        let (offset, scale) = self.luma_range();
        self.frame.luma.row(y, &mut self.luma);
        for (sample, luma) in row.iter_mut().zip(&self.luma[left..]) {
            *sample = ((luma - offset) * scale * max + 0.5).clamp(0.0, max + 0.5) as u16;
        }
    }

    /// What black is, and the factor that makes white 1.
    fn luma_range(&self) -> (f32, f32) {
        let step = f32::from(1_u16 << (self.frame.depth - 8));
        if self.full_range { (0.0, 1.0 / self.whole()) } else { (16.0 * step, 1.0 / (219.0 * step)) }
    }

    /// What no colour is, and the factor that makes all of it ½.
    fn chroma_range(&self) -> (f32, f32) {
        let step = f32::from(1_u16 << (self.frame.depth - 8));
        let scale = if self.full_range { 1.0 / self.whole() } else { 1.0 / (224.0 * step) };
        (128.0 * step, scale)
    }

    fn whole(&self) -> f32 {
        ((1_u32 << self.frame.depth) - 1) as f32
    }
}

/// One row of chroma in the width of luma: three quarters of the nearest sample and one of the next,
/// along each side that is halved.
fn upsample(plane: &Plane<'_>, luma: Size, y: usize, [near, far]: [&mut Vec<f32>; 2], row: &mut Vec<f32>) {
    if plane.size.height < luma.height {
        let nearest = (y / 2).min(plane.size.height as usize - 1);
        let next = if y.is_multiple_of(2) {
            nearest.saturating_sub(1)
        } else {
            (nearest + 1).min(plane.size.height as usize - 1)
        };
        plane.row(nearest, near);
        plane.row(next, far);
        near.iter_mut().zip(&*far).for_each(|(near, far)| *near = 0.75 * *near + 0.25 * far);
    } else {
        plane.row(y, near);
    }
    row.clear();
    if plane.size.width == luma.width {
        row.extend_from_slice(near);
        return;
    }
    let (first, last) = (near[0], near[near.len() - 1]);
    let before = std::iter::once(&first).chain(&*near);
    let after = near[1..].iter().chain([&last]);
    row.extend(
        near.iter()
            .zip(before.zip(after))
            .flat_map(|(here, (before, after))| [0.75 * here + 0.25 * before, 0.75 * here + 0.25 * after]),
    );
    row.truncate(luma.width as usize);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(width: u32, samples: &[u16]) -> Plane<'_> {
        let size = Size { width, height: samples.len() as u32 / width };
        Plane { size, stride: width as usize, samples: Samples::Sixteen(samples) }
    }

    fn pixel(depth: u8, [y, cb, cr]: [u16; 3], matrix: u16, full_range: bool) -> [u16; 3] {
        let (y, cb, cr) = ([y], [cb], [cr]);
        let chroma = Some([plane(1, &cb), plane(1, &cr)]);
        let frame = Frame { luma: plane(1, &y), chroma, depth, coding: Coding { matrix, full_range } };
        let mut row = [[0; 3]];
        Rows::new(&frame, None).expect("a known matrix").rgb(0, 0, 255.0, &mut row);
        row[0]
    }

    #[test]
    fn ranges_depths_and_matrices_are_told_apart() {
        assert_eq!(pixel(8, [16, 128, 128], 1, false), [0, 0, 0]);
        assert_eq!(pixel(8, [235, 128, 128], 1, false), [255, 255, 255]);
        assert_eq!(pixel(10, [940, 512, 512], 9, false), [255, 255, 255]);
        assert_eq!(pixel(12, [4095, 2048, 2048], 6, true), [255, 255, 255]);
        assert_eq!(pixel(8, [76, 85, 255], 6, true), [254, 0, 0]);
        assert_eq!(pixel(8, [63, 102, 240], 1, false), [255, 1, 0]);
        assert_eq!(pixel(8, [20, 30, 10], 0, true), [10, 20, 30]);
    }

    #[test]
    fn chroma_between_two_samples_is_mixed() {
        let mut row = vec![];
        let samples = [0, 100, 200];
        upsample(&plane(3, &samples), Size { width: 5, height: 1 }, 0, [&mut vec![], &mut vec![]], &mut row);
        assert_eq!(row, [0.0, 25.0, 75.0, 125.0, 175.0]);
    }
}
