//! What is done around every request: its id, its log line, the body of its problem.

use std::time::{Duration, Instant};

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use store::ImageId;
use telemetry::metrics::REQUESTS;
use tokio::task::JoinError;
use tracing::Instrument;

use crate::problem::{self, Problem, ProblemBody};

const REQUEST_ID: &str = "x-request-id";
const MAX_REQUEST_ID_BYTES: usize = 64;
/// The longest wait for an image, and time to answer; gateways give up at 29 or 30 seconds, and then say why in their
/// own words.
const PATIENCE: Duration = Duration::from_secs(28);

/// What the request is called, a plain token of at most 64 bytes; handlers find it by `Extension`.
#[derive(Clone)]
pub struct RequestId(pub String);

/// Takes or makes the request's id, and echoes it in header and problem.
///
/// What may change something, once begun, is carried out to its end, be its client still there or not, unless the
/// process ends; what only reads ends when nobody waits for it.
pub async fn identify(mut request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    // At the level of errors, so that it is around them whatever is logged. Which key was shown is told later.
    let span = tracing::error_span!("request", request_id = %id, key_id = tracing::field::Empty);
    request.extensions_mut().insert(RequestId(id.clone()));
    let is_safe = request.method().is_safe();
    let answer = answered(request, next).instrument(span.clone());
    let mut response = if is_safe { answer.await } else { to_its_end(answer).instrument(span).await };
    if let Some(mut problem) = response.extensions_mut().remove::<ProblemBody>() {
        problem.request_id = id.clone();
        response = with_body(response, &problem);
    }
    let headers = response.headers_mut();
    // Answers hold signed URLs and private names, unless a handler knows better.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::try_from(id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// The answer, counted, and with its line in the log.
///
/// The route is logged instead of the path: what a client writes there, or in its query, is nobody's business.
async fn answered(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let image_id = request.uri().path().split('/').find_map(|part| part.parse::<ImageId>().ok());
    let started = Instant::now();
    let response = next.run(request).await;
    let (took, status) = (started.elapsed(), response.status());
    let (route, image_id) = (route.as_ref().map(MatchedPath::as_str), image_id.map(tracing::field::display));
    REQUESTS.note(&[known(&method), route.unwrap_or("none"), status.as_str()], took);
    let milliseconds = took.as_millis() as u64;
    tracing::info!(%method, route, image_id, status = status.as_u16(), milliseconds, "answered");
    response
}

/// In a task of its own: of a client that hangs up, hyper drops the future and all that is in it.
async fn to_its_end(answer: impl Future<Output = Response> + Send + 'static) -> Response {
    match tokio::spawn(answer).await.map_err(JoinError::try_into_panic) {
        Ok(response) => response,
        Err(Ok(panic)) => problem::panicked(panic),
        Err(Err(cancelled)) => Problem::Internal(cancelled.into()).into_response(),
    }
}

/// Ends what hangs: whatever a handler has begun may be cut off anywhere, and is made good by the sweep.
pub async fn in_time(request: Request, next: Next) -> Response {
    let answered = tokio::time::timeout(PATIENCE, next.run(request)).await;
    answered.unwrap_or_else(|_| Problem::Overdue { max_seconds: PATIENCE.as_secs() }.into_response())
}

/// Anything else than a plain token is replaced: the id goes into logs and headers.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let plain = |id: &&str| {
        (1..=MAX_REQUEST_ID_BYTES).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    match given.filter(plain) {
        Some(id) => id.to_owned(),
        // Without randomness nothing else works either: then the request fails by itself.
        None => ImageId::random().map_or_else(|_| "none".to_owned(), |id| id.to_string()),
    }
}

/// A client may write anything there; what is counted has only so many names.
fn known(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

fn with_body(response: Response, problem: &ProblemBody) -> Response {
    let (mut parts, _) = response.into_parts();
    let body = serde_json::to_vec(problem).unwrap_or_default();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    (parts, body).into_response()
}
