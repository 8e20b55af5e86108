//! One original into its renditions: read, make, write.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use futures_util::future::try_join_all;
use imaging::{Developed, Picture, Rejection, RejectionCode};
use sha2::{Digest, Sha256};
use store::{
    Exif, Failure, Image, ObjectKey, Original, Rendition, Source,
    catalog::{Lease, Outcome},
    objects::{Fetched, Stored},
};
use telemetry::metrics::STAGE;

use crate::Processor;

/// How often an original may be replaced while we try to read it: a URL without conditions allows that for a minute.
const MAX_REPLACEMENTS: usize = 3;

impl Processor {
    /// What becomes of the original. An error is a fault that may pass; what cannot pass is an outcome.
    pub(crate) async fn develop(&self, image: &Image, lease: &Lease, stored: Option<Stored>) -> Result<Outcome> {
        let fetched = STAGE.time(&["fetch"], self.fetch(image, lease, stored)).await?;
        let (bytes, source) = match fetched {
            Ok(original) => original,
            Err(failure) => return Ok(Outcome::Failed(failure)),
        };
        let preset = image.recipe()?;
        let (size, bytes) = (bytes.len() as u64, Arc::new(bytes));
        let limits = self.imaging_limits();
        let develop = STAGE.time(&["develop"], self.darkroom.develop(&bytes, &preset, &limits));
        let (sha256, developed) = tokio::try_join!(digest(bytes.clone()), develop)?;
        if let Some(expected) = &image.expected.sha256 {
            // S3 checked the upload: another hash now is a fault on the way here.
            ensure!(*expected == sha256, "the original was read with another hash than it was stored with");
        }
        match developed {
            Err(rejection) => Ok(Outcome::Failed(failure(rejection))),
            Ok(developed) => {
                let original = Box::new(original(&developed, size, sha256));
                let (placeholder, color) = (BASE64.encode(&developed.placeholder), hex::encode(developed.color));
                let fingerprint = source.fingerprint(&preset, image.revision);
                let write = self.write(image, &fingerprint, developed.renditions);
                let renditions = STAGE.time(&["write"], write).await?;
                Ok(Outcome::Ready {
                    original,
                    renditions,
                    placeholder: Some(placeholder),
                    color: Some(format!("#{color}")),
                })
            }
        }
    }

    /// The whole original, all of one version, and which; or why that cannot be.
    async fn fetch(
        &self,
        image: &Image,
        lease: &Lease,
        mut stored: Option<Stored>,
    ) -> Result<Result<(Vec<u8>, Source), Failure>> {
        // What was granted is taken, should the limit have been another then.
        let max_bytes = self.settings.limits.max_bytes.max(image.expected.bytes);
        for _ in 0..MAX_REPLACEMENTS {
            let Some(version) = &stored else { return Ok(Err(source_missing())) };
            match self.objects.get_original(image.image_id, version, max_bytes).await? {
                Fetched::Bytes(bytes) => return Ok(Ok((bytes, version.source()))),
                Fetched::Missing => return Ok(Err(source_missing())),
                Fetched::TooLarge { bytes } => return Ok(Err(too_large(bytes, max_bytes))),
                Fetched::Replaced => stored = self.replacement(image, lease).await?,
            }
        }
        anyhow::bail!("the original was replaced {MAX_REPLACEMENTS} times while it was read")
    }

    /// Noted in the record before anything is made of it, so that whatever is written can be found.
    async fn replacement(&self, image: &Image, lease: &Lease) -> Result<Option<Stored>> {
        let stored = self.objects.find_original(image.image_id).await?;
        let source = stored.as_ref().map(Stored::source);
        ensure!(self.catalog.renew(image, lease, source.as_ref()).await?, "the lease was lost");
        Ok(stored)
    }

    /// All at once; a run that repeats this writes the same bytes under the same keys.
    async fn write(&self, image: &Image, fingerprint: &str, pictures: Vec<Picture>) -> Result<Vec<Rendition>> {
        try_join_all(pictures.into_iter().map(|picture| async {
            let content_type = picture.format.content_type();
            let (rendition, bytes) = rendition(picture, fingerprint);
            self.objects.put_rendition(&ObjectKey::of(image.image_id, &rendition), content_type, bytes).await?;
            Ok(rendition)
        }))
        .await
    }

    fn imaging_limits(&self) -> imaging::Limits {
        let limits = self.settings.limits;
        imaging::Limits {
            max_pixels: limits.max_pixels,
            max_side: limits.max_side,
            max_frames: limits.max_frames,
            ..imaging::Limits::default()
        }
    }
}

async fn digest(bytes: Arc<Vec<u8>>) -> Result<String> {
    let digest = tokio::task::spawn_blocking(move || hex::encode(Sha256::digest(&*bytes)));
    digest.await.context("the digest's thread ended early")
}

fn original(developed: &Developed, bytes: u64, sha256: String) -> Original {
    Original {
        format: developed.format.as_str().into(),
        width: developed.width,
        height: developed.height,
        bytes,
        sha256,
        frames: developed.frames,
        animation_dropped: developed.poster,
        exif: exif(developed.exif.clone()),
    }
}

fn exif(told: imaging::Exif) -> Exif {
    Exif {
        taken_at: told.taken_at,
        make: told.camera_make,
        model: told.camera_model,
        lens: told.lens,
        exposure_time: told.exposure_time,
        f_number: told.f_number,
        iso: told.iso,
        focal_length_mm: told.focal_length_mm,
        focal_length_35mm: told.focal_length_35mm,
        copyright: told.copyright,
        credit: told.credit,
    }
}

fn rendition(picture: Picture, fingerprint: &str) -> (Rendition, Vec<u8>) {
    let rendition = Rendition {
        name: picture.name,
        format: picture.format.as_str().into(),
        width: picture.width,
        height: picture.height,
        bytes: picture.bytes.len() as u64,
        fingerprint: fingerprint.into(),
    };
    (rendition, picture.bytes)
}

fn failure(rejection: Rejection) -> Failure {
    let title = match rejection.code {
        RejectionCode::Empty => "The original is empty",
        RejectionCode::UnsupportedFormat => "This is no image of a kind that is accepted",
        RejectionCode::Truncated => "The image is incomplete",
        RejectionCode::Corrupt => "The image is damaged",
        RejectionCode::TooManyPixels => "The image has too many pixels",
        RejectionCode::SideTooLong => "The image is too long on one side",
        RejectionCode::TooManyScans => "The image has too many scans",
        RejectionCode::MetadataTooLarge => "The image has too much metadata",
        RejectionCode::TooMuchMemory => "The image takes too much memory",
        RejectionCode::TooMuchTime => "The image takes too much time",
    };
    Failure { code: rejection.code.as_str().into(), title: title.into(), detail: rejection.detail, retryable: false }
}

/// Where the bucket took more than it was granted for.
fn too_large(bytes: u64, max_bytes: u64) -> Failure {
    Failure {
        code: "too_large".into(),
        title: "The original is too large".into(),
        detail: format!("The original has {bytes} bytes, the limit is {max_bytes}."),
        retryable: false,
    }
}

fn source_missing() -> Failure {
    Failure {
        code: "source_missing".into(),
        title: "The original is gone".into(),
        detail: "The original was removed from the bucket before it could be processed.".into(),
        retryable: false,
    }
}
