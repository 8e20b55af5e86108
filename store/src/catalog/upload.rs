//! What becomes of a grant that no bytes came for yet.

use anyhow::Result;

use super::{Catalog, Update, apply, create::last_arrival, number, text};
use crate::{Image, ImageId, Status, Timestamp};

impl Catalog {
    /// Notes that a URL works until then, unless the image no longer waits for its upload; how it is now.
    pub async fn extend_grant(&self, image: &Image, granted_until: Timestamp) -> Result<Option<Image>> {
        let deadline = last_arrival(granted_until, image).unix_seconds();
        let update = self
            .update(image.image_id)
            .condition_expression("#status = :awaiting AND granted_until <= :until")
            .update_expression("SET granted_until = :until, deadline = :deadline")
            .expression_attribute_values(":awaiting", text(Status::AwaitingUpload.as_str()))
            .expression_attribute_values(":until", text(granted_until))
            .expression_attribute_values(":deadline", number(deadline));
        Ok(match apply(update).await? {
            Update::Done(image) => Some(*image),
            // Another URL works for longer already, or nothing is waited for any more.
            Update::Refused(found) => found.map(|found| *found),
        })
    }

    /// Gives up on an upload that never came. Does nothing to an image that moved on, or whose grant was extended.
    pub async fn expire(&self, id: ImageId, now: Timestamp) -> Result<bool> {
        let update = self
            .update(id)
            .condition_expression("#status = :awaiting AND deadline <= :now")
            .update_expression("SET #status = :expired, status_changed_at = :at REMOVE unsettled, deadline")
            .expression_attribute_values(":awaiting", text(Status::AwaitingUpload.as_str()))
            .expression_attribute_values(":expired", text(Status::Expired.as_str()))
            .expression_attribute_values(":now", number(now.unix_seconds()))
            .expression_attribute_values(":at", text(now));
        Ok(matches!(apply(update).await?, Update::Done(_)))
    }
}
