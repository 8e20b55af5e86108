//! One rendition: which part of the original, how large, how changed, and as what it is written.

use serde::{Deserialize, Serialize};

use crate::{Background, Filter, Fit, Format, Gravity, Resample, Turn};

/// A wish for one picture. What is left out of its JSON has the default told here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = PlannedRendition))]
#[serde(deny_unknown_fields)]
pub struct Rendition {
    /// In URLs and keys: lower-case letters, digits and hyphens.
    #[cfg_attr(feature = "openapi", schema(example = "avif-320", pattern = "^[a-z0-9][a-z0-9-]{0,62}$"))]
    pub name: String,
    /// Of the box, in pixels; an absent side follows from the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = 320, minimum = 1, maximum = 16_384))]
    pub width: Option<u32>,
    /// Of the box, in pixels. Without either side: the picture's own size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 16_384))]
    pub height: Option<u32>,
    /// `inside` unless told otherwise; the others need both sides.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fit: Fit,
    /// `centre` unless told otherwise: what stays in sight when `cover` cuts, and where `contain` puts the picture.
    #[serde(default, skip_serializing_if = "is_default")]
    pub gravity: Gravity,
    /// Whether a small original may be made larger to fill the box; not unless told.
    #[serde(default, skip_serializing_if = "is_default")]
    pub enlarge: bool,
    /// Degrees clockwise, after the original was turned upright, before the box is filled: 0, as unless told, 90, 180 or
    /// 270.
    #[serde(default, skip_serializing_if = "is_default")]
    #[cfg_attr(feature = "openapi", schema(value_type = u16, example = 90, minimum = 0, maximum = 270, multiple_of = 90))]
    pub rotate: Turn,
    /// Mirrors left and right, after `rotate`; not unless told.
    #[serde(default, skip_serializing_if = "is_default")]
    pub flip: bool,
    /// In this order, on the finished size.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 10))]
    pub filters: Vec<Filter>,
    /// Behind transparency, and around a `contain`ed picture. Absent: transparent where the format
    /// can, else white.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "#1a2b3c"))]
    pub background: Option<Background>,
    pub format: Format,
    /// 1 to 100 on one scale for every lossy format, so that equal numbers look about equally good. 80 unless told
    /// otherwise.
    #[serde(default = "usual_quality")]
    #[cfg_attr(feature = "openapi", schema(example = 80, minimum = 1, maximum = 100))]
    pub quality: u8,
    /// JPEG: the whole picture first, then its details; a few percent smaller, a little dearer. So unless told `false`.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub progressive: bool,
    /// How hard AVIF (0 to 9) and WebP (0 to 6) try; absent: what was measured to pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 9))]
    pub effort: Option<u8>,
    /// WebP: keep the frames of an animated original; not unless told. Without it, and in every other format: a poster.
    #[serde(default, skip_serializing_if = "is_default")]
    pub animated: bool,
    /// `linear` unless told otherwise.
    #[serde(default, skip_serializing_if = "is_default")]
    pub resample: Resample,
}

impl Rendition {
    /// The whole picture in its own size, with every default.
    pub fn new(name: impl Into<String>, format: Format) -> Rendition {
        Rendition {
            name: name.into(),
            width: None,
            height: None,
            fit: Fit::default(),
            gravity: Gravity::default(),
            enlarge: false,
            rotate: Turn::default(),
            flip: false,
            filters: Vec::new(),
            background: None,
            format,
            quality: usual_quality(),
            progressive: true,
            effort: None,
            animated: false,
            resample: Resample::default(),
        }
    }
}

impl Rendition {
    /// Whether both show the same part of an original in the same way, whatever their size, format and quality.
    pub fn shows_the_same_as(&self, other: &Rendition) -> bool {
        let view = |own: &Rendition| (own.fit, own.gravity, own.rotate, own.flip, own.background);
        view(self) == view(other) && self.filters == other.filters && self.has_shape_of(other)
    }

    /// Whether both come out as the same picture where the original is too small for either.
    pub fn differs_in_size_only(&self, other: &Rendition) -> bool {
        let sizeless = |own: &Rendition| Rendition {
            name: String::new(),
            width: None,
            height: None,
            enlarge: false,
            ..own.clone()
        };
        sizeless(self) == sizeless(other) && self.has_shape_of(other)
    }

    /// Inside its box a picture keeps its own shape; else the box gives it one.
    fn has_shape_of(&self, other: &Rendition) -> bool {
        let sides = |own: &Rendition| [own.width, own.height].map(|side| u64::from(side.unwrap_or_default()));
        let ([width, height], [other_width, other_height]) = (sides(self), sides(other));
        self.fit == Fit::Inside || width * other_height == other_width * height
    }
}

fn usual_quality() -> u8 {
    80
}

fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_true(value: &bool) -> bool {
    *value
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
