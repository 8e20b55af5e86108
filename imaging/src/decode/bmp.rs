//! BMP: of Windows 2 to 5 and OS/2, 1 to 32 bits a pixel, plain or run-length coded.

use super::bmp_runs;
use super::reader::Reader;
use super::{Colour, Header, Pixels};
use crate::Rejection;
use crate::raster::{Layout, Raster, Size};

struct Bitmap<'a> {
    size: Size,
    is_top_down: bool,
    bits: u16,
    coding: Coding,
    /// Red, green, blue and alpha, where pixels are numbers.
    masks: [u32; 4],
    palette: Vec<[u8; 3]>,
    profile: Option<&'a [u8]>,
    /// What lies behind the headers, rows from the bottom as a rule.
    rows: &'a [u8],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Coding {
    Plain,
    Runs,
}

pub fn header(original: &[u8]) -> Result<Header, Rejection> {
    let bitmap = Bitmap::read(original)?;
    let metadata_bytes = bitmap.profile.map_or(0, |profile| profile.len() as u64);
    Ok(Header { metadata_bytes, ..Header::still(bitmap.size) })
}

pub fn pixels(original: &[u8]) -> Result<Pixels, Rejection> {
    let bitmap = Bitmap::read(original)?;
    let raster = match bitmap.coding {
        Coding::Plain => bitmap.plain(),
        Coding::Runs => bitmap.runs()?,
    };
    Ok(Pixels::eight(raster, Colour::from_profile(bitmap.profile.map(<[u8]>::to_vec))))
}

/// The second header, as far as it goes; later versions only add to it.
struct Fields {
    length: usize,
    width: i32,
    height: i32,
    bits: u16,
    compression: u32,
    colours: u32,
}

impl Fields {
    fn read(reader: &mut Reader<'_>) -> Option<Fields> {
        let length = reader.u32_le()? as usize;
        if length == 12 {
            let (width, height) = (reader.u16_le()?.into(), reader.u16_le()?.into());
            let (_planes, bits) = (reader.u16_le()?, reader.u16_le()?);
            return Some(Fields { length, width, height, bits, compression: 0, colours: 0 });
        }
        let (width, height) = (reader.u32_le()? as i32, reader.u32_le()? as i32);
        let (_planes, bits) = (reader.u16_le()?, reader.u16_le()?);
        let mut fields = Fields { length, width, height, bits, compression: 0, colours: 0 };
        if length >= 40 {
            fields.compression = reader.u32_le()?;
            reader.take(12)?;
            fields.colours = reader.u32_le()?;
        }
        Some(fields)
    }
}

impl<'a> Bitmap<'a> {
    fn read(original: &'a [u8]) -> Result<Bitmap<'a>, Rejection> {
        let truncated = || Rejection::truncated("BMP");
        let fields = original.get(14..).and_then(|rest| Fields::read(&mut Reader::new(rest))).ok_or_else(truncated)?;
        let offset = original.get(10..).and_then(|rest| Reader::new(rest).u32_le()).ok_or_else(truncated)?;
        let rows = original.get(offset as usize..).ok_or_else(truncated)?;
        let (coding, masks, masks_length) = coding(&fields, original)?;
        let size = Size { width: fields.width.unsigned_abs(), height: fields.height.unsigned_abs() };
        if size.area() == 0 || fields.width < 0 {
            return Err(Rejection::corrupt("The BMP does not say its size."));
        }
        let palette_start = 14 + fields.length + masks_length;
        let palette =
            if fields.bits <= 8 { palette(original, palette_start, offset as usize, &fields) } else { vec![] };
        let profile = if fields.length == 124 { profile(original) } else { None };
        let is_top_down = fields.height < 0;
        let bitmap = Bitmap { size, is_top_down, bits: fields.bits, coding, masks, palette, profile, rows };
        // Some writers leave out the padding of the last row.
        let needed = bitmap.stride() * (u64::from(size.height) - 1) + bitmap.row_bytes();
        if coding == Coding::Plain && (rows.len() as u64) < needed { Err(truncated()) } else { Ok(bitmap) }
    }

    fn row_bytes(&self) -> u64 {
        (u64::from(self.size.width) * u64::from(self.bits)).div_ceil(8)
    }

    /// Rows start at multiples of four bytes.
    fn stride(&self) -> u64 {
        self.row_bytes().next_multiple_of(4)
    }

    fn plain(&self) -> Raster {
        let layout = if self.masks[3] != 0 { Layout::Rgba } else { Layout::Rgb };
        let mut raster = Raster::new(self.size, layout);
        let row_length = self.size.width as usize * layout.channels();
        let rows = self.rows.chunks(self.stride() as usize);
        for (index, row) in rows.take(self.size.height as usize).enumerate() {
            let y = if self.is_top_down { index } else { self.size.height as usize - 1 - index };
            let target = &mut raster.pixels[y * row_length..(y + 1) * row_length];
            match self.bits {
                bits @ ..=8 => self.indexed(row, bits, target),
                24 => {
                    target.as_chunks_mut().0.iter_mut().zip(row.as_chunks().0).for_each(|(rgb, [blue, green, red])| {
                        *rgb = [*red, *green, *blue];
                    })
                }
                16 => self.masked(row.as_chunks().0.iter().map(|pixel| u16::from_le_bytes(*pixel).into()), target),
                _ => self.masked(row.as_chunks().0.iter().map(|pixel| u32::from_le_bytes(*pixel)), target),
            }
        }
        if layout == Layout::Rgba {
            show_all_if_hidden(&mut raster);
        }
        raster
    }

    fn indexed(&self, row: &[u8], bits: u16, target: &mut [u8]) {
        let per_byte = usize::from(8 / bits);
        for (x, rgb) in target.as_chunks_mut::<3>().0.iter_mut().enumerate() {
            let shift = 8 - usize::from(bits) * (x % per_byte + 1);
            *rgb = self.colour((u16::from(row[x / per_byte]) >> shift) as u8 & ((1_u16 << bits) - 1) as u8);
        }
    }

    fn masked(&self, pixels: impl Iterator<Item = u32>, target: &mut [u8]) {
        let channels = if self.masks[3] != 0 { 4 } else { 3 };
        for (target, pixel) in target.chunks_exact_mut(channels).zip(pixels) {
            for (sample, mask) in target.iter_mut().zip(self.masks) {
                let shift = mask.trailing_zeros().min(31);
                let (value, max) = (u64::from((pixel & mask) >> shift), u64::from(mask >> shift).max(1));
                *sample = ((value * 255 + max / 2) / max) as u8;
            }
        }
    }

    fn runs(&self) -> Result<Raster, Rejection> {
        let mut indices =
            bmp_runs::decode(self.rows, self.size, self.bits).ok_or_else(|| Rejection::truncated("BMP"))?;
        let width = self.size.width as usize;
        let mut raster = Raster::new(self.size, Layout::Rgb);
        for (row, target) in indices.chunks_exact_mut(width).rev().zip(raster.pixels.chunks_exact_mut(width * 3)) {
            target.as_chunks_mut().0.iter_mut().zip(row).for_each(|(rgb, index)| *rgb = self.colour(*index));
        }
        Ok(raster)
    }

    /// What a palette does not have is black.
    fn colour(&self, index: u8) -> [u8; 3] {
        self.palette.get(usize::from(index)).copied().unwrap_or_default()
    }
}

/// Many writers claim alpha and leave it zero: nobody keeps a picture of which nothing is seen.
fn show_all_if_hidden(raster: &mut Raster) {
    let (pixels, _) = raster.pixels.as_chunks_mut::<4>();
    if pixels.iter().all(|pixel| pixel[3] == 0) {
        pixels.iter_mut().for_each(|pixel| pixel[3] = 255);
    }
}

/// How rows are coded, the masks of a pixel, and how many bytes these take behind the second header.
fn coding(fields: &Fields, original: &[u8]) -> Result<(Coding, [u32; 4], usize), Rejection> {
    let plain = match fields.bits {
        16 => [0x7c00, 0x03e0, 0x001f, 0],
        32 => [0x00ff_0000, 0xff00, 0xff, 0],
        _ => [0; 4],
    };
    // OS/2 has codings of its own under the numbers of masks.
    match (fields.compression, fields.bits, fields.length) {
        (0, 1 | 2 | 4 | 8 | 16 | 24 | 32, _) => Ok((Coding::Plain, plain, 0)),
        (1, 8, _) | (2, 4, _) if fields.height > 0 => Ok((Coding::Runs, plain, 0)),
        (3 | 6, 16 | 32, 40 | 52 | 56 | 108 | 124) => {
            let count = if fields.compression == 6 || fields.length >= 56 { 4 } else { 3 };
            let mut reader = Reader::new(original.get(54..).unwrap_or_default());
            let mut masks = [0; 4];
            for mask in &mut masks[..count] {
                *mask = reader.u32_le().ok_or_else(|| Rejection::truncated("BMP"))?;
            }
            Ok((Coding::Plain, masks, if fields.length == 40 { count * 4 } else { 0 }))
        }
        (compression, bits, _) => Err(Rejection::unsupported(format!(
            "The BMP has {bits} bits a pixel in coding {compression}, which is not supported."
        ))),
    }
}

/// Three bytes a colour in the oldest header, else four; as many as there is room for before the rows.
fn palette(original: &[u8], start: usize, end: usize, fields: &Fields) -> Vec<[u8; 3]> {
    let all = 1 << fields.bits;
    let count = if fields.colours == 0 { all } else { all.min(fields.colours as usize) };
    let bytes = original.get(start..end).unwrap_or_default();
    bytes
        .chunks_exact(if fields.length == 12 { 3 } else { 4 })
        .take(count)
        .map(|bgr| [bgr[2], bgr[1], bgr[0]])
        .collect()
}

/// Embedded in version 5, at an offset from the second header.
fn profile(original: &[u8]) -> Option<&[u8]> {
    let header = original.get(14..)?;
    if header.get(56..60)? != b"DEBM" {
        return None;
    }
    let mut reader = Reader::new(header.get(112..)?);
    let (offset, length) = (reader.u32_le()? as usize, reader.u32_le()? as usize);
    header.get(offset..offset.checked_add(length)?)
}
