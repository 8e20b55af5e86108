//! The lease of a run: kept while it works, given back when it fails.

use std::time::Duration;

use anyhow::{Error, anyhow};
use store::{Image, Timestamp, catalog::Lease};
use tokio::time::sleep;

use crate::Processor;

impl Processor {
    /// Renews the lease again and again; comes back only when it is lost.
    pub(crate) async fn keep(&self, image: &Image, lease: &Lease) -> Error {
        let seconds = self.settings.lease_seconds;
        let mut lease = lease.clone();
        loop {
            sleep(Duration::from_secs(seconds) / 3).await;
            let longer = Lease { until: Timestamp::now().plus_seconds(seconds), ..lease.clone() };
            match self.catalog.renew(image, &longer, None).await {
                Ok(true) => lease = longer,
                Ok(false) => return anyhow!("the lease was lost: another run took over, or the image was deleted"),
                Err(fault) if Timestamp::now() < lease.until => {
                    tracing::warn!(image_id = %image.image_id, cause = format!("{fault:#}"), "the lease is not renewed yet");
                }
                Err(fault) => return fault.context("the lease could not be kept"),
            }
        }
    }

    /// So that the next delivery need not wait for the lease's end.
    pub(crate) async fn give_back(&self, image: &Image, lease: &Lease) {
        if let Err(fault) = self.catalog.release(image, lease, Timestamp::now()).await {
            tracing::warn!(image_id = %image.image_id, cause = format!("{fault:#}"), "the lease ends by itself");
        }
    }
}
