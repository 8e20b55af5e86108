//! PNG: the smallest of palette, grey and true colour that keeps every pixel as it is.

use std::borrow::Cow;

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Filter, Info};

use super::flat;
use super::palette::{self, Indexed};
use crate::raster::{Layout, Raster};

/// An RGB or RGBA raster; `exif` is a TIFF block.
pub fn encode(raster: &Raster, exif: Option<Vec<u8>>) -> Result<Vec<u8>, EncodingError> {
    let mut info = Info::with_size(raster.size.width, raster.size.height);
    info.exif_metadata = exif.map(Cow::Owned);
    if let Some(indexed) = palette::index(raster).filter(|indexed| indexed.colours.len() <= 16 || !is_grey(raster)) {
        return write_indexed(info, indexed);
    }
    let (colour, pixels) = samples(raster);
    info.color_type = colour;
    info.bit_depth = BitDepth::Eight;
    // Differences to neighbours make noise of what repeats itself, and something that repeats of what does not.
    match flat::is_flat(raster) {
        true => write(info, &pixels, Compression::High, Filter::NoFilter),
        false => write(info, &pixels, Compression::Balanced, Filter::Adaptive),
    }
}

fn write_indexed(mut info: Info<'_>, indexed: Indexed) -> Result<Vec<u8>, EncodingError> {
    info.color_type = ColorType::Indexed;
    info.bit_depth = match indexed.colours.len() {
        0..=2 => BitDepth::One,
        3..=4 => BitDepth::Two,
        5..=16 => BitDepth::Four,
        _ => BitDepth::Eight,
    };
    info.palette = Some(indexed.colours.iter().flat_map(|[red, green, blue, _]| [*red, *green, *blue]).collect());
    // The palette begins with what is not opaque, and alphas that are not listed are 255.
    let alphas: Vec<u8> = indexed.colours.iter().map(|colour| colour[3]).take_while(|alpha| *alpha < 255).collect();
    info.trns = (!alphas.is_empty()).then_some(Cow::Owned(alphas));
    let packed = packed(&indexed.indices, info.width as usize, info.bit_depth as usize);
    write(info, &packed, Compression::High, Filter::NoFilter)
}

/// Indices side by side in bytes, the first one highest; each row begins with a new byte.
fn packed(indices: &[u8], width: usize, bits: usize) -> Vec<u8> {
    let pack =
        |group: &[u8]| group.iter().zip(1..).fold(0, |byte, (index, place)| byte | (index << (8 - bits * place)));
    indices.chunks(width).flat_map(|row| row.chunks(8 / bits).map(pack)).collect()
}

fn is_grey(raster: &Raster) -> bool {
    let grey = |red, green, blue| red == green && green == blue;
    match raster.layout {
        Layout::Rgba => raster.pixels.as_chunks::<4>().0.iter().all(|[r, g, b, _]| grey(r, g, b)),
        _ => raster.pixels.as_chunks::<3>().0.iter().all(|[r, g, b]| grey(r, g, b)),
    }
}

fn samples(raster: &Raster) -> (ColorType, Cow<'_, [u8]>) {
    let (rgb, _) = raster.pixels.as_chunks::<3>();
    let (rgba, _) = raster.pixels.as_chunks::<4>();
    match (raster.layout, is_grey(raster)) {
        (Layout::Rgba, true) => {
            (ColorType::GrayscaleAlpha, rgba.iter().flat_map(|pixel| [pixel[0], pixel[3]]).collect())
        }
        (Layout::Rgba, false) => (ColorType::Rgba, Cow::Borrowed(&raster.pixels)),
        (_, true) => (ColorType::Grayscale, rgb.iter().map(|pixel| pixel[0]).collect()),
        (_, false) => (ColorType::Rgb, Cow::Borrowed(&raster.pixels)),
    }
}

fn write(info: Info<'_>, pixels: &[u8], compression: Compression, filter: Filter) -> Result<Vec<u8>, EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::with_info(&mut bytes, info)?;
    encoder.set_compression(compression);
    encoder.set_filter(filter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use png::{Decoder, Transformations};

    use super::*;
    use crate::raster::Size;

    /// 33 × 7, so that no row ends with a byte of indices.
    fn of(layout: Layout, pixel: impl Fn(usize) -> Vec<u8>) -> Raster {
        Raster { size: Size { width: 33, height: 7 }, layout, pixels: (0..33 * 7).flat_map(pixel).collect() }
    }

    /// The kind that was written, after the pixels were found to be what they were.
    fn kind(raster: &Raster) -> (ColorType, BitDepth) {
        let bytes = encode(raster, None).expect("a PNG");
        let kind = Decoder::new(Cursor::new(&bytes)).read_info().expect("a PNG").info().color_type;
        let depth = Decoder::new(Cursor::new(&bytes)).read_info().expect("a PNG").info().bit_depth;
        let mut decoder = Decoder::new(Cursor::new(&bytes));
        decoder.set_transformations(Transformations::EXPAND);
        let mut reader = decoder.read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let frame = reader.next_frame(&mut pixels).expect("pixels");
        let pixels: Vec<u8> = match frame.color_type {
            ColorType::Grayscale => pixels.iter().flat_map(|grey| [*grey; 3]).collect(),
            ColorType::GrayscaleAlpha => {
                pixels.as_chunks::<2>().0.iter().flat_map(|[grey, alpha]| [*grey, *grey, *grey, *alpha]).collect()
            }
            _ => pixels,
        };
        assert!(pixels == raster.pixels, "{kind:?} {depth:?} changed a pixel");
        (kind, depth)
    }

    #[test]
    fn few_colours_are_indexed_in_as_few_bits_as_they_need() {
        for (colours, depth) in
            [(1, BitDepth::One), (2, BitDepth::One), (4, BitDepth::Two), (16, BitDepth::Four), (200, BitDepth::Eight)]
        {
            let opaque = of(Layout::Rgb, |index| vec![(index % colours) as u8, 7, 9]);
            assert_eq!(kind(&opaque), (ColorType::Indexed, depth), "{colours}");
            let clear = of(Layout::Rgba, |index| vec![7, 9, 1, 254 - (index % colours) as u8]);
            assert_eq!(kind(&clear), (ColorType::Indexed, depth), "{colours}");
        }
    }

    #[test]
    fn many_greys_are_grey_and_many_colours_true() {
        let step = |index: usize| (index * 7 % 256) as u8;
        assert_eq!(kind(&of(Layout::Rgb, |index| vec![step(index); 3])).0, ColorType::Grayscale);
        let grey_alpha = of(Layout::Rgba, |index| [vec![step(index); 3], vec![index as u8]].concat());
        assert_eq!(kind(&grey_alpha).0, ColorType::GrayscaleAlpha);
        let size = Size { width: 300, height: 1 };
        let many: Vec<u8> = (0..300_u32).flat_map(|index| [index as u8, (index >> 8) as u8, 5]).collect();
        assert_eq!(kind(&Raster { size, layout: Layout::Rgb, pixels: many }).0, ColorType::Rgb);
    }

    #[test]
    fn credit_is_kept() {
        let bytes = encode(&of(Layout::Rgb, |_| vec![1, 2, 3]), Some(b"MM\0\x2a".to_vec())).expect("a PNG");
        assert!(bytes.windows(8).any(|part| part == b"eXIfMM\0\x2a"));
    }
}
