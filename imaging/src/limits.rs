//! Refuses what would cost too much, from the header, before any pixel is allocated.

use crate::decode::Header;
use crate::raster::Size;
use crate::{Limits, Rejection, RejectionCode};

pub fn check(header: &Header, limits: &Limits) -> Result<(), Rejection> {
    let side = header.size.width.max(header.size.height);
    let metadata = header.metadata_bytes;
    within(RejectionCode::SideTooLong, "longer side in pixels", side.into(), limits.max_side.into())?;
    within(RejectionCode::TooManyPixels, "number of pixels", header.size.area(), limits.max_pixels)?;
    within(RejectionCode::MetadataTooLarge, "number of bytes of metadata", metadata, limits.max_metadata_bytes)?;
    within(RejectionCode::TooManyScans, "number of progressive scans", header.scans.into(), limits.max_scans.into())
}

/// Refuses a rendition that would enlarge beyond what an original may be.
pub fn check_rendition(name: &str, size: Size, limits: &Limits) -> Result<(), Rejection> {
    within(
        RejectionCode::TooManyPixels,
        &format!("number of pixels of the rendition {name}"),
        size.area(),
        limits.max_pixels,
    )
}

/// Whether all frames of an animation may be developed; beyond the limits it is shown by its first.
pub fn lets_move(header: &Header, limits: &Limits) -> bool {
    let pixels = header.size.area() * u64::from(header.frames);
    header.frames <= limits.max_frames && pixels <= limits.max_pixels
}

fn within(code: RejectionCode, what: &str, found: u64, limit: u64) -> Result<(), Rejection> {
    if found <= limit {
        return Ok(());
    }
    Err(Rejection::new(code, format!("The {what} is {found}, and the limit is {limit}.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(width: u32, height: u32, frames: u32, scans: u32) -> Option<RejectionCode> {
        let header = Header { frames, scans, ..Header::still(Size { width, height }) };
        check(&header, &Limits::default()).err().map(|rejection| rejection.code)
    }

    #[test]
    fn each_limit_has_its_own_code() {
        assert_eq!(refusal(10_000, 5_000, 1, 50), None);
        assert_eq!(refusal(16_385, 1, 1, 1), Some(RejectionCode::SideTooLong));
        assert_eq!(refusal(10_000, 5_001, 1, 1), Some(RejectionCode::TooManyPixels));
        assert_eq!(refusal(1, 1, 1, 51), Some(RejectionCode::TooManyScans));
        let header = Header { metadata_bytes: (16 << 20) + 1, ..Header::still(Size { width: 1, height: 1 }) };
        let rejection = check(&header, &Limits::default()).expect_err("too much metadata");
        assert_eq!(rejection.code, RejectionCode::MetadataTooLarge);
    }

    #[test]
    fn beyond_its_limits_an_animation_stands_still() {
        let moves = |side: u32, frames: u32| {
            let header = Header { frames, ..Header::still(Size { width: side, height: side }) };
            lets_move(&header, &Limits::default())
        };
        assert!(moves(100, 300) && !moves(1, 301));
        assert!(moves(1_000, 50) && !moves(1_000, 51));
    }

    #[test]
    fn the_sentence_names_limit_and_number() {
        assert_eq!(
            within(RejectionCode::SideTooLong, "longer side in pixels", 20_000, 16_384).expect_err("too long").detail,
            "The longer side in pixels is 20000, and the limit is 16384."
        );
    }
}
