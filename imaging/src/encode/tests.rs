//! What every format is promised to do with a raster.

use preset::{Background, Rendition};

use super::*;
use crate::raster::Layout;

const NOBODY: Original<'_> = Original {
    size: Size { width: 4000, height: 3000 },
    quality: None,
    credit: Credit { copyright: None, artist: None },
};

const FORMATS: [preset::Format; 4] =
    [preset::Format::Avif, preset::Format::Jpeg, preset::Format::WebP, preset::Format::Png];

/// Colours that no palette holds, and an alpha that runs from left to right.
fn raster(layout: Layout) -> Raster {
    let size = Size { width: 70, height: 66 };
    let mut raster = Raster::new(size, layout);
    for (index, pixel) in raster.pixels.chunks_exact_mut(layout.channels()).enumerate() {
        let (x, y) = (index % 70, index / 70);
        let rgba = [(x * 3) as u8, (y * 3) as u8, ((x ^ y) * 2) as u8, (x * 3) as u8];
        pixel.copy_from_slice(&rgba[..layout.channels()]);
    }
    raster
}

fn made(raster: &Raster, rendition: &Rendition, original: &Original<'_>) -> (Format, Vec<u8>) {
    encode(raster, rendition, original).expect("a rendition")
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// What each format calls its alpha: an auxiliary image, a chunk, a colour type.
fn has_alpha((format, bytes): &(Format, Vec<u8>)) -> bool {
    match format {
        Format::Avif => holds(bytes, b"auxl"),
        Format::Jpeg => false,
        Format::WebP => holds(bytes, b"ALPH"),
        Format::Png => bytes[25] & 4 != 0 || holds(bytes, b"tRNS"),
    }
}

#[test]
fn alpha_is_kept_where_it_is_used_and_no_background_is_named() {
    let mut idle = raster(Layout::Rgba);
    idle.pixels.as_chunks_mut::<4>().0.iter_mut().for_each(|pixel| pixel[3] = 255);
    for format in FORMATS {
        let plain = Rendition::new("plain", format);
        let backed = Rendition { background: Some(Background([0, 0, 255])), ..plain.clone() };
        let kept = format != preset::Format::Jpeg;
        assert_eq!(has_alpha(&made(&raster(Layout::Rgba), &plain, &NOBODY)), kept, "{format:?}");
        assert!(!has_alpha(&made(&raster(Layout::Rgba), &backed, &NOBODY)), "{format:?}");
        assert!(!has_alpha(&made(&idle, &plain, &NOBODY)), "{format:?}");
    }
}

#[test]
fn credit_is_in_every_format_and_nothing_without_it() {
    let credit = Credit { copyright: Some("Ada 2026"), artist: None };
    let credited = Original { credit, ..NOBODY };
    for format in FORMATS {
        for layout in [Layout::Rgb, Layout::Rgba] {
            let rendition = Rendition::new("credited", format);
            let (_, with) = made(&raster(layout), &rendition, &credited);
            let mut file = std::io::Cursor::new(&with);
            let read = exif::Reader::new().read_from_container(&mut file).expect("EXIF");
            let copyright = read.get_field(exif::Tag::Copyright, exif::In::PRIMARY).expect("a copyright");
            assert_eq!(copyright.display_value().to_string(), "\"Ada 2026\"", "{format:?}");
            let (_, without) = made(&raster(layout), &rendition, &NOBODY);
            assert!(exif::Reader::new().read_from_container(&mut std::io::Cursor::new(&without)).is_err());
        }
    }
}

#[test]
fn a_credited_webp_is_still_the_same_picture() {
    let credit = Credit { copyright: None, artist: Some("Ada") };
    let rendition = Rendition::new("credited", preset::Format::WebP);
    for layout in [Layout::Rgb, Layout::Rgba] {
        let pixels = [NOBODY, Original { credit, ..NOBODY }].map(|original| {
            let (_, bytes) = made(&raster(layout), &rendition, &original);
            let mut decoder = image_webp::WebPDecoder::new(std::io::Cursor::new(bytes)).expect("a WebP");
            let mut pixels = vec![0; decoder.output_buffer_size().expect("a size")];
            decoder.read_image(&mut pixels).expect("pixels");
            (decoder.dimensions(), decoder.has_alpha(), pixels)
        });
        assert!(pixels[0] == pixels[1] && pixels[0].0 == (70, 66), "{layout:?}");
    }
}

#[test]
fn a_higher_quality_takes_more_bytes_and_png_has_none() {
    for format in FORMATS {
        let length = |quality| {
            let rendition = Rendition { quality, ..Rendition::new("wish", format) };
            made(&raster(Layout::Rgb), &rendition, &NOBODY).1.len()
        };
        let (low, high) = (length(30), length(95));
        assert!(if format == preset::Format::Png { low == high } else { low < high }, "{format:?}: {low} {high}");
    }
}

#[test]
fn a_rendition_of_the_originals_size_is_not_finer_than_it() {
    let rendition = |quality| Rendition { quality, ..Rendition::new("wish", preset::Format::Jpeg) };
    let raster = raster(Layout::Rgb);
    let coarse = Original { size: raster.size, quality: Some(40), ..NOBODY };
    assert_eq!(made(&raster, &rendition(80), &coarse), made(&raster, &rendition(40), &NOBODY));
    let larger = Original { quality: Some(40), ..NOBODY };
    assert_eq!(made(&raster, &rendition(80), &larger), made(&raster, &rendition(80), &NOBODY));
}

#[test]
fn a_webp_that_is_too_long_is_refused_with_its_limit() {
    let long = Raster::new(Size { width: 16_384, height: 1 }, Layout::Rgb);
    let rejection = encode(&long, &Rendition::new("long", preset::Format::WebP), &NOBODY).expect_err("too long");
    assert_eq!(rejection.code, RejectionCode::SideTooLong);
    assert!(rejection.detail.contains("16383") && rejection.detail.contains("16384"), "{}", rejection.detail);
}

#[test]
fn auto_tells_what_it_chose() {
    let auto = Rendition::new("open", preset::Format::Auto);
    let flat = Raster::new(Size { width: 70, height: 66 }, Layout::Rgb);
    assert_eq!(made(&flat, &auto, &NOBODY).0, Format::Png);
    assert_eq!(made(&raster(Layout::Rgb), &auto, &NOBODY).0, Format::Avif);
}

#[test]
fn an_animation_is_credited_and_laid_on_its_background() {
    let rendition =
        Rendition { background: Some(Background([0, 0, 255])), ..Rendition::new("moving", preset::Format::WebP) };
    let original = Original { credit: Credit { copyright: None, artist: Some("Ada") }, ..NOBODY };
    let size = Size { width: 16, height: 16 };
    let clear = Raster::new(size, Layout::Rgba);
    let mut red = Raster::new(size, Layout::Rgb);
    red.pixels.as_chunks_mut::<3>().0.iter_mut().for_each(|pixel| *pixel = [255, 0, 0]);
    let mut frames = [Ok((clear, 20)), Ok((red, 30))].into_iter();
    let bytes = animation(size, 0, &mut frames, &rendition, &original).expect("an animation");
    assert!(holds(&bytes, b"EXIF") && holds(&bytes, b"Ada\0"));
    let mut decoder = image_webp::WebPDecoder::new(std::io::Cursor::new(bytes)).expect("a WebP");
    assert_eq!((decoder.num_frames(), decoder.has_alpha()), (2, false));
    let mut pixels = vec![0; decoder.output_buffer_size().expect("a size")];
    decoder.read_frame(&mut pixels).expect("a frame");
    assert!(pixels[0] < 20 && pixels[2] > 235, "{:?}", &pixels[..3]);
}
