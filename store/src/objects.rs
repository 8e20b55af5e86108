//! The two buckets, by the S3 client: what is signed for others, and what is read and written here.

mod credentials;
mod grant;
mod transfer;

use anyhow::{Context, Result};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_s3::{
    Client,
    config::{IdentityCache, RequestChecksumCalculation},
};

use crate::{Settings, Timestamp};
use credentials::Kept;
pub use grant::{Disposition, READ_WINDOW_SECONDS, SignedPut};
pub use transfer::{Fetched, Stored};

/// Both buckets.
#[derive(Clone, Debug)]
pub struct Objects {
    client: Client,
    /// Signs for the host that clients see, which need not be the one that this process sees.
    presigner: Client,
    credentials: SharedCredentialsProvider,
    originals: String,
    renditions: String,
    renditions_url: Option<String>,
}

impl Objects {
    /// `s3` is the configuration of the S3 client; signed URLs name `settings.s3_public_url` if there is one.
    pub fn new(s3: aws_sdk_s3::Config, credentials: SharedCredentialsProvider, settings: &Settings) -> Self {
        let credentials = SharedCredentialsProvider::new(Kept::new(credentials));
        // No cache but ours: a URL must not outlive the credentials that it was signed with.
        let s3 = s3.to_builder().credentials_provider(credentials.clone()).identity_cache(IdentityCache::no_cache());
        let s3 = s3.force_path_style(settings.s3_path_style);
        // A checksum that the SDK adds by itself would become a header that every client must compute.
        let mut public = s3.clone().request_checksum_calculation(RequestChecksumCalculation::WhenRequired);
        if let Some(url) = &settings.s3_public_url {
            public = public.endpoint_url(url);
        }
        Self {
            presigner: Client::from_conf(public.build()),
            client: Client::from_conf(s3.build()),
            credentials,
            originals: settings.originals_bucket.clone(),
            renditions: settings.renditions_bucket.clone(),
            renditions_url: settings.renditions_url.clone(),
        }
    }

    /// Fails when the bucket of originals cannot be reached: what `/readyz` asks.
    pub async fn check(&self) -> Result<()> {
        self.client.head_bucket().bucket(&self.originals).send().await.context("reach the bucket of originals")?;
        Ok(())
    }

    /// A URL dies with the credentials that signed it, whatever it says: how many of `seconds` from `start` on they still
    /// live, less a minute.
    async fn clamp_to_credentials(&self, seconds: u64, start: Timestamp, now: Timestamp) -> Result<u64> {
        let credentials = self.credentials.provide_credentials().await.context("get credentials to sign with")?;
        let Some(expiry) = credentials.expiry() else { return Ok(seconds) };
        let expiry =
            expiry.duration_since(std::time::UNIX_EPOCH).context("credentials that expired before 1970")?.as_secs()
                as i64;
        let end = expiry - 60;
        anyhow::ensure!(
            end > now.unix_seconds(),
            "the credentials are about to expire, nothing signed with them would work"
        );
        Ok(seconds.min((end - start.unix_seconds()) as u64))
    }
}
