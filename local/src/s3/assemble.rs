//! Makes one object of the parts of a multipart upload.

use std::{fs::File, io};

use anyhow::{Context, Result};
use s3s::{
    S3Error,
    crypto::{Checksum as _, Md5},
    dto::CompletedPart,
    s3_error,
};

use super::{
    clock::now,
    multipart::no_such_upload,
    objects::{NewObject, Object, Origin, Place, Written},
    parts::{self, Multipart, Part},
    put::occupied,
    shelf::Disk,
};

/// S3's own limit for every part but the last.
const MIN_PART_BYTES: u64 = 5 * 1024 * 1024;

/// A multipart upload that is to be completed.
pub(super) struct Assembly {
    pub place: Place,
    pub id: String,
    pub multipart: Multipart,
    /// The parts that the client wants, in its order.
    pub listed: Vec<CompletedPart>,
    pub only_if_absent: bool,
    pub max_bytes: u64,
}

/// Why it cannot be completed.
pub(super) enum Refusal {
    NoParts,
    Order,
    /// This part never came, or with other bytes.
    Part(i32),
    TooSmall(i32),
    TooLarge,
    Occupied,
    Gone,
}

impl Assembly {
    /// Returns the ETag of the object.
    pub fn assemble(self, disk: &Disk) -> Result<Result<String, Refusal>> {
        let received = disk.rows.read(|rows| parts::list(rows, &self.id))?;
        let chosen = match self.choose(received) {
            Ok(chosen) => chosen,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let draft = disk.blobs.draft()?;
        for part in &chosen {
            append(disk, part, &draft.file).with_context(|| format!("append part {}", part.number))?;
        }
        let digests: Vec<u8> = chosen.iter().flat_map(|part| part.md5).collect();
        let etag = format!("{}-{}", hex::encode(Md5::checksum(&digests)), chosen.len());
        let object = Object {
            key: self.place.key.clone(),
            blob: draft.name.clone(),
            bytes: chosen.iter().map(|part| part.bytes).sum(),
            etag: etag.clone(),
            sha256: None,
            content_type: self.multipart.content_type,
            cache_control: self.multipart.cache_control,
            modified_at: now(),
        };
        let (place, only_if_absent, multipart) = (self.place, self.only_if_absent, Some(self.id));
        let origin = Origin::CompleteMultipartUpload;
        let new = NewObject { place, draft, object, origin, only_if_absent, multipart };
        Ok(match disk.write_object(new)? {
            Written::Done => Ok(etag),
            Written::Occupied => Err(Refusal::Occupied),
            Written::Gone => Err(Refusal::Gone),
        })
    }

    /// The parts that the client lists, if all of them came as it thinks.
    fn choose(&self, received: Vec<Part>) -> Result<Vec<Part>, Refusal> {
        let mut received: std::collections::HashMap<i32, Part> =
            received.into_iter().map(|part| (part.number, part)).collect();
        let mut chosen: Vec<Part> = Vec::new();
        for listed in &self.listed {
            let number = listed.part_number.unwrap_or_default();
            if chosen.last().is_some_and(|last| last.number >= number) {
                return Err(Refusal::Order);
            }
            let part = received.remove(&number).ok_or(Refusal::Part(number))?;
            if listed.e_tag.as_ref().is_none_or(|etag| etag.value() != hex::encode(part.md5)) {
                return Err(Refusal::Part(number));
            }
            chosen.push(part);
        }
        let (_, all_but_last) = chosen.split_last().ok_or(Refusal::NoParts)?;
        if let Some(small) = all_but_last.iter().find(|part| part.bytes < MIN_PART_BYTES) {
            return Err(Refusal::TooSmall(small.number));
        }
        match chosen.iter().map(|part| part.bytes).sum::<u64>() > self.max_bytes {
            true => Err(Refusal::TooLarge),
            false => Ok(chosen),
        }
    }
}

impl Refusal {
    pub fn into_s3(self) -> S3Error {
        match self {
            Self::NoParts => s3_error!(MalformedXML, "You must specify at least one part"),
            Self::Order => s3_error!(InvalidPartOrder, "The list of parts was not in ascending order."),
            Self::Part(number) => s3_error!(InvalidPart, "Part {number} could not be found, or its ETag is another."),
            Self::TooSmall(number) => s3_error!(EntityTooSmall, "Part {number} has less than {MIN_PART_BYTES} bytes."),
            Self::TooLarge => s3_error!(EntityTooLarge, "The parts together exceed the maximum allowed size."),
            Self::Occupied => occupied(),
            Self::Gone => no_such_upload(),
        }
    }
}

/// The kernel copies, where it can without moving the bytes through this process.
fn append(disk: &Disk, part: &Part, mut whole: &File) -> Result<()> {
    let mut blob = disk.blobs.open_blob(&part.blob)?;
    let copied = io::copy(&mut blob, &mut whole)?;
    anyhow::ensure!(copied == part.bytes, "its blob has {copied} bytes, not {}", part.bytes);
    Ok(())
}
