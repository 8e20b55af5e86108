//! A client that does not give up: it asks, sends, and after each failure goes on where it was.

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::{
    pictures,
    site::{put_request, text},
};

pub struct Upload {
    pub bytes: Vec<u8>,
    pub grant: Option<Value>,
    pub is_acknowledged: bool,
}

impl Upload {
    /// Of a picture that no other number has, for the first ten thousand.
    pub fn numbered(number: u32) -> Self {
        Self::of(pictures::png(16 + number % 100, 16 + number / 100))
    }

    pub fn of(bytes: Vec<u8>) -> Self {
        Self { bytes, grant: None, is_acknowledged: false }
    }

    /// As far as it gets.
    pub async fn go_on(&mut self, client: &Client, url: &str) {
        if self.grant.is_none() {
            self.grant = self.ask(client, url).await.ok();
        }
        if let Some(grant) = &self.grant {
            self.is_acknowledged |= self.send(client, grant).await.unwrap_or(false);
        }
    }

    pub fn id(&self) -> Option<String> {
        self.grant.as_ref().map(|grant| text(&grant["id"]))
    }

    pub async fn ask(&self, client: &Client, url: &str) -> reqwest::Result<Value> {
        let new = json!({ "filename": "photo.png", "bytes": self.bytes.len() });
        client.post(format!("{url}/uploads")).json(&new).send().await?.error_for_status()?.json().await
    }

    /// Whether the bytes are there, by this request or an earlier one.
    pub async fn send(&self, client: &Client, grant: &Value) -> reqwest::Result<bool> {
        let status = put_request(client, grant, &self.bytes).send().await?.status();
        Ok(status.is_success() || status == StatusCode::PRECONDITION_FAILED)
    }

    /// What is wrong with what was acknowledged, once nothing more happens to it.
    pub async fn fault(&self, client: &Client, url: &str) -> Option<String> {
        let (Some(id), true) = (self.id(), self.is_acknowledged) else {
            return Some("an upload was refused though nothing failed".into());
        };
        let image = crate::site::settled(client, url, &id).await;
        if image["status"] != "ready" {
            return Some(format!("{id} ended as {}: {}", image["status"], image["error"]["code"]));
        }
        let original = client.get(format!("{url}/images/{id}/original")).send().await.ok()?;
        let original = bytes(client, original.headers()["location"].to_str().ok()?).await;
        if original != self.bytes {
            return Some(format!("{id} has {} bytes, {} were sent", original.len(), self.bytes.len()));
        }
        for made in image["renditions"].as_array()? {
            let rendition = bytes(client, &text(&made["url"])).await;
            if made["bytes"] != rendition.len() {
                return Some(format!("{id}: {} has {} bytes, not {}", made["name"], rendition.len(), made["bytes"]));
            }
        }
        None
    }
}

/// Empty if there is nothing to be had.
async fn bytes(client: &Client, url: &str) -> Vec<u8> {
    let answer = async { client.get(url).send().await?.error_for_status()?.bytes().await };
    answer.await.map_or_else(|_| Vec::new(), |bytes| bytes.to_vec())
}
