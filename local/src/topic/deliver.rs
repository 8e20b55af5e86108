//! Sends notifications to the subscriber in the envelope that SNS sends over HTTP.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use store::Timestamp;
use tokio::{
    sync::{Notify, watch},
    time::sleep,
};

use super::{
    ARN,
    log::{Due, Log},
};

const PATIENCE: Duration = Duration::from_secs(15);
const FIRST_DELAY: Duration = Duration::from_secs(1);
pub(super) const LONGEST_DELAY: Duration = Duration::from_secs(300);
/// With the delays above about three hours.
const MAX_ATTEMPTS: u32 = 45;
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Whoever listens at an address.
pub struct Subscriber {
    client: reqwest::Client,
    url: String,
}

pub async fn deliver(log: Log, published: Arc<Notify>, subscriber: Subscriber, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match attempt(&log, &subscriber).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(fault) => tracing::error!(cause = format!("{fault:#}"), "notifications cannot be delivered"),
        }
        tokio::select! {
            () = published.notified() => {}
            () = sleep(LOOK_AGAIN) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }
}

/// Whether there was one to send.
async fn attempt(log: &Log, subscriber: &Subscriber) -> Result<bool> {
    let Some(due) = log.next_due().await? else { return Ok(false) };
    let (delivery, retry_in) = match subscriber.post(&due).await {
        Ok(()) => ("delivered", Duration::ZERO),
        Err(fault) => {
            let attempts = due.attempts + 1;
            tracing::warn!(
                image_id = due.image_id,
                attempts,
                cause = format!("{fault:#}"),
                "a notification was not taken"
            );
            let delay = FIRST_DELAY.saturating_mul(2u32.saturating_pow(due.attempts)).min(LONGEST_DELAY);
            (if attempts >= MAX_ATTEMPTS { "gave_up" } else { "retrying" }, delay)
        }
    };
    log.note(due.sequence, delivery, retry_in).await?;
    Ok(true)
}

impl Subscriber {
    /// A redirect is no answer: followed, it would turn the notification into a question, or lead where nobody meant it.
    pub fn new(url: String) -> Result<Self> {
        let client = reqwest::Client::builder().redirect(Policy::none()).build().context("prepare to notify")?;
        Ok(Self { client, url })
    }

    async fn post(&self, due: &Due) -> Result<()> {
        let message_id = format!("00000000-0000-0000-0000-{:012x}", due.sequence);
        let envelope = envelope(&message_id, &due.message)?;
        let request = self
            .client
            .post(&self.url)
            .timeout(PATIENCE)
            .header("content-type", "text/plain; charset=UTF-8")
            .header("x-amz-sns-message-type", "Notification")
            .header("x-amz-sns-message-id", message_id)
            .header("x-amz-sns-topic-arn", ARN)
            .body(envelope);
        // Without the URL, which may hold a password.
        let answer = request.send().await.map_err(reqwest::Error::without_url).context("reach the subscriber")?;
        ensure!(answer.status().is_success(), "the subscriber answered {}", answer.status());
        Ok(())
    }
}

/// As the processor publishes it, `Subject` and attributes too.
fn envelope(message_id: &str, message: &str) -> Result<String> {
    let event: Value = serde_json::from_str(message).context("read a notification")?;
    let attribute = |value: &Value| json!({ "Type": "String", "Value": value });
    let envelope = json!({
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": ARN,
        "Subject": format!("Image {}", event["image"]["status"].as_str().unwrap_or_default()),
        "Message": message,
        "Timestamp": Timestamp::now(),
        "MessageAttributes": { "type": attribute(&event["type"]), "owner": attribute(&event["image"]["owner"]) },
    });
    Ok(envelope.to_string())
}
