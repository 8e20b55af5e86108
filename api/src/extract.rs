//! axum's extractors, with refusals that are problems.

use std::time::Duration;

use axum::{
    extract::{
        FromRequest, FromRequestParts, Request,
        rejection::{JsonRejection, PathRejection, QueryRejection},
    },
    http::StatusCode,
};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// A body of 64 KiB comes within it by any connection worth the name. Longer: whoever sends slowly on purpose holds
/// more connections.
const BODY_PATIENCE: Duration = Duration::from_secs(10);

pub struct Json<T>(pub T);

#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub struct Path<T>(pub T);

#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let arrived = tokio::time::timeout(BODY_PATIENCE, axum::Json::from_request(request, state)).await;
        let axum::Json(value) =
            arrived.map_err(|_| Problem::BodyTooSlow { max_seconds: BODY_PATIENCE.as_secs() })??;
        Ok(Self(value))
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        match rejection {
            JsonRejection::MissingJsonContentType(_) => Self::UnsupportedMediaType,
            other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Self::BodyTooLarge { max_bytes: crate::MAX_JSON_BYTES as u64 }
            }
            other => Self::InvalidBody { status: other.status(), detail: format!("{}.", other.body_text()) },
        }
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::InvalidQuery { detail: format!("{}.", rejection.body_text()) }
    }
}

/// An id that cannot exist is one that does not.
impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::NotFound
    }
}
