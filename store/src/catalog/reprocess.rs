//! An image is made once more: the same record, a new revision.

use anyhow::Result;
use aws_sdk_dynamodb::types::AttributeValue;

use super::{Catalog, Update, apply, number, process::lapsed, text};
use crate::{Image, Status, Timestamp};

/// What came of asking for it.
#[derive(Debug)]
pub enum Reprocessing {
    /// It waits for a run; until that ends its renditions stay as they are.
    Begun(Box<Image>),
    /// It is not settled, or was not when this was decided on.
    Refused(Option<Box<Image>>),
}

impl Catalog {
    /// Starts a new revision of an image that is ready or failed, by `recipe` from now on. It looks like a run whose
    /// lease has lapsed, so that an event or the sweep goes on with it.
    pub async fn reprocess(&self, image: &Image, preset: &str, recipe: &str, now: Timestamp) -> Result<Reprocessing> {
        let update = self
            .update(image.image_id)
            .condition_expression("#status IN (:ready, :failed) AND revision = :revision")
            .update_expression(
                "SET #status = :processing, status_changed_at = :now, revision = :next, attempt = :none, \
                 lease_until = :lapsed, unsettled = :shard, deadline = :deadline, preset = :preset, recipe = :recipe, \
                 retired = list_append(if_not_exists(retired, :empty), renditions) \
                 REMOVE claimed_at, lease_holder, notified_at, failure",
            )
            .expression_attribute_values(":ready", text(Status::Ready.as_str()))
            .expression_attribute_values(":failed", text(Status::Failed.as_str()))
            .expression_attribute_values(":revision", number(image.revision))
            .expression_attribute_values(":processing", text(Status::Processing.as_str()))
            .expression_attribute_values(":now", text(now))
            .expression_attribute_values(":next", number(image.revision + 1))
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":lapsed", text(lapsed(now)))
            .expression_attribute_values(":shard", number(image.image_id.shard()))
            .expression_attribute_values(":deadline", number(now.unix_seconds()))
            .expression_attribute_values(":preset", text(preset))
            .expression_attribute_values(":recipe", text(recipe))
            .expression_attribute_values(":empty", AttributeValue::L(Vec::new()));
        Ok(match apply(update).await? {
            Update::Done(image) => Reprocessing::Begun(image),
            // The write was applied and its answer lost: nobody else makes this very revision by this recipe.
            Update::Refused(Some(found))
                if found.revision == image.revision + 1
                    && found.status == Status::Processing
                    && found.recipe == recipe =>
            {
                Reprocessing::Begun(found)
            }
            Update::Refused(found) => Reprocessing::Refused(found),
        })
    }
}
