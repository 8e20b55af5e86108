//! Pages of other sites that may use the API: nobody's, unless it is told whose.

use std::{str::FromStr, time::Duration};

use anyhow::{Context, Result, bail};
use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use tower_http::cors::CorsLayer;

const MAX_AGE: Duration = Duration::from_secs(3600);

/// Such as `https://shop.example.org,http://localhost:5173`, each as browsers name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Vec<HeaderValue>);

impl Origins {
    pub const VARIABLE: &str = "TINTYPE_ALLOWED_ORIGINS";

    pub fn from_env() -> Result<Self> {
        let Some(given) = std::env::var_os(Self::VARIABLE) else { return Ok(Self::default()) };
        let given = given.to_string_lossy();
        given.parse().with_context(|| format!("the variable {} is {given:?}", Self::VARIABLE))
    }

    pub fn contains(&self, origin: &HeaderValue) -> bool {
        self.0.contains(origin)
    }

    pub fn iter(&self) -> impl Iterator<Item = &HeaderValue> {
        self.0.iter()
    }

    /// Without credentials of the browser's own: a key is sent by the page, as a header.
    pub(crate) fn cors(&self) -> Option<CorsLayer> {
        let request_id = HeaderName::from_static("x-request-id");
        let sent = [
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_NONE_MATCH,
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("prefer"),
            request_id.clone(),
        ];
        let read = [header::ETAG, header::LINK, header::LOCATION, header::RETRY_AFTER, request_id];
        let cors = CorsLayer::new()
            .allow_origin(self.0.clone())
            .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::DELETE])
            .allow_headers(sent)
            .expose_headers(read)
            .max_age(MAX_AGE)
            // Browsers ask when a page that came from a public address talks to a loopback one.
            .allow_private_network(true);
        (!self.0.is_empty()).then_some(cors)
    }
}

impl FromStr for Origins {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let origins = text.split(',').map(str::trim).filter(|origin| !origin.is_empty());
        origins.map(origin).collect::<Result<_>>().map(Self)
    }
}

/// In lower case, without a slash at the end and the port that everybody takes anyway.
fn origin(text: &str) -> Result<HeaderValue> {
    let given = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
    let told = |scheme: &str, host: &str, port: Option<u16>| {
        format!("{scheme}://{host}{}", port.map_or(String::new(), |port| format!(":{port}")))
    };
    let uri = given.parse::<Uri>().ok();
    let parts = uri.as_ref().and_then(|uri| Some((uri.scheme_str()?, uri.host()?, uri.port_u16())));
    // Nothing else may be in it, such as a path, a name to log in by, or a port that is none.
    let parts = parts.filter(|(scheme, host, port)| told(scheme, host, *port) == given && !host.contains('*'));
    let Some((scheme @ ("http" | "https"), host, port)) = parts.filter(|(_, host, _)| !host.is_empty()) else {
        bail!("{text:?} is no origin such as https://shop.example.org");
    };
    let port = port.filter(|port| (scheme, *port) != ("http", 80) && (scheme, *port) != ("https", 443));
    HeaderValue::try_from(told(scheme, host, port)).context("an origin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_taken_as_browsers_name_them() {
        let given = "https://Shop.example.org/, http://localhost:5173,https://a.example:443,http://[::1]:80,";
        let taken = ["https://shop.example.org", "http://localhost:5173", "https://a.example", "http://[::1]"];
        assert_eq!(given.parse::<Origins>().unwrap(), Origins(taken.map(HeaderValue::from_static).into()));
        assert_eq!("".parse::<Origins>().unwrap(), Origins::default());
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        let others =
            ["*", "null", "shop.example.org", "ftp://a", "https://a/b", "https://a?b", "https://ann:x@a", "https://"];
        let mistyped = ["http://localhost:517300", "http://localhost:", "https://*.example.org", "https://a//"];
        for given in others.into_iter().chain(mistyped) {
            assert!(given.parse::<Origins>().is_err(), "{given}");
        }
    }
}
