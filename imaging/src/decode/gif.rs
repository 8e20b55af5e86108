//! GIF: the first frame, laid on its canvas; the frames are counted, not decoded.

use std::borrow::Cow;
use std::io::Cursor;

use gif::{ColorOutput, DecodeOptions, DecodingError, MemoryLimit};

use super::reader::Reader;
use super::{Colour, Header, Pixels};
use crate::Rejection;
use crate::raster::{Layout, Raster, Size};

/// Where the size of the canvas lies, after the signature.
const SCREEN: usize = 6;

pub type Decoder<'a> = gif::Decoder<Cursor<Cow<'a, [u8]>>>;

/// Walks the blocks (GIF89a, appendix A) to the trailer. The canvas holds all of the first frame, whatever it says of
/// itself, as in browsers.
pub fn header(original: &[u8]) -> Result<Header, Rejection> {
    let truncated = || Rejection::truncated("GIF");
    let mut reader = Reader::new(&original[SCREEN..]);
    let mut size = screen(&mut reader).ok_or_else(truncated)?;
    let mut frames = 0;
    // Many writers forget the trailer, so a file may also end where a block does.
    while let Some(introducer) = reader.byte().or((frames > 0).then_some(b';')) {
        match introducer {
            b';' => break,
            b'!' => extension(&mut reader).ok_or_else(truncated)?,
            b',' => {
                let extent = frame(&mut reader).ok_or_else(truncated)?;
                if frames == 0 {
                    size = Size { width: size.width.max(extent.width), height: size.height.max(extent.height) };
                }
            }
            // Padding between blocks, as browsers see it.
            0 => {}
            _ => return Err(Rejection::corrupt("The GIF has a block of no known kind.")),
        }
        frames += u32::from(introducer == b',');
    }
    if size.area() == 0 {
        return Err(Rejection::corrupt("The GIF does not say its size."));
    }
    if frames == 0 {
        return Err(truncated());
    }
    Ok(Header { frames, ..Header::still(size) })
}

fn screen(reader: &mut Reader<'_>) -> Option<Size> {
    let size = Size { width: reader.u16_le()?.into(), height: reader.u16_le()?.into() };
    let [flags, _background, _aspect] = reader.array()?;
    palette(reader, flags)?;
    Some(size)
}

/// How far it reaches.
fn frame(reader: &mut Reader<'_>) -> Option<Size> {
    let [left, top, width, height] = [(); 4].map(|()| reader.u16_le().map(u32::from));
    let extent = Size { width: left? + width?, height: top? + height? };
    let flags = reader.byte()?;
    palette(reader, flags)?;
    let _code_size = reader.byte()?;
    sub_blocks(reader)?;
    Some(extent)
}

fn extension(reader: &mut Reader<'_>) -> Option<()> {
    let _label = reader.byte()?;
    sub_blocks(reader)
}

/// How often the animation is shown: Netscape's extension tells how often it is shown again, where 0 is for ever.
pub fn plays(original: &[u8]) -> Option<u32> {
    const LABEL: &[u8] = b"!\xff\x0bNETSCAPE2.0\x03\x01";
    let Some(start) = original.windows(LABEL.len()).position(|part| part == LABEL) else { return Some(1) };
    match Reader::new(&original[start + LABEL.len()..]).u16_le() {
        Some(0) => None,
        again => Some(u32::from(again.unwrap_or(0)) + 1),
    }
}

fn palette(reader: &mut Reader<'_>, flags: u8) -> Option<()> {
    let colours = if flags & 0x80 == 0 { 0 } else { 2 << (flags & 7) };
    reader.take(3 * colours).map(|_| ())
}

fn sub_blocks(reader: &mut Reader<'_>) -> Option<()> {
    loop {
        match reader.byte()? {
            0 => return Some(()),
            length => reader.take(length.into())?,
        };
    }
}

pub fn pixels(original: &[u8]) -> Result<Pixels, Rejection> {
    let size = header(original)?.size;
    let mut decoder = open(original, size)?;
    let profile = decoder.icc_profile().map(<[u8]>::to_vec);
    let frame = decoder.read_next_frame().map_err(broken)?.ok_or_else(|| Rejection::truncated("GIF"))?;
    Ok(Pixels::eight(on_canvas(frame, size), Colour::from_profile(profile)))
}

/// Where the file says less than its `canvas`, which is the header's size, the decoder is shown a copy that says it.
pub fn open(original: &[u8], canvas: Size) -> Result<Decoder<'_>, Rejection> {
    let mut shown = Cow::Borrowed(original);
    let screen = [canvas.width, canvas.height].map(|side| u16::try_from(side).unwrap_or(u16::MAX).to_le_bytes());
    if original[SCREEN..SCREEN + 4] != *screen.as_flattened() {
        shown.to_mut()[SCREEN..SCREEN + 4].copy_from_slice(screen.as_flattened());
    }
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    // Frames must lie on the canvas, which the limits have seen; so no other bound on memory is needed.
    options.check_frame_consistency(true);
    options.set_memory_limit(MemoryLimit::Unlimited);
    options.read_info(Cursor::new(shown)).map_err(broken)
}

/// The rest of the canvas shows what lies behind it, as in every browser.
fn on_canvas(frame: &gif::Frame<'_>, size: Size) -> Raster {
    let mut raster = Raster::new(size, Layout::Rgba);
    let row_bytes = usize::from(frame.width) * 4;
    let canvas_rows = raster.pixels.chunks_exact_mut(size.width as usize * 4).skip(frame.top.into());
    if row_bytes > 0 {
        let left = usize::from(frame.left) * 4;
        for (canvas, row) in canvas_rows.zip(frame.buffer.chunks_exact(row_bytes)) {
            canvas[left..left + row_bytes].copy_from_slice(row);
        }
    }
    raster
}

pub fn broken(error: DecodingError) -> Rejection {
    match error {
        DecodingError::UnexpectedEof => Rejection::truncated("GIF"),
        other => Rejection::corrupt(format!("The GIF is broken: {}.", other.to_string().trim_end_matches('.'))),
    }
}
