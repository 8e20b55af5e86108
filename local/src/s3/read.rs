//! GetObject and HeadObject: conditions, ranges, and bytes that flow from the disk in pieces.

use std::{fs::File, ops::Range, os::unix::fs::FileExt, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, header};
use s3s::{
    S3Error, S3Request, S3Response, S3Result,
    dto::{
        ChecksumMode, ETag, ETagCondition, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, IfMatch,
        IfNoneMatch, StreamingBlob,
    },
    s3_error,
};

use super::{
    clock::timestamp,
    objects::{Object, Place, find},
    operations::Store,
};

/// Larger: fewer turns on a blocking thread. Smaller: less memory for each download.
const PIECE_BYTES: u64 = 128 * 1024;

impl Store {
    pub(super) async fn get(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        if input.part_number.is_some() {
            return Err(s3_error!(NotImplemented, "partNumber is not implemented."));
        }
        let place = Place { bucket: input.bucket, key: input.key };
        let sought = place.clone();
        let opened = self.shelf.serve(move |disk| disk.open_object(&sought)).await?;
        let (object, file) = opened.ok_or_else(|| s3_error!(NoSuchKey, "The specified key does not exist."))?;
        check_conditions(&object, input.if_match.as_ref(), input.if_none_match.as_ref())?;
        let checked = wants_checksum(input.checksum_mode.as_ref()).then(|| object.sha256.clone()).flatten();
        let bytes = object.bytes;
        let mut answer = self.describe(&place, object);
        let range = match input.range {
            None => {
                // Of a part there is no checksum to compare with.
                answer.checksum_sha256 = checked.map(|sha256| BASE64.encode(sha256));
                0..bytes
            }
            Some(range) => {
                let range = range.check(bytes).map_err(|_| s3_error!(InvalidRange, "The range is not satisfiable."))?;
                answer.content_range = Some(format!("bytes {}-{}/{bytes}", range.start, range.end - 1));
                range
            }
        };
        answer.content_length = Some((range.end - range.start) as i64);
        answer.body = Some(stream_from(file, range));
        Ok(S3Response::new(answer))
    }

    pub(super) async fn head(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = request.input;
        if input.range.is_some() || input.part_number.is_some() {
            return Err(s3_error!(NotImplemented, "HeadObject of a part is not implemented."));
        }
        let place = Place { bucket: input.bucket, key: input.key };
        let sought = place.clone();
        let found = self.shelf.serve(move |disk| disk.rows.read(|rows| find(rows, &sought)));
        let object = found.await?.ok_or_else(|| s3_error!(NoSuchKey, "The specified key does not exist."))?;
        check_conditions(&object, input.if_match.as_ref(), input.if_none_match.as_ref())?;
        let checked = wants_checksum(input.checksum_mode.as_ref()).then(|| object.sha256.clone()).flatten();
        let bytes = object.bytes;
        let described = self.describe(&place, object);
        Ok(S3Response::new(HeadObjectOutput {
            accept_ranges: described.accept_ranges,
            cache_control: described.cache_control,
            checksum_sha256: checked.map(|sha256| BASE64.encode(sha256)),
            content_disposition: described.content_disposition,
            content_length: Some(bytes as i64),
            content_type: described.content_type,
            e_tag: described.e_tag,
            last_modified: described.last_modified,
            ..Default::default()
        }))
    }

    /// All headers but those of the body.
    fn describe(&self, place: &Place, object: Object) -> GetObjectOutput {
        // An original is whatever its uploader sent: a browser saves it, unless the signed request says otherwise.
        let foreign = place.bucket == self.shelf.buckets().originals;
        GetObjectOutput {
            accept_ranges: Some("bytes".into()),
            cache_control: object.cache_control,
            content_disposition: foreign.then(|| "attachment".into()),
            // What S3 says of an object that was stored without a type.
            content_type: Some(object.content_type.unwrap_or_else(|| "binary/octet-stream".into())),
            e_tag: Some(ETag::Strong(object.etag)),
            last_modified: Some(timestamp(object.modified_at)),
            ..Default::default()
        }
    }
}

/// An error if the client wants only what is not there any more, or only what it does not have yet.
fn check_conditions(object: &Object, if_match: Option<&IfMatch>, if_none_match: Option<&IfNoneMatch>) -> S3Result<()> {
    let matches = |condition: &ETagCondition| match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(etag) => etag.value() == object.etag,
    };
    if if_match.is_some_and(|condition| !matches(condition)) {
        return Err(s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold"));
    }
    if if_none_match.is_some_and(matches) {
        // An error to s3s, which ignores another status of an answer.
        let mut unchanged = s3_error!(NotModified);
        let etag = ETag::Strong(object.etag.clone()).to_http_header().map_err(S3Error::internal_error)?;
        unchanged.set_headers(HeaderMap::from_iter([(header::ETAG, etag)]));
        return Err(unchanged);
    }
    Ok(())
}

fn wants_checksum(mode: Option<&ChecksumMode>) -> bool {
    mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED)
}

/// The file stays open until the last piece is sent, so that it may be replaced meanwhile.
fn stream_from(file: File, range: Range<u64>) -> StreamingBlob {
    let file = Arc::new(file);
    StreamingBlob::wrap(stream::try_unfold(range, move |left| {
        let file = Arc::clone(&file);
        async move {
            if left.is_empty() {
                return Ok(None);
            }
            let end = left.end.min(left.start + PIECE_BYTES);
            let read = tokio::task::spawn_blocking(move || {
                let mut piece = vec![0; (end - left.start) as usize];
                file.read_exact_at(&mut piece, left.start).map(|()| Bytes::from(piece))
            });
            Ok::<_, std::io::Error>(Some((read.await??, end..left.end)))
        }
    }))
}
