//! `/openapi.json`, and the page that reads it aloud without asking anybody else.

use axum::{Json, Router, http::header, response::Html, routing::get};
use utoipa::openapi::OpenApi;

use crate::App;

const PAGE: &str = include_str!("docs.html");
/// The page is one file: its own script and style, this server's answers, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'";

pub fn routes(document: OpenApi) -> Router<App> {
    Router::new()
        .route("/openapi.json", get(async move || Json(document)))
        .route("/docs", get(async || ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(PAGE))))
}
