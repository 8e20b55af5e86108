//! A record comes to be, before its URL does.

use anyhow::{Context, Result};
use aws_sdk_dynamodb::{operation::put_item::PutItemError, types::ReturnValuesOnConditionCheckFailure};

use super::{Attributes, Catalog, number, read, text};
use crate::{Image, ImageId, Timestamp};

/// How long after the last URL's end an upload may still be under way: S3 looks at the clock only when a PUT begins.
pub const UPLOAD_GRACE_SECONDS: u64 = 300;
/// The slowest connection that an upload may come by.
pub const SLOWEST_BYTES_PER_SECOND: u64 = 16 * 1024;

/// What a creation found.
#[derive(Debug)]
pub enum Creation {
    New,
    /// There is one under this id already: the same call once more, or another one with the same idempotency key.
    Existing(Box<Image>),
}

impl Catalog {
    /// Writes the record unless its id is taken.
    pub async fn create(&self, image: &Image) -> Result<Creation> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item(image)?))
            .condition_expression("attribute_not_exists(image_id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await.map_err(|e| e.into_service_error()) {
            Ok(_) => Ok(Creation::New),
            Err(PutItemError::ConditionalCheckFailedException(taken)) => {
                let existing = taken.item.context("a refused creation answers with the record in its way")?;
                Ok(Creation::Existing(Box::new(read(existing)?)))
            }
            Err(error) => Err(error).context("write the image record"),
        }
    }
}

fn item(image: &Image) -> Result<Attributes> {
    let mut item: Attributes = serde_dynamo::to_item(image).context("write an image record")?;
    item.insert("owner_order".into(), text(owner_order(image.created_at, image.image_id)));
    item.insert("unsettled".into(), number(image.image_id.shard()));
    item.insert("deadline".into(), number(last_arrival(image.granted_until, image).unix_seconds()));
    Ok(item)
}

/// Sorts an owner's images by age; the id keeps those of one millisecond apart.
pub(super) fn owner_order(created_at: Timestamp, id: ImageId) -> String {
    format!("{created_at}#{id}")
}

/// After this moment nothing can arrive any more by a URL that worked until `granted_until`.
pub(super) fn last_arrival(granted_until: Timestamp, image: &Image) -> Timestamp {
    granted_until.plus_seconds(UPLOAD_GRACE_SECONDS + image.expected.bytes / SLOWEST_BYTES_PER_SECOND)
}
