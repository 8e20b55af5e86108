//! Where an object lies in its bucket: the only place that spells a path.

use std::{fmt, str::FromStr};

use preset::Preset;

use crate::{ImageId, image::Rendition};

/// An object's key. Originals and renditions live in two buckets, so that nothing written can wake the processor again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectKey {
    /// What was uploaded.
    Original(ImageId),
    /// What was made of it: `fingerprint` is of the preset, of the original's version and of the revision, so a key's
    /// bytes never change and may be cached for ever.
    Rendition { image: ImageId, fingerprint: String, name: String, extension: String },
}

impl ObjectKey {
    /// The key of a rendition that a record lists.
    pub fn of(image: ImageId, rendition: &Rendition) -> Self {
        Self::Rendition {
            image,
            fingerprint: rendition.fingerprint.clone(),
            name: rendition.name.clone(),
            extension: rendition.format.clone(),
        }
    }

    /// The keys of all that a preset may make of an image, under the fingerprint that it is made with.
    pub fn planned(image: ImageId, preset: &Preset, fingerprint: &str) -> Vec<Self> {
        let keys = |planned: &preset::Rendition| {
            let name = planned.name.clone();
            planned.format.outcomes().iter().map(move |extension| Self::Rendition {
                image,
                fingerprint: fingerprint.into(),
                name: name.clone(),
                extension: (*extension).into(),
            })
        };
        preset.renditions.iter().flat_map(keys).collect()
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Original(image) => write!(f, "{image}"),
            Self::Rendition { image, fingerprint, name, extension } => {
                write!(f, "{image}/{fingerprint}/{name}.{extension}")
            }
        }
    }
}

/// The key is none that Tintype writes.
#[derive(Debug)]
pub struct ForeignKey;

impl FromStr for ObjectKey {
    type Err = ForeignKey;

    fn from_str(key: &str) -> Result<Self, ForeignKey> {
        let mut parts = key.split('/');
        let image = parts.next().and_then(|id| id.parse().ok()).ok_or(ForeignKey)?;
        let Some(fingerprint) = parts.next() else { return Ok(Self::Original(image)) };
        let (name, extension) = parts.next().and_then(|leaf| leaf.rsplit_once('.')).ok_or(ForeignKey)?;
        if parts.next().is_some() || fingerprint.is_empty() || name.is_empty() || extension.is_empty() {
            return Err(ForeignKey);
        }
        Ok(Self::Rendition { image, fingerprint: fingerprint.into(), name: name.into(), extension: extension.into() })
    }
}

impl fmt::Display for ForeignKey {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("not a key that Tintype writes")
    }
}

impl std::error::Error for ForeignKey {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_is_read_back_as_it_was_written() {
        let image = ImageId::derived(b"s", "o", "k");
        let rendition = ObjectKey::Rendition {
            image,
            fingerprint: "3f9a".into(),
            name: "avif-320".into(),
            extension: "avif".into(),
        };
        for key in [ObjectKey::Original(image), rendition] {
            assert_eq!(key.to_string().parse::<ObjectKey>().unwrap(), key);
        }
    }

    #[test]
    fn a_foreign_key_is_refused() {
        let id = ImageId::derived(b"s", "o", "k");
        for key in
            ["", "../etc/passwd", "readme.txt", &format!("{id}/"), &format!("{id}/a/b"), &format!("{id}/a/b.c/d")]
        {
            assert!(key.parse::<ObjectKey>().is_err(), "{key}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_as_a_key_is_written_as_it_was(key in "[0-9a-z]{26}(/[ -~]{0,9}){0,3}|.*") {
            if let Ok(read) = key.parse::<ObjectKey>() {
                prop_assert_eq!(read.to_string(), key);
            }
        }
    }
}
