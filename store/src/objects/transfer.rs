//! What is read and written here: whole originals in, renditions out.

use anyhow::{Context, Result, ensure};
use aws_sdk_s3::{
    operation::{get_object::GetObjectError, head_object::HeadObjectError},
    primitives::ByteStream,
    types::MetadataDirective,
};

use futures_util::future::try_join_all;

use super::Objects;
use crate::{Image, ImageId, ObjectKey, Source};

/// Immutable, since the preset, the original's version and the revision are in the key.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// An original that lies in the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub etag: String,
}

impl Stored {
    pub fn source(&self) -> Source {
        Source::of_etag(&self.etag)
    }
}

/// What came of reading an original.
///
/// A 403 is an error: with `s3:ListBucket`, as the template grants it, S3 says 404 for what is not there,
/// and a missing permission must not mark every image as lost.
#[derive(Debug)]
pub enum Fetched {
    Bytes(Vec<u8>),
    /// It is not the version that was asked for any more.
    Replaced,
    Missing,
    /// It was not read: there are more bytes than were asked for at the most.
    TooLarge {
        bytes: u64,
    },
}

impl Objects {
    /// What lies under the image's key, if anything does.
    ///
    /// A `HEAD` that answers 404 says no more than that: a bucket that is not there, or a proxy whose backend is not,
    /// answer the same. Only where the bucket answers is there no original, if it then says so still.
    pub async fn find_original(&self, id: ImageId) -> Result<Option<Stored>> {
        match self.look_for_original(id).await? {
            None => {
                self.check().await.context("an original that is not found")?;
                self.look_for_original(id).await
            }
            found => Ok(found),
        }
    }

    async fn look_for_original(&self, id: ImageId) -> Result<Option<Stored>> {
        let head = self.client.head_object().bucket(&self.originals).key(ObjectKey::Original(id).to_string());
        match head.send().await {
            Ok(found) => Ok(Some(Stored { etag: found.e_tag.context("an object without an ETag")? })),
            Err(error) => match error.into_service_error() {
                HeadObjectError::NotFound(_) => Ok(None),
                error => Err(error).context("look for the original"),
            },
        }
    }

    /// The whole original, of exactly the version that `stored` says, unless it has more than `max_bytes`.
    ///
    /// Anything shorter is an error of the network, never a truncated image.
    pub async fn get_original(&self, id: ImageId, stored: &Stored, max_bytes: u64) -> Result<Fetched> {
        let get = self.client.get_object().bucket(&self.originals).key(ObjectKey::Original(id).to_string());
        let found = match get.if_match(&stored.etag).send().await {
            Ok(found) => found,
            Err(error) => {
                return match error.raw_response().map(|answer| answer.status().as_u16()) {
                    Some(412) => Ok(Fetched::Replaced),
                    _ => match error.into_service_error() {
                        GetObjectError::NoSuchKey(_) => Ok(Fetched::Missing),
                        error => Err(error).context("read the original"),
                    },
                };
            }
        };
        let told = found.content_length.and_then(|bytes| u64::try_from(bytes).ok());
        let told = told.context("an original whose length is not told")?;
        if told > max_bytes {
            return Ok(Fetched::TooLarge { bytes: told });
        }
        let bytes = found.body.collect().await.context("read the original to its end")?.to_vec();
        ensure!(bytes.len() as u64 == told, "read {} bytes of an original of {told}", bytes.len());
        Ok(Fetched::Bytes(bytes))
    }

    /// Has the bucket tell of the original once more, by copying it onto itself. False when there is none.
    pub async fn repeat_event(&self, image: &Image) -> Result<bool> {
        let key = ObjectKey::Original(image.image_id).to_string();
        let copy = self
            .client
            .copy_object()
            .bucket(&self.originals)
            .copy_source(format!("{}/{key}", self.originals))
            .key(key)
            // S3 copies onto itself only what changes something.
            .metadata_directive(MetadataDirective::Replace)
            .content_type(&image.expected.content_type);
        match copy.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == 404) => Ok(false),
            Err(error) => Err(error).context("have the bucket tell of the original"),
        }
    }

    /// Writes a rendition; writing it again writes the same bytes.
    pub async fn put_rendition(&self, key: &ObjectKey, content_type: &str, bytes: Vec<u8>) -> Result<()> {
        let put = self
            .client
            .put_object()
            .bucket(&self.renditions)
            .key(key.to_string())
            .content_type(content_type)
            .cache_control(FOR_EVER)
            .body(ByteStream::from(bytes));
        put.send().await.with_context(|| format!("write the rendition {key}"))?;
        Ok(())
    }

    /// Removes all that may lie in the buckets for an image: the original, and every rendition, listed or left by a run
    /// that died.
    pub async fn delete_all(&self, image: &Image) -> Result<()> {
        let keys = image.rendition_keys().into_iter().chain([ObjectKey::Original(image.image_id)]);
        try_join_all(keys.map(async |key| self.delete(&key).await)).await?;
        Ok(())
    }

    /// Removes the renditions that runs left behind and the record does not list.
    pub async fn delete_leftovers(&self, image: &Image) -> Result<()> {
        let listed: Vec<_> = image.renditions.iter().map(|made| ObjectKey::of(image.image_id, made)).collect();
        let leftovers = image.rendition_keys().into_iter().filter(|key| !listed.contains(key));
        try_join_all(leftovers.map(async |key| self.delete(&key).await)).await?;
        Ok(())
    }

    /// Removes an object; one that is not there is removed already.
    async fn delete(&self, key: &ObjectKey) -> Result<()> {
        let bucket = match key {
            ObjectKey::Original(_) => &self.originals,
            ObjectKey::Rendition { .. } => &self.renditions,
        };
        let delete = self.client.delete_object().bucket(bucket).key(key.to_string());
        delete.send().await.with_context(|| format!("delete {key}"))?;
        Ok(())
    }
}
