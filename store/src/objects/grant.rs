//! What is signed for others: a PUT of one original, a GET of an object.

use std::time::Duration;

use anyhow::{Context, Result};
use aws_sdk_s3::{
    operation::put_object::builders::PutObjectFluentBuilder,
    presigning::{PresignedRequest, PresigningConfig},
};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};

use super::Objects;
use crate::{Image, ImageId, ObjectKey, Timestamp};

/// How long the GET of an object stays valid at least.
const READ_SECONDS: u64 = 3600;
/// URLs of one window are equal, so that browsers may cache what they point at.
pub const READ_WINDOW_SECONDS: u64 = 1800;

/// The one request that may fill an image. The URL is a password: it is never logged.
#[derive(Clone)]
pub struct SignedPut {
    pub url: String,
    /// Every header that the client must set itself, as it must be sent.
    pub headers: Vec<(String, String)>,
    pub expires_at: Timestamp,
    /// Seconds from now.
    pub expires_in: u64,
}

/// What a browser does with the object that it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition<'a> {
    Inline,
    Attachment { filename: &'a str },
}

impl Objects {
    /// Signs all that S3 can check: exact length and type, the hash if one was given, and that nothing lies there yet.
    pub async fn presign_put(&self, image: &Image, seconds: u64, now: Timestamp) -> Result<SignedPut> {
        let checksum = image.expected.sha256.as_ref().map(|sha256| base64_of_hex(sha256)).transpose()?;
        let put = self
            .put_original(image)
            .content_type(&image.expected.content_type)
            .if_none_match("*")
            .set_checksum_sha256(checksum);
        self.sign_put(put, seconds, now).await
    }

    /// Signs only what `curl -T` sends by itself, host and length: for the redirect, and for a minute.
    pub async fn presign_bare_put(&self, image: &Image, seconds: u64, now: Timestamp) -> Result<SignedPut> {
        self.sign_put(self.put_original(image), seconds, now).await
    }

    fn put_original(&self, image: &Image) -> PutObjectFluentBuilder {
        let key = ObjectKey::Original(image.image_id).to_string();
        self.presigner.put_object().bucket(&self.originals).key(key).content_length(image.expected.bytes as i64)
    }

    async fn sign_put(&self, put: PutObjectFluentBuilder, seconds: u64, now: Timestamp) -> Result<SignedPut> {
        let expires_in = self.clamp_to_credentials(seconds, now, now).await?;
        let request = put.presigned(valid_from(now, expires_in)?).await.context("sign the upload")?;
        Ok(SignedPut {
            url: request.uri().to_owned(),
            headers: client_headers(&request),
            expires_at: Timestamp::from_unix_seconds(now.unix_seconds()).plus_seconds(expires_in),
            expires_in,
        })
    }

    /// A URL of the original, always as an attachment: what was uploaded is never trusted to be what it says.
    pub async fn original_url(&self, id: ImageId, filename: &str, now: Timestamp) -> Result<String> {
        let key = ObjectKey::Original(id);
        self.read_url(&self.originals, &key, Disposition::Attachment { filename }, now).await
    }

    /// A URL of a rendition: where everybody may read it if there is such a place, else signed, good for an hour at least.
    pub async fn rendition_url(&self, key: &ObjectKey, disposition: Disposition<'_>, now: Timestamp) -> Result<String> {
        match (&self.renditions_url, disposition) {
            (Some(base), Disposition::Inline) => Ok(format!("{base}/{key}")),
            // What is to be saved under a name comes from the bucket itself: a CDN adds no such header.
            _ => self.read_url(&self.renditions, key, disposition, now).await,
        }
    }

    async fn read_url(
        &self,
        bucket: &str,
        key: &ObjectKey,
        disposition: Disposition<'_>,
        now: Timestamp,
    ) -> Result<String> {
        let start = now.floor_to_seconds(READ_WINDOW_SECONDS);
        let seconds = self.clamp_to_credentials(READ_SECONDS + READ_WINDOW_SECONDS, start, now).await?;
        let get = self.presigner.get_object().bucket(bucket).key(key.to_string());
        let get = match key {
            // Whatever its sender called it: nobody's browser shall take it for a page.
            ObjectKey::Original(_) => get.response_content_type("application/octet-stream"),
            ObjectKey::Rendition { .. } => get,
        };
        let get = match disposition {
            Disposition::Inline => get,
            Disposition::Attachment { filename } => get.response_content_disposition(attachment(filename)),
        };
        let request = get.presigned(valid_from(start, seconds)?).await.context("sign the download")?;
        Ok(request.uri().to_owned())
    }
}

fn valid_from(start: Timestamp, seconds: u64) -> Result<PresigningConfig> {
    PresigningConfig::builder()
        .start_time(std::time::UNIX_EPOCH + Duration::from_secs(start.unix_seconds().max(0) as u64))
        .expires_in(Duration::from_secs(seconds))
        .build()
        .context("a validity that can be signed")
}

/// Host and length are signed too, but every client sends them by itself, and browsers forbid to set them.
fn client_headers(request: &PresignedRequest) -> Vec<(String, String)> {
    let all = request.headers().map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let mut headers: Vec<_> = all.filter(|(name, _)| name != "content-length" && name != "host").collect();
    headers.sort();
    headers
}

/// What a plain name may hold besides letters and digits: nothing that ends it, that some clients take for a code, or
/// that some system has in no name.
const PLAIN: &str = "-_. '&#()!,+=@[]{}~$^";

/// RFC 6266: a plain name for old clients, the true one in UTF-8 beside it.
fn attachment(filename: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || PLAIN.contains(c) { c } else { '_' };
    let plain: String = filename.chars().map(plain).collect();
    let encoded: String = filename
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

/// S3 wants the checksum in base64; hexadecimal text would be signed without a word and then never match.
fn base64_of_hex(digits: &str) -> Result<String> {
    let digest = hex::decode(digits).context("a SHA-256 in hexadecimal")?;
    anyhow::ensure!(digest.len() == 32, "a SHA-256 of {} bytes instead of 32", digest.len());
    Ok(BASE64.encode(digest))
}

#[cfg(test)]
mod tests {
    use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
    use aws_sdk_s3::config::{BehaviorVersion, Region};

    use super::*;
    use crate::Settings;

    fn objects(s3_path_style: bool, renditions_url: Option<&str>) -> Objects {
        let credentials = SharedCredentialsProvider::new(Credentials::new("key", "secret", None, None, "a test"));
        let s3 = aws_sdk_s3::Config::builder().behavior_version(BehaviorVersion::latest());
        let s3 = s3.region(Region::new("eu-central-1")).credentials_provider(credentials.clone()).build();
        let names = Settings {
            images_table: "images".into(),
            originals_bucket: "originals".into(),
            renditions_bucket: "renditions".into(),
            s3_public_url: None,
            s3_path_style,
            renditions_url: renditions_url.map(str::to_owned),
        };
        Objects::new(s3, credentials, &names)
    }

    async fn url(objects: &Objects, disposition: Disposition<'_>) -> String {
        let key = format!("{}/3f9a/avif-320.avif", "0".repeat(26)).parse().unwrap();
        objects.rendition_url(&key, disposition, Timestamp::now()).await.unwrap()
    }

    #[tokio::test]
    async fn rendition_that_everybody_may_read_has_a_plain_url_unless_it_is_to_be_saved() {
        let objects = objects(false, Some("https://d1.example.net/renditions"));
        let path = format!("{}/3f9a/avif-320.avif", "0".repeat(26));
        assert_eq!(url(&objects, Disposition::Inline).await, format!("https://d1.example.net/renditions/{path}"));
        let saved = url(&objects, Disposition::Attachment { filename: "a.avif" }).await;
        let signed = format!("https://renditions.s3.eu-central-1.amazonaws.com/{path}?");
        assert!(saved.starts_with(&signed) && saved.contains("X-Amz-Signature="), "{saved}");
    }

    #[tokio::test]
    async fn bucket_is_in_the_path_where_that_is_asked_for() {
        let url = url(&objects(true, None), Disposition::Inline).await;
        assert!(url.starts_with("https://s3.eu-central-1.amazonaws.com/renditions/0000"), "{url}");
    }

    #[test]
    fn a_filename_cannot_break_out_of_its_header() {
        let header = attachment("a\"; filename=b\r\nx: y/ü.html");
        assert_eq!(
            header,
            "attachment; filename=\"a__ filename=b__x_ y__.html\"; filename*=UTF-8''a%22%3B%20filename%3Db%0D%0Ax%3A%20y%2F%C3%BC.html"
        );
    }
}
