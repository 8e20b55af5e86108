//! The presets that every deployment has.

use crate::{Fit, Format, Gravity, Preset, Rendition};

const WIDTHS: [u32; 4] = [320, 640, 1280, 2048];
const FALLBACK_WIDTH: u32 = 1280;
const AVATAR_SIDES: [u32; 3] = [96, 192, 384];
/// Kept for later: what is lost here is lost to every copy.
const ARCHIVE_QUALITY: u8 = 92;

impl Default for Preset {
    /// Small on purpose: every stored rendition costs a PUT, and PUTs are the largest part of the bill.
    fn default() -> Preset {
        let avif = WIDTHS.map(|width| scaled(Format::Avif, width));
        named("default", avif.into_iter().chain([scaled(Format::Jpeg, FALLBACK_WIDTH)]))
    }
}

impl Preset {
    /// The default preset comes first.
    pub fn built_in() -> Vec<Preset> {
        vec![Preset::default(), web(), webp(), avatar(), archive()]
    }
}

/// For viewers without AVIF that still deserve every size.
fn web() -> Preset {
    let sizes = |format| WIDTHS.map(|width| scaled(format, width));
    named("web", sizes(Format::Avif).into_iter().chain(sizes(Format::Jpeg)))
}

fn webp() -> Preset {
    let webp = WIDTHS.map(|width| scaled(Format::WebP, width));
    named("webp", webp.into_iter().chain([scaled(Format::Jpeg, FALLBACK_WIDTH)]))
}

/// Squares around what draws the eye, for one, two and four pixels a point.
fn avatar() -> Preset {
    let squares = |format| AVATAR_SIDES.map(|side| square(format, side));
    named("avatar", squares(Format::Avif).into_iter().chain(squares(Format::Jpeg)))
}

/// The whole picture, upright, in a format that everything opens, and one to look at.
/// As JPEG and not as PNG, which takes several times the bytes of a photograph for what no eye sees.
fn archive() -> Preset {
    let full = Rendition { quality: ARCHIVE_QUALITY, ..Rendition::new("jpeg-full", Format::Jpeg) };
    let view = Rendition { quality: 90, ..scaled(Format::Avif, 2048) };
    named("archive", [full, view])
}

fn named(name: &str, renditions: impl IntoIterator<Item = Rendition>) -> Preset {
    Preset { name: name.into(), renditions: renditions.into_iter().collect() }
}

fn scaled(format: Format, width: u32) -> Rendition {
    Rendition { width: Some(width), ..Rendition::new(format!("{}-{width}", format.as_str()), format) }
}

fn square(format: Format, side: u32) -> Rendition {
    Rendition { height: Some(side), fit: Fit::Cover, gravity: Gravity::Attention, ..scaled(format, side) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_preset_can_be_made() {
        for preset in Preset::built_in() {
            preset.check().expect("a preset of our own is valid");
        }
    }
}
