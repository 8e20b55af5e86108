//! From an arrival to an announced result: claim, finish, mark.

use anyhow::{Result, bail};

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Catalog, Update, apply, apply_unread, nested, number, text};
use crate::{Failure, Image, ImageId, Original, Rendition, Source, Status, Timestamp};

/// How long the announcement may take before the sweep makes up for it.
const ANNOUNCEMENT_GRACE_SECONDS: u64 = 60;
/// A lease that ends later than this was written by a clock that was wrong: it binds nobody.
/// AWS answers no one whose clock is off by more than a quarter of an hour; a minute is for the lease itself.
const LONGEST_LEASE_SECONDS: u64 = 16 * 60;
/// How long the sweep waits for an image whose runs failed, at first and at last.
const RETRY_SECONDS: [u64; 2] = [60, 3600];
/// Claims that failed before the sweep waits longer from one to the next: a message that comes again does so within seconds.
const QUICK_RETRIES: u32 = 5;
/// How long the sweep leaves an image alone that it could not even claim.
const POSTPONED_SECONDS: u64 = 600;

/// The right to work on an image, for a while.
#[derive(Clone, Debug)]
pub struct Lease {
    /// Random, so that a run recognises its own writes, and no other's.
    pub holder: String,
    pub until: Timestamp,
}

/// What came of asking for the right to work on an image.
#[derive(Debug)]
pub enum Claim {
    /// It is ours until the lease ends.
    Held(Box<Image>),
    /// Another run holds it.
    Busy { until: Timestamp },
    /// Its work is done; whether that was announced, the record says.
    Settled(Box<Image>),
    /// There is no such image.
    Unknown,
}

/// How a run ended.
#[derive(Debug)]
pub enum Outcome {
    Ready { original: Box<Original>, renditions: Vec<Rendition>, placeholder: Option<String>, color: Option<String> },
    Failed(Failure),
}

impl Catalog {
    /// Takes the lease if the image awaits processing, or if the last run let its lease lapse, and notes which version
    /// of the original it is for.
    pub async fn claim(&self, id: ImageId, lease: &Lease, source: Option<&Source>, now: Timestamp) -> Result<Claim> {
        let mut update = self
            .update(id)
            .condition_expression(
                "#status = :awaiting OR (#status = :processing AND (lease_until < :now OR lease_until > :never))",
            )
            .expression_attribute_values(":awaiting", text(Status::AwaitingUpload.as_str()))
            .expression_attribute_values(":processing", text(Status::Processing.as_str()))
            .expression_attribute_values(":now", text(now))
            .expression_attribute_values(":never", text(now.plus_seconds(LONGEST_LEASE_SECONDS)))
            .expression_attribute_values(":holder", text(&lease.holder))
            .expression_attribute_values(":until", text(lease.until))
            .expression_attribute_values(":deadline", number(lease.until.unix_seconds() + 1))
            .expression_attribute_values(":one", number(1));
        let mut change = "SET #status = :processing, status_changed_at = :now, lease_holder = :holder, \
                          lease_until = :until, deadline = :deadline, claimed_at = if_not_exists(claimed_at, :now) \
                          ADD attempt :one"
            .to_owned();
        if let Some(source) = source {
            change += ", sources :source";
            update = update.expression_attribute_values(":source", one_of_a_set(source));
        }
        Ok(match apply(update.update_expression(change)).await? {
            Update::Done(image) => Claim::Held(image),
            Update::Refused(None) => Claim::Unknown,
            // The write was applied and its answer lost: the SDK's retry meets our own mark.
            Update::Refused(Some(image)) if image.is_held_by(lease) => Claim::Held(image),
            Update::Refused(Some(image)) if image.status.is_settled() => Claim::Settled(image),
            Update::Refused(Some(image)) => Claim::Busy { until: image.lease_until.unwrap_or(now) },
        })
    }

    /// Keeps the lease for longer, and notes a version of the original that has taken the place of the one claimed.
    /// False when the lease is not ours any more: then nothing of this run counts.
    pub async fn renew(&self, image: &Image, lease: &Lease, source: Option<&Source>) -> Result<bool> {
        let mut update = self
            .update(image.image_id)
            .condition_expression("#status = :processing AND lease_holder = :holder")
            .expression_attribute_values(":processing", text(Status::Processing.as_str()))
            .expression_attribute_values(":holder", text(&lease.holder))
            .expression_attribute_values(":until", text(lease.until))
            .expression_attribute_values(":deadline", number(lease.until.unix_seconds() + 1));
        let mut change = "SET lease_until = :until, deadline = :deadline".to_owned();
        if let Some(source) = source {
            change += " ADD sources :source";
            update = update.expression_attribute_values(":source", one_of_a_set(source));
        }
        Ok(matches!(apply(update.update_expression(change)).await?, Update::Done(_)))
    }

    /// Gives the lease back after a fault that may pass, so that the next delivery need not wait for its end.
    pub async fn release(&self, image: &Image, lease: &Lease, now: Timestamp) -> Result<()> {
        let update = self
            .update(image.image_id)
            .condition_expression("#status = :processing AND lease_holder = :holder")
            .update_expression("SET lease_until = :now, deadline = :deadline")
            .expression_attribute_values(":processing", text(Status::Processing.as_str()))
            .expression_attribute_values(":holder", text(&lease.holder))
            .expression_attribute_values(":now", text(lapsed(now)))
            .expression_attribute_values(
                ":deadline",
                number(now.plus_seconds(retry_seconds(image.attempt)).unix_seconds()),
            );
        apply(update).await?;
        Ok(())
    }

    /// Has the sweep come back later to an image that it could not help, so that it does not keep others waiting: one
    /// whose record another version wrote among them.
    pub async fn postpone(&self, id: ImageId, now: Timestamp) -> Result<()> {
        let update = self
            .update(id)
            .condition_expression("attribute_exists(#status) AND attribute_exists(unsettled) AND deadline <= :now")
            .update_expression("SET deadline = :deadline")
            .expression_attribute_values(":now", number(now.unix_seconds()))
            .expression_attribute_values(":deadline", number(now.plus_seconds(POSTPONED_SECONDS).unix_seconds()));
        apply_unread(update).await
    }

    /// Records the outcome, if the lease is still ours. `None` when it is not: another run's outcome stands.
    pub async fn finish(
        &self,
        image: &Image,
        lease: &Lease,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<Option<Image>> {
        let status = match outcome {
            Outcome::Ready { .. } => Status::Ready,
            Outcome::Failed(_) => Status::Failed,
        };
        let update = self
            .update(image.image_id)
            .condition_expression("#status = :processing AND lease_holder = :holder AND revision = :revision")
            .expression_attribute_values(":processing", text(Status::Processing.as_str()))
            .expression_attribute_values(":holder", text(&lease.holder))
            .expression_attribute_values(":revision", number(image.revision))
            .expression_attribute_values(":status", text(status.as_str()))
            .expression_attribute_values(":now", text(now))
            .expression_attribute_values(
                ":deadline",
                number(now.plus_seconds(ANNOUNCEMENT_GRACE_SECONDS).unix_seconds()),
            );
        let update = match &outcome {
            Outcome::Ready { original, renditions, placeholder, color } => update
                .update_expression(
                    "SET #status = :status, status_changed_at = :now, deadline = :deadline, \
                     original = :original, renditions = :renditions, placeholder = :placeholder, color = :color \
                     REMOVE failure",
                )
                .expression_attribute_values(":placeholder", nested(placeholder)?)
                .expression_attribute_values(":color", nested(color)?)
                .expression_attribute_values(":original", nested(original)?)
                .expression_attribute_values(":renditions", nested(renditions)?),
            Outcome::Failed(failure) => update
                .update_expression(
                    "SET #status = :status, status_changed_at = :now, deadline = :deadline, failure = :failure",
                )
                .expression_attribute_values(":failure", nested(failure)?),
        };
        Ok(match apply(update).await? {
            Update::Done(image) => Some(*image),
            // The write was applied and its answer lost: the SDK's retry meets our own mark.
            Update::Refused(Some(found))
                if found.status == status && found.lease_holder.as_ref() == Some(&lease.holder) =>
            {
                Some(*found)
            }
            Update::Refused(_) => None,
        })
    }

    /// Notes that this revision's result was announced: nothing is left to do.
    pub async fn mark_announced(&self, image: &Image, now: Timestamp) -> Result<()> {
        let update = self
            .update(image.image_id)
            .condition_expression("#status = :status AND revision = :revision")
            .update_expression("SET notified_at = :now REMOVE unsettled, deadline, retired")
            .expression_attribute_values(":status", text(image.status.as_str()))
            .expression_attribute_values(":revision", number(image.revision))
            .expression_attribute_values(":now", text(now));
        match apply(update).await? {
            Update::Done(_) => Ok(()),
            // Deleted, or reprocessed, in the meantime: its own announcement follows.
            Update::Refused(Some(_)) => Ok(()),
            Update::Refused(None) => {
                bail!("the record of {} vanished before its announcement was marked", image.image_id)
            }
        }
    }
}

/// The end of a lease that binds nobody: a moment ago, since a claim in this very millisecond must find it lapsed.
pub(super) fn lapsed(now: Timestamp) -> Timestamp {
    Timestamp::from_unix_seconds(now.unix_seconds() - 1)
}

fn one_of_a_set(source: &Source) -> AttributeValue {
    AttributeValue::Ss(vec![source.to_string()])
}

/// How long the sweep leaves an image alone after so many claims that came to nothing.
fn retry_seconds(attempt: u32) -> u64 {
    let [first, last] = RETRY_SECONDS;
    let doublings = attempt.saturating_sub(QUICK_RETRIES).min(16);
    (first << doublings).min(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sweep_waits_longer_after_each_failure_but_never_longer_than_an_hour() {
        assert_eq!([1, 5, 6, 7, 10, 11, 4_000_000_000].map(retry_seconds), [60, 60, 120, 240, 1920, 3600, 3600]);
    }
}
