//! What is kept of an API key.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

use super::key::{KeyId, SecretDigest};
use crate::Timestamp;

/// What a key may do. None contains another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    #[serde(rename = "uploads:create")]
    UploadsCreate,
    #[serde(rename = "images:read")]
    ImagesRead,
    #[serde(rename = "images:delete")]
    ImagesDelete,
    /// Keys of every owner, and what operators see.
    #[serde(rename = "admin")]
    Admin,
}

/// The record of a key. One that is revoked is kept, so that its id in a log still leads to somebody.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyRecord {
    pub key_id: KeyId,
    /// Whose images it reaches, and whose its uploads become.
    pub owner: String,
    /// What it is for, in its owner's words.
    pub name: Option<String>,
    pub scopes: BTreeSet<Scope>,
    pub secret_digest: SecretDigest,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

impl Scope {
    pub const ALL: [Self; 4] = [Self::UploadsCreate, Self::ImagesRead, Self::ImagesDelete, Self::Admin];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::UploadsCreate => "uploads:create",
            Self::ImagesRead => "images:read",
            Self::ImagesDelete => "images:delete",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl KeyRecord {
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    /// Whether others can be made with it, until it is revoked.
    pub fn stays_admin(&self) -> bool {
        self.scopes.contains(&Scope::Admin) && self.revoked_at.is_none() && self.expires_at.is_none()
    }
}
