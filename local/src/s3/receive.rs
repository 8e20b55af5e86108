//! Receives a body: streams it into a draft while hashing, and accepts it only if it is what the client announced.

use std::{io::Write, time::Duration};

use anyhow::Context;
use bytes::Bytes;
use futures_util::StreamExt;
use http::HeaderMap;
use s3s::{
    S3Error, S3ErrorCode, S3Result, TrailingHeaders,
    dto::{Checksum, StreamingBlob},
    s3_error,
};
use store::catalog::{SLOWEST_BYTES_PER_SECOND, UPLOAD_GRACE_SECONDS};
use tokio::time::{Instant, timeout_at};

use super::{blobs::Draft, checks::Checks, shelf::Shelf};

/// Bytes that are written and hashed at once.
/// Larger: more memory for each upload. Smaller: more turns on a blocking thread.
const BATCH_BYTES: usize = 256 * 1024;
/// Longer: a client that has gone silently holds its connection and draft for longer.
/// Shorter: a phone between two cells must begin anew.
const SILENCE: Duration = Duration::from_secs(60);
/// What is left, of the time for which the record waits, to bring the last bytes to the disk.
const LAST_STEPS_SECONDS: u64 = 60;

/// A body that is what the client announced.
pub(super) struct Received {
    pub draft: Draft,
    pub md5: [u8; 16],
    pub sha256: Vec<u8>,
    /// What the client had wanted to be checked.
    pub compared: Checksum,
}

/// What the client has announced about a body.
pub(super) struct Announced<'a> {
    pub bytes: u64,
    pub headers: &'a HeaderMap,
    pub trailers: Option<&'a TrailingHeaders>,
}

/// How long the body is to be: S3 takes none without a length, and this server none that is too long.
pub(super) fn announced_bytes(length: Option<i64>, headers: &HeaderMap, max_bytes: u64) -> S3Result<u64> {
    // A body that is chunked for its signature tells its true length here.
    let decoded = || headers.get("x-amz-decoded-content-length")?.to_str().ok()?.parse().ok();
    let bytes = length.map(|length| length as u64).or_else(decoded);
    match bytes.ok_or_else(|| s3_error!(MissingContentLength, "You must provide the Content-Length HTTP header."))? {
        bytes if bytes > max_bytes => {
            Err(s3_error!(EntityTooLarge, "Your proposed upload of {bytes} bytes exceeds the maximum of {max_bytes}."))
        }
        bytes => Ok(bytes),
    }
}

/// Leaves nothing behind unless all of it came and matches.
pub(super) async fn receive(
    shelf: &Shelf,
    body: Option<StreamingBlob>,
    announced: Announced<'_>,
) -> S3Result<Received> {
    let Announced { bytes, headers, trailers } = announced;
    let draft = shelf.serve(|disk| disk.blobs.draft()).await?;
    let mut writing = Writing { draft, checks: Checks::asked_by(headers), batch: Vec::new(), received: 0 };
    let mut body = body.unwrap_or_else(|| StreamingBlob::from(s3s::Body::empty()));
    let deadline = Instant::now() + longest(bytes);
    while let Some(chunk) = next_chunk(&mut body, deadline).await? {
        writing.batch.extend_from_slice(&chunk);
        writing.received += chunk.len() as u64;
        if writing.received > bytes {
            return Err(incomplete("The body is longer than it was announced."));
        }
        if writing.batch.len() >= BATCH_BYTES {
            writing = shelf.serve(|_| writing.flush()).await?;
        }
    }
    if writing.received < bytes {
        return Err(incomplete("You did not provide the number of bytes specified by the Content-Length HTTP header."));
    }
    let Writing { draft, checks, .. } = shelf.serve(|_| writing.flush()).await?;
    let digests = checks.finish();
    let (md5, sha256) = (digests.md5, digests.sha256.clone());
    let compared = digests.verify(headers, trailers)?;
    Ok(Received { draft, md5, sha256, compared })
}

/// A draft, the digests of what is in it, and what is still to be written.
struct Writing {
    draft: Draft,
    checks: Checks,
    batch: Vec<u8>,
    received: u64,
}

impl Writing {
    fn flush(mut self) -> anyhow::Result<Self> {
        self.checks.update(&self.batch);
        self.draft.file.write_all(&self.batch).context("write the blob")?;
        self.batch.clear();
        Ok(self)
    }
}

/// What came later would be taken though its record has expired.
pub(super) fn longest(bytes: u64) -> Duration {
    Duration::from_secs(UPLOAD_GRACE_SECONDS - LAST_STEPS_SECONDS + bytes / SLOWEST_BYTES_PER_SECOND)
}

pub(super) async fn next_chunk(body: &mut StreamingBlob, deadline: Instant) -> S3Result<Option<Bytes>> {
    match timeout_at(deadline.min(Instant::now() + SILENCE), body.next()).await {
        Ok(chunk) => chunk.transpose().map_err(broken),
        Err(_) => Err(s3_error!(RequestTimeout, "The body came too slowly, or not at all for a minute.")),
    }
}

/// What s3s says when a body does not match its signed hash arrives as the error of a stream.
fn broken(error: s3s::StdError) -> S3Error {
    let said = error.to_string();
    if said.contains("Sha256Mismatch") {
        return s3_error!(BadDigest, "The provided x-amz-content-sha256 does not match what was computed.");
    }
    if said.contains("SignatureMismatch") {
        return s3_error!(SignatureDoesNotMatch, "The signature of a chunk does not match.");
    }
    incomplete("The body ended early or is malformed.")
}

fn incomplete(message: &'static str) -> S3Error {
    S3Error::with_message(S3ErrorCode::IncompleteBody, message)
}
