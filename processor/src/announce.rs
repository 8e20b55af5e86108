//! Word to whoever asked: one notification a settled revision.

use anyhow::{Context, Result};
use aws_sdk_sns::{Client, types::MessageAttributeValue};
use serde_json::{Value, json};
use store::Image;

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
            .message(notification(image).to_string())
            .message_attributes("type", attribute(&event_type(image))?)
            .message_attributes("owner", attribute(&image.owner)?);
        publish.send().await.context("publish the result")?;
        Ok(())
    }
}

fn event_type(image: &Image) -> String {
    format!("image.{}", image.status.as_str())
}

/// Without signed URLs: they are passwords, and a topic has many readers.
fn notification(image: &Image) -> Value {
    let link = format!("/images/{}", image.image_id);
    json!({
        "event_id": image.event_id(),
        "type": event_type(image),
        "at": image.status_changed_at,
        "request_id": image.request_id,
        "image": {
            "id": image.image_id,
            "status": image.status,
            "owner": image.owner,
            "filename": image.filename,
            "metadata": image.metadata,
            "preset": image.preset,
            "original": image.original,
            "renditions": image.renditions,
            "placeholder": image.placeholder,
            "color": image.color,
            "error": image.failure,
            "links": { "self": link },
        },
    })
}

fn attribute(value: &str) -> Result<MessageAttributeValue> {
    MessageAttributeValue::builder().data_type("String").string_value(value).build().context("a message attribute")
}
