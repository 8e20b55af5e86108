//! Where records and objects are kept: read once at start, from variables that `template.yaml` sets.

use anyhow::{Context, Result, bail, ensure};
use http::Uri;

/// The names that api and processor share.
#[derive(Clone, Debug)]
pub struct Settings {
    pub images_table: String,
    pub originals_bucket: String,
    pub renditions_bucket: String,
    /// Where clients reach S3, when that is not where this process does: signed URLs name it.
    pub s3_public_url: Option<String>,
    /// The bucket in the path, not in the host's name: for stores whose buckets have no names of their own in the DNS.
    pub s3_path_style: bool,
    /// Where everybody may read renditions, such as a CDN before their bucket. Without it their URLs are signed.
    pub renditions_url: Option<String>,
}

impl Settings {
    pub fn from_env() -> Result<Self> {
        let settings = Self {
            images_table: required("TINTYPE_IMAGES_TABLE")?,
            originals_bucket: required("TINTYPE_ORIGINALS_BUCKET")?,
            renditions_bucket: required("TINTYPE_RENDITIONS_BUCKET")?,
            s3_public_url: optional("TINTYPE_S3_PUBLIC_URL", address)?,
            s3_path_style: optional("TINTYPE_S3_PATH_STYLE", truth)?.unwrap_or_default(),
            renditions_url: optional("TINTYPE_RENDITIONS_URL", address)?,
        };
        settings.check()?;
        Ok(settings)
    }

    /// Two buckets, or a rendition would wake the processor, which would make renditions of it, and so on.
    pub fn check(&self) -> Result<()> {
        ensure!(
            self.originals_bucket != self.renditions_bucket,
            "TINTYPE_ORIGINALS_BUCKET and TINTYPE_RENDITIONS_BUCKET must name two buckets, both are {:?}",
            self.originals_bucket
        );
        Ok(())
    }
}

/// A variable without which the process cannot start.
pub fn required(name: &str) -> Result<String> {
    optional(name, |value| Ok(value.to_owned()))?.with_context(|| format!("the variable {name} is not set"))
}

/// A variable without which the process cannot start, and that holds an address.
pub fn required_address(name: &str) -> Result<String> {
    optional(name, address)?.with_context(|| format!("the variable {name} is not set"))
}

/// What a variable holds, as `read` takes it. One that is empty counts as not set.
fn optional<T>(name: &str, read: fn(&str) -> Result<T>) -> Result<Option<T>> {
    let Some(value) = std::env::var_os(name).filter(|value| !value.is_empty()) else { return Ok(None) };
    let value = value.to_string_lossy();
    read(&value).with_context(|| format!("the variable {name} is {value:?}")).map(Some)
}

/// Such as `https://images.example.org/renditions`; given without a slash at the end, so that a key can follow one.
fn address(text: &str) -> Result<String> {
    let uri = text.parse::<Uri>().ok().filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
    let is_plain = uri.is_some_and(|uri| uri.host().is_some_and(|host| !host.is_empty()));
    // Whoever is told of it would get the password, and what follows a query or a fragment is no path.
    ensure!(is_plain && !text.contains(['@', '?', '#']), "accepted is http:// or https://, a host and perhaps a path");
    Ok(text.trim_end_matches('/').to_owned())
}

fn truth(text: &str) -> Result<bool> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => bail!("accepted are true and false"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_without_the_slash_at_its_end() {
        assert_eq!(address("https://d1.example.net/renditions/").unwrap(), "https://d1.example.net/renditions");
        assert_eq!(address("http://127.0.0.1:9000").unwrap(), "http://127.0.0.1:9000");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "d1.example.net",
            "ftp://example.net",
            "http://",
            "https:///renditions",
            "http://a b",
            "http://ada:secret@example.net",
            "http://example.net/?a=b",
            "http://example.net/#a",
            "/renditions",
        ] {
            assert!(address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn equal_buckets_are_refused() {
        let settings = Settings {
            images_table: "images".into(),
            originals_bucket: "one".into(),
            renditions_bucket: "one".into(),
            s3_public_url: None,
            s3_path_style: false,
            renditions_url: None,
        };
        assert!(settings.check().unwrap_err().to_string().contains("two buckets"));
    }
}
