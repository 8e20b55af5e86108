//! PutObject: nothing is there until everything is.

use s3s::{
    S3Error, S3Request, S3Response, S3Result,
    dto::{ETag, ETagCondition, IfNoneMatch, PutObjectInput, PutObjectOutput},
    s3_error,
};

use super::{
    clock::now,
    multipart::no_such_upload,
    objects::{NewObject, Object, Origin, Place, Written, find},
    operations::Store,
    receive::{Announced, announced_bytes, receive},
};

impl Store {
    pub(super) async fn put(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let S3Request { input, headers, trailing_headers, .. } = request;
        refuse_unkept(&headers)?;
        let only_if_absent = only_if_absent(input.if_none_match.as_ref())?;
        let place = Place { bucket: input.bucket, key: input.key };
        let bytes = announced_bytes(input.content_length, &headers, self.max_object_bytes)?;
        if only_if_absent && self.exists(&place).await? {
            return Err(occupied());
        }
        let announced = Announced { bytes, headers: &headers, trailers: trailing_headers.as_ref() };
        let received = receive(&self.shelf, input.body, announced).await?;
        let object = Object {
            key: place.key.clone(),
            blob: received.draft.name.clone(),
            bytes,
            etag: hex::encode(received.md5),
            sha256: Some(received.sha256),
            content_type: input.content_type,
            cache_control: input.cache_control,
            modified_at: now(),
        };
        let e_tag = Some(ETag::Strong(object.etag.clone()));
        let (draft, origin) = (received.draft, Origin::Put);
        self.write(NewObject { place, draft, object, origin, only_if_absent, multipart: None }).await?;
        Ok(S3Response::new(PutObjectOutput {
            e_tag,
            checksum_crc32: received.compared.checksum_crc32,
            checksum_crc32c: received.compared.checksum_crc32c,
            checksum_crc64nvme: received.compared.checksum_crc64nvme,
            checksum_sha1: received.compared.checksum_sha1,
            checksum_sha256: received.compared.checksum_sha256,
            ..Default::default()
        }))
    }

    async fn write(&self, new: NewObject) -> S3Result<()> {
        match self.shelf.serve(move |disk| disk.write_object(new)).await? {
            Written::Done => Ok(()),
            Written::Occupied => Err(occupied()),
            Written::Gone => Err(no_such_upload()),
        }
    }

    /// A look before the body is read; what decides is the look inside the transaction.
    async fn exists(&self, place: &Place) -> S3Result<bool> {
        let place = place.clone();
        self.shelf.serve(move |disk| disk.rows.read(|rows| Ok(find(rows, &place)?.is_some()))).await
    }
}

/// `If-None-Match: *` is the one condition on writing that S3 knows for it.
pub(super) fn only_if_absent(condition: Option<&IfNoneMatch>) -> S3Result<bool> {
    match condition {
        None => Ok(false),
        Some(ETagCondition::Any) => Ok(true),
        Some(ETagCondition::ETag(_)) => Err(s3_error!(NotImplemented, "If-None-Match is only implemented as *.")),
    }
}

/// What is asked for and would not be kept is refused, rather than dropped without a word.
pub(super) fn refuse_unkept(headers: &http::HeaderMap) -> S3Result<()> {
    const UNKEPT: [&str; 8] = [
        "if-match",
        "x-amz-acl",
        "x-amz-grant-",
        "x-amz-meta-",
        "x-amz-object-lock-",
        "x-amz-server-side-encryption",
        "x-amz-tagging",
        "x-amz-website-redirect-location",
    ];
    match headers.keys().find(|name| UNKEPT.iter().any(|unkept| name.as_str().starts_with(unkept))) {
        Some(name) => Err(s3_error!(NotImplemented, "The header {name} is not implemented.")),
        None => Ok(()),
    }
}

pub(super) fn occupied() -> S3Error {
    s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold")
}
