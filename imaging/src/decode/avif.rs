//! AV1, for AVIF: what must be true of a coded picture before libaom sees it.

use super::aom;
use super::reader::Reader;
use super::yuv::Frame;
use crate::Rejection;

/// Frames in one still picture: progressive ones have up to four layers, some encoders hide a frame or two.
/// Larger: a few bytes make libaom decode a picture again and again.
const MAX_FRAMES: usize = 8;

/// Decodes the picture of one item: a temporal unit in the low-overhead format (AV1, 5.2).
pub fn decode(
    item: &[u8],
    max_pixels: u64,
    take: impl FnOnce(Frame<'_>) -> Result<(), Rejection>,
) -> Result<(), Rejection> {
    check_units(item)?;
    let size = aom::coded_size(item)?;
    if size.area() > max_pixels {
        return Err(Rejection::corrupt("The AV1 picture is larger than its AVIF container says."));
    }
    aom::decode(item, take)
}

/// Few frames, and one sequence header, which is what tells the size; a unit that ends before it says so is cut.
fn check_units(item: &[u8]) -> Result<(), Rejection> {
    let mut reader = Reader::new(item);
    let (mut sequences, mut frames) = (0, 0);
    while !reader.is_empty() {
        match unit(&mut reader).ok_or_else(|| Rejection::truncated("AV1 picture"))? {
            1 => sequences += 1,
            3 | 6 => frames += 1,
            _ => {}
        }
    }
    if sequences != 1 || frames > MAX_FRAMES {
        let detail =
            format!("The AV1 picture has {sequences} sequence headers and {frames} frames: it is no still picture.");
        return Err(Rejection::corrupt(detail));
    }
    Ok(())
}

/// Skips an open bitstream unit and answers its kind (AV1, 5.3).
fn unit(reader: &mut Reader<'_>) -> Option<u8> {
    let header = reader.byte()?;
    if header & 4 != 0 {
        reader.byte()?;
    }
    let length = if header & 2 != 0 { leb128(reader)? } else { reader.rest().len() };
    reader.take(length)?;
    Some(header >> 3 & 15)
}

fn leb128(reader: &mut Reader<'_>) -> Option<usize> {
    let mut value = 0;
    for shift in (0..35).step_by(7) {
        let byte = reader.byte()?;
        value |= usize::from(byte & 127) << shift;
        if byte & 128 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RejectionCode;

    fn refusal(item: &[u8]) -> Option<RejectionCode> {
        check_units(item).err().map(|rejection| rejection.code)
    }

    #[test]
    fn units_are_walked_to_their_end() {
        let item = [0x12, 0, 0x0a, 1, 7, 0x32, 2, 7, 7];
        assert_eq!(refusal(&item), None);
        assert_eq!(refusal(&item[..8]), Some(RejectionCode::Truncated));
    }

    #[test]
    fn a_picture_of_many_frames_or_sizes_is_none() {
        let frame = [0x1a, 1, 7];
        let sequence = [0x0a, 1, 7];
        assert_eq!(refusal(&[&sequence[..], &frame.repeat(8)].concat()), None);
        assert_eq!(refusal(&[&sequence[..], &frame.repeat(9)].concat()), Some(RejectionCode::Corrupt));
        assert_eq!(refusal(&[sequence, sequence].concat()), Some(RejectionCode::Corrupt));
    }
}
