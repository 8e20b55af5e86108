//! Pages of other sites that may use the API: nobody's, unless it is told whose.

use std::{str::FromStr, time::Duration};

use anyhow::{Context, Result, ensure};
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
            .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE])
            .allow_headers(sent)
            .expose_headers(read)
            .max_age(MAX_AGE);
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
    let uri = text.parse::<Uri>().ok();
    let parts = uri.as_ref().and_then(|uri| Some((uri.scheme_str()?, uri.host()?, uri.port_u16(), uri.path())));
    let Some((scheme @ ("http" | "https"), host, port, "/")) = parts else {
        anyhow::bail!("{text:?} is no origin such as https://shop.example.org");
    };
    ensure!(!text.contains(['@', '?', '#']) && !host.is_empty(), "{text:?} has more than an origin has");
    let port = port.filter(|port| (scheme, *port) != ("http", 80) && (scheme, *port) != ("https", 443));
    let port = port.map_or(String::new(), |port| format!(":{port}"));
    HeaderValue::try_from(format!("{scheme}://{}{port}", host.to_ascii_lowercase())).context("an origin")
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
        for given in
            ["*", "null", "shop.example.org", "ftp://a", "https://a/b", "https://a?b", "https://ann:x@a", "https://"]
        {
            assert!(given.parse::<Origins>().is_err(), "{given}");
        }
    }
}
