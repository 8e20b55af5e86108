//! Turns a picture upright, once, as its EXIF orientation says.

use crate::ifd::Directory;
use crate::metadata::unprefixed;
use crate::raster::Size;

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
        match Directory::first(unprefixed(tiff)).and_then(|first| first.unsigned(0x0112)) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unreadable_exif_leaves_the_picture_alone() {
        assert_eq!(Orientation::from_exif(b"MM\0*nonsense"), Orientation::Upright);
    }
}
