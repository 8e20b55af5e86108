//! ListObjectsV2, DeleteObject and DeleteObjects.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use s3s::{
    S3Request, S3Response, S3Result,
    dto::{
        DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETag,
        ListObjectsV2Input, ListObjectsV2Output, Object as Listed,
    },
    s3_error,
};

use super::{
    clock::timestamp,
    objects::{self, Object},
    operations::Store,
    shelf::Disk,
};

/// S3's own limit, for a page of keys and for one request to delete.
const PAGE_KEYS: usize = 1000;

impl Store {
    pub(super) async fn list(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        if input.delimiter.is_some() {
            return Err(s3_error!(NotImplemented, "A delimiter is not implemented."));
        }
        let limit = input.max_keys.map_or(PAGE_KEYS, |keys| (keys.max(0) as usize).min(PAGE_KEYS));
        let after = match &input.continuation_token {
            Some(token) => key_of(token)?,
            None => input.start_after.clone().unwrap_or_default(),
        };
        let (bucket, prefix) = (input.bucket.clone(), input.prefix.clone().unwrap_or_default());
        // One more than asked for tells whether there is a next page.
        let found = move |disk: &Disk| disk.rows.read(|rows| objects::list(rows, &bucket, &prefix, &after, limit + 1));
        let mut found = self.shelf.serve(found).await?;
        let truncated = limit > 0 && found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| truncated).map(|last| BASE64.encode(&last.key));
        Ok(S3Response::new(ListObjectsV2Output {
            name: Some(input.bucket),
            prefix: input.prefix,
            start_after: input.start_after,
            continuation_token: input.continuation_token,
            max_keys: Some(limit as i32),
            key_count: Some(found.len() as i32),
            is_truncated: Some(truncated),
            next_continuation_token: next,
            contents: Some(found.into_iter().map(listed).collect()),
            ..Default::default()
        }))
    }

    pub(super) async fn delete(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = request.input;
        if input.if_match.is_some() || input.version_id.is_some() {
            return Err(s3_error!(NotImplemented, "Conditional deletion and versions are not implemented."));
        }
        self.shelf.serve(move |disk| disk.delete_objects(&input.bucket, &[input.key])).await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    pub(super) async fn delete_many(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let DeleteObjectsInput { bucket, delete, .. } = request.input;
        if delete.objects.len() > PAGE_KEYS {
            return Err(s3_error!(MalformedXML, "More than {PAGE_KEYS} keys in one request."));
        }
        if delete.objects.iter().any(|object| object.e_tag.is_some() || object.version_id.is_some()) {
            return Err(s3_error!(NotImplemented, "Conditional deletion and versions are not implemented."));
        }
        let keys: Vec<String> = delete.objects.into_iter().map(|object| object.key).collect();
        let gone = self.shelf.serve(move |disk| disk.delete_objects(&bucket, &keys).map(|()| keys)).await?;
        let deleted = gone.into_iter().map(|key| DeletedObject { key: Some(key), ..Default::default() });
        let deleted = (!delete.quiet.unwrap_or_default()).then(|| deleted.collect());
        Ok(S3Response::new(DeleteObjectsOutput { deleted, ..Default::default() }))
    }
}

fn key_of(token: &str) -> S3Result<String> {
    let key = BASE64.decode(token).ok().and_then(|key| String::from_utf8(key).ok());
    key.ok_or_else(|| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))
}

fn listed(object: Object) -> Listed {
    Listed {
        key: Some(object.key),
        size: Some(object.bytes as i64),
        e_tag: Some(ETag::Strong(object.etag)),
        last_modified: Some(timestamp(object.modified_at)),
        ..Default::default()
    }
}
