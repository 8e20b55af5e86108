//! The queue, by the SQS client.

use std::{convert::Infallible, time::Duration};

use anyhow::{Context, Result};
use aws_sdk_sqs::{
    Client,
    types::{Message as Received, MessageSystemAttributeName, QueueAttributeName},
};
use tokio::time::sleep;

/// How long an empty queue holds its answer. Longer than `store::timeouts` lets an answer take: none would ever be read.
const WAIT: Duration = Duration::from_secs(10);
/// How long a message is hidden from others while it is worked on, again and again.
/// Longer: the message of a worker that died waits longer. Shorter: it comes twice where a renewal is late.
const HOLD: Duration = Duration::from_secs(30);

/// Where messages of the bucket lie until they are done.
#[derive(Clone, Debug)]
pub struct Queue {
    client: Client,
    url: String,
}

/// A message in hand.
pub(super) struct Message {
    pub id: String,
    pub body: String,
    /// How often it was taken, this time included.
    pub receives: u32,
    /// What it is called while it is in hand.
    receipt: String,
}

impl Queue {
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into() }
    }

    /// Fails when the queue cannot be reached.
    pub(super) async fn check(&self) -> Result<()> {
        let ask = self.client.get_queue_attributes().queue_url(&self.url);
        ask.attribute_names(QueueAttributeName::QueueArn).send().await.context("reach the queue")?;
        Ok(())
    }

    /// The next message, hidden from others from now on; `None` when none came for a while.
    pub(super) async fn take(&self) -> Result<Option<Message>> {
        let take = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(1)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .wait_time_seconds(WAIT.as_secs() as i32)
            .visibility_timeout(HOLD.as_secs() as i32);
        let taken = take.send().await.context("take a message")?;
        taken.messages.unwrap_or_default().pop().map(Message::try_from).transpose()
    }

    /// Keeps the message hidden for as long as this is waited for.
    pub(super) async fn keep(&self, message: &Message) -> Infallible {
        loop {
            sleep(HOLD / 3).await;
            if let Err(fault) = self.hide(message, HOLD).await {
                // Whoever gets it meanwhile finds the image's lease held.
                tracing::warn!(message_id = message.id, cause = format!("{fault:#}"), "a message may come twice");
            }
        }
    }

    /// Hides the message for so long from now, in whole seconds.
    pub(super) async fn hide(&self, message: &Message, time: Duration) -> Result<()> {
        let hide = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(&message.receipt);
        hide.visibility_timeout(time.as_secs() as i32).send().await.context("hide a message")?;
        Ok(())
    }

    pub(super) async fn remove(&self, message: &Message) -> Result<()> {
        let remove = self.client.delete_message().queue_url(&self.url).receipt_handle(&message.receipt);
        remove.send().await.context("remove a message")?;
        Ok(())
    }
}

impl TryFrom<Received> for Message {
    type Error = anyhow::Error;

    fn try_from(received: Received) -> Result<Self> {
        let attributes = received.attributes.unwrap_or_default();
        let receives = attributes.get(&MessageSystemAttributeName::ApproximateReceiveCount);
        Ok(Self {
            id: received.message_id.unwrap_or_default(),
            body: received.body.unwrap_or_default(),
            receives: receives.and_then(|count| count.parse().ok()).unwrap_or(1),
            receipt: received.receipt_handle.context("a message without a receipt")?,
        })
    }
}
