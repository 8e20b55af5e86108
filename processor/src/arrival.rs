//! From an arrival to an announced result: claim, develop, finish, announce.

use anyhow::Result;
use store::{
    Failure, Image, ImageId, ObjectKey, Status, Timestamp,
    catalog::{Claim, Lease, Outcome},
    objects::Stored,
};

use crate::{Processor, event};

/// An image whose runs die this often, without so much as an error, takes its process with it: it ends as failed.
const MAX_ATTEMPTS: u32 = 6;

/// Another run holds the image's lease: come again when it has ended.
#[derive(Debug)]
pub struct Busy {
    pub id: ImageId,
    pub until: Timestamp,
}

impl std::fmt::Display for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "another run works on {} until {}", self.id, self.until)
    }
}

impl std::error::Error for Busy {}

impl Processor {
    /// Does all that a message asks for. An error means: deliver it again.
    pub async fn handle_message(&self, body: &str) -> Result<()> {
        for arrival in event::arrivals(body)? {
            match arrival.key.parse() {
                Ok(ObjectKey::Original(id)) => self.settle(id, Some(arrival.stored)).await?,
                _ => tracing::warn!(key = arrival.key, "an object that no grant was given for"),
            }
        }
        Ok(())
    }

    /// Brings an image to its end: the one transition behind event and sweep.
    pub(crate) async fn settle(&self, id: ImageId, stored: Option<Stored>) -> Result<()> {
        let now = Timestamp::now();
        let lease =
            Lease { holder: ImageId::random()?.to_string(), until: now.plus_seconds(self.settings.lease_seconds) };
        match self.catalog.claim(id, &lease, now).await? {
            Claim::Held(image) => self.run(*image, &lease, stored).await,
            Claim::Settled(image) => self.after_the_end(*image).await,
            Claim::Busy { until } => Err(Busy { id, until }.into()),
            Claim::Unknown => {
                tracing::warn!(image_id = %id, "an original without a record");
                Ok(())
            }
        }
    }

    async fn run(&self, image: Image, lease: &Lease, stored: Option<Stored>) -> Result<()> {
        let outcome = match image.attempt > MAX_ATTEMPTS {
            true => Ok(Outcome::Failed(gave_up(image.attempt))),
            false => self.develop(&image, stored).await,
        };
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(fault) => {
                if let Err(second) = self.catalog.release(&image, lease, Timestamp::now()).await {
                    tracing::warn!(image_id = %image.image_id, cause = format!("{second:#}"), "the lease ends by itself");
                }
                return Err(fault);
            }
        };
        match self.catalog.finish(&image, lease, outcome, Timestamp::now()).await? {
            Some(finished) => self.announce(finished).await,
            None => self.withdraw(&image).await,
        }
    }

    /// Somebody was faster, or the image was deleted: then nothing of this run may stay.
    async fn withdraw(&self, image: &Image) -> Result<()> {
        match self.catalog.get(image.image_id).await? {
            Some(now) if now.status == Status::Deleted => self.objects.delete_all(&now).await,
            _ => Ok(()),
        }
    }

    /// What a late or repeated event still has to do.
    async fn after_the_end(&self, image: Image) -> Result<()> {
        match image.status {
            Status::Deleted | Status::Expired => self.objects.delete_all(&image).await,
            _ if image.notified_at.is_none() => self.announce(image).await,
            _ => Ok(()),
        }
    }

    /// Publishes, then marks: a crash in between publishes once more, with the same event id.
    pub(crate) async fn announce(&self, image: Image) -> Result<()> {
        self.topic.publish(&image).await?;
        self.catalog.mark_announced(&image, Timestamp::now()).await?;
        let failure = image.failure.as_ref().map(|failure| failure.code.as_str());
        tracing::info!(image_id = %image.image_id, status = image.status.as_str(), failure, renditions = image.renditions.len(), "settled");
        Ok(())
    }
}

fn gave_up(attempts: u32) -> Failure {
    Failure {
        code: "gave_up".into(),
        title: "Processing was tried in vain".into(),
        detail: format!("{attempts} attempts ended without a result or an error."),
        retryable: true,
    }
}
