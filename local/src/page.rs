//! The upload page, out of the binary itself.

use api::App;
use axum::{
    Router,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use include_dir::{Dir, File, include_dir};

static WEB: Dir = include_dir!("$CARGO_MANIFEST_DIR/../web");

/// A route for each of the page's files; `s3_origin` is where it sends originals and fetches renditions from.
pub fn routes(s3_origin: &str) -> Router<App> {
    let policy = format!(
        "default-src 'self'; connect-src 'self' {s3_origin}; img-src 'self' blob: data: {s3_origin}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let policy = HeaderValue::try_from(policy).expect("an origin is plain ASCII");
    WEB.files().fold(Router::new(), |router, file| {
        let path = file.path().to_string_lossy();
        let path = if path == "index.html" { "/".to_owned() } else { format!("/{path}") };
        let policy = policy.clone();
        router.route(&path, get(async move || answer(file, policy)))
    })
}

fn answer(file: &'static File, policy: HeaderValue) -> Response {
    let content_type = match file.path().extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        // After an upgrade the next visit sees the new page.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, file.contents()).into_response()
}
