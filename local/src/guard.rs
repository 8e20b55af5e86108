//! Whom page and API answer: nobody who reached them by another name, no page from elsewhere in the same browser unless
//! its site was allowed, and while nobody needs a key nobody for whom another has passed the request on.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use api::{App, Origins, Problem};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Uri, Version, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// What proxies and tunnels add to what they pass on.
const MARKS: [&str; 5] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

#[derive(Clone, Debug)]
pub struct Guard {
    /// The names of this site, as `Host` spells them.
    hosts: Arc<[String]>,
    /// Pages of other sites that are answered too.
    allowed: Origins,
}

impl Guard {
    pub fn new(address: SocketAddr, public_url: Option<&str>, allowed: Origins) -> Self {
        let public = public_url.and_then(|url| Some(url.parse::<Uri>().ok()?.authority()?.to_string()));
        Self { hosts: hosts(address).chain(public).collect(), allowed }
    }

    /// The host must be a name of ours, or a rebound name would make us part of another site;
    /// an origin must be that very host, or another site's page would act in its visitor's name.
    fn refusal(&self, headers: &HeaderMap) -> Option<Problem> {
        let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else {
            return Some(Problem::ForeignHost { detail: "The request names no host." });
        };
        if !self.knows(host) {
            return Some(Problem::ForeignHost {
                detail: "This site answers to localhost and 127.0.0.1 on its own port; start it with --public-url and --s3-public-url to be reached by another name or a forwarded port.",
            });
        }
        if headers.get(header::ORIGIN).is_some_and(|origin| self.allowed.contains(origin)) {
            return None;
        }
        let origin = headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
        let elsewhere = origin.is_some_and(|origin| !is_origin_of(origin, host));
        // No Origin comes with what a page embeds or a form fetches; then the browser says where it comes from.
        let fetched =
            headers.get("sec-fetch-site").is_some_and(|site| matches!(site.as_bytes(), b"cross-site" | b"same-site"));
        let visited = headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate");
        let foreign = elsewhere || (origin.is_none() && fetched && !visited);
        foreign.then_some(Problem::ForeignOrigin)
    }

    fn knows(&self, host: &str) -> bool {
        self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
    }
}

/// What a listener at that address is called on this machine, as `Host` spells it.
pub fn hosts(address: SocketAddr) -> impl Iterator<Item = String> {
    let port = address.port();
    let with_port = names(address.ip()).map(move |name| format!("{name}:{port}"));
    // Clients leave out the port that they would take anyway.
    let without = names(address.ip()).filter(move |_| port == 80);
    with_port.chain(without)
}

/// The same without a port.
pub fn names(ip: IpAddr) -> impl Iterator<Item = String> {
    let own = match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    ["localhost", "127.0.0.1", "[::1]"].into_iter().map(str::to_owned).chain([own])
}

fn is_origin_of(origin: &str, host: &str) -> bool {
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

/// Lets through what is ours.
pub async fn admit(State((guard, app)): State<(Guard, App)>, request: Request, next: Next) -> Response {
    let passed_on =
        || (app.is_open() && is_passed_on(request.version(), request.headers())).then_some(Problem::PassedOn);
    match guard.refusal(request.headers()).or_else(passed_on) {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    }
}

/// A proxy may give the request a name of ours, but most add a mark to it, or speak HTTP/1.0 as nginx did before 1.29.7
/// and few clients do.
fn is_passed_on(version: Version, headers: &HeaderMap) -> bool {
    version < Version::HTTP_11 || MARKS.into_iter().any(|mark| headers.contains_key(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(pairs: &[(&'static str, &str)]) -> bool {
        refused_at("127.0.0.1:8080", pairs)
    }

    fn refused_at(address: &str, pairs: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        let allowed = "https://shop.example.org".parse().unwrap();
        Guard::new(address.parse().unwrap(), Some("https://photos.example.org"), allowed).refusal(&headers).is_some()
    }

    #[test]
    fn its_own_names_are_answered() {
        for host in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "photos.example.org", "LOCALHOST:8080"] {
            assert!(!refused(&[("host", host)]), "{host}");
            assert!(!refused(&[("host", host), ("origin", &format!("http://{host}"))]), "{host}");
        }
    }

    #[test]
    fn the_address_that_it_listens_at_is_one_of_its_names() {
        for address in ["127.0.0.2:8080", "192.0.2.1:8080", "[2001:db8::1]:8080"] {
            assert!(!refused_at(address, &[("host", address)]) && refused(&[("host", address)]), "{address}");
        }
    }

    #[test]
    fn foreign_names_and_origins_are_not() {
        for host in [
            "evil.example",
            "localhost.evil.example:8080",
            "127.0.0.1.evil.example",
            "photos.example.org:81",
            "localhost",
            "localhost:81",
            "",
        ] {
            assert!(refused(&[("host", host)]), "{host}");
        }
        for origin in ["http://evil.example", "null", "http://localhost:3000", "http://localhost:8080.evil.example"] {
            assert!(refused(&[("host", "localhost:8080"), ("origin", origin)]), "{origin}");
        }
        assert!(refused(&[
            ("host", "localhost:8080"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "no-cors")
        ]));
        assert!(!refused(&[
            ("host", "localhost:8080"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate")
        ]));
    }

    #[test]
    fn pages_that_were_allowed_are_answered_by_our_own_names_alone() {
        let by = |host: &str| {
            refused(&[("host", host), ("origin", "https://shop.example.org"), ("sec-fetch-site", "cross-site")])
        };
        assert!(!by("localhost:8080") && !by("photos.example.org") && by("shop.example.org"));
    }

    #[test]
    fn what_a_proxy_has_passed_on_is_told_by_its_marks_or_its_version() {
        let marked = |mark: &'static str| HeaderMap::from_iter([(mark.parse().unwrap(), "192.0.2.1".parse().unwrap())]);
        assert!(MARKS.iter().all(|mark| is_passed_on(Version::HTTP_11, &marked(mark))));
        assert!(is_passed_on(Version::HTTP_10, &HeaderMap::new()));
        assert!(!is_passed_on(Version::HTTP_11, &marked("x-request-id")));
    }
}
