//! From the numbers of a picture to linear light in sRGB's primaries, a row at a time.
//!
//! Curves are applied before a picture is made smaller, since only light can be averaged; primaries are
//! changed after it, since that is linear too and there are fewer pixels then.

use std::sync::Arc;

use moxcms::{CicpProfile, ColorProfile, DataColorSpace, Matrix3d, ToneReprCurve, TransformExecutor, TransformOptions};

use crate::decode::Colour;
use crate::hdr;
use crate::planes::{Planes, WHITE};
use crate::raster::Layout;
use crate::srgb;

/// How the rows of one picture are read.
#[derive(Clone)]
pub struct Light {
    layout: Layout,
    way: Way,
    /// From the picture's primaries to sRGB's.
    matrix: Option<Matrix3d>,
}

/// Interleaved samples of one row.
#[derive(Clone, Copy)]
pub enum Row<'a> {
    Eight(&'a [u8]),
    Sixteen(&'a [u16]),
}

#[derive(Clone)]
enum Way {
    /// The light of every code, for each colour.
    Curves([Curve; 3]),
    /// What only a table of many dimensions can tell, which gives eight-bit `srgb`.
    Profile { to_srgb: Arc<dyn TransformExecutor<u8> + Send + Sync>, srgb: Box<Light> },
    /// Ink without a profile, which becomes eight-bit `srgb`.
    Ink { srgb: Box<Light> },
}

/// Light for each code, of eight and of sixteen bits.
#[derive(Clone)]
struct Curve {
    eight: Box<[i16; 256]>,
    sixteen: Vec<i16>,
}

/// sRGB's, in ITU-T H.273.
const SRGB_TRANSFER: u8 = 13;
/// Bits of fraction of a matrix's weights, which reach 3 for the widest primaries.
const MATRIX_FRACTION: u32 = 13;
/// Of a row of the matrix together: all that is seen needs less than 6, and such a sum fits into 32 bits.
const MAX_WEIGHTS: f64 = 7.0;

impl Light {
    /// `deep` pictures have sixteen bits. A profile that cannot be read, or that speaks of other channels,
    /// is passed over: the numbers are then taken for sRGB, as browsers do.
    pub fn new(layout: Layout, deep: bool, colour: &Colour) -> Light {
        let (profile, curve) = match colour {
            Colour::Srgb => (None, None),
            Colour::Icc(bytes) => (ColorProfile::new_from_slice(bytes).ok(), None),
            Colour::Cicp { primaries, transfer } => match hdr::curve(*transfer) {
                // The primaries are what is wanted of the profile.
                Some(curve) => (cicp(*primaries, SRGB_TRANSFER), Some(curve)),
                None => (cicp(*primaries, *transfer), None),
            },
        };
        let read = profile.and_then(|profile| Light::by_profile(layout, deep, &profile));
        let mut light = read.unwrap_or_else(|| Light::as_srgb(layout, deep));
        if let Some(curve) = curve {
            light.way = Way::Curves(Curve::new(deep, curve).for_each_colour());
        }
        light
    }

    fn as_srgb(layout: Layout, deep: bool) -> Light {
        let way = match layout {
            Layout::Cmyk => Way::Ink { srgb: Box::new(Light::as_srgb(Layout::Rgb, false)) },
            _ => Way::Curves(Curve::new(deep, srgb::to_light).for_each_colour()),
        };
        Light { layout, way, matrix: None }
    }

    fn by_profile(layout: Layout, deep: bool, profile: &ColorProfile) -> Option<Light> {
        let grey = matches!(layout, Layout::Grey | Layout::GreyAlpha);
        if grey && profile.color_space == DataColorSpace::Gray {
            let curve = Curve::of_profile(deep, profile.gray_trc.as_ref())?;
            return Some(Light { layout, way: Way::Curves(curve.for_each_colour()), matrix: None });
        }
        let tables = profile.lut_a_to_b_perceptual.is_some() || profile.lut_a_to_b_colorimetric.is_some();
        if layout != Layout::Cmyk && profile.is_matrix_shaper() && !tables {
            let curve = |trc: &Option<ToneReprCurve>| Curve::of_profile(deep, trc.as_ref());
            let curves = [curve(&profile.red_trc)?, curve(&profile.green_trc)?, curve(&profile.blue_trc)?];
            let matrix = profile.transform_matrix(&ColorProfile::new_srgb());
            let weights = matrix.v.map(|row| row.map(f64::abs).iter().sum::<f64>());
            if !weights.iter().all(|weights| *weights <= MAX_WEIGHTS) {
                return None;
            }
            return Some(Light { layout, way: Way::Curves(curves), matrix: (!grey).then_some(matrix) });
        }
        let (space, from, to) = match layout {
            Layout::Rgb => (DataColorSpace::Rgb, moxcms::Layout::Rgb, moxcms::Layout::Rgb),
            Layout::Rgba => (DataColorSpace::Rgb, moxcms::Layout::Rgba, moxcms::Layout::Rgba),
            // The name of moxcms for any four channels.
            Layout::Cmyk => (DataColorSpace::Cmyk, moxcms::Layout::Rgba, moxcms::Layout::Rgb),
            Layout::Grey | Layout::GreyAlpha => return None,
        };
        if profile.color_space != space {
            return None;
        }
        let srgb = ColorProfile::new_srgb();
        let to_srgb = profile.create_transform_8bit(from, &srgb, to, TransformOptions::default()).ok()?;
        let srgb = if layout.has_alpha() { Layout::Rgba } else { Layout::Rgb };
        let srgb = Box::new(Light::as_srgb(srgb, false));
        Some(Light { layout, way: Way::Profile { to_srgb, srgb }, matrix: None })
    }

    /// Planes that rows become.
    pub fn channels(&self) -> usize {
        match self.layout {
            Layout::Cmyk => 3,
            layout => layout.channels(),
        }
    }

    /// Reads a row into one slice for each plane.
    pub fn read(&self, row: Row<'_>, planes: &mut [Vec<i16>]) {
        match (&self.way, row) {
            (Way::Curves(curves), Row::Eight(samples)) => {
                self.apart(samples, planes, |channel, sample| curves[channel].eight[usize::from(sample)], opacity_8);
            }
            (Way::Curves(curves), Row::Sixteen(samples)) => {
                self.apart(samples, planes, |channel, sample| curves[channel].sixteen[usize::from(sample)], opacity_16);
            }
            (_, Row::Sixteen(samples)) => {
                let eight: Vec<u8> = samples.iter().map(|sample| (sample >> 8) as u8).collect();
                self.read(Row::Eight(&eight), planes);
            }
            (Way::Profile { to_srgb, srgb }, Row::Eight(samples)) => {
                let mut codes = vec![0; samples.len() / self.layout.channels() * srgb.channels()];
                // It fails for slices of unequal length only.
                let _ = to_srgb.transform(samples, &mut codes);
                srgb.read(Row::Eight(&codes), planes);
            }
            (Way::Ink { srgb }, Row::Eight(samples)) => {
                let codes: Vec<u8> = samples.as_chunks::<4>().0.iter().flat_map(|ink| light_left(*ink)).collect();
                srgb.read(Row::Eight(&codes), planes);
            }
        }
    }

    /// Reads a row whose red, green and blue lie apart.
    pub fn read_rgb(&self, row: [&[u8]; 3], planes: &mut [Vec<i16>]) {
        let Way::Curves(curves) = &self.way else {
            let [reds, greens, blues] = row;
            let pixels = reds.iter().zip(greens).zip(blues);
            let interleaved: Vec<u8> = pixels.flat_map(|((red, green), blue)| [*red, *green, *blue]).collect();
            return self.read(Row::Eight(&interleaved), planes);
        };
        for ((samples, curve), plane) in row.into_iter().zip(curves).zip(planes) {
            for (light, sample) in plane.iter_mut().zip(samples) {
                *light = curve.eight[usize::from(*sample)];
            }
        }
    }

    /// What is left to do with a picture all of whose rows were read.
    pub fn finish(&self, planes: &mut Planes) {
        let (Some(matrix), [reds, greens, blues, ..]) = (&self.matrix, &mut planes.channels[..]) else { return };
        let one = f64::from(1 << MATRIX_FRACTION);
        let rows = matrix.v.map(|row| row.map(|weight| (weight * one).round() as i32));
        for ((red, green), blue) in reds.iter_mut().zip(greens).zip(blues) {
            let from = [*red, *green, *blue].map(i32::from);
            let mixed = rows.map(|row| {
                let sum = (0..3).fold(1 << (MATRIX_FRACTION - 1), |sum, index| sum + row[index] * from[index]);
                // The room beyond white holds all of Display P3.
                (sum >> MATRIX_FRACTION).clamp(i16::MIN.into(), i16::MAX.into()) as i16
            });
            [*red, *green, *blue] = mixed;
        }
    }

    /// Takes channels apart, and multiplies colours by alpha.
    #[inline(always)]
    fn apart<S: Copy>(
        &self,
        samples: &[S],
        planes: &mut [Vec<i16>],
        light: impl Fn(usize, S) -> i16,
        opacity: impl Fn(S) -> i16,
    ) {
        match planes {
            [grey] => grey.iter_mut().zip(samples).for_each(|(to, sample)| *to = light(1, *sample)),
            [reds, greens, blues] => {
                let pixels = samples.as_chunks::<3>().0;
                for (((red, green), blue), pixel) in reds.iter_mut().zip(greens).zip(blues).zip(pixels) {
                    (*red, *green, *blue) = (light(0, pixel[0]), light(1, pixel[1]), light(2, pixel[2]));
                }
            }
            [grey, alphas] => {
                for ((grey, alpha), pixel) in grey.iter_mut().zip(alphas).zip(samples.as_chunks::<2>().0) {
                    *alpha = opacity(pixel[1]);
                    *grey = product(light(1, pixel[0]), *alpha);
                }
            }
            [reds, greens, blues, alphas] => {
                let targets = reds.iter_mut().zip(greens).zip(blues).zip(alphas);
                for ((((red, green), blue), alpha), pixel) in targets.zip(samples.as_chunks::<4>().0) {
                    *alpha = opacity(pixel[3]);
                    *red = product(light(0, pixel[0]), *alpha);
                    *green = product(light(1, pixel[1]), *alpha);
                    *blue = product(light(2, pixel[2]), *alpha);
                }
            }
            _ => unreachable!("planes are one to four"),
        }
    }
}

impl Curve {
    fn new(deep: bool, light: impl Fn(f32) -> f32) -> Curve {
        let sample = |code: f32| (light(code) * f32::from(WHITE)).round() as i16;
        let sixteen =
            if deep { (0..=u16::MAX).map(|code| sample(f32::from(code) / 65_535.0)).collect() } else { Vec::new() };
        Curve { eight: Box::new(std::array::from_fn(|code| sample(code as f32 / 255.0))), sixteen }
    }

    fn for_each_colour(self) -> [Curve; 3] {
        [self.clone(), self.clone(), self]
    }

    fn of_profile(deep: bool, trc: Option<&ToneReprCurve>) -> Option<Curve> {
        let evaluator = trc?.make_linear_evaluator().ok()?;
        Some(Curve::new(deep, |code| evaluator.evaluate_value(code).clamp(0.0, 1.0)))
    }
}

fn cicp(primaries: u8, transfer: u8) -> Option<ColorProfile> {
    let (color_primaries, transfer_characteristics) = (primaries.try_into().ok()?, transfer.try_into().ok()?);
    let matrix_coefficients = moxcms::MatrixCoefficients::Identity;
    Some(ColorProfile::new_from_cicp(CicpProfile {
        color_primaries,
        transfer_characteristics,
        matrix_coefficients,
        full_range: true,
    }))
}

fn opacity_8(alpha: u8) -> i16 {
    ((i32::from(alpha) * i32::from(WHITE) + 127) / 255) as i16
}

fn opacity_16(alpha: u16) -> i16 {
    ((u32::from(alpha) * WHITE as u32 + 32_767) / 65_535) as i16
}

#[inline(always)]
fn product(light: i16, alpha: i16) -> i16 {
    let white = i32::from(WHITE);
    ((i32::from(light) * i32::from(alpha) + white / 2) / white) as i16
}

/// Each ink absorbs its own colour, and black absorbs all.
fn light_left([cyan, magenta, yellow, key]: [u8; 4]) -> [u8; 3] {
    [cyan, magenta, yellow].map(|ink| {
        let product = u32::from(255 - ink) * u32::from(255 - key) + 128;
        ((product + (product >> 8)) >> 8) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Size;

    fn srgb(layout: Layout, pixel: &[u8], colour: &Colour) -> Vec<u8> {
        let light = Light::new(layout, false, colour);
        let mut planes = Planes { size: Size { width: 1, height: 1 }, channels: vec![vec![0]; light.channels()] };
        light.read(Row::Eight(pixel), &mut planes.channels);
        light.finish(&mut planes);
        planes.to_srgb().pixels
    }

    fn display_p3() -> Colour {
        Colour::Icc(ColorProfile::new_display_p3().encode().expect("a profile"))
    }

    #[test]
    fn every_code_of_srgb_survives_the_way_through_light() {
        for code in 0..=255 {
            assert_eq!(srgb(Layout::Rgb, &[code, code, code], &Colour::Srgb), [code; 3]);
        }
    }

    #[test]
    fn display_p3_becomes_srgb() {
        let made = srgb(Layout::Rgb, &[200, 100, 50], &display_p3());
        // By the matrices of CSS Color 4.
        let near = made.iter().zip([215, 93, 31]).all(|(is, should): (&u8, u8)| is.abs_diff(should) <= 1);
        assert!(near, "{made:?}");
        let made = srgb(Layout::Rgb, &[200, 100, 50], &Colour::Cicp { primaries: 12, transfer: 13 });
        let near = made.iter().zip([215, 93, 31]).all(|(is, should): (&u8, u8)| is.abs_diff(should) <= 1);
        assert!(near, "{made:?}");
    }

    #[test]
    fn white_of_a_page_stays_bright_in_hdr() {
        let grey = |transfer, code| srgb(Layout::Rgb, &[code; 3], &Colour::Cicp { primaries: 9, transfer });
        // BT.2408: white of a page is 58 % of PQ and 75 % of HLG, both 203 candelas a square metre.
        let (pq, hlg) = (grey(16, 148), grey(18, 191));
        assert!(pq.iter().chain(&hlg).all(|code| (240..250).contains(code)), "{pq:?} {hlg:?}");
        let darker = [grey(16, 130), grey(18, 128)];
        assert!(darker.iter().flatten().all(|code| (120..220).contains(code)), "{darker:?}");
        assert_eq!([grey(16, 255), grey(16, 0)], [[255; 3], [0; 3]]);
    }

    #[test]
    fn a_profile_of_impossible_colours_is_passed_over() {
        let mut profile = ColorProfile::new_display_p3();
        profile.red_colorant = moxcms::Xyzd { x: 1e-3, y: 1e-4, z: -7.0 };
        let colour = Colour::Icc(profile.encode().expect("a profile"));
        assert_eq!(srgb(Layout::Rgb, &[9, 99, 199], &colour), [9, 99, 199]);
    }

    #[test]
    fn a_profile_for_other_channels_is_passed_over() {
        assert_eq!(srgb(Layout::Cmyk, &[0, 0, 0, 0], &display_p3()), [255, 255, 255]);
        assert_eq!(srgb(Layout::Rgb, &[9, 99, 199], &Colour::Icc(vec![7; 200])), [9, 99, 199]);
    }

    #[test]
    fn ink_without_a_profile_absorbs_light() {
        assert_eq!(srgb(Layout::Cmyk, &[255, 0, 0, 0], &Colour::Srgb), [0, 255, 255]);
        assert_eq!(srgb(Layout::Cmyk, &[0, 0, 0, 255], &Colour::Srgb), [0, 0, 0]);
    }

    #[test]
    fn grey_keeps_its_alpha() {
        assert_eq!(srgb(Layout::GreyAlpha, &[70, 128], &Colour::Srgb), [70, 70, 70, 128]);
    }

    #[test]
    fn sixteen_bits_keep_what_eight_would_round_away() {
        let light = Light::new(Layout::Grey, true, &Colour::Srgb);
        let mut plane = [vec![0; 2]];
        light.read(Row::Sixteen(&[128 * 257, 128 * 257 + 100]), &mut plane);
        assert!(plane[0][1] > plane[0][0]);
    }
}
