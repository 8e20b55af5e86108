//! Which version of an original a rendition was made of.

use std::fmt;

use preset::Preset;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

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

    /// What stands in the key of a rendition that `preset` makes of this version.
    pub fn fingerprint(&self, preset: &Preset) -> String {
        format!("{}-{}", preset.fingerprint(), self.0)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}
