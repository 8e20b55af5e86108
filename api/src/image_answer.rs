//! What an image looks like to its client.

use std::collections::BTreeMap;

use anyhow::Result;
use preset::Fit;
use serde::Serialize;
use serde_json::{Map, Value};
use store::{Image, ObjectKey, Objects, Rendition, Timestamp, objects::Disposition};
use utoipa::ToSchema;

use crate::{
    original_answer::OriginalAnswer,
    srcset::{Candidate, srcset},
};

/// Status and metadata of an image.
#[derive(Serialize, ToSchema)]
#[schema(as = Image)]
pub struct ImageAnswer {
    #[schema(example = "3v9k0c7m5x1q8d2n4z6r0t5w7y")]
    id: String,
    /// `awaiting_upload`, `processing`, `ready`, `failed` or `expired`.
    #[schema(example = "ready")]
    status: &'static str,
    #[schema(value_type = String, format = DateTime)]
    status_changed_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// The `x-request-id` of the request that asked for the upload: what to tell whoever looks into the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    owner: String,
    filename: String,
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
    #[schema(example = "default")]
    preset: String,
    /// What arrived; null until it was looked at.
    original: Option<OriginalAnswer>,
    renditions: Vec<RenditionAnswer>,
    /// By format, ready for `<source srcset>`: the renditions that show the whole picture, or else those of the shape
    /// that most have.
    srcset: BTreeMap<String, String>,
    /// A ThumbHash in base64, to show while a rendition is on its way; null until the image is ready.
    placeholder: Option<String>,
    /// The mean colour; null until the image is ready.
    #[schema(example = "#7a6b54")]
    color: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<FailureAnswer>,
    links: Links,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Rendition)]
struct RenditionAnswer {
    #[schema(example = "avif-320")]
    name: String,
    #[schema(example = "avif")]
    format: String,
    width: u32,
    height: u32,
    /// How it met the box of its preset: `inside`, `cover` (which cuts), `contain` or `fill`.
    #[schema(example = "inside")]
    fit: &'static str,
    bytes: u64,
    /// Can be fetched as it is, for an hour at least.
    url: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ImageError)]
struct FailureAnswer {
    #[schema(example = "unsupported_format")]
    code: String,
    title: String,
    detail: String,
    /// Whether the same bytes may succeed another time.
    retryable: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ImageLinks)]
struct Links {
    #[serde(rename = "self")]
    myself: String,
    original: String,
    renditions: BTreeMap<String, String>,
}

impl ImageAnswer {
    pub async fn new(image: Image, objects: &Objects, now: Timestamp) -> Result<Self> {
        // Without it, in a record of a newer version, every rendition counts as a whole picture.
        let recipe = image.recipe().map_or_else(|_| Vec::new(), |preset| preset.renditions);
        let planned = |name: &str| recipe.iter().find(|planned| planned.name == name);
        let mut renditions = Vec::new();
        for rendition in &image.renditions {
            let key = ObjectKey::of(image.image_id, rendition);
            let url = objects.rendition_url(&key, Disposition::Inline, now).await?;
            let fit = planned(&rendition.name).map_or(Fit::Inside, |planned| planned.fit);
            renditions.push(RenditionAnswer::new(rendition.clone(), fit, url));
        }
        let candidates: Vec<_> = renditions.iter().map(|made| made.candidate(planned(&made.name))).collect();
        Ok(Self {
            id: image.image_id.to_string(),
            status: image.status.as_str(),
            status_changed_at: image.status_changed_at,
            created_at: image.created_at,
            links: Links::new(&image),
            request_id: image.request_id,
            owner: image.owner,
            filename: image.filename,
            metadata: image.metadata,
            preset: image.preset,
            original: image.original.map(OriginalAnswer::from),
            srcset: srcset(&candidates),
            renditions,
            placeholder: image.placeholder,
            color: image.color,
            error: image.failure.map(FailureAnswer::from),
        })
    }
}

impl RenditionAnswer {
    fn new(made: Rendition, fit: Fit, url: String) -> Self {
        let Rendition { name, format, width, height, bytes, .. } = made;
        Self { name, format, width, height, fit: fit.as_str(), bytes, url }
    }

    fn candidate<'a>(&'a self, planned: Option<&'a preset::Rendition>) -> Candidate<'a> {
        Candidate { planned, format: &self.format, width: self.width, url: &self.url }
    }
}

impl From<store::Failure> for FailureAnswer {
    fn from(failure: store::Failure) -> Self {
        Self { code: failure.code, title: failure.title, detail: failure.detail, retryable: failure.retryable }
    }
}

impl Links {
    fn new(image: &Image) -> Self {
        let myself = format!("/images/{}", image.image_id);
        let renditions = image.renditions.iter().map(|made| (made.name.clone(), format!("{myself}/{}", made.name)));
        Self { original: format!("{myself}/original"), renditions: renditions.collect(), myself }
    }
}
