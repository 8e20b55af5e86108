//! What an original looks like to its client.

use serde::Serialize;
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
    exif: ExifAnswer,
}

/// What the camera wrote, as far as it is told: never where it was. Absent is what the original says nothing of.
#[derive(Serialize, ToSchema)]
#[schema(as = Exif)]
struct ExifAnswer {
    /// By the clock where the camera was, with its offset from UTC where that was noted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-11-24T18:30:00")]
    taken_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    make: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lens: Option<String>,
    /// Seconds, as photographers write them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "1/250")]
    exposure_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 2.8)]
    f_number: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 100)]
    iso: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 4.25)]
    focal_length_mm: Option<f64>,
    /// What it would be on 35 mm film.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 26)]
    focal_length_35mm: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    copyright: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit: Option<String>,
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
            exif: found.exif.into(),
        }
    }
}

impl From<store::Exif> for ExifAnswer {
    fn from(exif: store::Exif) -> Self {
        Self {
            taken_at: exif.taken_at,
            make: exif.make,
            model: exif.model,
            lens: exif.lens,
            exposure_time: exif.exposure_time,
            f_number: exif.f_number,
            iso: exif.iso,
            focal_length_mm: exif.focal_length_mm,
            focal_length_35mm: exif.focal_length_35mm,
            copyright: exif.copyright,
            credit: exif.credit,
        }
    }
}
