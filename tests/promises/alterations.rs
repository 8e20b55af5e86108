//! A presigned URL opens what it was signed for, in its time, and with any single change nothing.

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    pictures,
    signer::Signer,
    site::{Site, read, text},
    wire::{Received, Wire},
};

const OTHER_ID: &str = "0000000000000000000000000z";

/// Every single change that a holder of the request might try, with its name.
fn alterations(wire: &Wire) -> Vec<(String, Wire)> {
    [methods(wire), paths(wire), parameters(wire), headers(wire), lengths(wire)].concat()
}

fn methods(wire: &Wire) -> Vec<(String, Wire)> {
    let all = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "COPY"];
    let others = all.into_iter().filter(|method| *method != wire.method);
    others.map(|method| (format!("by {method}"), wire.clone().with(|wire| wire.method = method.into()))).collect()
}

fn paths(wire: &Wire) -> Vec<(String, Wire)> {
    let (path, query) = wire.target.split_once('?').unwrap();
    let (bucket, key) = path[1..].split_once('/').unwrap();
    let other_bucket = if bucket == "originals" { "renditions" } else { "originals" };
    let others = [
        format!("/{other_bucket}/{key}"),
        format!("/elsewhere/{key}"),
        format!("/{bucket}/{OTHER_ID}{}", &key[26..]),
        format!("/{bucket}/{key}x"),
        format!("/{bucket}/{key}/"),
        format!("/{bucket}/{}", &key[..key.len() - 1]),
        format!("/{bucket}/{}", key.to_uppercase()),
        format!("/{bucket}/x/../{key}"),
        format!("//{bucket}/{key}"),
        format!("/{bucket}"),
        "/".to_owned(),
    ];
    let with = |path: &String| wire.clone().with(|wire| wire.target = format!("{path}?{query}"));
    others.iter().map(|path| (format!("at {path}"), with(path))).collect()
}

fn parameters(wire: &Wire) -> Vec<(String, Wire)> {
    let (path, query) = wire.target.split_once('?').unwrap();
    let given: Vec<&str> = query.split('&').collect();
    let with = |name: String, query: Vec<String>| {
        (name, wire.clone().with(|wire| wire.target = format!("{path}?{}", query.join("&"))))
    };
    let replaced = |at: usize, by: &[String]| {
        let (before, after) = (&given[..at], &given[at + 1..]);
        let owned = |part: &[&str]| part.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        [owned(before), by.to_vec(), owned(after)].concat()
    };
    let mut all = Vec::new();
    for (at, parameter) in given.iter().enumerate() {
        let (name, value) = parameter.split_once('=').unwrap();
        let (same, other) = ((*parameter).to_owned(), format!("{name}={}", changed(value)));
        all.extend([
            with(format!("without {name}"), replaced(at, &[])),
            with(format!("another {name}"), replaced(at, std::slice::from_ref(&other))),
            with(format!("an empty {name}"), replaced(at, &[format!("{name}=")])),
            with(format!("{name} twice"), replaced(at, &[same.clone(), same.clone()])),
            with(format!("another {name} first"), replaced(at, &[other.clone(), same.clone()])),
            with(format!("another {name} second"), replaced(at, &[same, other])),
        ]);
    }
    let html = ["response-content-type=text%2Fhtml", "response-content-disposition=inline"];
    let others =
        ["x=1", "acl", "uploads", "tagging", "versionId=null", "partNumber=1&uploadId=x", "X-Amz-Security-Token=x"];
    for added in html.into_iter().chain(others) {
        all.push(with(format!("and {added}"), vec![query.to_owned(), added.to_owned()]));
    }
    all
}

fn headers(wire: &Wire) -> Vec<(String, Wire)> {
    let mut all = Vec::new();
    for (name, value) in wire.headers.iter().filter(|(name, _)| name != "content-length") {
        let other = if name == "host" { value.replace("127.0.0.1", "localhost") } else { changed(value) };
        all.extend([
            (format!("without {name}"), wire.clone().without_header(name)),
            (format!("another {name}"), wire.clone().header(name, &other)),
            (format!("{name} twice"), wire.clone().and_header(name, value)),
            (format!("another {name} too"), wire.clone().and_header(name, &other)),
        ]);
    }
    let unsigned = [
        ("x-amz-acl", "public-read"),
        ("x-amz-meta-a", "b"),
        ("x-amz-tagging", "a=b"),
        ("x-amz-copy-source", "/originals/0000000000000000000000000z"),
        ("x-amz-security-token", "x"),
        (
            "authorization",
            "AWS4-HMAC-SHA256 Credential=tintype/20261126/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0",
        ),
    ];
    all.extend(unsigned.map(|(name, value)| (format!("and {name}"), wire.clone().and_header(name, value))));
    all
}

/// A byte more and a byte less, announced and sent, or announced only.
fn lengths(wire: &Wire) -> Vec<(String, Wire)> {
    if wire.body.is_empty() {
        return Vec::new();
    }
    let length = wire.body.len();
    let announced = |length: usize| wire.clone().header("content-length", &length.to_string());
    vec![
        ("a byte more".into(), announced(length + 1).with(|wire| wire.body.push(0))),
        ("a byte less".into(), announced(length - 1).with(|wire| wire.body.truncate(length - 1))),
        ("a byte more announced".into(), announced(length + 1)),
        ("a byte less announced".into(), announced(length - 1)),
        ("two lengths".into(), wire.clone().and_header("content-length", &(length + 1).to_string())),
        ("no length".into(), wire.clone().without_header("content-length")),
        ("chunks".into(), wire.clone().without_header("content-length").and_header("transfer-encoding", "chunked")),
    ]
}

/// The last character is another one.
fn changed(value: &str) -> String {
    let (rest, last) = value.split_at(value.len() - 1);
    format!("{rest}{}", if last == "1" { "2" } else { "1" })
}

/// A refusal, by whoever saw it first; the answer to a preflight, which says nothing, is given to anybody.
fn is_closed(wire: &Wire, answer: &Received) -> bool {
    let preflight = wire.method == "OPTIONS" && answer.body.is_empty();
    preflight || (400..500).contains(&answer.status) || answer.status == 501
}

async fn assert_opens_only_as_given(site: &Site, what: &str, wire: &Wire, altered: Vec<(String, Wire)>) {
    let (before, mut opened) = (site.objects(), Vec::new());
    for (change, altered) in &altered {
        let answer = altered.send().await;
        if !is_closed(altered, &answer) {
            opened.push(format!("{change}: {}", answer.status));
        }
    }
    println!("{what}: {} of {} altered requests refused", altered.len() - opened.len(), altered.len());
    assert_eq!(opened, [""; 0], "{what}");
    assert!(altered.len() >= 60, "{what}: only {}", altered.len());
    assert_eq!(site.objects(), before, "{what}");
    let answer = wire.send().await;
    assert!(answer.is_success(), "{what}, as it was given: {answer:?}");
}

#[tokio::test]
async fn altered_put_opens_nothing() {
    let (site, photo) = (Site::start().await, pictures::png(8, 8));
    let new = json!({ "filename": "a.png", "bytes": photo.len(), "sha256": hex::encode(Sha256::digest(&photo)) });
    let wire = Wire::granted(&site.post("/uploads", new).await.json(), &photo);
    let mut altered = alterations(&wire);
    altered.push(("another body".into(), wire.clone().with(|wire| wire.body[20] ^= 1)));
    assert_opens_only_as_given(&site, "the PUT", &wire, altered).await;
}

#[tokio::test]
async fn altered_put_of_a_redirect_opens_nothing() {
    let (site, photo) = (Site::start().await, pictures::png(8, 8));
    let redirect = Wire::new("PUT", &format!("{}/uploads/a.png", site.url()), &photo).send().await;
    let wire = Wire::new("PUT", redirect.headers["location"].to_str().unwrap(), &photo);
    assert_opens_only_as_given(&site, "the PUT of a redirect", &wire, alterations(&wire)).await;
}

#[tokio::test]
async fn altered_get_opens_nothing() {
    let site = Site::start().await;
    let image = site.uploaded("a.png", &pictures::png(64, 64)).await;
    let id = text(&image["id"]);
    for (what, path) in [
        ("the GET of an original", format!("/images/{id}/original")),
        ("the GET of a rendition", format!("/images/{id}/avif-320")),
        ("the GET of a rendition to save", format!("/images/{id}/avif-320?download=1")),
    ] {
        let redirect = read(site.client.get(format!("{}{path}", site.url()))).await;
        let wire = Wire::new("GET", redirect.header("location"), b"");
        assert_opens_only_as_given(&site, what, &wire, alterations(&wire)).await;
    }
}

#[tokio::test]
async fn url_opens_nothing_before_or_after_its_time() {
    let site = Site::start().await;
    let signer = Signer::of(&site);
    let url = format!("{}/originals/{OTHER_ID}", site.s3_url());
    let times = [
        ("a second late", -61, 60),
        ("an hour late", -3660, 60),
        ("for no time", 0, 0),
        ("from in an hour", 3600, 60),
        ("from tomorrow", 86_400, 900),
    ];
    let mut opened = Vec::new();
    for (method, body) in [("PUT", &b"12345"[..]), ("GET", b"")] {
        let wire = Wire::new(method, &url, body);
        for (when, later, expires) in times {
            let answer = signer.sign(wire.clone(), later, expires).send().await;
            if !is_closed(&wire, &answer) || answer.status == 404 {
                opened.push(format!("{method} {when}: {}", answer.status));
            }
        }
        let answer = signer.sign(wire, -50, 60).send().await;
        assert!(answer.is_success(), "{method} in its time: {answer:?}");
    }
    println!("{} of {} requests out of their time refused", 2 * times.len() - opened.len(), 2 * times.len());
    assert_eq!(opened, [""; 0]);
}
