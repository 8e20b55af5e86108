//! Where records and objects are kept: read once at start, from variables that `template.yaml` sets.

use anyhow::{Context, Result, ensure};

/// The names that api and processor share.
#[derive(Clone, Debug)]
pub struct Settings {
    pub images_table: String,
    pub originals_bucket: String,
    pub renditions_bucket: String,
    /// Where clients reach S3, when that is not where this process does: signed URLs name it.
    pub s3_public_url: Option<String>,
}

impl Settings {
    pub fn from_env() -> Result<Self> {
        let settings = Self {
            images_table: required("TINTYPE_IMAGES_TABLE")?,
            originals_bucket: required("TINTYPE_ORIGINALS_BUCKET")?,
            renditions_bucket: required("TINTYPE_RENDITIONS_BUCKET")?,
            s3_public_url: std::env::var("TINTYPE_S3_PUBLIC_URL").ok().filter(|url| !url.is_empty()),
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
    let value = std::env::var(name).with_context(|| format!("the variable {name} is not set"))?;
    ensure!(!value.is_empty(), "the variable {name} is empty");
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_buckets_are_refused() {
        let settings = Settings {
            images_table: "images".into(),
            originals_bucket: "one".into(),
            renditions_bucket: "one".into(),
            s3_public_url: None,
        };
        assert!(settings.check().unwrap_err().to_string().contains("two buckets"));
    }
}
