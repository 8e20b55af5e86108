//! Asking for an upload, and sending the bytes where they are granted to.

use std::collections::BTreeMap;

use anyhow::Result;
use http::{Request, StatusCode, header};
use serde::Deserialize;
use serde_json::json;

use crate::client::{Answer, Connection, Payload, path_of, whole};

/// What is read of the answer to `POST /uploads`.
#[derive(Deserialize)]
pub struct Upload {
    pub id: String,
    pub upload: Put,
}

/// The one request that may fill the image.
#[derive(Deserialize)]
pub struct Put {
    pub url: String,
    headers: BTreeMap<String, String>,
}

impl Upload {
    pub async fn ask(api: &mut Connection, bytes: u64) -> Result<Self> {
        post(api, bytes).await?.expect(StatusCode::CREATED)?.json()
    }
}

impl Put {
    pub async fn send(&self, s3: &mut Connection, payload: Payload) -> Result<Answer> {
        let put = Request::put(path_of(&self.url)?);
        s3.send(self.headers.iter().fold(put, |put, (name, value)| put.header(name, value)), payload).await
    }
}

/// Asks for a JPEG of that length, whatever the answer is.
pub async fn post(api: &mut Connection, bytes: u64) -> Result<Answer> {
    let new = json!({ "filename": "photo.jpg", "content_type": "image/jpeg", "bytes": bytes }).to_string();
    api.send(Request::post("/uploads").header(header::CONTENT_TYPE, "application/json"), whole(new)).await
}
