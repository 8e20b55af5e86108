//! Where the next page is, for who reads headers (RFC 8288).

use axum::{
    http::{HeaderValue, header},
    response::AppendHeaders,
};

/// The header `Link`, until the last page.
pub fn next_link(next: Option<&str>) -> AppendHeaders<Option<(header::HeaderName, HeaderValue)>> {
    let link = next.and_then(|next| HeaderValue::try_from(format!("<{next}>; rel=\"next\"")).ok());
    AppendHeaders(link.map(|link| (header::LINK, link)))
}
