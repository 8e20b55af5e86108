//! Sends notifications to the subscriber in the envelope that SNS sends over HTTP.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use serde_json::json;
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

pub async fn deliver(log: Log, published: Arc<Notify>, url: String, mut stop: watch::Receiver<bool>) {
    let client = reqwest::Client::new();
    while !*stop.borrow() {
        match attempt(&log, &client, &url).await {
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
async fn attempt(log: &Log, client: &reqwest::Client, url: &str) -> Result<bool> {
    let Some(due) = log.next_due().await? else { return Ok(false) };
    let (delivery, retry_in) = match post(client, url, &due).await {
        Ok(()) => ("delivered", Duration::ZERO),
        Err(fault) => {
            let attempts = due.attempts + 1;
            tracing::warn!(
                sequence = due.sequence,
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

async fn post(client: &reqwest::Client, url: &str, due: &Due) -> Result<()> {
    let message_id = format!("00000000-0000-0000-0000-{:012x}", due.sequence);
    let envelope = json!({
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": ARN,
        "Message": due.message,
        "Timestamp": Timestamp::now(),
    });
    let request = client
        .post(url)
        .timeout(PATIENCE)
        .header("content-type", "text/plain; charset=UTF-8")
        .header("x-amz-sns-message-type", "Notification")
        .header("x-amz-sns-message-id", message_id)
        .header("x-amz-sns-topic-arn", ARN)
        .body(envelope.to_string());
    // Without the URL, which may hold a password.
    let answer = request.send().await.map_err(reqwest::Error::without_url).context("reach the subscriber")?;
    ensure!(answer.status().is_success(), "the subscriber answered {}", answer.status());
    Ok(())
}
