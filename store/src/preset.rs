//! A named list of renditions.

use std::sync::LazyLock;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{ImageId, ObjectKey};

/// Grows when the same preset would make other bytes, so that the new renditions get new keys.
const PIPELINE_VERSION: u32 = 1;

/// What a preset makes of each original.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Preset {
    pub name: &'static str,
    pub renditions: Vec<PlannedRendition>,
}

/// One rendition: inside `width` pixels, never enlarged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedRendition {
    pub name: String,
    pub format: &'static str,
    pub width: u32,
    /// 0–100, meaning about the same to the eye in every format.
    pub quality: u8,
}

static BUILT_IN: LazyLock<[Preset; 1]> = LazyLock::new(|| [Preset::default()]);

impl Default for Preset {
    /// Small on purpose: every stored rendition costs a PUT, and PUTs are the largest part of the bill.
    fn default() -> Self {
        let avif = [320, 640, 1280, 2048].map(|width| PlannedRendition::new("avif", width));
        let fallback = PlannedRendition::new("jpeg", 1280);
        Self { name: "default", renditions: avif.into_iter().chain([fallback]).collect() }
    }
}

impl PlannedRendition {
    fn new(format: &'static str, width: u32) -> Self {
        Self { name: format!("{format}-{width}"), format, width, quality: 80 }
    }
}

impl Preset {
    pub fn all() -> &'static [Preset] {
        BUILT_IN.as_slice()
    }

    pub fn named(name: &str) -> Option<&'static Preset> {
        Self::all().iter().find(|preset| preset.name == name)
    }

    /// Twelve hexadecimal digits that change with anything that changes the bytes made.
    pub fn fingerprint(&self) -> String {
        let recipe = serde_json::to_vec(&(PIPELINE_VERSION, &self.renditions)).expect("a preset is plain JSON");
        hex::encode(&Sha256::digest(recipe)[..6])
    }

    /// The keys of all that it may make of an image.
    pub fn keys(&self, image: ImageId) -> impl Iterator<Item = ObjectKey> {
        let fingerprint = self.fingerprint();
        self.renditions.iter().map(move |planned| ObjectKey::Rendition {
            image,
            fingerprint: fingerprint.clone(),
            name: planned.name.clone(),
            extension: planned.format.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_follows_the_recipe_not_the_name() {
        let preset = Preset::default();
        let renamed = Preset { name: "other", ..preset.clone() };
        let mut finer = preset.clone();
        finer.renditions[0].quality = 90;
        assert_eq!(preset.fingerprint(), renamed.fingerprint());
        assert_ne!(preset.fingerprint(), finer.fingerprint());
    }
}
