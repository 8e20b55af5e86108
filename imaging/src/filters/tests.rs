use super::*;
use crate::raster::Size;
use crate::srgb;

/// Planes of straight sRGB from 0 to 255, for each pixel of a row.
fn row(pixels: &[&[f32]]) -> Planes {
    let light = |code: f32| (srgb::to_light(code / 255.0) * f32::from(WHITE)).round() as i16;
    let channels = pixels[0].len();
    let sample = |pixel: &[f32], channel: usize| match (channels, channel) {
        (2, 1) | (4, 3) => (pixel[channel] / 255.0 * f32::from(WHITE)).round() as i16,
        (2 | 4, _) => premultiplied(light(pixel[channel]), (pixel[channels - 1] / 255.0 * f32::from(WHITE)) as i16),
        _ => light(pixel[channel]),
    };
    let plane = |channel: usize| pixels.iter().map(|pixel| sample(pixel, channel)).collect();
    Planes { size: Size { width: pixels.len() as u32, height: 1 }, channels: (0..channels).map(plane).collect() }
}

fn filtered(pixel: &[f32], filter: Filter) -> Vec<u8> {
    let mut planes = row(&[pixel]);
    apply(&mut planes, &[filter]);
    planes.to_srgb().pixels
}

fn grey(width: u32, height: u32, of: impl Fn(usize, usize) -> i16) -> Planes {
    let pixels = (0..height as usize).flat_map(|y| (0..width as usize).map(move |x| (x, y)));
    Planes { size: Size { width, height }, channels: vec![pixels.map(|(x, y)| of(x, y)).collect()] }
}

fn apply_to(mut planes: Planes, filter: Filter) -> Planes {
    apply(&mut planes, &[filter]);
    planes
}

fn mean(plane: &[i16]) -> f64 {
    plane.iter().map(|sample| f64::from(*sample)).sum::<f64>() / plane.len() as f64
}

#[track_caller]
fn assert_near(made: &[u8], expected: &[f32]) {
    let near = |(made, expected): (&u8, &f32)| (f32::from(*made) - expected.clamp(0.0, 255.0)).abs() <= 1.0;
    assert!(made.len() == expected.len() && made.iter().zip(expected).all(near), "{made:?}, not {expected:?}");
}

const COLOURS: [[f32; 3]; 6] = [
    [0.0, 0.0, 0.0],
    [255.0, 255.0, 255.0],
    [200.0, 100.0, 50.0],
    [3.0, 7.0, 250.0],
    [128.0, 128.0, 128.0],
    [1.0, 254.0, 90.0],
];

const FACTORS: [f32; 6] = [0.0, 0.3, 0.9, 1.0, 1.7, 5.0];

#[test]
fn brightness_and_contrast_are_those_of_css() {
    for pixel in COLOURS {
        for factor in FACTORS {
            assert_near(&filtered(&pixel, Filter::Brightness(factor)), &pixel.map(|code| code * factor));
            let contrast = pixel.map(|code| (code - 127.5) * factor + 127.5);
            assert_near(&filtered(&pixel, Filter::Contrast(factor)), &contrast);
        }
    }
}

#[test]
fn saturation_is_that_of_css() {
    for pixel @ [red, green, blue] in COLOURS {
        for s in FACTORS {
            let expected = [
                (0.213 + 0.787 * s) * red + (0.715 - 0.715 * s) * green + (0.072 - 0.072 * s) * blue,
                (0.213 - 0.213 * s) * red + (0.715 + 0.285 * s) * green + (0.072 - 0.072 * s) * blue,
                (0.213 - 0.213 * s) * red + (0.715 - 0.715 * s) * green + (0.072 + 0.928 * s) * blue,
            ];
            assert_near(&filtered(&pixel, Filter::Saturation(s)), &expected);
        }
    }
}

#[test]
fn tone_reckons_with_colours_as_they_are_without_their_alpha() {
    let pixel = [200.0, 100.0, 50.0, 128.0];
    assert_near(&filtered(&pixel, Filter::Brightness(0.5)), &[100.0, 50.0, 25.0, 128.0]);
    assert_near(&filtered(&pixel, Filter::Contrast(0.5)), &[163.75, 113.75, 88.75, 128.0]);
    assert_near(&filtered(&pixel, Filter::Saturation(0.0)), &[117.7, 117.7, 117.7, 128.0]);
    assert_eq!(filtered(&[0.0, 0.0, 0.0, 0.0], Filter::Contrast(0.0)), [0; 4]);
}

#[test]
fn grayscale_weighs_light_and_keeps_alpha() {
    let planes = apply_to(row(&[&[255.0, 0.0, 0.0, 255.0]]), Filter::Grayscale);
    assert_eq!((planes.channels.len(), planes.channels[1][0]), (2, WHITE));
    assert!((f32::from(planes.channels[0][0]) - 0.2126 * f32::from(WHITE)).abs() <= 1.0);
    // Green, alone, has 71.5 % of white's light, which is code 219.
    assert_near(&filtered(&[0.0, 255.0, 0.0], Filter::Grayscale), &[219.4; 3]);
    assert_eq!(filtered(&[255.0, 255.0, 255.0], Filter::Grayscale), [255; 3]);
}

#[test]
fn blur_keeps_the_mean() {
    for sigma in [0.3, 1.0, 2.5, 2.6, 7.0, 20.0] {
        let square = |x: usize, y: usize| if x.abs_diff(200) < 20 && y.abs_diff(180) < 30 { WHITE } else { 0 };
        let planes = grey(401, 363, square);
        let before = mean(&planes.channels[0]);
        let after = mean(&apply_to(planes, Filter::Blur { sigma }).channels[0]);
        assert!((after / before - 1.0).abs() < 0.002, "sigma {sigma}: {before} became {after}");
    }
}

/// An edge becomes the integral of the bell.
#[test]
fn blur_is_gaussian_at_every_width() {
    for sigma in [0.8, 1.5, 2.9, 3.1, 4.0, 5.2, 9.0, 9.2, 16.0, 33.0] {
        let planes = apply_to(grey(601, 5, |x, _| if x < 300 { WHITE } else { 0 }), Filter::Blur { sigma });
        let bell = |x: usize| (-(x as f64 - 300.0).powi(2) / (2.0 * f64::from(sigma).powi(2))).exp();
        let total: f64 = (1..600).map(bell).sum();
        let mut passed = 0.0;
        for x in 1..600 {
            passed += bell(x) / total;
            let error = f64::from(planes.channels[0][x]) / f64::from(WHITE) - (1.0 - passed);
            assert!(error.abs() < 0.0075, "sigma {sigma}, pixel {x}: {error}");
        }
    }
}

#[test]
fn blur_and_sharpen_leave_an_even_picture_alone() {
    for sigma in [0.3, 1.0, 3.0, 11.0, 250.0, 1e9] {
        for filter in [Filter::Blur { sigma }, Filter::Sharpen { sigma, amount: 2.0 }] {
            let planes = apply_to(grey(37, 23, |_, _| 12_345), filter);
            assert!(planes.channels[0].iter().all(|sample| *sample == 12_345), "{filter:?}");
        }
    }
}

#[test]
fn a_wide_blur_evens_out_a_small_picture() {
    let planes = apply_to(grey(64, 48, |x, _| if x < 32 { WHITE } else { 0 }), Filter::Blur { sigma: 250.0 });
    let half = WHITE / 2;
    assert!(planes.channels[0].iter().all(|sample| sample.abs_diff(half) < 1_500));
}

#[test]
fn blur_does_not_darken_the_edge_of_what_is_transparent() {
    let opaque: [f32; 4] = [200.0, 100.0, 50.0, 255.0];
    let nothing: [f32; 4] = [0.0; 4];
    let pixels: Vec<&[f32]> = (0..40).map(|x| if x < 20 { &opaque[..] } else { &nothing }).collect();
    let raster = apply_to(row(&pixels), Filter::Blur { sigma: 2.0 }).to_srgb();
    for pixel in raster.pixels.as_chunks::<4>().0.iter().filter(|pixel| pixel[3] > 16) {
        assert_near(pixel, &[200.0, 100.0, 50.0, pixel[3].into()]);
    }
}

/// What sharpening adds on either side of a soft edge, as codes of sRGB: below the dark, above the bright.
fn halos(dark: f32, bright: f32) -> (f32, f32) {
    let codes: Vec<[f32; 1]> =
        (0..60).map(|x| [dark + (bright - dark) * ((x - 26) as f32 / 8.0).clamp(0.0, 1.0)]).collect();
    let pixels: Vec<&[f32]> = codes.iter().map(|code| &code[..]).collect();
    let raster = apply_to(row(&pixels), Filter::Sharpen { sigma: 2.0, amount: 1.0 }).to_srgb();
    let codes = || raster.pixels.iter().step_by(3).map(|code| f32::from(*code));
    (dark - codes().fold(255.0, f32::min), codes().fold(0.0, f32::max) - bright)
}

#[test]
fn halos_are_as_strong_on_the_dark_side_as_on_the_bright() {
    for (dark, bright) in [(40.0, 90.0), (80.0, 180.0), (150.0, 220.0)] {
        let (below, above) = halos(dark, bright);
        assert!(below >= 3.0 && above >= 3.0 && (below - above).abs() <= 2.0, "{below} and {above}");
    }
}

#[test]
fn sharpening_keeps_the_hue() {
    let pixels: Vec<&[f32]> =
        (0..40).map(|x| if x < 20 { &[60.0, 30.0, 15.0][..] } else { &[120.0, 60.0, 30.0] }).collect();
    let before = row(&pixels);
    let after = apply_to(before.clone(), Filter::Sharpen { sigma: 1.5, amount: 1.0 });
    let share = |planes: &Planes, x: usize| f32::from(planes.channels[0][x]) / f32::from(planes.channels[1][x]);
    assert!(after.channels[0][20] > before.channels[0][20] + 200, "the bright side of the edge is brighter");
    for x in 0..40 {
        assert!((share(&after, x) / share(&before, x) - 1.0).abs() < 0.01, "pixel {x}");
    }
}

#[test]
fn sharpening_sees_no_edge_where_transparency_begins() {
    let opaque: [f32; 4] = [200.0, 100.0, 50.0, 255.0];
    let nothing: [f32; 4] = [0.0; 4];
    let pixels: Vec<&[f32]> = (0..40).map(|x| if x < 20 { &opaque[..] } else { &nothing }).collect();
    let before = row(&pixels);
    let after = apply_to(before.clone(), Filter::Sharpen { sigma: 2.0, amount: 2.0 });
    assert_near(
        &after.to_srgb().pixels,
        &before.to_srgb().pixels.iter().map(|code| f32::from(*code)).collect::<Vec<_>>(),
    );
}

#[test]
fn no_filter_leaves_black_and_white_behind() {
    let overshot = || grey(50, 40, |x, y| if (x / 3 + y / 5) % 2 == 0 { i16::MAX } else { i16::MIN });
    let strong = [Filter::Sharpen { sigma: 1.0, amount: 10.0 }, Filter::Brightness(50.0), Filter::Contrast(50.0)];
    for filter in strong {
        let planes = apply_to(overshot(), filter);
        assert!(planes.channels[0].iter().all(|sample| (0..=WHITE).contains(sample)), "{filter:?}");
        assert!(planes.channels[0].contains(&WHITE) && planes.channels[0].contains(&0), "{filter:?}");
    }
}

#[test]
fn no_number_and_no_size_is_too_odd() {
    let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0, 0.0, f32::MIN_POSITIVE, 1e30];
    let of = |number: f32| {
        [
            Filter::Blur { sigma: number },
            Filter::Sharpen { sigma: number, amount: 1.0 },
            Filter::Sharpen { sigma: 1.0, amount: number },
            Filter::Brightness(number),
            Filter::Contrast(number),
            Filter::Saturation(number),
        ]
    };
    for (width, height) in [(1, 1), (1, 40), (40, 1), (2, 3), (17, 16)] {
        let size = Size { width, height };
        let plane =
            |channel: i32| (0..(width * height) as i32).map(|sample| (sample * 97 * channel) as i16 % WHITE).collect();
        for filter in odd.into_iter().flat_map(of) {
            for channels in 1..=4 {
                let mut planes = Planes { size, channels: (1..=channels).map(plane).collect() };
                apply(&mut planes, &[filter]);
                assert!(planes.channels.iter().all(|plane| plane.len() as u64 == size.area()), "{filter:?}");
            }
        }
    }
}

#[test]
fn what_is_no_number_changes_nothing() {
    let before = row(&[&[10.0, 120.0, 240.0], &[240.0, 20.0, 90.0]]);
    let nothing = f32::NAN;
    for filter in [
        Filter::Blur { sigma: nothing },
        Filter::Sharpen { sigma: nothing, amount: nothing },
        Filter::Brightness(nothing),
        Filter::Contrast(-1.0),
        Filter::Saturation(1.0),
    ] {
        assert_eq!(apply_to(before.clone(), filter).channels, before.channels, "{filter:?}");
    }
}
