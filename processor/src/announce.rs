//! Word to whoever asked: one notification a settled revision.

use anyhow::{Context, Result};
use aws_sdk_sns::{Client, types::MessageAttributeValue};
use store::Image;

use crate::notification;

/// The topic that results are published to.
#[derive(Clone, Debug)]
pub struct Topic {
    client: Client,
    arn: String,
}

impl Topic {
    pub fn new(client: Client, arn: impl Into<String>) -> Self {
        Self { client, arn: arn.into() }
    }

    /// Publishes what the image has become; the attributes `type` and `owner` are there to filter by.
    pub(crate) async fn publish(&self, image: &Image) -> Result<()> {
        let publish = self
            .client
            .publish()
            .topic_arn(&self.arn)
            .subject(format!("Image {}", image.status.as_str()))
            .message(notification::message(image).to_string())
            .message_attributes("type", attribute(&notification::kind(image))?)
            .message_attributes("owner", attribute(&image.owner)?);
        publish.send().await.context("publish the result")?;
        Ok(())
    }
}

fn attribute(value: &str) -> Result<MessageAttributeValue> {
    MessageAttributeValue::builder().data_type("String").string_value(value).build().context("a message attribute")
}
