//! The record of an image, and the states that it moves through, never backwards.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{ImageId, ObjectKey, Preset, Timestamp};

/// `awaiting_upload → processing → ready | failed`; `awaiting_upload → expired`; any of them `→ deleted`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    AwaitingUpload,
    Processing,
    Ready,
    Failed,
    Expired,
    /// A tombstone: what arrives late for it is removed, and the API answers as if it had never been.
    Deleted,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingUpload => "awaiting_upload",
            Self::Processing => "processing",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Deleted => "deleted",
        }
    }

    /// Whether nothing more will happen to the image by itself.
    pub fn is_settled(self) -> bool {
        !matches!(self, Self::AwaitingUpload | Self::Processing)
    }
}

/// What the grant promised: S3 checks the upload against it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    pub bytes: u64,
    pub content_type: String,
    /// 64 hexadecimal digits, when the client gave a hash.
    pub sha256: Option<String>,
}

/// What arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Original {
    /// The format found in the bytes, whatever was declared.
    pub format: String,
    /// Pixels, upright.
    pub width: u32,
    pub height: u32,
    pub bytes: u64,
    /// 64 hexadecimal digits.
    pub sha256: String,
    pub frames: u32,
}

/// One object made from the original.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendition {
    pub name: String,
    pub format: String,
    pub width: u32,
    pub height: u32,
    pub bytes: u64,
    /// The fingerprint of the preset that it was made by.
    pub fingerprint: String,
}

/// Why an image is `failed`: a stable code, and a sentence for the person who uploaded it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub code: String,
    pub title: String,
    pub detail: String,
    pub retryable: bool,
}

/// The record. Attributes that a newer version adds are left alone by an older one, since every change is an update.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Image {
    pub image_id: ImageId,
    pub owner: String,
    pub status: Status,
    /// Grows with each reprocessing; with the status it makes the id of a notification.
    pub revision: u32,
    pub created_at: Timestamp,
    pub status_changed_at: Timestamp,
    #[serde(default)]
    pub filename: String,
    /// Kept as text: the database would rewrite its numbers, and refuse some of them.
    #[serde(default, with = "json_text")]
    pub metadata: Map<String, Value>,
    pub preset: String,
    pub expected: Expected,
    /// No URL that was given out works after this moment.
    pub granted_until: Timestamp,
    /// A digest of the request that made it, to tell a repetition from another request under the same idempotency key.
    pub request_digest: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Original>,
    #[serde(default)]
    pub renditions: Vec<Rendition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// How many claims there were on this revision.
    #[serde(default)]
    pub attempt: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_holder: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notified_at: Option<Timestamp>,
}

/// A JSON object inside a string.
mod json_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _, ser::Error as _};
    use serde_json::{Map, Value};

    pub fn serialize<S: Serializer>(metadata: &Map<String, Value>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&serde_json::to_string(metadata).map_err(S::Error::custom)?)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Map<String, Value>, D::Error> {
        serde_json::from_str(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

impl Image {
    /// The id of the notification of this state: the same however often it is published.
    pub fn event_id(&self) -> String {
        format!("{}-{}-{}", self.image_id, self.revision, self.status.as_str())
    }

    /// The rendition of that name. Where the original was too small for it, the largest of its format stands for it.
    pub fn rendition(&self, name: &str) -> Option<&Rendition> {
        let made = self.renditions.iter().find(|made| made.name == name);
        made.or_else(|| {
            let planned = Preset::named(&self.preset)?.renditions.iter().find(|planned| planned.name == name)?;
            self.renditions.iter().filter(|made| made.format == planned.format).max_by_key(|made| made.width)
        })
    }

    /// Every rendition's key that may exist: those listed, and those that a run which died may have left.
    pub fn rendition_keys(&self) -> Vec<ObjectKey> {
        let listed = self.renditions.iter().map(|rendition| ObjectKey::of(self.image_id, rendition));
        let planned = Preset::named(&self.preset).into_iter().flat_map(|preset| preset.keys(self.image_id));
        let mut keys = Vec::new();
        for key in listed.chain(planned) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }
}
