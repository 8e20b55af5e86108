//! What s3s lets pass and S3 would not: other signatures, other regions, headers that were not signed, unknown buckets.

use std::borrow::Cow;

use async_trait::async_trait;
use http::{HeaderMap, Uri, header::AUTHORIZATION};
use s3s::{
    S3Result,
    access::{S3Access, S3AccessContext},
    s3_error,
};

use super::shelf::Buckets;

/// Asked for every request after its signature was verified, and before its body is read.
pub(super) struct Access(pub Buckets);

#[async_trait]
impl S3Access for Access {
    async fn check(&self, request: &mut S3AccessContext<'_>) -> S3Result<()> {
        if request.credentials().is_none() {
            return Err(s3_error!(AccessDenied, "Anonymous access is not allowed."));
        }
        let signed = Signed::of(request.uri(), request.headers())
            .ok_or_else(|| s3_error!(AccessDenied, "Only requests with Signature Version 4 are accepted."))?;
        self.check_scope(&signed)?;
        let covered = |name: &str| signed.headers.split(';').any(|signed| signed == name);
        let mut names = request.headers().keys().map(|name| name.as_str());
        if let Some(name) = names.find(|name| name.starts_with("x-amz-") && !covered(name)) {
            return Err(s3_error!(AccessDenied, "There were headers present which were not signed: {name}"));
        }
        match request.s3_path().get_bucket_name() {
            Some(bucket) if !self.0.contains(bucket) => {
                Err(s3_error!(NoSuchBucket, "The specified bucket does not exist"))
            }
            _ => Ok(()),
        }
    }
}

impl Access {
    fn check_scope(&self, signed: &Signed) -> S3Result<()> {
        let region = &self.0.region;
        // key / date / region / service / aws4_request, counted from the end since a key may hold slashes.
        let mut scope = signed.credential.rsplit('/').skip(1);
        match (scope.next(), scope.next()) {
            (Some("s3"), Some(asked)) if asked == region => Ok(()),
            (Some("s3"), asked) => {
                let asked = asked.unwrap_or_default();
                Err(s3_error!(
                    AuthorizationHeaderMalformed,
                    "The authorization is malformed; the region '{asked}' is wrong; expecting '{region}'"
                ))
            }
            _ => Err(s3_error!(AccessDenied, "The signature is for another service.")),
        }
    }
}

/// What a Signature Version 4 says of itself.
struct Signed<'a> {
    credential: Cow<'a, str>,
    headers: Cow<'a, str>,
}

impl<'a> Signed<'a> {
    /// `None` for every other kind of signature, also if this one stands beside it.
    fn of(uri: &'a Uri, headers: &'a HeaderMap) -> Option<Self> {
        let query: Vec<_> = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).collect();
        let authorization = headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
        let presigned = query.iter().any(|(name, _)| name == "X-Amz-Signature");
        if query.iter().any(|(name, _)| name == "Signature") {
            return None;
        }
        match authorization {
            None if presigned => Self::in_query(query),
            Some(authorization) if !presigned => Self::in_header(authorization),
            _ => None,
        }
    }

    fn in_query(query: Vec<(Cow<'a, str>, Cow<'a, str>)>) -> Option<Self> {
        let value = |name: &str| query.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
        Some(Self { credential: value("X-Amz-Credential")?, headers: value("X-Amz-SignedHeaders")? })
    }

    fn in_header(authorization: &'a str) -> Option<Self> {
        let fields = authorization.strip_prefix("AWS4-HMAC-SHA256")?;
        let field = |name: &str| fields.split(',').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='));
        Some(Self { credential: field("Credential")?.into(), headers: field("SignedHeaders")?.into() })
    }
}
