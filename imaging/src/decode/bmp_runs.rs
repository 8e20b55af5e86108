//! Run-length coding of BMP, of 8 or 4 bits a pixel.

use super::reader::Reader;
use crate::raster::Size;

/// The indices of all pixels, rows from the bottom; what is skipped is 0. `None` where the data ends early.
pub fn decode(bytes: &[u8], size: Size, bits: u16) -> Option<Vec<u8>> {
    let mut cursor = Cursor { indices: vec![0; size.area() as usize], width: size.width as usize, x: 0, y: 0 };
    let mut reader = Reader::new(bytes);
    while cursor.y < size.height as usize {
        match reader.array()? {
            [0, 0] => (cursor.x, cursor.y) = (0, cursor.y + 1),
            [0, 1] => break,
            [0, 2] => {
                let [right, up] = reader.array()?;
                (cursor.x, cursor.y) = (cursor.x + usize::from(right), cursor.y + usize::from(up));
            }
            [0, count] => {
                let length = (usize::from(count) * usize::from(bits)).div_ceil(8);
                let literal = reader.take(length.next_multiple_of(2))?;
                (0..usize::from(count)).for_each(|nth| cursor.put(pixel(literal, nth, bits)));
            }
            [count, value] => (0..usize::from(count)).for_each(|nth| cursor.put(pixel(&[value], nth, bits))),
        }
        // The last row needs no end of its own, and some writers leave out the end of the picture too.
        if reader.is_empty() && cursor.y + 1 == size.height as usize && cursor.x >= cursor.width {
            break;
        }
    }
    Some(cursor.indices)
}

/// Two pixels share a byte at 4 bits; a run repeats its byte.
fn pixel(bytes: &[u8], nth: usize, bits: u16) -> u8 {
    match bits {
        4 => bytes[nth / 2 % bytes.len()] >> (4 * (1 - nth % 2)) & 15,
        _ => bytes[nth % bytes.len()],
    }
}

struct Cursor {
    indices: Vec<u8>,
    width: usize,
    x: usize,
    y: usize,
}

impl Cursor {
    /// What runs over the end of its row is lost.
    fn put(&mut self, index: u8) {
        if self.x < self.width
            && let Some(target) = self.indices.get_mut(self.y * self.width + self.x)
        {
            *target = index;
        }
        self.x += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { width: 4, height: 2 };

    #[test]
    fn runs_literals_and_jumps_are_laid_out() {
        let bytes = [3, 7, 0, 0, 0, 2, 1, 0, 0, 3, 1, 2, 3, 0, 0, 1];
        assert_eq!(decode(&bytes, SIZE, 8), Some(vec![7, 7, 7, 0, 0, 1, 2, 3]));
        assert_eq!(decode(&[3, 0x12, 0, 0, 0, 3, 0x45, 0x60, 0, 1], SIZE, 4), Some(vec![1, 2, 1, 0, 4, 5, 6, 0]));
    }

    #[test]
    fn an_early_end_is_told() {
        assert_eq!([decode(&[4, 7, 0, 0, 2, 7], SIZE, 8), decode(&[0, 3, 1], SIZE, 8)], [None, None]);
    }
}
