//! Refuses what would cost too much, from the header, before any pixel is allocated.

use crate::decode::Header;
use crate::{Limits, Rejection, RejectionCode};

pub fn check(header: &Header, limits: &Limits) -> Result<(), Rejection> {
    let side = header.size.width.max(header.size.height);
    let pixels = header.size.area() * u64::from(header.frames);
    within(RejectionCode::SideTooLong, "longer side in pixels", side.into(), limits.max_side.into())?;
    within(RejectionCode::TooManyPixels, "number of pixels", header.size.area(), limits.max_pixels)?;
    within(RejectionCode::TooManyFrames, "number of frames", header.frames.into(), limits.max_frames.into())?;
    within(RejectionCode::TooManyPixels, "number of pixels in all frames", pixels, limits.max_pixels)?;
    within(RejectionCode::TooManyScans, "number of progressive scans", header.scans.into(), limits.max_scans.into())
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
    use crate::orient::Orientation;
    use crate::raster::Size;

    fn refusal(width: u32, height: u32, frames: u32, scans: u32) -> Option<RejectionCode> {
        let header = Header { size: Size { width, height }, frames, scans, orientation: Orientation::Upright };
        check(&header, &Limits::default()).err().map(|rejection| rejection.code)
    }

    #[test]
    fn each_limit_has_its_own_code() {
        assert_eq!(refusal(10_000, 5_000, 1, 50), None);
        assert_eq!(refusal(16_385, 1, 1, 1), Some(RejectionCode::SideTooLong));
        assert_eq!(refusal(10_000, 5_001, 1, 1), Some(RejectionCode::TooManyPixels));
        assert_eq!(refusal(1_000, 1_000, 51, 1), Some(RejectionCode::TooManyPixels));
        assert_eq!(refusal(1, 1, 301, 1), Some(RejectionCode::TooManyFrames));
        assert_eq!(refusal(1, 1, 1, 51), Some(RejectionCode::TooManyScans));
    }

    #[test]
    fn the_sentence_names_limit_and_number() {
        assert_eq!(
            within(RejectionCode::SideTooLong, "longer side in pixels", 20_000, 16_384).expect_err("too long").detail,
            "The longer side in pixels is 20000, and the limit is 16384."
        );
    }
}
