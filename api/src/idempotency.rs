//! The header `Idempotency-Key`.

use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::request::Parts};
use store::ImageId;

use crate::{App, owner::Owner, problem::Problem};

const HEADER: &str = "idempotency-key";
const MAX_BYTES: usize = 255;

/// What the client calls this upload, if it means to repeat the request safely.
pub struct IdempotencyKey(Option<Vec<u8>>);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.get(HEADER).map(|key| key.as_bytes().to_vec())))
    }
}

impl IdempotencyKey {
    /// The id that the key always leads to; a random one without a key.
    pub fn image_id(&self, owner: &Owner, app: &App) -> Result<ImageId, Problem> {
        let Some(key) = &self.0 else { return Ok(ImageId::random()?) };
        let key = std::str::from_utf8(key).ok().filter(|key| (1..=MAX_BYTES).contains(&key.len()));
        let key = key.ok_or_else(|| Problem::InvalidField {
            field: "Idempotency-Key",
            detail: format!("is not text of 1 to {MAX_BYTES} bytes"),
        })?;
        Ok(ImageId::derived(&app.settings.secret, &owner.0, key))
    }
}
