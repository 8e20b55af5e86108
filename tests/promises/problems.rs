//! Every refusal is a problem by RFC 9457 that says what was wrong.

use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::site::{Site, read, text};

const NO_ID: &str = "0000000000000000000000000z";

#[tokio::test]
async fn every_refusal_is_a_problem_with_its_code() {
    let site = Site::start().await;
    let post = |body: &str| {
        site.request(Method::POST, "/uploads").header("content-type", "application/json").body(body.to_owned())
    };
    let get = |path: &str| site.request(Method::GET, path);
    let long = format!(r#"{{"filename":"{}","bytes":1}}"#, "x".repeat(70_000));
    for (what, request, status, code) in [
        ("no route", get("/nothing"), 404, "not_found"),
        ("an id that cannot exist", get("/images/nope"), 404, "not_found"),
        ("an id that does not exist", get(&format!("/images/{NO_ID}")), 404, "not_found"),
        ("an upload that does not exist", site.request(Method::DELETE, &format!("/uploads/{NO_ID}")), 404, "not_found"),
        ("a method that does not exist", site.request(Method::PATCH, "/uploads"), 405, "method_not_allowed"),
        ("no JSON", post("{"), 400, "invalid_body"),
        ("not an object", post("7"), 422, "invalid_body"),
        ("a field too few", post(r#"{"filename":"a.png"}"#), 422, "invalid_body"),
        ("an unknown field", post(r#"{"filename":"a.png","bytes":1,"size":1}"#), 422, "invalid_body"),
        ("a negative length", post(r#"{"filename":"a.png","bytes":-1}"#), 422, "invalid_body"),
        ("an oversized body", post(&long), 413, "body_too_large"),
        ("no content type", site.request(Method::POST, "/uploads").body("{}"), 415, "unsupported_media_type"),
        (
            "a type that is no image",
            post(r#"{"filename":"a","bytes":1,"content_type":"text/html"}"#),
            415,
            "unsupported_content_type",
        ),
        ("an upload too large", post(r#"{"filename":"a.png","bytes":99999999}"#), 413, "upload_too_large"),
        ("an empty upload", post(r#"{"filename":"a.png","bytes":0}"#), 422, "invalid_field"),
        (
            "a stream of no length",
            site.request(Method::PUT, "/uploads/a.png").header("transfer-encoding", "chunked"),
            411,
            "length_required",
        ),
        ("too long a wait", get(&format!("/images/{NO_ID}?wait=99")), 422, "invalid_field"),
        ("an unknown parameter", get("/images?sort=up"), 422, "invalid_query"),
        ("a page of none", get("/images?limit=0"), 422, "invalid_field"),
        ("a status of none", get("/images?status=deleted"), 422, "invalid_field"),
        ("a cursor of others", get("/images?cursor=abc"), 422, "invalid_field"),
        (
            "a cursor beyond all years",
            get(&format!("/images?cursor=9999-12-31T23:59:59-01:00_{NO_ID}")),
            422,
            "invalid_field",
        ),
    ] {
        assert_problem(what, request, status, code).await;
    }
}

async fn assert_problem(what: &str, request: RequestBuilder, status: u16, code: &str) {
    let answer = read(request.header("x-request-id", "asked-by-test")).await;
    let problem = answer.json();
    assert_eq!((answer.status.as_u16(), problem["code"].as_str()), (status, Some(code)), "{what}: {answer:?}");
    assert_eq!((&problem["status"], &problem["request_id"]), (&json!(status), &json!("asked-by-test")), "{what}");
    for (name, value) in [
        ("content-type", "application/problem+json"),
        ("x-request-id", "asked-by-test"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.header(name), value, "{what}: {name}");
    }
}

#[tokio::test]
async fn what_surrounds_the_api_refuses_by_problems_too() {
    let site = Site::start().await;
    let send = |method: Method, path: &str| site.request(method, path);
    for (what, request, status, code) in [
        ("another name", send(Method::GET, "/images").header("host", "rebound.example"), 421, "foreign_host"),
        ("another's page", send(Method::GET, "/").header("origin", "http://evil.example"), 403, "foreign_origin"),
        ("a proxy", send(Method::GET, "/images").header("via", "1.1 proxy"), 403, "passed_on"),
        ("nowhere, by another name", send(Method::GET, "/no").header("host", "rebound.example"), 421, "foreign_host"),
        ("a POST of the page", send(Method::POST, "/"), 405, "method_not_allowed"),
        ("a DELETE of a script", send(Method::DELETE, "/app.js"), 405, "method_not_allowed"),
        ("a POST of notifications", send(Method::POST, "/local/notifications"), 405, "method_not_allowed"),
    ] {
        assert_problem(what, request, status, code).await;
    }
}

#[tokio::test]
async fn refusal_repeats_no_more_than_a_little_of_what_was_sent() {
    let site = Site::start().await;
    let long = "\u{202e}long ".repeat(1000);
    let with = |field: &str| {
        let mut new = json!({ "filename": "a.png", "bytes": 1 });
        new[field] = json!(long);
        site.request(Method::POST, "/uploads").json(&new)
    };
    let unknown = json!({ "filename": "a.png", "bytes": 1, &long: 1 });
    let encoded = "%e2%80%aelong%20".repeat(400);
    let with_query = |name: &str, value: &str| site.request(Method::GET, &format!("/images?{name}={value}"));
    for (what, request) in [
        ("an unknown field", site.request(Method::POST, "/uploads").json(&unknown)),
        ("a number that is text", with("bytes")),
        ("content_type", with("content_type")),
        ("preset", with("preset")),
        ("sha256", with("sha256")),
        ("filename", with("filename")),
        ("a status", with_query("status", &encoded)),
        ("a cursor", with_query("cursor", &encoded)),
        ("an unknown parameter", with_query(&encoded, "1")),
    ] {
        let answer = read(request).await;
        let detail = text(&answer.json()["detail"]);
        assert!(answer.status.is_client_error() && detail.matches("long").count() <= 50, "{what}: {answer:?}");
        assert!(!detail.contains('\u{202e}'), "{what}: {answer:?}");
    }
}

#[tokio::test]
async fn limits_are_named_where_they_are_hit() {
    let site = Site::start().await;
    let problem = site.post("/uploads", json!({ "filename": "a.png", "bytes": 99_999_999 })).await.json();
    let config = site.get("/config").await.json();
    assert_eq!(problem["limit"]["max_bytes"], config["limits"]["max_bytes"]);
    let problem = site.post("/uploads", json!({ "filename": "a\u{202e}gpj.exe", "bytes": 1 })).await.json();
    assert_eq!(problem["field"], "filename");
    assert!(problem["detail"].as_str().unwrap().contains("U+202E"), "{problem}");
}

#[tokio::test]
async fn request_id_that_is_no_token_is_replaced() {
    let site = Site::start().await;
    let answer = read(site.request(Method::GET, "/healthz").header("x-request-id", "a b;c")).await;
    assert_eq!(answer.header("x-request-id").len(), 26);
}

#[tokio::test]
async fn documentation_asks_no_other_host() {
    let site = Site::start().await;
    let page = site.get("/docs").await;
    assert!(page.status.is_success() && page.header("content-security-policy").contains("default-src 'none'"));
    for address in ["src=\"http", "href=\"http", "url(http", "@import"] {
        assert!(!page.text.contains(address), "{address}");
    }
    let openapi = site.get("/openapi.json").await.json();
    assert!(openapi["paths"]["/uploads"]["post"]["responses"]["422"].is_object());
}
