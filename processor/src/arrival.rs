//! From an arrival to an announced result: claim, develop, finish, announce.

use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use store::{
    Failure, Image, ImageId, ObjectKey, Status, Timestamp,
    catalog::{Claim, Lease, Outcome},
    objects::Stored,
};
use telemetry::metrics::STAGE;
use tracing::Instrument;

use crate::{
    Processor,
    event::{self, Arrival},
    watch,
};

/// How long faults of ours may last before an image ends as failed. Longer: it waits in vain. Shorter: an outage fails it.
const PATIENCE_SECONDS: u64 = 86_400;
/// As many attempts at least, however long the processor was down.
const MIN_ATTEMPTS: u32 = 8;
/// How long the record of an original may stay unseen: it was written before the URL was given out.
const RECORD_PATIENCE_SECONDS: u64 = 60;

/// Another run holds the image's lease, or its record is not to be seen yet: come again then.
#[derive(Debug)]
pub struct Busy {
    pub id: ImageId,
    pub until: Timestamp,
}

impl Busy {
    /// From now until then; none if that is over.
    pub fn left(&self) -> Duration {
        let left = self.until.unix_milliseconds() - Timestamp::now().unix_milliseconds();
        Duration::from_millis(left.max(0) as u64)
    }
}

impl std::fmt::Display for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{} is not to be worked on before {}", self.id, self.until)
    }
}

impl std::error::Error for Busy {}

impl Processor {
    /// Does all that a message asks for. An error means: deliver it again.
    pub async fn handle_message(&self, body: &str) -> Result<()> {
        let mut faults = Vec::new();
        for arrival in event::arrivals(body)? {
            // One that resists does not keep the others waiting.
            faults.extend(self.arrive(arrival).await.err());
        }
        // Busy is the least of faults.
        faults.sort_by_key(|fault| fault.is::<Busy>());
        faults.into_iter().next().map_or(Ok(()), Err)
    }

    async fn arrive(&self, arrival: Arrival) -> Result<()> {
        match arrival.key.parse() {
            Ok(ObjectKey::Original(id)) => self.settle(id, Some(arrival.stored), arrival.at).await,
            _ => {
                tracing::warn!(key = arrival.key, "an object that no grant was given for");
                Ok(())
            }
        }
    }

    /// Brings an image to its end: the one transition behind event and sweep. `at` is when the original arrived.
    pub(crate) async fn settle(&self, id: ImageId, stored: Option<Stored>, at: Option<Timestamp>) -> Result<()> {
        ensure!(!self.is_out_of_time(), "there is no time left to begin");
        let now = Timestamp::now();
        let lease =
            Lease { holder: ImageId::random()?.to_string(), until: now.plus_seconds(self.settings.lease_seconds) };
        let source = stored.as_ref().map(Stored::source);
        match STAGE.time(&["claim"], self.catalog.claim(id, &lease, source.as_ref(), now)).await? {
            Claim::Held(image) => {
                watch::claimed(&image, at);
                let span = watch::span(&image);
                self.run(*image, &lease, stored).instrument(span).await
            }
            Claim::Settled(image) => self.after_the_end(*image).await,
            Claim::Busy { until } => Err(Busy { id, until }.into()),
            // Clocks differ: what comes from the future has come now.
            Claim::Unknown => match at.map(|at| at.min(now).plus_seconds(RECORD_PATIENCE_SECONDS)) {
                Some(until) if until > now => Err(Busy { id, until }.into()),
                _ => {
                    tracing::warn!(image_id = %id, "an original without a record");
                    Ok(())
                }
            },
        }
    }

    async fn run(&self, image: Image, lease: &Lease, stored: Option<Stored>) -> Result<()> {
        let outcome = tokio::select! {
            outcome = self.outcome(&image, lease, stored) => outcome,
            lost = self.keep(&image, lease) => Err(lost),
            () = self.out_of_time() => Err(anyhow!("there is no time left: another run begins anew")),
        };
        let finished = match outcome {
            Ok(outcome) => {
                let finish = self.catalog.finish(&image, lease, outcome, Timestamp::now());
                STAGE.time(&["finish"], finish).await
            }
            Err(fault) => Err(fault),
        };
        match finished {
            Ok(Some(finished)) => {
                watch::finished(&finished);
                self.announce(finished).await
            }
            Ok(None) => self.withdraw(&image).await,
            Err(fault) => {
                self.give_back(&image, lease).await;
                Err(fault)
            }
        }
    }

    async fn outcome(&self, image: &Image, lease: &Lease, stored: Option<Stored>) -> Result<Outcome> {
        match gave_up(image, Timestamp::now()) {
            Some(failure) => Ok(Outcome::Failed(failure)),
            None => self.develop(image, lease, stored).await,
        }
    }

    /// Somebody was faster, or the image was deleted: then nothing of this run may stay.
    async fn withdraw(&self, image: &Image) -> Result<()> {
        match self.catalog.get(image.image_id).await? {
            Some(now) if now.status == Status::Deleted => self.objects.delete_all(&now).await,
            Some(now) if now.status.is_settled() => self.objects.delete_leftovers(&now).await,
            // Whoever works on it now removes what it does not list.
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
        if image.may_have_leftovers() {
            self.objects.delete_leftovers(&image).await?;
        }
        STAGE.time(&["announce"], self.topic.publish(&image)).await?;
        self.catalog.mark_announced(&image, Timestamp::now()).await?;
        let failure = image.failure.as_ref().map(|failure| failure.code.as_str());
        let request_id = image.request_id.as_deref();
        tracing::info!(image_id = %image.image_id, request_id, status = image.status.as_str(), failure, renditions = image.renditions.len(), "settled");
        Ok(())
    }
}

/// A fault that does not pass within a day is none that passes.
fn gave_up(image: &Image, now: Timestamp) -> Option<Failure> {
    let over = image.claimed_at.is_some_and(|first| first.plus_seconds(PATIENCE_SECONDS) < now);
    // The claim that gives up tries nothing.
    let tried = image.attempt.saturating_sub(1);
    (over && tried >= MIN_ATTEMPTS).then(|| Failure {
        code: "gave_up".into(),
        title: "Processing was tried in vain".into(),
        detail: format!("{tried} attempts in more than a day ended without a result."),
        retryable: true,
    })
}
