//! Every refusal is a problem by RFC 9457 that says what was wrong.

use reqwest::Method;
use serde_json::json;

use crate::site::{Site, read};

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
        ("an unknown parameter", get("/images?sort=up"), 422, "invalid_body"),
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
        let answer = read(request.header("x-request-id", "asked-by-test")).await;
        let problem = answer.json();
        assert_eq!((answer.status.as_u16(), problem["code"].as_str()), (status, Some(code)), "{what}: {answer:?}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
        assert_eq!((&problem["status"], &problem["request_id"]), (&json!(status), &json!("asked-by-test")), "{what}");
        assert_eq!(answer.header("x-request-id"), "asked-by-test", "{what}");
    }
}

#[tokio::test]
async fn limits_are_named_where_they_are_hit() {
    let site = Site::start().await;
    let problem = site.post("/uploads", json!({ "filename": "a.png", "bytes": 99_999_999 })).await.json();
    let config = site.get("/config").await.json();
    assert_eq!(problem["limit"]["max_bytes"], config["limits"]["max_bytes"]);
    let problem = site.post("/uploads", json!({ "filename": "a\u{0}b", "bytes": 1 })).await.json();
    assert_eq!(problem["field"], "filename");
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
    assert!(openapi["paths"]["/uploads"]["post"]["responses"]["default"].is_object());
}
