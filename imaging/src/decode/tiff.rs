//! TIFF: the first picture of the file, in strips or tiles, interleaved or in planes; 1 to 16 bits a sample.

use std::borrow::Cow;
use std::io::{Cursor, ErrorKind};

use tiff::decoder::{ChunkType, Decoder, DecodingResult, Limits};
use tiff::tags::{CompressionMethod, PlanarConfiguration, Tag};
use tiff::{ColorType, TiffError, TiffFormatError};

use super::tiff_samples::{Kind, Meaning, Target};
use super::{Colour, Header, Pixels};
use crate::Rejection;
use crate::orient::Orientation;
use crate::raster::Size;

/// Of one value of a tag; larger lets metadata eat memory, smaller refuses profiles that printers use.
const MAX_VALUE_BYTES: usize = 16 << 20;
/// Of one strip or tile, packed or not; larger lets a few bytes claim much memory.
const MAX_CHUNK_BYTES: usize = 256 << 20;

/// Photometric interpretations (TIFF 6.0, section 8).
const BLACK_IS_ZERO: u8 = 1;
const PALETTE: u8 = 3;
/// Of the new subfile type (TIFF 6.0, section 8): a smaller copy of another picture in the file.
const REDUCED: u32 = 1;
/// Adobe's Digital Negative.
const DNG_VERSION: u16 = 50_706;

type Reader<'a> = Decoder<Cursor<Cow<'a, [u8]>>>;

struct Tiff<'a> {
    decoder: Reader<'a>,
    has_palette: bool,
}

pub fn header(original: &[u8]) -> Result<Header, Rejection> {
    let Tiff { mut decoder, has_palette } = open(original)?;
    refuse_raw(&mut decoder)?;
    let size = size(&mut decoder)?;
    Kind::read(&mut decoder, has_palette)?;
    whole(&mut decoder, original.len())?;
    let orientation = decoder.find_tag_unsigned::<u16>(Tag::Orientation).map_err(broken)?;
    let orientation = orientation.map_or(Orientation::Upright, orientation_of);
    let metadata_bytes =
        [Tag::IccProfile, Tag::Unknown(700), Tag::Unknown(34_377)].map(|tag| declared(&mut decoder, tag));
    Ok(Header { orientation, metadata_bytes: metadata_bytes.iter().sum(), ..Header::still(size) })
}

/// A camera's raw file is a TIFF too; its first picture is a preview, and no photographer takes that for the photograph.
fn refuse_raw(decoder: &mut Reader<'_>) -> Result<(), Rejection> {
    // Of another type it says nothing.
    let kind = decoder.find_tag_unsigned::<u32>(Tag::NewSubfileType).unwrap_or(None);
    let is_preview = kind.is_some_and(|kind| kind & REDUCED != 0);
    if is_preview || decoder.image_ifd().find_entry(Tag::Unknown(DNG_VERSION)).is_some() {
        return Err(Rejection::unsupported("This is a camera's raw file: export a JPEG, TIFF or HEIC of it."));
    }
    Ok(())
}

/// The decoder has no palettes, so it is shown a copy in which their indices are greys.
fn open(original: &[u8]) -> Result<Tiff<'_>, Rejection> {
    let mut limits = Limits::default();
    limits.ifd_value_size = MAX_VALUE_BYTES;
    limits.intermediate_buffer_size = MAX_CHUNK_BYTES;
    limits.decoding_buffer_size = MAX_CHUNK_BYTES;
    let mut shown = Cow::Borrowed(original);
    let palette = photometric(original).filter(|at| original[*at..*at + 2].contains(&PALETTE));
    if let Some(at) = palette {
        shown.to_mut()[at..at + 2].iter_mut().filter(|byte| **byte == PALETTE).for_each(|byte| *byte = BLACK_IS_ZERO);
    }
    let decoder = Decoder::new(Cursor::new(shown)).map_err(broken)?.with_limits(limits);
    Ok(Tiff { decoder, has_palette: palette.is_some() })
}

/// Where the value of the photometric interpretation lies: a number of two bytes in the first directory.
fn photometric(original: &[u8]) -> Option<usize> {
    let is_big_endian = original.starts_with(b"MM");
    let short = |at: usize| {
        let bytes = *original.get(at..)?.first_chunk::<2>()?;
        Some(if is_big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let bytes = *original.get(4..)?.first_chunk::<4>()?;
    let directory = if is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) } as usize;
    let entries = (0..usize::from(short(directory)?)).map(|index| directory + 2 + 12 * index);
    let entry = entries.take_while(|at| *at < original.len()).find(|at| short(*at) == Some(262))?;
    (original.len() >= entry + 10).then_some(entry + 8)
}

fn size(decoder: &mut Reader<'_>) -> Result<Size, Rejection> {
    let (width, height) = decoder.dimensions().map_err(broken)?;
    let size = Size { width, height };
    if size.area() > 0 { Ok(size) } else { Err(Rejection::corrupt("The TIFF does not say its size.")) }
}

fn orientation_of(tag: u16) -> Orientation {
    match tag {
        2 => Orientation::Mirrored,
        3 => Orientation::HalfTurn,
        4 => Orientation::Flipped,
        5 => Orientation::Transposed,
        6 => Orientation::QuarterTurn,
        7 => Orientation::Transversed,
        8 => Orientation::ThreeQuarterTurn,
        _ => Orientation::Upright,
    }
}

/// Bytes of a tag's value, by what its entry claims.
fn declared(decoder: &mut Reader<'_>, tag: Tag) -> u64 {
    decoder.image_ifd().find_entry(tag).map_or(0, |entry| entry.count())
}

/// Fails where a strip or tile lies beyond the end of the file.
fn whole(decoder: &mut Reader<'_>, length: usize) -> Result<(), Rejection> {
    let (offsets, counts) = match decoder.get_chunk_type() {
        ChunkType::Strip => (Tag::StripOffsets, Tag::StripByteCounts),
        ChunkType::Tile => (Tag::TileOffsets, Tag::TileByteCounts),
    };
    let offsets = decoder.get_tag_u64_vec(offsets).map_err(broken)?;
    let counts = decoder.get_tag_u64_vec(counts).map_err(broken)?;
    let ends = offsets.iter().zip(&counts).map(|(offset, count)| offset.checked_add(*count));
    let whole = ends.into_iter().all(|end| end.is_some_and(|end| end <= length as u64));
    if whole { Ok(()) } else { Err(Rejection::truncated("TIFF")) }
}

pub fn pixels(original: &[u8]) -> Result<Pixels, Rejection> {
    let Tiff { mut decoder, has_palette } = open(original)?;
    let size = size(&mut decoder)?;
    let kind = Kind::read(&mut decoder, has_palette)?;
    let profile = decoder.find_tag(Tag::IccProfile).map_err(broken)?;
    let profile = profile.and_then(|value| value.into_u8_vec().ok()).filter(|profile| !profile.is_empty());
    let mut target = Target::new(size, &kind);
    let chunks = Chunks::new(&mut decoder, size, &kind)?;
    for index in 0..chunks.per_plane * chunks.planes {
        let place = chunks.place(index);
        let (width, height) = decoder.chunk_data_dimensions(index);
        let samples = decoder.read_chunk(index).map_err(broken)?;
        target.write(&kind, place, Size { width, height }, &samples)?;
    }
    let layout = target.layout();
    Ok(Pixels { size, layout, samples: target.finish(&kind), colour: Colour::from_profile(profile) })
}

/// Where strips and tiles lie.
struct Chunks {
    per_plane: u32,
    planes: u32,
    across: u32,
    size: Size,
}

/// The upper left of a chunk, and its plane where each has its own.
#[derive(Clone, Copy)]
pub struct Place {
    pub left: usize,
    pub top: usize,
    pub plane: Option<usize>,
}

impl Chunks {
    fn new(decoder: &mut Reader<'_>, size: Size, kind: &Kind) -> Result<Chunks, Rejection> {
        let (width, height) = decoder.chunk_dimensions();
        let impossible = || Rejection::corrupt("The strips or tiles of the TIFF do not fit its size.");
        if width == 0 || height == 0 {
            return Err(impossible());
        }
        let across = size.width.div_ceil(width);
        let per_plane = u64::from(across) * u64::from(size.height.div_ceil(height));
        let planes = if kind.is_planar { kind.stored_channels as u32 } else { 1 };
        let count = match decoder.get_chunk_type() {
            ChunkType::Strip => decoder.strip_count(),
            ChunkType::Tile => decoder.tile_count(),
        };
        if u64::from(count.map_err(broken)?) != per_plane * u64::from(planes) {
            return Err(impossible());
        }
        Ok(Chunks { per_plane: per_plane as u32, planes, across, size: Size { width, height } })
    }

    fn place(&self, index: u32) -> Place {
        let (plane, number) = (index / self.per_plane, index % self.per_plane);
        Place {
            left: (number % self.across * self.size.width) as usize,
            top: (number / self.across * self.size.height) as usize,
            plane: (self.planes > 1).then_some(plane as usize),
        }
    }
}

impl Kind {
    fn read(decoder: &mut Reader<'_>, has_palette: bool) -> Result<Kind, Rejection> {
        let colour = match decoder.colortype().map_err(broken)? {
            ColorType::Gray(depth) if has_palette => ColorType::Palette(depth),
            colour => colour,
        };
        let planes = decoder.find_tag_unsigned::<u16>(Tag::PlanarConfiguration).map_err(broken)?;
        let extra = decoder.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples).map_err(broken)?;
        let mut kind = Kind::new(colour, extra.and_then(|extra| extra.first().copied()))?;
        kind.is_planar = planes == Some(PlanarConfiguration::Planar.to_u16()) && kind.stored_channels > 1;
        match &mut kind.meaning {
            Meaning::Palette(palette) => {
                let map = decoder.get_tag_u16_vec(Tag::ColorMap).map_err(broken)?;
                *palette = colours(&map, kind.depth)?;
            }
            Meaning::YCbCr => {
                let compression = decoder.find_tag_unsigned::<u16>(Tag::Compression).map_err(broken)?;
                if compression != Some(CompressionMethod::ModernJPEG.to_u16()) {
                    return Err(Rejection::unsupported(
                        "The TIFF has YCbCr colours outside of JPEG, which is not supported.",
                    ));
                }
            }
            Meaning::Plain | Meaning::Premultiplied => {}
        }
        Ok(kind)
    }
}

/// All reds, then all greens, then all blues; in 16 bits, but for writers that took 8.
fn colours(map: &[u16], depth: u8) -> Result<Vec<[u8; 3]>, Rejection> {
    let count = 1_usize << depth;
    if map.len() != 3 * count {
        return Err(Rejection::corrupt("The TIFF has a palette of another length than its depth asks for."));
    }
    let shift = if map.iter().all(|value| *value < 256) { 0 } else { 8 };
    let colour =
        |index: usize| [map[index], map[count + index], map[2 * count + index]].map(|value| (value >> shift) as u8);
    Ok((0..count).map(colour).collect())
}

pub fn unsupported_samples(samples: &DecodingResult) -> Rejection {
    let kind = match samples {
        DecodingResult::F16(_) | DecodingResult::F32(_) | DecodingResult::F64(_) => "floating-point",
        DecodingResult::I8(_) | DecodingResult::I16(_) | DecodingResult::I32(_) | DecodingResult::I64(_) => "signed",
        _ => "32-bit or wider",
    };
    Rejection::unsupported(format!("The TIFF has {kind} samples, which are not supported."))
}

fn broken(error: TiffError) -> Rejection {
    match error {
        TiffError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => Rejection::truncated("TIFF"),
        TiffError::UnsupportedError(what) => Rejection::unsupported(format!("The TIFF cannot be decoded: {what}.")),
        TiffError::FormatError(TiffFormatError::ImageFileDirectoryNotFound) => Rejection::truncated("TIFF"),
        error => Rejection::corrupt(format!("The TIFF is broken: {}.", error.to_string().trim_end_matches('.'))),
    }
}
