//! A record goes: first a tombstone, so that whatever arrives late is recognised and removed, at last nothing.

use anyhow::Result;

use super::{Catalog, Update, apply, create::last_arrival, number, text};
use crate::{Image, ImageId, Status, Timestamp};

/// How long a tombstone stays: longer than any event, redrive included, may be under way.
const TOMBSTONE_SECONDS: u64 = 30 * 86_400;

/// What a deletion found.
#[derive(Debug)]
pub enum Deletion {
    /// It is a tombstone now; its objects are still to be removed.
    Done(Box<Image>),
    /// It is past the state that the caller meant.
    Refused(Box<Image>),
    Unknown,
}

impl Catalog {
    /// Makes the record a tombstone; with `only_unfilled` only while no upload has come.
    pub async fn delete(&self, id: ImageId, only_unfilled: bool, now: Timestamp) -> Result<Deletion> {
        let condition = match only_unfilled {
            true => "#status IN (:awaiting, :expired)",
            false => "attribute_exists(image_id) AND #status <> :deleted",
        };
        let mut update = self
            .update(id)
            .condition_expression(condition)
            .update_expression(
                "SET #status = :deleted, status_changed_at = :now, unsettled = :shard, deadline = :deadline \
                 REMOVE owner_order, filename, metadata, failure",
            )
            .expression_attribute_values(":deleted", text(Status::Deleted.as_str()))
            .expression_attribute_values(":now", text(now))
            .expression_attribute_values(":shard", number(id.shard()))
            // Due at once: until the objects are known to be gone, the sweep tries.
            .expression_attribute_values(":deadline", number(now.unix_seconds()));
        if only_unfilled {
            update = update
                .expression_attribute_values(":awaiting", text(Status::AwaitingUpload.as_str()))
                .expression_attribute_values(":expired", text(Status::Expired.as_str()));
        }
        Ok(match apply(update).await? {
            Update::Done(image) => Deletion::Done(image),
            // The write was applied and its answer lost, or another was faster: the objects must go all the same.
            Update::Refused(Some(image)) if image.status == Status::Deleted => Deletion::Done(image),
            Update::Refused(Some(image)) => Deletion::Refused(image),
            Update::Refused(None) => Deletion::Unknown,
        })
    }

    /// After a tombstone's objects were removed: looks again once no URL and no run can bring one back, then lets go.
    pub async fn bury(&self, tombstone: &Image, now: Timestamp) -> Result<()> {
        let until = tombstone.granted_until.max(tombstone.lease_until.unwrap_or(tombstone.granted_until));
        let quiet = last_arrival(until, tombstone);
        let update = self
            .update(tombstone.image_id)
            .condition_expression("#status = :deleted")
            .expression_attribute_values(":deleted", text(Status::Deleted.as_str()));
        let update = match quiet > now {
            true => update
                .update_expression("SET deadline = :deadline")
                .expression_attribute_values(":deadline", number(quiet.unix_seconds())),
            false => update
                .update_expression("SET expires_at = :expires REMOVE unsettled, deadline")
                .expression_attribute_values(":expires", number(now.plus_seconds(TOMBSTONE_SECONDS).unix_seconds())),
        };
        apply(update).await?;
        Ok(())
    }
}
