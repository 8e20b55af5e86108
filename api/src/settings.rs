//! What the API is told at start.

use anyhow::Result;
use preset::Presets;
use store::{Limits, required};

use crate::{AdminKey, Origins};

/// Settings of the API alone; those that it shares with the processor are `store::Settings`.
#[derive(Clone)]
pub struct Settings {
    /// Keys the ids that idempotency keys lead to. Another secret leads to other ids: it must stay the same.
    pub secret: Vec<u8>,
    /// The key of who makes the first other one, if there is no other way.
    pub admin_key: Option<AdminKey>,
    /// As whom everybody is answered until a first key is made; nobody unless given.
    pub open_as: Option<String>,
    /// Pages of other sites that are answered too.
    pub allowed_origins: Origins,
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
        let settings = Self::new(required("TINTYPE_SECRET")?.into_bytes(), Presets::from_env()?);
        Ok(Self { admin_key: AdminKey::from_env()?, allowed_origins: Origins::from_env()?, ..settings })
    }

    pub fn new(secret: Vec<u8>, presets: Presets) -> Self {
        Self {
            secret,
            admin_key: None,
            open_as: None,
            allowed_origins: Origins::default(),
            limits: Limits::default(),
            presets,
            url_ttl_seconds: 900,
            max_url_ttl_seconds: 3600,
        }
    }
}

/// Without the secrets: settings are printed when something goes wrong.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Settings").field("open_as", &self.open_as).field("limits", &self.limits).finish_non_exhaustive()
    }
}
