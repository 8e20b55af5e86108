//! Multipart uploads: parts are received like objects, and become one only when the upload is completed.

use s3s::{
    S3Error, S3Request, S3Response, S3Result,
    dto::{
        AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
        CompleteMultipartUploadOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput, ETag, ListPartsInput,
        ListPartsOutput, Part as Listed, UploadPartInput, UploadPartOutput,
    },
    s3_error,
};

use super::{
    assemble::{Assembly, Refusal},
    blobs::random_name,
    clock::{now, timestamp},
    objects::Place,
    operations::Store,
    parts::{self, Multipart, Part},
    put::{only_if_absent, refuse_unkept},
    receive::{Announced, announced_bytes, receive},
    shelf::Disk,
};

/// S3's own limit.
const MAX_PARTS: i32 = 10_000;

impl Store {
    pub(super) async fn create_multipart(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        refuse_unkept(&request.headers)?;
        let input = request.input;
        let place = Place { bucket: input.bucket.clone(), key: input.key.clone() };
        let multipart = Multipart { content_type: input.content_type, cache_control: input.cache_control };
        let start = move |disk: &Disk| {
            let id = random_name()?;
            disk.change(|rows| {
                parts::start(rows, &id, &place, &multipart)?;
                Ok((id, parts::forget_stale(rows)?))
            })
        };
        let upload_id = Some(self.shelf.serve(start).await?);
        let (bucket, key) = (Some(input.bucket), Some(input.key));
        Ok(S3Response::new(CreateMultipartUploadOutput { bucket, key, upload_id, ..Default::default() }))
    }

    pub(super) async fn put_part(&self, request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        let S3Request { input, headers, trailing_headers, .. } = request;
        let (id, number) = (input.upload_id, input.part_number);
        let place = Place { bucket: input.bucket, key: input.key };
        if !(1..=MAX_PARTS).contains(&number) {
            return Err(s3_error!(InvalidArgument, "Part number must be an integer between 1 and {MAX_PARTS}."));
        }
        let bytes = announced_bytes(input.content_length, &headers, self.max_object_bytes)?;
        self.multipart(&id, &place).await?;
        let announced = Announced { bytes, headers: &headers, trailers: trailing_headers.as_ref() };
        let received = receive(&self.shelf, input.body, announced).await?;
        let (draft, md5) = (received.draft, received.md5);
        let part = Part { number, blob: draft.name.clone(), bytes, md5, received_at: now() };
        if !self.shelf.serve(move |disk| disk.keep_part(&id, &place, draft, &part)).await? {
            return Err(no_such_upload());
        }
        Ok(S3Response::new(UploadPartOutput {
            e_tag: Some(ETag::Strong(hex::encode(md5))),
            checksum_crc32: received.compared.checksum_crc32,
            checksum_crc32c: received.compared.checksum_crc32c,
            checksum_crc64nvme: received.compared.checksum_crc64nvme,
            checksum_sha1: received.compared.checksum_sha1,
            checksum_sha256: received.compared.checksum_sha256,
            ..Default::default()
        }))
    }

    pub(super) async fn list_received(
        &self,
        request: S3Request<ListPartsInput>,
    ) -> S3Result<S3Response<ListPartsOutput>> {
        let input = request.input;
        let place = Place { bucket: input.bucket.clone(), key: input.key.clone() };
        self.multipart(&input.upload_id, &place).await?;
        let id = input.upload_id.clone();
        let mut parts = self.shelf.serve(move |disk| disk.rows.read(|rows| parts::list(rows, &id))).await?;
        let after = input.part_number_marker.unwrap_or_default();
        parts.retain(|part| part.number > after);
        let limit = input.max_parts.map_or(1000, |parts| parts.clamp(1, 1000)) as usize;
        let truncated = parts.len() > limit;
        parts.truncate(limit);
        Ok(S3Response::new(ListPartsOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            part_number_marker: input.part_number_marker,
            max_parts: Some(limit as i32),
            is_truncated: Some(truncated),
            next_part_number_marker: parts.last().map(|part| part.number),
            parts: Some(parts.into_iter().map(listed).collect()),
            ..Default::default()
        }))
    }

    pub(super) async fn complete(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = request.input;
        let only_if_absent = only_if_absent(input.if_none_match.as_ref())?;
        let place = Place { bucket: input.bucket.clone(), key: input.key.clone() };
        let multipart = self.multipart(&input.upload_id, &place).await?;
        let assembly = Assembly {
            place,
            multipart,
            id: input.upload_id,
            listed: input.multipart_upload.and_then(|listed| listed.parts).unwrap_or_default(),
            only_if_absent,
            max_bytes: self.max_object_bytes,
        };
        let assembled = self.shelf.serve(move |disk| assembly.assemble(disk)).await?;
        let etag = assembled.map_err(Refusal::into_s3)?;
        Ok(S3Response::new(CompleteMultipartUploadOutput {
            location: Some(format!("/{}/{}", input.bucket, input.key)),
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(ETag::Strong(etag)),
            ..Default::default()
        }))
    }

    pub(super) async fn abort(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let input = request.input;
        let place = Place { bucket: input.bucket, key: input.key };
        self.multipart(&input.upload_id, &place).await?;
        let forget =
            move |disk: &Disk| disk.change(|rows| Ok(((), parts::forget(rows, &input.upload_id)?.unwrap_or_default())));
        self.shelf.serve(forget).await?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }

    async fn multipart(&self, id: &str, place: &Place) -> S3Result<Multipart> {
        let (id, place) = (id.to_owned(), place.clone());
        let found = self.shelf.serve(move |disk| disk.rows.read(|rows| parts::find(rows, &id, &place)));
        found.await?.ok_or_else(no_such_upload)
    }
}

pub(super) fn no_such_upload() -> S3Error {
    s3_error!(NoSuchUpload, "The specified upload does not exist. It may have been aborted or completed.")
}

fn listed(part: Part) -> Listed {
    Listed {
        part_number: Some(part.number),
        size: Some(part.bytes as i64),
        e_tag: Some(ETag::Strong(hex::encode(part.md5))),
        last_modified: Some(timestamp(part.received_at)),
        ..Default::default()
    }
}
