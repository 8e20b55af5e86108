//! What the API is told at start.

use anyhow::Result;
use preset::Presets;
use store::{Limits, required};

/// Settings of the API alone; those that it shares with the processor are `store::Settings`.
#[derive(Clone)]
pub struct Settings {
    /// Whose every upload is.
    pub owner: String,
    /// Keys the ids that idempotency keys lead to. Another secret leads to other ids: it must stay the same.
    pub secret: Vec<u8>,
    pub limits: Limits,
    /// What an upload may choose from.
    pub presets: Presets,
    /// How long a URL works unless the client asks otherwise. Longer: a leaked one is of use for longer.
    pub url_ttl_seconds: u64,
    /// The longest that a client may ask for.
    pub max_url_ttl_seconds: u64,
}

impl Settings {
    pub fn from_env() -> Result<Self> {
        Ok(Self::new(required("TINTYPE_SECRET")?.into_bytes(), Presets::from_env()?))
    }

    pub fn new(secret: Vec<u8>, presets: Presets) -> Self {
        Self {
            owner: "local".into(),
            secret,
            limits: Limits::default(),
            presets,
            url_ttl_seconds: 900,
            max_url_ttl_seconds: 3600,
        }
    }
}

/// Without the secret: settings are printed when something goes wrong.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Settings").field("owner", &self.owner).field("limits", &self.limits).finish_non_exhaustive()
    }
}
