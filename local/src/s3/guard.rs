//! Who may speak to the endpoint at all: only those who call it by its own name, and no page but of the origins.

use http::{
    HeaderName, HeaderValue, Method, Request, StatusCode,
    header::{CONTENT_TYPE, ETAG, HOST, IF_NONE_MATCH, ORIGIN},
    uri::Authority,
};
use s3s::{S3Error, s3_error};
use std::time::Duration;
use tower_http::cors::CorsLayer;

/// The names and origins that are answered.
pub(super) struct Guard {
    hosts: Vec<String>,
    origins: Vec<HeaderValue>,
}

impl Guard {
    pub fn new(hosts: Vec<String>, origins: Vec<HeaderValue>) -> Self {
        Self { hosts: hosts.iter().map(|host| host.to_ascii_lowercase()).collect(), origins }
    }

    /// Why the request is not answered, if so.
    pub fn refusal<B>(&self, request: &Request<B>) -> Option<S3Error> {
        // A page elsewhere that has its own name rebound to this machine still says that name.
        if !self.is_own(request) {
            let mut error = s3_error!(InvalidRequest, "This endpoint does not answer to that host name.");
            error.set_status_code(StatusCode::MISDIRECTED_REQUEST);
            return Some(error);
        }
        let foreign = request.headers().get_all(ORIGIN).into_iter().any(|origin| !self.origins.contains(origin));
        foreign.then(|| s3_error!(AccessDenied, "This endpoint does not answer to pages of that origin."))
    }

    fn is_own<B>(&self, request: &Request<B>) -> bool {
        let mut hosts = request.headers().get_all(HOST).into_iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
        let Some(host) = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok()) else { return false };
        // A request line may name a host too; then both must be ours.
        let named = std::iter::once(&host).chain(request.uri().authority());
        named.into_iter().all(|authority| self.hosts.contains(&authority.host().to_ascii_lowercase()))
    }

    /// CORS for the origins, and no others.
    pub fn cors(&self) -> CorsLayer {
        CorsLayer::new()
            .allow_origin(self.origins.clone())
            .allow_methods([Method::PUT, Method::GET, Method::HEAD])
            .allow_headers([CONTENT_TYPE, IF_NONE_MATCH, HeaderName::from_static("x-amz-checksum-sha256")])
            .expose_headers([ETAG])
            .max_age(Duration::from_secs(3600))
            // Browsers ask when a page that came from a public address talks to a loopback one.
            .allow_private_network(true)
    }
}
