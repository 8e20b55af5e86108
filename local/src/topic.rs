//! SNS in this process: a notification is stored before it is acknowledged, shown, and sent on until it is taken.

mod deliver;
mod log;

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result};
use api::{Allowed, App, ImagesRead};
use axum::{Extension, Json, Router, routing::get};
use futures_util::FutureExt;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};

use crate::{
    connector::{Answer, Call, InProcess},
    say::say,
};
pub use deliver::Subscriber;
use log::Log;

pub const ARN: &str = "arn:aws:sns:us-east-1:000000000000:images";

/// The topic that results are published to.
#[derive(Clone)]
pub struct Topic {
    log: Log,
    published: Arc<Notify>,
    /// Where page and API are, for the line that is printed.
    site_url: Arc<str>,
}

/// That there was a notification: without the name of an image that may have been deleted since.
#[derive(Clone, Debug, Serialize)]
pub struct Notification {
    pub sequence: i64,
    pub event_id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub image_id: String,
    pub at: String,
    /// `shown`, or with a subscriber `pending`, `retrying`, `delivered`, `gave_up`.
    pub delivery: String,
}

impl Topic {
    pub fn open(folder: &Path, site_url: &str, has_subscriber: bool) -> Result<Self> {
        let log = Log::open(&folder.join("notifications.sqlite"), has_subscriber)?;
        Ok(Self { log, published: Arc::default(), site_url: site_url.into() })
    }

    /// The SDK's way to it.
    pub fn connector(&self) -> InProcess {
        let topic = self.clone();
        InProcess::new(move |call| {
            let topic = topic.clone();
            async move { topic.publish(call).await }.boxed()
        })
    }

    /// Sends notifications on to the subscriber until it is told to stop.
    pub async fn deliver(self, subscriber: Subscriber, stop: watch::Receiver<bool>) {
        deliver::deliver(self.log, self.published, subscriber, stop).await;
    }

    /// What the page shows.
    pub fn routes(&self) -> Router<App> {
        Router::new().route("/local/notifications", get(notifications)).layer(Extension(self.clone()))
    }

    async fn publish(&self, call: Call) -> Result<Answer> {
        let form = form_urlencoded::parse(&call.body);
        let mut message = None;
        for (name, value) in form {
            match (name.as_ref(), value.as_ref()) {
                ("Action", action) if action != "Publish" => anyhow::bail!("the topic knows Publish, not {action}"),
                ("Message", text) => message = Some(text.to_owned()),
                _ => {}
            }
        }
        let message = message.context("a notification without a message")?;
        let event: Value = serde_json::from_str(&message).context("a notification that is not JSON")?;
        let sequence = self.log.append(&event, message).await?;
        self.show(&event);
        self.published.notify_one();
        Ok(accepted(sequence))
    }

    /// One line an image; names are shown escaped, they may hold anything.
    fn show(&self, event: &Value) {
        let image = &event["image"];
        let (status, id) = (image["status"].as_str().unwrap_or_default(), image["id"].as_str().unwrap_or_default());
        let filename = image["filename"].as_str().unwrap_or_default();
        let what = match image["error"]["code"].as_str() {
            Some(code) => code.to_owned(),
            None => format!("{} renditions", image["renditions"].as_array().map_or(0, Vec::len)),
        };
        say(&format!("{status:<7} {filename:?}, {what}: {}/images/{id}", self.site_url));
    }
}

fn accepted(sequence: i64) -> Answer {
    let body = format!(
        "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult><MessageId>{sequence}</MessageId></PublishResult><ResponseMetadata><RequestId>{sequence}</RequestId></ResponseMetadata></PublishResponse>"
    );
    Answer { status: 200, content_type: "text/xml", body }
}

/// A page that shows no notifications is still a page: what cannot be read is logged, and empty.
async fn notifications(Allowed { owner, .. }: Allowed<ImagesRead>, Extension(topic): Extension<Topic>) -> Json<Value> {
    let notifications = topic.log.latest(owner.name().to_owned()).await.unwrap_or_else(|fault| {
        tracing::error!(cause = format!("{fault:#}"), "notifications cannot be read");
        Vec::new()
    });
    Json(json!({ "notifications": notifications }))
}
