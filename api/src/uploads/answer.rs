//! What a grant looks like to its client.

use std::collections::BTreeMap;

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use store::{Image, SignedPut, Timestamp};
use utoipa::ToSchema;

use crate::curl;

/// A grant that bytes may arrive.
#[derive(Serialize, ToSchema)]
pub struct Upload {
    #[schema(example = "3v9k0c7m5x1q8d2n4z6r0t5w7y")]
    id: String,
    #[schema(example = "awaiting_upload")]
    status: &'static str,
    filename: String,
    /// The request that fills the image; absent once the bytes are there, or once the URL has expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    upload: Option<Put>,
    links: Links,
}

/// The PUT as it must be sent.
#[derive(Serialize, ToSchema)]
struct Put {
    #[schema(example = "PUT")]
    method: &'static str,
    /// A password: whoever has it may send the file.
    url: String,
    /// Every header to set, no more and no less; clients send host and length by themselves.
    headers: BTreeMap<String, String>,
    /// The exact length that was signed.
    bytes: u64,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// Seconds from now.
    expires_in: u64,
    /// The same as a line for a shell.
    curl: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = UploadLinks)]
struct Links {
    upload: String,
    renew: String,
    image: String,
}

/// The answer to `POST /uploads`, in the form that the client likes.
pub struct Granted {
    pub upload: Upload,
    pub as_text: bool,
}

impl Upload {
    /// Without a way to send anything.
    pub fn of(image: &Image) -> Self {
        let id = image.image_id;
        Self {
            id: id.to_string(),
            status: image.status.as_str(),
            filename: image.filename.clone(),
            upload: None,
            links: Links {
                upload: format!("/uploads/{id}"),
                renew: format!("/uploads/{id}/renew"),
                image: image_path(image),
            },
        }
    }

    pub fn granted(image: &Image, put: SignedPut) -> Self {
        let upload = Put {
            method: "PUT",
            bytes: image.expected.bytes,
            expires_at: put.expires_at,
            expires_in: put.expires_in,
            curl: curl::line(&image.filename, &put),
            headers: put.headers.into_iter().collect(),
            url: put.url,
        };
        Self { upload: Some(upload), ..Self::of(image) }
    }
}

impl IntoResponse for Granted {
    fn into_response(self) -> Response {
        let location = [(header::LOCATION, self.upload.links.image.clone())];
        if !self.as_text {
            return (StatusCode::CREATED, location, Json(self.upload)).into_response();
        }
        let line = match &self.upload.upload {
            Some(put) => put.curl.clone(),
            // Still a line that a shell may run.
            None => format!("# The bytes have arrived already: GET {}", self.upload.links.image),
        };
        (StatusCode::CREATED, location, format!("{line}\n")).into_response()
    }
}

/// Only for who names no JSON: browsers and curl say `*/*` and get it.
pub fn wants_text(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.starts_with("text/plain") && !accept.contains("json"))
}

/// Who follows it never sees the words; who does not would take silence for success.
pub fn redirect(image: &Image, put: SignedPut) -> Response {
    let words = "Nothing is uploaded yet: send the same request to the address in Location, as curl -L does.\n";
    let mut response = (StatusCode::TEMPORARY_REDIRECT, words).into_response();
    let headers = response.headers_mut();
    for (name, value) in [(header::LOCATION, put.url), (header::CONTENT_LOCATION, image_path(image))] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    response
}

fn image_path(image: &Image) -> String {
    format!("/images/{}", image.image_id)
}
