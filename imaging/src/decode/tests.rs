//! Every format, told by its header and decoded, on pictures that are drawn here.

use ::tiff::encoder::{Compression, TiffEncoder, colortype};
use ::tiff::tags::Tag;
use preset::{Preset, Rendition};

use super::*;
use crate::{Limits, RejectionCode, develop, sniff};

const RED: [u8; 4] = [220, 40, 30, 255];
const BLUE: [u8; 4] = [30, 60, 200, 255];

/// Red on the left half, blue on the right.
fn flag(width: u32, height: u32) -> Vec<u8> {
    (0..width * height).flat_map(|index| if index % width < width / 2 { RED } else { BLUE }).collect()
}

fn rgb(rgba: &[u8]) -> Vec<u8> {
    rgba.as_chunks::<4>().0.iter().flat_map(|[red, green, blue, _]| [*red, *green, *blue]).collect()
}

fn png(width: u32, height: u32, colour: ::png::ColorType, depth: ::png::BitDepth, pixels: &[u8]) -> Vec<u8> {
    let mut info = ::png::Info::with_size(width, height);
    (info.color_type, info.bit_depth) = (colour, depth);
    png_of(info, pixels)
}

fn png_of(info: ::png::Info<'_>, pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ::png::Encoder::with_info(&mut bytes, info).expect("a PNG").write_header().expect("a header");
    writer.write_image_data(pixels).expect("pixels");
    writer.finish().expect("an end");
    bytes
}

pub fn avif(width: u32, height: u32, rgba: &[u8]) -> Vec<u8> {
    let original = png(width, height, ::png::ColorType::Rgba, ::png::BitDepth::Eight, rgba);
    let wish = Rendition { quality: 95, ..Rendition::new("avif", preset::Format::Avif) };
    let preset = Preset { name: "avif".into(), renditions: vec![wish] };
    develop(&original, &preset, &Limits::default()).expect("an AVIF").renditions.remove(0).bytes
}

pub fn heic(width: u32, height: u32, rgba: &[u8]) -> Vec<u8> {
    let options = heifer::EncodeOptions { quality: 95, max_threads: 1 };
    heifer::encode_rgba8(width, height, rgba, &options).expect("a HEIC")
}

pub fn tiff_rgb(width: u32, height: u32, orientation: u16) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).expect("a TIFF").with_compression(Compression::Lzw);
    let mut image = encoder.new_image::<colortype::RGB8>(width, height).expect("a picture");
    image.rows_per_strip(5).expect("strips");
    image.encoder().write_tag(Tag::Orientation, orientation).expect("a tag");
    image.encoder().write_tag(Tag::IccProfile, &b"a profile"[..]).expect("a tag");
    image.write_data(&rgb(&flag(width, height))).expect("pixels");
    bytes.into_inner()
}

/// 24 bits a pixel, rows from the bottom.
pub fn bmp(width: u32, height: u32) -> Vec<u8> {
    let mut rows = Vec::new();
    for row in rgb(&flag(width, height)).chunks(width as usize * 3).rev() {
        rows.extend(row.as_chunks::<3>().0.iter().flat_map(|[red, green, blue]| [*blue, *green, *red]));
        rows.resize(rows.len().next_multiple_of(4), 0);
    }
    bmp_of(width, height as i32, 24, 0, &[], &rows)
}

fn bmp_of(width: u32, height: i32, bits: u16, compression: u32, table: &[u8], rows: &[u8]) -> Vec<u8> {
    let offset = 54 + table.len() as u32;
    let start = [&(offset + rows.len() as u32).to_le_bytes()[..], &[0; 4], &offset.to_le_bytes()].concat();
    let fields = [40, width, height as u32, u32::from(bits) << 16 | 1, compression].map(u32::to_le_bytes);
    [b"BM", &start[..], fields.as_flattened(), &[0; 20], table, rows].concat()
}

fn told(original: &[u8]) -> Header {
    header(sniff::sniff(original).expect("a format"), original).expect("a header")
}

fn decoded(original: &[u8]) -> Pixels {
    let format = sniff::sniff(original).expect("a format");
    let header = header(format, original).expect("a header");
    let pixels = pixels(format, original).expect("pixels");
    assert_eq!(pixels.size, header.size, "the header tells the size of the pixels");
    pixels
}

fn eight(pixels: &Pixels) -> &[u8] {
    let Samples::Eight(samples) = &pixels.samples else { panic!("more than 8 bits") };
    samples
}

fn pixel(pixels: &Pixels, x: u32, y: u32) -> Vec<u8> {
    let channels = pixels.layout.channels();
    let at = (y * pixels.size.width + x) as usize * channels;
    eight(pixels)[at..at + channels].to_vec()
}

#[track_caller]
fn assert_flag(pixels: &Pixels) {
    let Size { width, height } = pixels.size;
    for (x, y) in [(1, 1), (width / 2 - 3, height - 2), (width / 2 + 3, 1), (width - 2, height - 2)] {
        let colour = if x < width / 2 { RED } else { BLUE };
        let found = pixel(pixels, x, y);
        let near = found.iter().zip(colour).all(|(is, should)| is.abs_diff(should) <= 8);
        assert!(near, "{found:?} at {x}, {y}");
    }
}

#[test]
fn heic_is_decoded_in_one_tile_in_many_and_in_odd_sizes() {
    for (width, height) in [(64, 48), (63, 47), (700, 530)] {
        let pixels = decoded(&heic(width, height, &flag(width, height)));
        assert_eq!((pixels.size, pixels.layout), (Size { width, height }, Layout::Rgb));
        assert_flag(&pixels);
    }
}

#[test]
fn avif_is_decoded_in_every_size() {
    for (width, height) in [(64, 48), (63, 47), (700, 530)] {
        let pixels = decoded(&avif(width, height, &flag(width, height)));
        assert_eq!((pixels.size, pixels.layout), (Size { width, height }, Layout::Rgb));
        assert_flag(&pixels);
    }
}

#[test]
fn alpha_of_heic_and_avif_is_kept() {
    let mut rgba = flag(64, 48);
    rgba.chunks_exact_mut(4).take(64 * 24).for_each(|pixel| pixel[3] = 0);
    for original in [heic(64, 48, &rgba), avif(64, 48, &rgba)] {
        let pixels = decoded(&original);
        assert!(pixel(&pixels, 5, 5)[3] < 8 && pixel(&pixels, 5, 43)[3] > 247);
    }
}

/// Turns the property that tells the depth, which nobody needs, into another of its length.
fn with_property(original: &[u8], name: &[u8; 4], value: u8) -> Vec<u8> {
    let mut turned = original.to_vec();
    let at = turned.windows(4).position(|part| part == b"pixi").expect("a property");
    turned[at..at + 4].copy_from_slice(name);
    turned[at + 4] = value;
    turned
}

#[test]
fn turns_of_the_container_are_told_and_left_to_the_next_step() {
    use Orientation::{Flipped, HalfTurn, Mirrored, QuarterTurn, ThreeQuarterTurn};
    for original in [heic(64, 48, &flag(64, 48)), avif(64, 48, &flag(64, 48))] {
        let turns = [(b"irot", 1, ThreeQuarterTurn), (b"irot", 2, HalfTurn), (b"irot", 3, QuarterTurn)];
        for (name, value, orientation) in turns.into_iter().chain([(b"imir", 0, Flipped), (b"imir", 1, Mirrored)]) {
            let turned = with_property(&original, name, value);
            assert_eq!(told(&turned).orientation, orientation);
            assert_flag(&decoded(&turned));
        }
    }
}

#[test]
fn a_container_that_claims_another_size_than_its_picture_is_corrupt() {
    for mut original in [heic(64, 48, &flag(64, 48)), avif(64, 48, &flag(64, 48))] {
        let at = original.windows(4).position(|part| part == b"ispe").expect("a size") + 8;
        original[at..at + 4].copy_from_slice(&6400_u32.to_be_bytes());
        let format = sniff::sniff(&original).expect("a format");
        let rejection = pixels(format, &original).err().expect("a lie");
        assert_eq!(rejection.code, RejectionCode::Corrupt);
    }
}

#[test]
fn tiff_in_strips_is_decoded_with_orientation_and_profile() {
    let original = tiff_rgb(64, 48, 6);
    let told = told(&original);
    assert_eq!((told.orientation, told.metadata_bytes), (Orientation::QuarterTurn, 9));
    let pixels = decoded(&original);
    assert_eq!(pixels.colour, Colour::Icc(b"a profile".to_vec()));
    assert_flag(&pixels);
}

#[test]
fn tiff_of_16_bits_and_of_inks_keeps_them() {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).expect("a TIFF");
    encoder.write_image::<colortype::RGBA16>(1, 1, &[1, 20_000, 65_535, 40_000]).expect("a picture");
    let pixels = decoded(&bytes.into_inner());
    assert!(matches!(&pixels.samples, Samples::Sixteen(samples) if *samples == [1, 20_000, 65_535, 40_000]));
    assert_eq!(pixels.layout, Layout::Rgba);
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).expect("a TIFF");
    encoder.write_image::<colortype::CMYK8>(1, 1, &[0, 100, 200, 255]).expect("a picture");
    let pixels = decoded(&bytes.into_inner());
    assert_eq!((pixels.layout, eight(&pixels)), (Layout::Cmyk, &[0, 100, 200, 255][..]));
}

/// The encoder cannot write one, but greys become indices by one number.
#[test]
fn tiff_with_a_palette_is_coloured() {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).expect("a TIFF");
    let mut image = encoder.new_image::<colortype::Gray8>(2, 1).expect("a picture");
    let palette: Vec<u16> =
        [220_u16, 40, 30].iter().flat_map(|value| [vec![0; 255], vec![value << 8]].concat()).collect();
    image.encoder().write_tag(Tag::ColorMap, &palette[..]).expect("a palette");
    image.write_data(&[255, 0]).expect("pixels");
    let mut bytes = bytes.into_inner();
    let entry = bytes.windows(4).position(|part| part == [6, 1, 3, 0]).expect("the interpretation");
    bytes[entry + 8] = 3;
    assert_eq!(eight(&decoded(&bytes)), [220, 40, 30, 0, 0, 0]);
}

#[test]
fn bmp_is_decoded_whichever_way_its_rows_run() {
    assert_flag(&decoded(&bmp(63, 9)));
    let palette = [[0; 4], [30, 40, 220, 0]].concat();
    let bottom_up = decoded(&bmp_of(3, 2, 1, 0, &palette, &[0b0110_0000, 0, 0, 0, 0b1000_0000, 0, 0, 0]));
    let top_down = decoded(&bmp_of(3, -2, 1, 0, &palette, &[0b1000_0000, 0, 0, 0, 0b0110_0000, 0, 0, 0]));
    assert_eq!(eight(&bottom_up), eight(&top_down));
    assert_eq!(
        [pixel(&bottom_up, 0, 0), pixel(&bottom_up, 1, 0), pixel(&bottom_up, 1, 1)],
        [vec![220, 40, 30], vec![0, 0, 0], vec![220, 40, 30]]
    );
}

#[test]
fn bmp_with_masks_is_stretched_to_8_bits() {
    let masks = [0xf800_u32, 0x07e0, 0x001f].map(u32::to_le_bytes);
    let pixels = decoded(&bmp_of(2, 1, 16, 3, masks.as_flattened(), &[0x00, 0xf8, 0xff, 0x07]));
    assert_eq!(eight(&pixels), [255, 0, 0, 0, 255, 255]);
}

#[test]
fn bmp_that_claims_alpha_and_has_none_is_seen() {
    let masks = [0x00ff_0000_u32, 0xff00, 0xff, 0xff00_0000].map(u32::to_le_bytes);
    let pixels = |alpha| {
        let rows = [[30, 40, 220, alpha], [0, 0, 0, 0]].concat();
        eight(&decoded(&bmp_of(2, 1, 32, 6, masks.as_flattened(), &rows))).to_vec()
    };
    assert_eq!(pixels(0), [220, 40, 30, 255, 0, 0, 0, 255]);
    assert_eq!(pixels(9), [220, 40, 30, 9, 0, 0, 0, 0]);
}

#[test]
fn raw_file_of_a_camera_is_not_taken_for_its_preview() {
    for (tag, value) in [(Tag::NewSubfileType, 1_u32), (Tag::Unknown(50_706), 0x0104_0000)] {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes).expect("a TIFF");
        let mut image = encoder.new_image::<colortype::RGB8>(4, 4).expect("a picture");
        image.encoder().write_tag(tag, value).expect("a tag");
        image.write_data(&[9; 48]).expect("pixels");
        let rejection = header(crate::InputFormat::Tiff, &bytes.into_inner()).err().expect("a raw file");
        assert_eq!(rejection.code, RejectionCode::UnsupportedFormat, "{}", rejection.detail);
        assert!(rejection.detail.contains("raw file"), "{}", rejection.detail);
    }
}

#[test]
fn gif_has_a_canvas_that_holds_its_first_frame() {
    let mut bytes = Vec::new();
    let mut encoder = ::gif::Encoder::new(&mut bytes, 9, 9, &[220, 40, 30]).expect("a GIF");
    let frame = ::gif::Frame { left: 2, top: 1, width: 3, height: 2, buffer: vec![0; 6].into(), ..Default::default() };
    encoder.write_frame(&frame).expect("a frame");
    drop(encoder);
    for (screen, size) in [([9, 0, 9, 0], (9, 9)), ([0; 4], (5, 3)), ([4, 0, 8, 0], (5, 8))] {
        bytes[6..10].copy_from_slice(&screen);
        let pixels = decoded(&bytes);
        assert_eq!((pixels.size.width, pixels.size.height), size);
        assert_eq!([pixel(&pixels, 4, 2), pixel(&pixels, 1, 2)], [RED.to_vec(), vec![0; 4]]);
    }
}

fn webp_of(chunks: &[&[u8]]) -> Vec<u8> {
    let chunks = chunks.concat();
    [b"RIFF", &(chunks.len() as u32 + 4).to_le_bytes()[..], b"WEBP", &chunks].concat()
}

fn lossy_webp(animated: bool, original: &[u8]) -> Vec<u8> {
    let wish = Rendition { quality: 95, animated, ..Rendition::new("webp", preset::Format::WebP) };
    let preset = Preset { name: "webp".into(), renditions: vec![wish] };
    develop(original, &preset, &Limits::default()).expect("a WebP").renditions.remove(0).bytes
}

#[test]
fn webp_that_claims_alpha_and_has_none_is_seen() {
    let pixels = flag(64, 48);
    let simple = lossy_webp(false, &png(64, 48, ::png::ColorType::Rgba, ::png::BitDepth::Eight, &pixels));
    assert_eq!(&simple[12..16], b"VP8 ");
    let extended = [&b"VP8X\x0a\0\0\0\x10\0\0\0"[..], &[63, 0, 0, 47, 0, 0]].concat();
    let pixels = decoded(&webp_of(&[&extended, &simple[12..]]));
    assert_eq!(pixels.layout, Layout::Rgb);
    assert_flag(&pixels);
}

#[test]
fn animated_webp_is_shown_as_it_is_stored() {
    let mut gif = Vec::new();
    let mut encoder = ::gif::Encoder::new(&mut gif, 4, 2, &[220, 40, 30, 0, 0, 0]).expect("a GIF");
    for colour in [0, 1] {
        let frame = ::gif::Frame { width: 4, height: 2, buffer: vec![colour; 8].into(), ..Default::default() };
        encoder.write_frame(&frame).expect("a frame");
    }
    drop(encoder);
    let animated = lossy_webp(true, &gif);
    let exif = b"EXIF\x1a\0\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let told = told(&webp_of(&[&animated[12..], exif]));
    assert_eq!((told.frames, told.orientation), (2, Orientation::Upright));
}

#[test]
fn png_of_16_bits_keeps_them_and_fewer_are_stretched() {
    let deep = decoded(&png(2, 1, ::png::ColorType::Grayscale, ::png::BitDepth::Sixteen, &[0x12, 0x34, 0xff, 0xfe]));
    assert!(matches!(&deep.samples, Samples::Sixteen(samples) if *samples == [0x1234, 0xfffe]));
    let shallow = decoded(&png(4, 1, ::png::ColorType::Grayscale, ::png::BitDepth::Two, &[0b0001_1011]));
    assert_eq!(eight(&shallow), [0, 85, 170, 255]);
}

#[test]
fn png_palette_with_hidden_colours_becomes_rgba() {
    let mut info = ::png::Info::with_size(2, 1);
    (info.color_type, info.bit_depth) = (::png::ColorType::Indexed, ::png::BitDepth::One);
    info.palette = Some(vec![1, 2, 3, 4, 5, 6].into());
    info.trns = Some(vec![0].into());
    let pixels = decoded(&png_of(info, &[0b0100_0000]));
    assert_eq!((pixels.layout, eight(&pixels)), (Layout::Rgba, &[1, 2, 3, 0, 4, 5, 6, 255][..]));
}

#[test]
fn a_gamma_alone_is_passed_over() {
    let colour = |gamma: u32| {
        let mut info = ::png::Info::with_size(1, 1);
        info.bit_depth = ::png::BitDepth::Eight;
        info.source_gamma = Some(::png::ScaledFloat::from_scaled(gamma));
        decoded(&png_of(info, &[0])).colour
    };
    assert_eq!([colour(45_455), colour(100_000)], [Colour::Srgb, Colour::Srgb]);
}

#[test]
fn code_points_are_told_but_for_those_of_srgb() {
    let display_p3 = Colour::Cicp { primaries: 12, transfer: 13 };
    let colours =
        [(1, 13), (2, 2), (12, 13)].map(|(primaries, transfer)| Colour::from_code_points(primaries, transfer));
    assert_eq!(colours, [Colour::Srgb, Colour::Srgb, display_p3.clone()]);
    let video =
        [(1, 1), (1, 6), (1, 14), (12, 15)].map(|(primaries, curve)| Colour::from_code_points(primaries, curve));
    assert_eq!(video, [Colour::Srgb, Colour::Srgb, Colour::Srgb, display_p3]);
}

#[test]
fn a_cut_picture_of_the_new_formats_is_truncated() {
    let flag = flag(64, 48);
    for original in [heic(64, 48, &flag), avif(64, 48, &flag), tiff_rgb(64, 48, 1), bmp(64, 48)] {
        for length in [40, original.len() / 2, original.len() * 3 / 4, original.len() - 3] {
            let cut = &original[..length];
            let format = sniff::sniff(cut).expect("a format");
            let rejection = header(format, cut).err().expect("a cut picture");
            assert_eq!(rejection.code, RejectionCode::Truncated, "{format:?} cut at {length}: {}", rejection.detail);
        }
    }
}
