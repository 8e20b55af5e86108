//! Brings every picture to sRGB, through its ICC profile where it has one that fits.

use moxcms::{ColorProfile, DataColorSpace, TransformOptions};

use crate::raster::{Layout, Raster};

/// Grey and RGB become RGB, with their alpha if they have one; CMYK becomes RGB.
///
/// A profile that cannot be read, or that speaks of other channels, is passed over: the numbers are then
/// taken for sRGB, as browsers do.
pub fn to_srgb(raster: Raster, profile: Option<&[u8]>) -> Raster {
    let profile = profile.and_then(|bytes| ColorProfile::new_from_slice(bytes).ok());
    match profile.and_then(|profile| converted(&raster, &profile)) {
        Some(converted) => converted,
        None => taken_for_srgb(raster),
    }
}

fn converted(raster: &Raster, profile: &ColorProfile) -> Option<Raster> {
    let grey = matches!(raster.layout, Layout::Grey | Layout::GreyAlpha);
    if grey && profile.color_space == DataColorSpace::Rgb {
        return converted(&taken_for_srgb(raster.clone()), profile);
    }
    let (space, from) = match raster.layout {
        Layout::Grey => (DataColorSpace::Gray, moxcms::Layout::Gray),
        Layout::GreyAlpha => (DataColorSpace::Gray, moxcms::Layout::GrayAlpha),
        Layout::Rgb => (DataColorSpace::Rgb, moxcms::Layout::Rgb),
        Layout::Rgba => (DataColorSpace::Rgb, moxcms::Layout::Rgba),
        // The name of moxcms for any four channels.
        Layout::Cmyk => (DataColorSpace::Cmyk, moxcms::Layout::Rgba),
    };
    if profile.color_space != space {
        return None;
    }
    let (layout, to) = match raster.layout.has_alpha() {
        true => (Layout::Rgba, moxcms::Layout::Rgba),
        false => (Layout::Rgb, moxcms::Layout::Rgb),
    };
    let srgb = ColorProfile::new_srgb();
    let transform = profile.create_transform_8bit(from, &srgb, to, TransformOptions::default()).ok()?;
    let mut target = Raster::new(raster.size, layout);
    transform.transform(&raster.pixels, &mut target.pixels).ok()?;
    Some(target)
}

fn taken_for_srgb(raster: Raster) -> Raster {
    match raster.layout {
        Layout::Rgb | Layout::Rgba => raster,
        Layout::Grey => map(&raster, Layout::Rgb, |[grey]: [u8; 1]| [grey, grey, grey]),
        Layout::GreyAlpha => map(&raster, Layout::Rgba, |[grey, alpha]| [grey, grey, grey, alpha]),
        Layout::Cmyk => map(&raster, Layout::Rgb, |[cyan, magenta, yellow, key]| {
            [cyan, magenta, yellow].map(|ink| product(255 - ink, 255 - key))
        }),
    }
}

/// `a × b / 255`, rounded.
fn product(a: u8, b: u8) -> u8 {
    let product = u32::from(a) * u32::from(b) + 128;
    ((product + (product >> 8)) >> 8) as u8
}

fn map<const N: usize, const M: usize>(source: &Raster, layout: Layout, of: impl Fn([u8; N]) -> [u8; M]) -> Raster {
    let mut target = Raster::new(source.size, layout);
    let (from, _) = source.pixels.as_chunks::<N>();
    let (to, _) = target.pixels.as_chunks_mut::<M>();
    from.iter().zip(to).for_each(|(from, to)| *to = of(*from));
    target
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Size;

    fn one_pixel(layout: Layout, pixel: &[u8]) -> Raster {
        Raster { size: Size { width: 1, height: 1 }, layout, pixels: pixel.to_vec() }
    }

    #[test]
    fn display_p3_becomes_srgb() {
        let profile = ColorProfile::new_display_p3().encode().expect("a profile");
        let srgb = to_srgb(one_pixel(Layout::Rgb, &[200, 100, 50]), Some(&profile));
        // By the matrices of CSS Color 4.
        let expected = [215, 93, 31];
        let near = srgb.pixels.iter().zip(expected).all(|(is, should)| is.abs_diff(should) <= 1);
        assert!(near, "{:?}", srgb.pixels);
    }

    #[test]
    fn a_profile_for_other_channels_is_passed_over() {
        let profile = ColorProfile::new_display_p3().encode().expect("a profile");
        let srgb = to_srgb(one_pixel(Layout::Cmyk, &[0, 0, 0, 0]), Some(&profile));
        assert_eq!((srgb.layout, srgb.pixels), (Layout::Rgb, vec![255, 255, 255]));
    }

    #[test]
    fn ink_without_a_profile_absorbs_light() {
        assert_eq!(to_srgb(one_pixel(Layout::Cmyk, &[255, 0, 0, 0]), None).pixels, [0, 255, 255]);
        assert_eq!(to_srgb(one_pixel(Layout::Cmyk, &[0, 0, 0, 255]), None).pixels, [0, 0, 0]);
    }

    #[test]
    fn grey_keeps_its_alpha() {
        assert_eq!(to_srgb(one_pixel(Layout::GreyAlpha, &[7, 9]), None).pixels, [7, 7, 7, 9]);
    }
}
