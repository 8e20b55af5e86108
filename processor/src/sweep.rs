//! The second net: what no event brought to its end.

use anyhow::Result;
use store::{Image, ImageId, Status, Timestamp};
use telemetry::metrics::{IMAGES_EXPIRED, SWEEPS};

use crate::{Busy, Processor};

/// Of each partition, at one sweep: the next one takes the rest.
const MAX_PER_SHARD: i32 = 100;

/// What a sweep found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Swept {
    pub overdue: usize,
    /// Still overdue: the next sweep tries again.
    pub failed: usize,
}

/// Counts how a sweep ended.
pub(crate) fn count(ended: &Result<Swept>) {
    SWEEPS.add_of(match ended {
        Ok(Swept { failed: 0, .. }) => "done",
        Ok(_) => "partly",
        Err(_) => "failed",
    });
}

impl Processor {
    /// Looks after every image whose deadline has passed. One that resists does not keep the others waiting.
    pub async fn sweep(&self) -> Result<Swept> {
        let mut swept = Swept::default();
        for id in self.catalog.overdue(Timestamp::now(), MAX_PER_SHARD).await? {
            if self.is_out_of_time() {
                break;
            }
            swept.overdue += 1;
            match self.look_after(id).await {
                Ok(()) => {}
                // Whoever has it looks after it.
                Err(fault) if fault.is::<Busy>() => {}
                Err(fault) => {
                    swept.failed += 1;
                    tracing::warn!(image_id = %id, cause = format!("{fault:#}"), "still overdue");
                    self.postpone(id).await;
                }
            }
        }
        Ok(swept)
    }

    /// What cannot be postponed comes first at the next sweep, too; the others still have their turn.
    async fn postpone(&self, id: ImageId) {
        if let Err(fault) = self.catalog.postpone(id, Timestamp::now()).await {
            tracing::warn!(image_id = %id, cause = format!("{fault:#}"), "overdue again at the next sweep");
        }
    }

    async fn look_after(&self, id: ImageId) -> Result<()> {
        // The index may lag behind: the record itself says what is still to be done.
        let Some(image) = self.catalog.get(id).await? else { return Ok(()) };
        match image.status {
            Status::AwaitingUpload => self.find_or_expire(image).await,
            Status::Processing => self.settle(id, self.objects.find_original(id).await?, None).await,
            Status::Ready | Status::Failed if image.notified_at.is_none() => self.announce(image).await,
            Status::Deleted => {
                self.objects.delete_all(&image).await?;
                self.catalog.bury(&image, Timestamp::now()).await
            }
            Status::Ready | Status::Failed | Status::Expired => Ok(()),
        }
    }

    /// An upload whose event was lost is found; one that never came is over.
    async fn find_or_expire(&self, image: Image) -> Result<()> {
        match self.objects.find_original(image.image_id).await? {
            Some(stored) => self.settle(image.image_id, Some(stored), None).await,
            None => {
                if self.catalog.expire(image.image_id, Timestamp::now()).await? {
                    IMAGES_EXPIRED.add();
                    let request_id = image.request_id.as_deref();
                    tracing::info!(image_id = %image.image_id, request_id, status = "expired", "settled");
                }
                Ok(())
            }
        }
    }
}
