//! The second net: what no event brought to its end.

use anyhow::{Error, Result};
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

/// How far an image was looked after.
enum Done {
    All,
    /// All but its announcement.
    Unannounced,
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
        let (mut swept, mut unannounced) = (Swept::default(), Vec::new());
        for id in self.catalog.overdue(Timestamp::now(), MAX_PER_SHARD).await? {
            if self.is_out_of_time() {
                return Ok(swept);
            }
            swept.overdue += 1;
            match self.look_after(id).await {
                Ok(Done::All) => {}
                Ok(Done::Unannounced) => unannounced.push(id),
                Err(fault) => swept.failed += self.put_off(id, fault).await,
            }
        }
        // While the topic does not answer each of these takes long: others first, and no second one at this sweep.
        for id in unannounced {
            if self.is_out_of_time() {
                break;
            }
            let Err(fault) = self.announce_overdue(id).await else { continue };
            let failed = self.put_off(id, fault).await;
            swept.failed += failed;
            if failed > 0 {
                break;
            }
        }
        Ok(swept)
    }

    /// What could not be done; how many failures that is.
    async fn put_off(&self, id: ImageId, fault: Error) -> usize {
        if fault.is::<Busy>() {
            // Whoever has it looks after it.
            return 0;
        }
        tracing::warn!(image_id = %id, cause = format!("{fault:#}"), "still overdue");
        self.postpone(id).await;
        1
    }

    /// What cannot be postponed comes first at the next sweep, too; the others still have their turn.
    async fn postpone(&self, id: ImageId) {
        if let Err(fault) = self.catalog.postpone(id, Timestamp::now()).await {
            tracing::warn!(image_id = %id, cause = format!("{fault:#}"), "overdue again at the next sweep");
        }
    }

    async fn look_after(&self, id: ImageId) -> Result<Done> {
        // The index may lag behind: the record itself says what is still to be done.
        let Some(image) = self.catalog.get(id).await? else { return Ok(Done::All) };
        match image.status {
            Status::AwaitingUpload => self.find_or_expire(image).await?,
            Status::Processing => self.settle(id, self.objects.find_original(id).await?, None).await?,
            Status::Ready | Status::Failed if image.notified_at.is_none() => return Ok(Done::Unannounced),
            Status::Deleted => {
                self.objects.delete_all(&image).await?;
                self.catalog.bury(&image, Timestamp::now()).await?;
            }
            Status::Ready | Status::Failed | Status::Expired => {}
        }
        Ok(Done::All)
    }

    /// As the record is by now.
    async fn announce_overdue(&self, id: ImageId) -> Result<()> {
        match self.catalog.get(id).await? {
            Some(image) if matches!(image.status, Status::Ready | Status::Failed) && image.notified_at.is_none() => {
                self.announce(image).await
            }
            _ => Ok(()),
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
