//! Which version of an original a rendition was made of.

use std::fmt;

use preset::Preset;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::image::FIRST_REVISION;

/// A short digest of an original's ETag.
///
/// A URL without conditions lets an original be replaced for a minute. Renditions of two versions never share a key:
/// a run that was overtaken cannot overwrite what the record lists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Source(String);

impl Source {
    pub fn of_etag(etag: &str) -> Self {
        // Eight digits: the versions of one image are few.
        Self(hex::encode(&Sha256::digest(etag)[..4]))
    }

    /// What stands in the key of a rendition that `revision` makes of this version by `preset`.
    ///
    /// No two revisions share a key: whoever still removes what an earlier one left cannot meet what a later one writes.
    pub fn fingerprint(&self, preset: &Preset, revision: u32) -> String {
        let first = format!("{}-{}", preset.fingerprint(), self.0);
        if revision == FIRST_REVISION { first } else { format!("{first}-{revision}") }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}
