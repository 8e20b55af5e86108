//! What is made of an original: the vocabulary that those who choose a preset and those who develop it share.

mod built_in;
mod check;
mod presets;
mod rendition;
mod vocabulary;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use presets::Presets;
pub use rendition::Rendition;
pub use vocabulary::{Background, Filter, Fit, Format, Gravity, Resample, Turn};

/// Grows when the same preset would make other bytes, so that the new renditions get new keys.
const PIPELINE_VERSION: u32 = 3;

/// A named list of renditions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Preset {
    #[cfg_attr(feature = "openapi", schema(example = "default", pattern = "^[a-z0-9][a-z0-9-]{0,62}$"))]
    pub name: String,
    pub renditions: Vec<Rendition>,
}

impl Preset {
    /// Twelve hexadecimal digits that change with anything that changes the bytes made.
    pub fn fingerprint(&self) -> String {
        let recipe = serde_json::to_vec(&(PIPELINE_VERSION, &self.renditions)).expect("a preset is plain JSON");
        hex::encode(&Sha256::digest(recipe)[..6])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_follows_the_recipe_not_the_name() {
        let preset = Preset::default();
        let renamed = Preset { name: "other".into(), ..preset.clone() };
        let mut finer = preset.clone();
        finer.renditions[0].quality = 90;
        assert_eq!(preset.fingerprint(), renamed.fingerprint());
        assert_ne!(preset.fingerprint(), finer.fingerprint());
    }

    #[test]
    fn renditions_show_the_same_when_only_size_and_format_differ() {
        let [wide, narrow, square] =
            [("wide", 640, None), ("narrow", 320, None), ("square", 320, Some(320))].map(|(name, width, height)| {
                Rendition { width: Some(width), height, ..Rendition::new(name, Format::Avif) }
            });
        let cropped = |own: &Rendition, width| Rendition { fit: Fit::Cover, width: Some(width), ..own.clone() };
        assert!(wide.shows_the_same_as(&Rendition { format: Format::Jpeg, quality: 50, ..narrow.clone() }));
        assert!(wide.shows_the_same_as(&square), "inside a box it keeps its own shape");
        assert!(!wide.shows_the_same_as(&Rendition { filters: vec![Filter::Grayscale], ..wide.clone() }));
        assert!(!square.shows_the_same_as(&cropped(&square, 320)));
        assert!(!cropped(&square, 320).shows_the_same_as(&cropped(&square, 640)), "another shape");
        let double = Rendition { height: Some(640), ..cropped(&square, 640) };
        assert!(cropped(&square, 320).shows_the_same_as(&double));
    }

    #[test]
    fn a_rendition_of_json_needs_no_more_than_name_and_format() {
        let rendition: Rendition = serde_json::from_str(r#"{"name": "small", "format": "avif", "width": 320}"#)
            .expect("defaults for the rest");
        assert_eq!(rendition, Rendition { width: Some(320), ..Rendition::new("small", Format::Avif) });
    }
}
