//! The images table: every change of a record is one conditional write, so that it may run twice or be lost half-way.

mod create;
mod delete;
mod listing;
mod process;
mod reprocess;
mod upload;

use std::collections::HashMap;

use anyhow::{Context, Result};
use aws_sdk_dynamodb::{
    Client,
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure},
};

use crate::{Image, ImageId};
pub use create::{Creation, SLOWEST_BYTES_PER_SECOND, UPLOAD_GRACE_SECONDS};
pub use delete::Deletion;
pub use listing::{Cursor, Page};
pub use process::{Claim, Lease, Outcome};
pub use reprocess::Reprocessing;

/// Index by owner, newest last: `owner`, `owner_order`.
pub const BY_OWNER: &str = "by_owner";
/// Sparse index of the images that something must still happen to: `unsettled` (a shard), `deadline` (seconds since 1970).
pub const UNSETTLED: &str = "unsettled";

type Attributes = HashMap<String, AttributeValue>;

/// The images table.
#[derive(Clone, Debug)]
pub struct Catalog {
    client: Client,
    table: String,
}

/// What an update found: the record as it now is, or as it was when it did not meet the condition.
enum Update {
    Done(Box<Image>),
    Refused(Option<Box<Image>>),
}

impl Catalog {
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// The record as the last write left it, tombstones included.
    pub async fn get(&self, id: ImageId) -> Result<Option<Image>> {
        let answer = self.client.get_item().table_name(&self.table).consistent_read(true).key("image_id", text(id));
        let item = answer.send().await.context("read the image record")?.item;
        item.map(read).transpose()
    }

    /// Fails when the table cannot be read: what `/readyz` asks.
    pub async fn check(&self) -> Result<()> {
        self.client.describe_table().table_name(&self.table).send().await.context("describe the images table")?;
        Ok(())
    }

    fn update(&self, id: ImageId) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key("image_id", text(id))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .expression_attribute_names("#status", "status")
    }
}

async fn apply(update: UpdateItemFluentBuilder) -> Result<Update> {
    match update.send().await.map_err(|e| e.into_service_error()) {
        Ok(answer) => {
            let item = answer.attributes.context("an update answers with the record")?;
            Ok(Update::Done(Box::new(read(item)?)))
        }
        Err(UpdateItemError::ConditionalCheckFailedException(refused)) => {
            let found = refused.item.filter(|item| !item.is_empty()).map(read).transpose()?;
            Ok(Update::Refused(found.map(Box::new)))
        }
        Err(error) => Err(error).context("update the image record"),
    }
}

/// The same for a record that need not be understood, whether it met the condition or not.
async fn apply_unread(update: UpdateItemFluentBuilder) -> Result<()> {
    let update = update
        .return_values(ReturnValue::None)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::None);
    match update.send().await.map_err(|e| e.into_service_error()) {
        Ok(_) | Err(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
        Err(error) => Err(error).context("update the image record"),
    }
}

fn read(item: Attributes) -> Result<Image> {
    serde_dynamo::from_item(item).context("read an image record that this version cannot understand")
}

fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn nested(value: &impl serde::Serialize) -> Result<AttributeValue> {
    serde_dynamo::to_attribute_value(value).context("write a nested attribute")
}
