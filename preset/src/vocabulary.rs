//! The words that a rendition is described in, as JSON spells them.

use serde::{Deserialize, Serialize};

/// How a picture meets its box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// All of it, inside the box, in its own shape.
    #[default]
    Inside,
    /// The whole box, in its own shape, cut where it sticks out.
    Cover,
    /// All of it, in its own shape, on a background that fills the box.
    Contain,
    /// All of it, stretched to the box.
    Fill,
}

impl Fit {
    pub fn as_str(self) -> &'static str {
        match self {
            Fit::Inside => "inside",
            Fit::Cover => "cover",
            Fit::Contain => "contain",
            Fit::Fill => "fill",
        }
    }
}

/// What matters most in a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Gravity {
    #[default]
    Centre,
    North,
    NorthEast,
    East,
    SouthEast,
    South,
    SouthWest,
    West,
    NorthWest,
    /// A point, as fractions of width and height from the upper left.
    Focal {
        x: f32,
        y: f32,
    },
    /// Wherever detail, colour and skin draw the eye.
    Attention,
}

/// Clockwise, in degrees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub enum Turn {
    #[default]
    None,
    Quarter,
    Half,
    ThreeQuarter,
}

impl TryFrom<u16> for Turn {
    type Error = String;

    fn try_from(degrees: u16) -> Result<Turn, String> {
        match degrees {
            0 => Ok(Turn::None),
            90 => Ok(Turn::Quarter),
            180 => Ok(Turn::Half),
            270 => Ok(Turn::ThreeQuarter),
            _ => Err(format!("{degrees} is no turn of 0, 90, 180 or 270 degrees")),
        }
    }
}

impl From<Turn> for u16 {
    fn from(turn: Turn) -> u16 {
        match turn {
            Turn::None => 0,
            Turn::Quarter => 90,
            Turn::Half => 180,
            Turn::ThreeQuarter => 270,
        }
    }
}

/// A change of what the pixels look like.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Filter {
    Grayscale,
    /// A Gaussian of this many pixels.
    Blur {
        sigma: f32,
    },
    /// An unsharp mask of this many pixels; an amount of 1 doubles the detail.
    Sharpen {
        sigma: f32,
        amount: f32,
    },
    /// 1 changes nothing, as in CSS.
    Brightness(f32),
    /// 1 changes nothing, as in CSS.
    Contrast(f32),
    /// 1 changes nothing, as in CSS.
    Saturation(f32),
}

/// What a rendition is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Avif,
    Jpeg,
    #[serde(rename = "webp")]
    WebP,
    Png,
    /// PNG for flat art of few colours, else AVIF.
    Auto,
}

impl Format {
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Avif => "avif",
            Format::Jpeg => "jpeg",
            Format::WebP => "webp",
            Format::Png => "png",
            Format::Auto => "auto",
        }
    }

    /// What it may come out as: each is the ending of a key.
    pub fn outcomes(self) -> &'static [&'static str] {
        match self {
            Format::Avif => &["avif"],
            Format::Jpeg => &["jpeg"],
            Format::WebP => &["webp"],
            Format::Png => &["png"],
            Format::Auto => &["avif", "png"],
        }
    }
}

/// What the light is summed in when a picture is made smaller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Resample {
    /// Linear light: fine detail keeps its brightness.
    #[default]
    Linear,
    /// From the smallest scale that the decoder offers: cheaper, and a little softer in fine detail.
    Fast,
}

/// An opaque sRGB colour, written `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Background(pub [u8; 3]);

impl TryFrom<String> for Background {
    type Error = String;

    fn try_from(text: String) -> Result<Background, String> {
        let mut rgb = [0; 3];
        match text.strip_prefix('#').map(|digits| hex::decode_to_slice(digits, &mut rgb)) {
            Some(Ok(())) => Ok(Background(rgb)),
            _ => Err(format!("{text:?} is no colour like #1a2b3c")),
        }
    }
}

impl From<Background> for String {
    fn from(Background(rgb): Background) -> String {
        format!("#{}", hex::encode(rgb))
    }
}
