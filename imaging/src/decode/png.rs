//! PNG: every colour type and depth, interlaced or not; of an APNG the still picture.

use std::io::{Cursor, ErrorKind};

use png::{BitDepth, ColorType, DecodeOptions, Decoder, DecodingError, Info, Limits, Transformations};

use super::reader::Reader;
use super::{Colour, Header, Pixels, Samples};
use crate::Rejection;
use crate::base::{Bases, Source};
use crate::light::{Light, Row};
use crate::orient::Orientation;
use crate::raster::{Layout, Size};

/// For an inflated ICC profile and one row, not for the picture; larger lets metadata eat memory,
/// smaller refuses profiles that printers use.
const SIDE_MEMORY: usize = 16 << 20;

/// Walks the chunks to the last one, so that a cut file is known before it is decoded.
pub fn header(original: &[u8]) -> Result<Header, Rejection> {
    let mut reader = Reader::new(&original[8..]);
    let mut size = None;
    let mut orientation = Orientation::Upright;
    let mut metadata_bytes = 0;
    loop {
        let (kind, body) = chunk(&mut reader).ok_or_else(|| Rejection::truncated("PNG"))?;
        if matches!(&kind, b"eXIf" | b"iCCP" | b"iTXt" | b"tEXt" | b"zTXt") {
            metadata_bytes += body.len() as u64;
        }
        match (&kind, body, size) {
            (b"IHDR", [w0, w1, w2, w3, h0, h1, h2, h3, ..], None) => {
                let sides = [[*w0, *w1, *w2, *w3], [*h0, *h1, *h2, *h3]].map(u32::from_be_bytes);
                size = Some(Size { width: sides[0], height: sides[1] });
            }
            (b"eXIf", tiff, Some(_)) => orientation = Orientation::from_exif(tiff),
            (b"IEND", _, Some(size)) if size.area() > 0 => {
                return Ok(Header { orientation, metadata_bytes, ..Header::still(size) });
            }
            (_, _, None) | (b"IEND", ..) => return Err(Rejection::corrupt("The PNG does not say its size.")),
            _ => {}
        }
    }
}

fn chunk<'a>(reader: &mut Reader<'a>) -> Option<([u8; 4], &'a [u8])> {
    let length = reader.u32_be()?;
    let kind = reader.array()?;
    let body = reader.take(length as usize)?;
    reader.take(4)?;
    Some((kind, body))
}

/// Gives the rows as they are inflated; those of an interlaced picture once all of them are there.
pub fn rows(original: &[u8], bases: &mut Bases) -> Result<(), Rejection> {
    let mut opened = open(original)?;
    if opened.reader.info().interlaced {
        opened.read()?.give(bases);
        return Ok(());
    }
    bases.begin(Source::whole(opened.size), Light::new(opened.layout, opened.is_deep, &opened.colour));
    let mut samples = Vec::new();
    for _ in 0..opened.size.height {
        let row = opened.reader.next_row().map_err(broken)?.ok_or_else(|| Rejection::truncated("PNG"))?;
        if opened.is_deep {
            samples.clear();
            samples.extend(wide(row.data()));
            bases.row(Row::Sixteen(&samples));
        } else {
            bases.row(Row::Eight(row.data()));
        }
    }
    // Only after the last byte have all checksums been compared.
    opened.reader.finish().map_err(broken)
}

/// A PNG whose header is read: what its rows will be, and the decoder that gives them.
pub struct Opened<'a> {
    pub size: Size,
    pub layout: Layout,
    /// Whether rows hold two bytes a sample, the higher first.
    pub is_deep: bool,
    pub colour: Colour,
    pub reader: png::Reader<Cursor<&'a [u8]>>,
}

/// Palettes and hidden colours are resolved, samples of less than a byte stretched to one; 16 bits stay.
pub fn open(original: &[u8]) -> Result<Opened<'_>, Rejection> {
    let mut options = DecodeOptions::default();
    options.set_ignore_adler32(false);
    options.set_ignore_text_chunk(true);
    let mut decoder = Decoder::new_with_options(Cursor::new(original), options);
    decoder.set_limits(Limits { bytes: SIDE_MEMORY });
    decoder.set_transformations(Transformations::EXPAND);
    let reader = decoder.read_info().map_err(broken)?;
    let (colour_type, depth) = reader.output_color_type();
    let layout = match colour_type {
        ColorType::Grayscale => Layout::Grey,
        ColorType::GrayscaleAlpha => Layout::GreyAlpha,
        ColorType::Rgb => Layout::Rgb,
        ColorType::Rgba => Layout::Rgba,
        ColorType::Indexed => return Err(Rejection::corrupt("The PNG has a palette that cannot be applied.")),
    };
    let size = Size { width: reader.info().width, height: reader.info().height };
    let colour = colour(reader.info());
    Ok(Opened { size, layout, is_deep: depth == BitDepth::Sixteen, colour, reader })
}

impl Opened<'_> {
    /// All of it at once.
    pub fn read(mut self) -> Result<Pixels, Rejection> {
        let count = self.size.bytes(self.layout);
        let samples = if !self.is_deep {
            let mut samples = vec![0; count];
            self.reader.next_frame(&mut samples).map_err(broken)?;
            Samples::Eight(samples)
        } else {
            let mut bytes = vec![0; 2 * count];
            self.reader.next_frame(&mut bytes).map_err(broken)?;
            Samples::Sixteen(wide(&bytes).collect())
        };
        // Only after the last byte have all checksums been compared.
        self.reader.finish().map_err(broken)?;
        Ok(Pixels { size: self.size, layout: self.layout, samples, colour: self.colour })
    }
}

fn wide(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.as_chunks().0.iter().map(|bytes| u16::from_be_bytes(*bytes))
}

/// The first of cICP and iCCP that is there (PNG, third edition, 4.3). A gAMA alone is passed over, as sharp, libvips
/// and Pillow do: too many writers put in what their screen had.
fn colour(info: &Info<'_>) -> Colour {
    let code_points = info.coding_independent_code_points;
    if let Some(points) =
        code_points.filter(|points| points.matrix_coefficients == 0 && points.is_video_full_range_image)
    {
        return Colour::from_code_points(points.color_primaries.into(), points.transfer_function.into());
    }
    if let Some(profile) = &info.icc_profile {
        return Colour::Icc(profile.to_vec());
    }
    Colour::Srgb
}

fn broken(error: DecodingError) -> Rejection {
    match error {
        DecodingError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => Rejection::truncated("PNG"),
        DecodingError::LimitsExceeded => {
            Rejection::corrupt(format!("The PNG's metadata needs more than the limit of {SIDE_MEMORY} bytes."))
        }
        other => Rejection::corrupt(format!("The PNG is broken: {}.", other.to_string().trim_end_matches('.'))),
    }
}
