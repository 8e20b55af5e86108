//! What an upload may be: told by the API before it comes, held by S3 and the processor when it does.

use serde::Serialize;

/// Limits of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Of an original. Larger: longer transfers, and as much memory while it is processed.
    pub max_bytes: u64,
    /// Width × height of a picture, and of all frames of an animation together: one beyond it is developed as its first
    /// frame. Larger: more memory and time for one image.
    pub max_pixels: u64,
    /// Pixels of the longer side: beyond it encoders refuse.
    pub max_side: u32,
    /// Of an animation: one with more is developed as its first frame.
    pub max_frames: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 50 * 1024 * 1024, max_pixels: 50_000_000, max_side: 16_384, max_frames: 300 }
    }
}
