//! The digests of a body: the two that are always computed, and those that the client wants checked.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use http::HeaderMap;
use s3s::{
    S3Result, TrailingHeaders,
    checksum::ChecksumHasher,
    crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256},
    dto::Checksum,
    s3_error,
};

const NAMES: [&str; 5] = [
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
];

/// Digests in the making.
pub(super) struct Checks {
    hasher: ChecksumHasher,
    md5: Md5,
}

/// The finished digests.
pub(super) struct Digests {
    pub md5: [u8; 16],
    pub sha256: Vec<u8>,
    computed: Checksum,
}

impl Checks {
    /// Computes what `headers` announce, in themselves or for the trailer.
    pub fn asked_by(headers: &HeaderMap) -> Self {
        let asked = |name: &str| headers.contains_key(name) || announced(headers, name);
        let hasher = ChecksumHasher {
            crc32: asked(NAMES[0]).then(Crc32::new),
            crc32c: asked(NAMES[1]).then(Crc32c::new),
            crc64nvme: asked(NAMES[2]).then(Crc64Nvme::new),
            sha1: asked(NAMES[3]).then(Sha1::new),
            sha256: Some(Sha256::new()),
        };
        Self { hasher, md5: Md5::new() }
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.hasher.update(bytes);
    }

    pub fn finish(self) -> Digests {
        let computed = self.hasher.finalize();
        let sha256 = computed.checksum_sha256.as_ref().and_then(|text| BASE64.decode(text).ok()).unwrap_or_default();
        Digests { md5: self.md5.finalize(), sha256, computed }
    }
}

impl Digests {
    /// Compares them with all that the client has said, before its body or behind it, and returns what was compared.
    pub fn verify(self, headers: &HeaderMap, trailers: Option<&TrailingHeaders>) -> S3Result<Checksum> {
        let trailers = trailers.and_then(TrailingHeaders::take).unwrap_or_default();
        if let Some(given) = headers.get("content-md5")
            && given.as_bytes() != BASE64.encode(self.md5).as_bytes()
        {
            return Err(s3_error!(BadDigest, "The Content-MD5 you specified did not match what we received."));
        }
        let mut compared = self.computed;
        for (name, computed) in NAMES.into_iter().zip(fields(&mut compared)) {
            match headers.get(name).or_else(|| trailers.get(name)) {
                Some(given) if computed.as_ref().is_some_and(|computed| given.as_bytes() == computed.as_bytes()) => {}
                Some(_) => {
                    return Err(s3_error!(BadDigest, "The {name} you specified did not match what we received."));
                }
                None if announced(headers, name) => {
                    return Err(s3_error!(InvalidRequest, "The trailer {name} was announced and did not come."));
                }
                None => *computed = None,
            }
        }
        Ok(compared)
    }
}

/// In the order of `NAMES`.
fn fields(checksum: &mut Checksum) -> [&mut Option<String>; 5] {
    [
        &mut checksum.checksum_crc32,
        &mut checksum.checksum_crc32c,
        &mut checksum.checksum_crc64nvme,
        &mut checksum.checksum_sha1,
        &mut checksum.checksum_sha256,
    ]
}

fn announced(headers: &HeaderMap, name: &str) -> bool {
    let trailers = headers.get_all("x-amz-trailer").into_iter().filter_map(|value| value.to_str().ok());
    trailers.flat_map(|names| names.split(',')).any(|trailer| trailer.trim().eq_ignore_ascii_case(name))
}
