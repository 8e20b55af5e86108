//! The record of an image, and the states that it moves through: never backwards within a revision.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use preset::{Preset, Presets};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Exif, ImageId, ObjectKey, Source, Timestamp, catalog::Lease};

/// `awaiting_upload → processing → ready | failed`; `awaiting_upload → expired`; any of them `→ deleted`.
/// `ready | failed → processing` begins the next revision.
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

/// That of an upload; each reprocessing is the next.
pub(crate) const FIRST_REVISION: u32 = 1;

/// What the grant promised: S3 checks the upload against it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    pub bytes: u64,
    pub content_type: String,
    /// 64 hexadecimal digits, when the client gave a hash.
    pub sha256: Option<String>,
}

/// What arrived.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// It moves, but beyond the limits of an animation: the renditions show its first frame.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub animation_dropped: bool,
    #[serde(default, skip_serializing_if = "Exif::is_empty")]
    pub exif: Exif,
}

/// One object made from the original.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendition {
    pub name: String,
    pub format: String,
    pub width: u32,
    pub height: u32,
    pub bytes: u64,
    /// Of the preset that it was made by, of the version of the original that it was made of, and of the revision.
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
    /// Grows with each reprocessing; with the status it makes the id of a notification, and it is in the keys of renditions.
    pub revision: u32,
    pub created_at: Timestamp,
    pub status_changed_at: Timestamp,
    #[serde(default)]
    pub filename: String,
    /// Kept as text: the database would rewrite its numbers, and refuse some of them.
    #[serde(default, with = "json_text")]
    pub metadata: Map<String, Value>,
    /// The name that was asked for.
    pub preset: String,
    /// The renditions of that preset when they were asked for, as JSON: what an upload was promised stays the same when
    /// the presets of the deployment change, and an object that this image may have is found by it. Text, so that
    /// a record is readable whatever a newer version wrote there; empty in records from before there was a choice.
    #[serde(default)]
    pub recipe: String,
    pub expected: Expected,
    /// No URL that was given out works after this moment.
    pub granted_until: Timestamp,
    /// A digest of the request that made it, to tell a repetition from another request under the same idempotency key.
    pub request_digest: String,
    /// What that request was called: log lines of whatever becomes of the image have it too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Original>,
    #[serde(default)]
    pub renditions: Vec<Rendition>,
    /// Renditions of earlier revisions that are to be removed once this one is ready.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retired: Vec<Rendition>,
    /// A ThumbHash in base64: what a page shows before any rendition has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    /// The mean colour, `#rrggbb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// How many claims there were on this revision.
    #[serde(default)]
    pub attempt: u32,
    /// When this revision was claimed first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_at: Option<Timestamp>,
    /// Every version of the original that a run has worked on: their renditions may lie in the bucket.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub sources: BTreeSet<Source>,
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

    /// Whether that run is at work on it.
    pub fn is_held_by(&self, lease: &Lease) -> bool {
        self.status == Status::Processing && self.lease_holder.as_ref() == Some(&lease.holder)
    }

    /// What is to be made of it.
    pub fn recipe(&self) -> Result<Preset> {
        if self.recipe.is_empty() {
            let built_in = Presets::default().named(&self.preset).cloned();
            return built_in.with_context(|| format!("the preset {} is unknown here", self.preset));
        }
        let renditions = serde_json::from_str(&self.recipe).context("a recipe that this version cannot understand")?;
        Ok(Preset { name: self.preset.clone(), renditions })
    }

    /// The rendition of that name. Where the original was too small for it, the largest that differs in size only stands
    /// for it.
    pub fn rendition(&self, name: &str) -> Option<&Rendition> {
        let made = self.renditions.iter().find(|made| made.name == name);
        made.or_else(|| {
            let recipe = self.recipe().ok()?.renditions;
            let planned = |name: &str| recipe.iter().find(|planned| planned.name == name);
            let wanted = planned(name)?;
            let stands_for_it =
                |made: &&Rendition| planned(&made.name).is_some_and(|own| own.differs_in_size_only(wanted));
            self.renditions.iter().filter(stands_for_it).max_by_key(|made| made.width)
        })
    }

    /// Whether renditions may lie in the bucket that it does not list.
    pub fn may_have_leftovers(&self) -> bool {
        // A run that died, or could not go on, has written some; a first attempt that failed none.
        let gave_up = self.status == Status::Failed && self.attempt > 1;
        gave_up || self.revision > FIRST_REVISION || self.sources.len() > 1 || !self.retired.is_empty()
    }

    /// Every rendition's key that may exist: those listed, and those that a run which died may have left.
    pub fn rendition_keys(&self) -> Vec<ObjectKey> {
        let made = self.renditions.iter().chain(&self.retired);
        let listed = made.map(|rendition| ObjectKey::of(self.image_id, rendition));
        let planned = self.recipe().into_iter().flat_map(|preset| {
            // What the revision before left is removed when it is announced, but for where that was cut off. Those of
            // the first are what all revisions once wrote to; no later one does.
            let revisions = [self.revision, self.revision.saturating_sub(1), FIRST_REVISION];
            let of = |revision| self.sources.iter().map(move |source| (source, revision));
            let runs = revisions.into_iter().flat_map(of);
            let fingerprints: Vec<_> = runs.map(|(source, revision)| source.fingerprint(&preset, revision)).collect();
            fingerprints
                .into_iter()
                .chain([preset.fingerprint()])
                .flat_map(move |fingerprint| ObjectKey::planned(self.image_id, &preset, &fingerprint))
        });
        let mut keys = Vec::new();
        for key in listed.chain(planned) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use preset::{Fit, Format};

    use super::*;

    fn image(recipe: &[preset::Rendition], made: &[(&str, &str, u32)]) -> Image {
        let made = made.iter().map(|(name, format, width)| {
            serde_json::json!({"name": name, "format": format, "width": width, "height": 9, "bytes": 1, "fingerprint": "f"})
        });
        serde_json::from_value(serde_json::json!({
            "image_id": ImageId::derived(b"s", "o", "k"), "owner": "o", "status": "ready", "revision": 1,
            "created_at": Timestamp::from_unix_seconds(0), "status_changed_at": Timestamp::from_unix_seconds(0),
            "preset": "gone", "recipe": serde_json::to_string(recipe).unwrap(), "request_digest": "",
            "expected": {"bytes": 1, "content_type": "image/png", "sha256": null},
            "granted_until": Timestamp::from_unix_seconds(0), "renditions": made.collect::<Vec<_>>(),
        }))
        .unwrap()
    }

    fn planned(name: &str, format: Format) -> preset::Rendition {
        preset::Rendition { width: Some(9), height: Some(9), ..preset::Rendition::new(name, format) }
    }

    #[test]
    fn the_largest_of_its_kind_stands_for_what_the_original_was_too_small_for() {
        let cropped = preset::Rendition { fit: Fit::Cover, ..planned("square", Format::Avif) };
        let recipe =
            [planned("small", Format::Avif), planned("large", Format::Avif), planned("jpeg", Format::Jpeg), cropped];
        let image = image(&recipe, &[("small", "avif", 5), ("square", "avif", 8), ("jpeg", "jpeg", 7)]);
        let answering = |name| image.rendition(name).map(|made| made.name.as_str());
        assert_eq!((answering("large"), answering("square")), (Some("small"), Some("square")));
        assert_eq!(answering("of another preset"), None);
    }

    #[test]
    fn all_that_a_preset_may_have_left_is_known_though_the_preset_is_gone() {
        let image = image(&[planned("small", Format::Auto)], &[("listed", "jpeg", 5)]);
        let keys: Vec<_> = image.rendition_keys().iter().map(ToString::to_string).collect();
        let fingerprint = image.recipe().unwrap().fingerprint();
        let ends =
            ["f/listed.jpeg".to_owned(), format!("{fingerprint}/small.avif"), format!("{fingerprint}/small.png")];
        assert_eq!(keys, ends.map(|end| format!("{}/{end}", image.image_id)));
    }

    #[test]
    fn what_a_revision_left_that_could_not_go_on_is_removed() {
        let first = image(&[planned("small", Format::Jpeg)], &[]);
        let failed = |attempt| Image { status: Status::Failed, attempt, ..first.clone() };
        assert_eq!([1, 2].map(|attempt| failed(attempt).may_have_leftovers()), [false, true]);
        let third = Image { revision: 3, sources: [Source::of_etag("e")].into(), ..first };
        let keys: Vec<_> = third.rendition_keys().iter().map(ToString::to_string).collect();
        let of = |end: &str| keys.iter().any(|key| key.contains(end));
        assert!(third.may_have_leftovers() && of("-3/small") && of("-2/small"), "{keys:?}");
    }

    #[test]
    fn a_record_of_another_version_can_be_read_and_its_listed_renditions_deleted() {
        let made = [("avif-320", "avif", 5)];
        let newer = Image { recipe: r#"[{"name": "a", "format": "jxl"}]"#.into(), ..image(&[], &made) };
        assert!(newer.recipe().is_err());
        assert_eq!((newer.rendition_keys().len(), newer.rendition("avif-320").is_some()), (1, true));
        let older = Image { recipe: String::new(), preset: "default".into(), ..image(&[], &made) };
        assert!(older.rendition("avif-640").is_some());
    }
}
