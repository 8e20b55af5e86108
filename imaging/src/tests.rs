//! What a caller is promised, on pictures that are drawn here.

mod privacy;

use std::borrow::Cow;

use turbojpeg::{Colorspace, Compressor, Image, PixelFormat, Subsamp};

use preset::Format::{Avif, Jpeg};
use preset::Rendition;

use super::*;

pub use privacy::exif_block;

const RED: [u8; 3] = [220, 40, 30];
const BLUE: [u8; 3] = [30, 60, 200];

/// Red on the left half, blue on the right.
fn flag(width: usize, height: usize) -> Vec<u8> {
    (0..width * height).flat_map(|index| if index % width < width / 2 { RED } else { BLUE }).collect()
}

fn jpeg(width: usize, height: usize, progressive: bool) -> Vec<u8> {
    let pixels = flag(width, height);
    let mut compressor = Compressor::new().expect("a compressor");
    compressor.set_quality(95).expect("a quality");
    compressor.set_subsamp(Subsamp::None).expect("a sampling");
    compressor.set_progressive(progressive).expect("a mode");
    let image = Image { pixels: &pixels[..], width, pitch: width * 3, height, format: PixelFormat::RGB };
    compressor.compress_to_vec(image).expect("a JPEG")
}

/// As a program of Adobe's convention stores it, or without the marker that says so.
fn cmyk(pixel: [u8; 4], adobe: bool) -> Vec<u8> {
    let pixels = pixel.repeat(64);
    let mut compressor = Compressor::new().expect("a compressor");
    compressor.set_subsamp(Subsamp::None).expect("a sampling");
    compressor.set_colorspace(if adobe { Colorspace::YCCK } else { Colorspace::CMYK }).expect("a colour space");
    let image = Image { pixels: &pixels[..], width: 8, pitch: 32, height: 8, format: PixelFormat::CMYK };
    let bytes = compressor.compress_to_vec(image).expect("a JPEG");
    let marker = bytes.windows(5).position(|part| part == b"Adobe").expect("libjpeg-turbo always marks it") - 4;
    if adobe { bytes } else { [&bytes[..marker], &bytes[marker + 16..]].concat() }
}

/// Puts segment `body` behind the start marker.
fn with_segment(jpeg: &[u8], marker: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, body, &jpeg[2..]].concat()
}

fn exif(orientation: u8) -> Vec<u8> {
    [b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", &[orientation, 0, 0, 0, 0, 0, 0][..]].concat()
}

fn png(width: u32, height: u32, colour: png::ColorType, pixels: &[u8], exif: Option<Vec<u8>>) -> Vec<u8> {
    let mut info = png::Info::with_size(width, height);
    info.color_type = colour;
    info.bit_depth = png::BitDepth::Eight;
    info.exif_metadata = exif.map(Cow::Owned);
    let mut bytes = Vec::new();
    let mut writer = png::Encoder::with_info(&mut bytes, info).expect("a PNG").write_header().expect("a header");
    writer.write_image_data(pixels).expect("pixels");
    writer.finish().expect("an end");
    bytes
}

fn gif(width: u16, height: u16, frames: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = gif::Encoder::new(&mut bytes, width, height, &[220, 40, 30, 0, 0, 0]).expect("a GIF");
    for _ in 0..frames {
        let buffer = Cow::Owned(vec![0; usize::from(width) * usize::from(height) / 4]);
        let (left, top, width, height) = (width / 4, height / 4, width / 2, height / 2);
        let frame = gif::Frame { left, top, width, height, buffer, ..Default::default() };
        encoder.write_frame(&frame).expect("a frame");
    }
    drop(encoder);
    bytes
}

fn webp(width: u32, height: u32, pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image_webp::WebPEncoder::new(&mut bytes);
    encoder.encode(pixels, width, height, image_webp::ColorType::Rgba8).expect("a WebP");
    bytes
}

fn wish(format: preset::Format, width: Option<u32>) -> Rendition {
    Rendition { width, quality: 95, ..Rendition::new("wish", format) }
}

fn of(renditions: impl Into<Vec<Rendition>>) -> Preset {
    Preset { name: "test".into(), renditions: renditions.into() }
}

fn developed(original: &[u8], width: Option<u32>) -> Developed {
    develop(original, &of([wish(Jpeg, width)]), &Limits::default()).expect("a good picture")
}

fn code(original: &[u8]) -> RejectionCode {
    develop(original, &of([wish(Jpeg, Some(4))]), &Limits::default()).expect_err("a bad picture").code
}

/// The colour at a place of a JPEG rendition, given in hundredths of its sides.
fn colour_at(picture: &Picture, across: usize, down: usize) -> [u8; 3] {
    let image = turbojpeg::decompress(&picture.bytes, PixelFormat::RGB).expect("a rendition");
    let (x, y) = (image.width * across / 100, image.height * down / 100);
    let offset = y * image.pitch + x * 3;
    [0, 1, 2].map(|channel| image.pixels[offset + channel])
}

fn assert_near(is: [u8; 3], should: [u8; 3]) {
    let near = is.iter().zip(should).all(|(is, should)| is.abs_diff(should) <= 12);
    assert!(near, "{is:?} is not {should:?}");
}

#[test]
fn jpeg_keeps_its_colours_at_every_scale() {
    for (progressive, width) in [(false, None), (true, None), (false, Some(100)), (true, Some(20))] {
        let made = developed(&jpeg(400, 200, progressive), width);
        assert_near(colour_at(&made.renditions[0], 10, 50), RED);
        assert_near(colour_at(&made.renditions[0], 90, 50), BLUE);
        assert_eq!(made.renditions[0].width, width.unwrap_or(400));
    }
}

/// As some telephones write it: what a scan says of its spectrum is left empty.
#[test]
fn baseline_jpeg_that_names_no_spectrum_is_the_same_picture() {
    let original = jpeg(64, 32, false);
    let scan = original.windows(2).position(|part| part == [0xff, 0xda]).expect("a scan");
    let end = scan + 2 + usize::from(original[scan + 3]);
    assert_eq!(original[end - 3..end], [0, 63, 0]);
    let empty = [&original[..end - 3], &[0; 3], &original[end..]].concat();
    for resample in [preset::Resample::Linear, preset::Resample::Fast] {
        let wish = Rendition { resample, ..wish(Jpeg, None) };
        let made = |original: &[u8]| {
            develop(original, &of([wish.clone()]), &Limits::default())
                .expect("a good picture")
                .renditions
                .remove(0)
                .bytes
        };
        assert_eq!(made(&empty), made(&original), "{resample:?}");
    }
}

#[test]
fn orientation_is_applied_once_and_dropped() {
    let tagged = with_segment(&jpeg(64, 32, false), 0xe1, &[b"Exif\0\0", &exif(6)[..]].concat());
    let made = developed(&tagged, None);
    assert_eq!((made.width, made.height), (32, 64));
    assert_near(colour_at(&made.renditions[0], 50, 10), RED);
    assert_near(colour_at(&made.renditions[0], 50, 90), BLUE);
    assert!(!made.renditions[0].bytes.windows(4).any(|part| part == b"Exif"));
}

#[test]
fn orientation_of_a_png_is_applied() {
    let made = developed(&png(64, 32, png::ColorType::Rgb, &flag(64, 32), Some(exif(8))), None);
    assert_eq!((made.width, made.height), (32, 64));
    assert_near(colour_at(&made.renditions[0], 50, 10), BLUE);
}

#[test]
fn inverted_and_plain_cmyk_come_out_alike() {
    let cyan = [0, 178, 214];
    for original in [cmyk([0, 178, 214, 255], true), cmyk([255, 77, 41, 0], false)] {
        assert_near(colour_at(&developed(&original, None).renditions[0], 50, 50), cyan);
    }
}

#[test]
fn display_p3_profile_is_converted_and_dropped() {
    let profile = moxcms::ColorProfile::new_display_p3().encode().expect("a profile");
    let body = [b"ICC_PROFILE\0\x01\x01", &profile[..]].concat();
    let made = developed(&with_segment(&jpeg(64, 32, false), 0xe2, &body), None);
    assert_near(colour_at(&made.renditions[0], 10, 50), [240, 0, 0]);
    assert!(!made.renditions[0].bytes.windows(11).any(|part| part == b"ICC_PROFILE"));
}

#[test]
fn transparency_becomes_white_in_a_jpeg() {
    let pixels = [[0, 0, 0, 0]; 64].concat();
    for original in [png(8, 8, png::ColorType::Rgba, &pixels, None), webp(8, 8, &pixels)] {
        assert_near(colour_at(&developed(&original, None).renditions[0], 50, 50), [255, 255, 255]);
    }
}

#[test]
fn gif_frames_are_counted_and_the_first_is_laid_on_its_canvas() {
    let made = developed(&gif(64, 64, 3), None);
    assert_eq!((made.width, made.height, made.frames), (64, 64, 3));
    assert_near(colour_at(&made.renditions[0], 50, 50), RED);
    assert_near(colour_at(&made.renditions[0], 5, 5), [255, 255, 255]);
}

#[test]
fn every_odd_size_has_both_formats() {
    for (width, height) in [(1, 1), (3, 5), (5, 300), (17, 1)] {
        let original = png(width, height, png::ColorType::Rgb, &flag(width as usize, height as usize), None);
        let plan = of([wish(Avif, None), wish(Jpeg, None), wish(Avif, Some(2))]);
        let made = develop(&original, &plan, &Limits::default()).expect("a good picture");
        assert_eq!((made.renditions[0].width, made.renditions[1].height), (width, height));
        assert_eq!(&made.renditions[0].bytes[4..12], b"ftypavif");
    }
}

#[test]
fn a_cut_picture_is_truncated_and_never_half_grey() {
    let flag = flag(64, 32);
    let rgba: Vec<u8> = flag.as_chunks::<3>().0.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]).collect();
    let originals = [
        jpeg(64, 32, false),
        jpeg(64, 32, true),
        png(64, 32, png::ColorType::Rgb, &flag, None),
        webp(64, 32, &rgba),
        gif(4, 4, 1),
    ];
    for original in originals {
        for length in [original.len() / 2, original.len() * 3 / 4, original.len() - 3] {
            assert_eq!(code(&original[..length]), RejectionCode::Truncated, "{length} of {}", original.len());
        }
    }
}

#[test]
fn a_flipped_byte_in_a_png_is_corrupt() {
    let mut original = png(64, 32, png::ColorType::Rgb, &flag(64, 32), None);
    let middle = original.windows(4).position(|part| part == b"IDAT").expect("pixels") + 12;
    original[middle] ^= 0x10;
    assert_eq!(code(&original), RejectionCode::Corrupt);
}

#[test]
fn a_decompression_bomb_is_rejected_by_its_header() {
    let mut bomb = png(1, 1, png::ColorType::Grayscale, &[0], None);
    bomb[16..24].copy_from_slice(&[0, 0, 0x3a, 0x98, 0, 0, 0x3a, 0x98]);
    let rejection = develop(&bomb, &of([]), &Limits::default()).expect_err("a bomb");
    assert_eq!(rejection.code, RejectionCode::TooManyPixels);
    assert_eq!(rejection.detail, "The number of pixels is 225000000, and the limit is 50000000.");
}

#[test]
fn random_damage_never_panics() {
    let png = png(8, 8, png::ColorType::Rgb, &flag(8, 8), None);
    let [heic, avif] = [decode::tests::heic, decode::tests::avif].map(|encode| encode(16, 16, &[90; 1024]));
    let [tiff, bmp] = [decode::tests::tiff_rgb(8, 8, 6), decode::tests::bmp(8, 8)];
    let originals = [jpeg(64, 32, true), png, webp(8, 8, &[9; 256]), gif(4, 4, 2), heic, avif, tiff, bmp];
    let mut state = 1_u32;
    for original in originals {
        for _ in 0..300 {
            let mut damaged = original.clone();
            for _ in 0..3 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = state as usize >> 8;
                let length = damaged.len();
                damaged[at % length] = state as u8;
            }
            let limits = Limits { max_pixels: 1_000_000, ..Limits::default() };
            if let Err(rejection) = develop(&damaged, &of([wish(Jpeg, Some(8))]), &limits) {
                assert!(!rejection.detail.contains("stopped its decoder"), "a decoder panicked");
            }
        }
    }
}
