//! What an image looks like to its client.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;
use serde_json::{Map, Value};
use store::{Image, ObjectKey, Objects, Rendition, Timestamp, objects::Disposition};
use utoipa::ToSchema;

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
    owner: String,
    filename: String,
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
    #[schema(example = "default")]
    preset: String,
    /// What arrived; null until it was looked at.
    original: Option<OriginalAnswer>,
    renditions: Vec<RenditionAnswer>,
    /// By format, ready for `<source srcset>`.
    srcset: BTreeMap<String, String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<FailureAnswer>,
    links: Links,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Original)]
struct OriginalAnswer {
    /// Found in the bytes, whatever was declared.
    #[schema(example = "jpeg")]
    format: String,
    /// Pixels, upright.
    width: u32,
    height: u32,
    bytes: u64,
    sha256: String,
    frames: u32,
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
        let mut renditions = Vec::new();
        for rendition in &image.renditions {
            let key = ObjectKey::of(image.image_id, rendition);
            let url = objects.rendition_url(&key, Disposition::Inline, now).await?;
            renditions.push(RenditionAnswer::new(rendition.clone(), url));
        }
        Ok(Self {
            id: image.image_id.to_string(),
            status: image.status.as_str(),
            status_changed_at: image.status_changed_at,
            created_at: image.created_at,
            links: Links::new(&image),
            owner: image.owner,
            filename: image.filename,
            metadata: image.metadata,
            preset: image.preset,
            original: image.original.map(OriginalAnswer::from),
            srcset: srcset(&renditions),
            renditions,
            error: image.failure.map(FailureAnswer::from),
        })
    }
}

impl RenditionAnswer {
    fn new(made: Rendition, url: String) -> Self {
        Self { name: made.name, format: made.format, width: made.width, height: made.height, bytes: made.bytes, url }
    }
}

impl From<store::Original> for OriginalAnswer {
    fn from(found: store::Original) -> Self {
        Self {
            format: found.format,
            width: found.width,
            height: found.height,
            bytes: found.bytes,
            sha256: found.sha256,
            frames: found.frames,
        }
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

fn srcset(renditions: &[RenditionAnswer]) -> BTreeMap<String, String> {
    let mut sets = BTreeMap::<String, Vec<String>>::new();
    for made in renditions {
        sets.entry(made.format.clone()).or_default().push(format!("{} {}w", made.url, made.width));
    }
    sets.into_iter().map(|(format, candidates)| (format, candidates.join(", "))).collect()
}
