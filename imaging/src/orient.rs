//! Turns a picture upright, once, as its EXIF orientation says.

use crate::raster::{Layout, Raster, Size};

/// How the stored rows relate to the upright picture; the discriminants are EXIF's (tag 0x0112).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orientation {
    Upright = 1,
    Mirrored = 2,
    HalfTurn = 3,
    Flipped = 4,
    Transposed = 5,
    QuarterTurn = 6,
    Transversed = 7,
    ThreeQuarterTurn = 8,
}

impl Orientation {
    /// Reads the orientation of a TIFF-shaped EXIF block; one that cannot be read changes nothing.
    pub fn from_exif(tiff: &[u8]) -> Orientation {
        // PNG and WebP writers sometimes keep the prefix that only JPEG asks for.
        let tiff = tiff.strip_prefix(b"Exif\0\0").unwrap_or(tiff);
        let mut reader = exif::Reader::new();
        let fields = reader.continue_on_error(true).read_raw(tiff.to_vec());
        let Ok(fields) = fields.or_else(|error| error.distill_partial_result(|_| ())) else {
            return Orientation::Upright;
        };
        let field = fields.get_field(exif::Tag::Orientation, exif::In::PRIMARY);
        match field.and_then(|field| field.value.get_uint(0)) {
            Some(2) => Orientation::Mirrored,
            Some(3) => Orientation::HalfTurn,
            Some(4) => Orientation::Flipped,
            Some(5) => Orientation::Transposed,
            Some(6) => Orientation::QuarterTurn,
            Some(7) => Orientation::Transversed,
            Some(8) => Orientation::ThreeQuarterTurn,
            _ => Orientation::Upright,
        }
    }

    /// The upright size of a stored one; being its own inverse, also the stored size of an upright one.
    pub fn upright(self, size: Size) -> Size {
        if (self as u8) < 5 { size } else { Size { width: size.height, height: size.width } }
    }
}

/// Turns a stored raster upright.
pub fn apply(raster: Raster, orientation: Orientation) -> Raster {
    if orientation == Orientation::Upright {
        return raster;
    }
    let mut turned = Raster::new(orientation.upright(raster.size), raster.layout);
    match raster.layout {
        Layout::Grey => turn::<1>(&raster, &mut turned, orientation),
        Layout::GreyAlpha => turn::<2>(&raster, &mut turned, orientation),
        Layout::Rgb => turn::<3>(&raster, &mut turned, orientation),
        Layout::Rgba | Layout::Cmyk => turn::<4>(&raster, &mut turned, orientation),
    }
    turned
}

fn turn<const N: usize>(stored: &Raster, turned: &mut Raster, orientation: Orientation) {
    let (width, height) = (stored.size.width as usize, stored.size.height as usize);
    let (source, _) = stored.pixels.as_chunks::<N>();
    let (target, _) = turned.pixels.as_chunks_mut::<N>();
    for (y, row) in target.chunks_exact_mut(turned.size.width as usize).enumerate() {
        for (x, pixel) in row.iter_mut().enumerate() {
            let (column, line) = match orientation {
                Orientation::Upright => (x, y),
                Orientation::Mirrored => (width - 1 - x, y),
                Orientation::HalfTurn => (width - 1 - x, height - 1 - y),
                Orientation::Flipped => (x, height - 1 - y),
                Orientation::Transposed => (y, x),
                Orientation::QuarterTurn => (y, height - 1 - x),
                Orientation::Transversed => (width - 1 - y, height - 1 - x),
                Orientation::ThreeQuarterTurn => (width - 1 - y, x),
            };
            *pixel = source[line * width + column];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An `F`-like picture: no two orientations of it are equal.
    fn stored(orientation: Orientation) -> Vec<u8> {
        let size = Size { width: 3, height: 2 };
        let raster = Raster { size, layout: Layout::Grey, pixels: vec![1, 2, 3, 4, 5, 6] };
        apply(raster, orientation).pixels
    }

    #[test]
    fn eight_orientations_are_eight_turns() {
        assert_eq!(stored(Orientation::Upright), [1, 2, 3, 4, 5, 6]);
        assert_eq!(stored(Orientation::Mirrored), [3, 2, 1, 6, 5, 4]);
        assert_eq!(stored(Orientation::HalfTurn), [6, 5, 4, 3, 2, 1]);
        assert_eq!(stored(Orientation::Flipped), [4, 5, 6, 1, 2, 3]);
        assert_eq!(stored(Orientation::Transposed), [1, 4, 2, 5, 3, 6]);
        assert_eq!(stored(Orientation::QuarterTurn), [4, 1, 5, 2, 6, 3]);
        assert_eq!(stored(Orientation::Transversed), [6, 3, 5, 2, 4, 1]);
        assert_eq!(stored(Orientation::ThreeQuarterTurn), [3, 6, 2, 5, 1, 4]);
    }

    #[test]
    fn unreadable_exif_leaves_the_picture_alone() {
        assert_eq!(Orientation::from_exif(b"MM\0*nonsense"), Orientation::Upright);
    }
}
