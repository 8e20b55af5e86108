//! Signs what the API would not grant, by the secret in the server's folder.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use hmac::{Hmac, KeyInit, Mac};
use http::Uri;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

/// Holds the secret key of the embedded S3, which is made of the folder's secret.
pub struct Signer {
    secret_key: String,
}

impl Signer {
    pub fn of(folder: &Path) -> Result<Self> {
        let path = folder.join("secret");
        let secret = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
        ensure!(!secret.is_empty(), "{} is empty", path.display());
        let derived = Sha256::new().chain_update(secret).chain_update("s3").finalize();
        Ok(Self { secret_key: hex::encode(derived) })
    }

    /// The path and query of a request to the host of `url`, presigned by Signature Version 4.
    pub fn sign(&self, method: &str, url: &str, path: &str) -> Result<String> {
        let uri: Uri = url.parse().context("understand a signed URL")?;
        let host = uri.authority().context("a URL with a host")?;
        let now = OffsetDateTime::now_utc();
        let date = format!("{:04}{:02}{:02}", now.year(), u8::from(now.month()), now.day());
        let moment = format!("{date}T{:02}{:02}{:02}Z", now.hour(), now.minute(), now.second());
        let scope = format!("{date}/us-east-1/s3/aws4_request");
        let credential = format!("tintype/{scope}").replace('/', "%2F");
        let query = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Date={moment}&X-Amz-Expires=900&X-Amz-SignedHeaders=host"
        );
        let canonical = format!("{method}\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD");
        let digest = hex::encode(Sha256::digest(canonical));
        let signature = self.signature(&scope, &format!("AWS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}"));
        Ok(format!("{path}?{query}&X-Amz-Signature={signature}"))
    }

    /// One HMAC for each part of the scope, each keyed by the one before.
    fn signature(&self, scope: &str, text: &str) -> String {
        let first = format!("AWS4{}", self.secret_key).into_bytes();
        let key = scope.split('/').fold(first, |key, part| hmac(&key, part));
        hex::encode(hmac(&key, text))
    }
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
