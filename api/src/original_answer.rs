//! What an original looks like to its client.

use serde::Serialize;
use store::Exif;
use utoipa::ToSchema;

/// What arrived.
#[derive(Serialize, ToSchema)]
#[schema(as = Original)]
pub struct OriginalAnswer {
    /// Found in the bytes, whatever was declared.
    #[schema(example = "jpeg")]
    format: String,
    /// Pixels, upright.
    width: u32,
    height: u32,
    bytes: u64,
    sha256: String,
    frames: u32,
    /// It moves, but beyond the limits of an animation: the renditions show its first frame.
    animation_dropped: bool,
    exif: Exif,
}

impl From<store::Original> for OriginalAnswer {
    fn from(found: store::Original) -> Self {
        Self {
            format: found.format,
            width: found.width,
            height: found.height,
            bytes: found.bytes,
            sha256: found.sha256,
            frames: found.frames,
            animation_dropped: found.animation_dropped,
            exif: found.exif,
        }
    }
}
