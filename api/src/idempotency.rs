//! The header `Idempotency-Key`.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, request::Parts},
};
use store::ImageId;

use crate::{App, allowed::Owner, problem::Problem};

const HEADER: &str = "idempotency-key";
pub const MAX_CHARACTERS: usize = 255;
/// Visible ASCII.
pub const PATTERN: &str = "^[!-~]+$";

/// What the client calls this upload, if it means to repeat the request safely.
pub struct IdempotencyKey(Option<HeaderValue>);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.get(HEADER).cloned()))
    }
}

impl IdempotencyKey {
    /// The id that the key always leads to; a random one without a key.
    pub fn image_id(&self, owner: &Owner, app: &App) -> Result<ImageId, Problem> {
        let Some(key) = &self.0 else { return Ok(ImageId::random()?) };
        let key = key
            .to_str()
            .ok()
            .filter(|key| (1..=MAX_CHARACTERS).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()));
        let key = key.ok_or_else(|| {
            Problem::invalid(
                "Idempotency-Key",
                format!("is not 1 to {MAX_CHARACTERS} visible ASCII characters without a space"),
            )
        })?;
        Ok(ImageId::derived(&app.settings.secret, owner.name(), key))
    }
}
