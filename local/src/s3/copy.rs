//! CopyObject of an object onto itself: the bucket tells of it once more.

use anyhow::Result;
use s3s::{
    S3Request, S3Response, S3Result,
    dto::{CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, ETag},
    s3_error,
};

use super::{
    clock::{now, timestamp},
    events,
    objects::{Object, Origin, Place, find, upsert},
    operations::Store,
    shelf::Disk,
};

impl Store {
    pub(super) async fn copy(&self, request: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        let input = request.input;
        let place = Place { bucket: input.bucket, key: input.key };
        let onto_itself = matches!(&input.copy_source, CopySource::Bucket { bucket, key, version_id: None }
            if **bucket == *place.bucket && **key == *place.key);
        if !onto_itself {
            return Err(s3_error!(NotImplemented, "An object is copied onto itself only."));
        }
        let told = self.shelf.serve(move |disk| disk.repeat_event(&place, input.content_type)).await?;
        let object = told.ok_or_else(|| s3_error!(NoSuchKey, "The specified key does not exist."))?;
        let copy_object_result = Some(CopyObjectResult {
            e_tag: Some(ETag::Strong(object.etag)),
            last_modified: Some(timestamp(object.modified_at)),
            ..Default::default()
        });
        Ok(S3Response::new(CopyObjectOutput { copy_object_result, ..Default::default() }))
    }
}

impl Disk {
    fn repeat_event(&self, place: &Place, content_type: Option<String>) -> Result<Option<Object>> {
        let told = self.rows.write(|rows| {
            let Some(old) = find(rows, place)? else { return Ok(None) };
            let object = Object { modified_at: now(), content_type: content_type.or(old.content_type.clone()), ..old };
            upsert(rows, place, &object)?;
            if place.bucket == self.buckets.originals {
                events::store(rows, place, &object, Origin::Copy)?;
            }
            Ok(Some(object))
        })?;
        self.arrivals.notify_one();
        Ok(told)
    }
}
