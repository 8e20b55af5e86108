//! Whom a site on one machine answers.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    pictures,
    site::{Site, put_request, read},
};

#[tokio::test]
async fn foreign_host_and_origin_get_nothing() {
    let site = Site::start().await;
    let ask = |name: &'static str, value: &'static str| read(site.request(Method::GET, "/images").header(name, value));
    assert_eq!(ask("host", "rebound.example").await.status, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(ask("origin", "http://evil.example").await.status, StatusCode::FORBIDDEN);
    assert_eq!(ask("origin", "http://localhost:1").await.status, StatusCode::FORBIDDEN);
    assert!(ask("origin", "http://evil.example").await.headers.get("access-control-allow-origin").is_none());
}

#[tokio::test]
async fn site_answers_by_the_address_that_it_listens_at() {
    let site = Site::start_at([127, 0, 0, 2], [127, 0, 0, 3]).await;
    assert_eq!(site.get("/readyz").await.status, StatusCode::OK);
    assert_eq!(site.uploaded("photo.jpg", &pictures::jpeg(64, 48)).await["status"], "ready");
}

/// As nginx before 1.29.7 sends it when it is told no more than where to: by a name of ours, and in HTTP/1.0.
async fn as_by_nginx(site: &Site) -> String {
    let host = site.url().trim_start_matches("http://");
    let mut connection = TcpStream::connect(host).await.unwrap();
    let request = format!("GET /images HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn what_a_proxy_passes_on_gets_nothing_while_nobody_needs_a_key() {
    let site = Site::start().await;
    for mark in ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"] {
        for path in ["/", "/images", "/keys"] {
            let refused = read(site.request(Method::GET, path).header(mark, "192.0.2.1")).await;
            let problem = refused.json();
            assert_eq!((refused.status, &problem["code"]), (StatusCode::FORBIDDEN, &"passed_on".into()), "{mark}");
            assert!(problem["detail"].as_str().unwrap().contains("TINTYPE_ADMIN_KEY"), "{problem}");
        }
    }
    assert!(as_by_nginx(&site).await.starts_with("HTTP/1.0 403"));
    assert_eq!(site.get("/images").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_a_proxy_passes_on_is_answered_where_keys_are_needed() {
    let site = Site::start_with_keys().await;
    let key = site.key("ann", &["images:read"]).await;
    let passed_on = site.request_by(&key, Method::GET, "/images").header("x-forwarded-for", "192.0.2.1");
    assert_eq!(read(passed_on).await.status, StatusCode::OK);
    assert!(as_by_nginx(&site).await.starts_with("HTTP/1.0 401"));
}

#[tokio::test]
async fn page_opened_by_either_name_may_upload_and_read_refusals() {
    let site = Site::start().await;
    let bytes = pictures::png(8, 8);
    for name in ["localhost", "127.0.0.1"] {
        let origin = site.url().replace("127.0.0.1", name);
        let grant = site.grant("a.png", &bytes).await;
        let put = |body: &[u8]| read(put_request(&site.client, &grant, body).header("origin", &origin));
        for (answer, status) in [(put(b"wrong").await, StatusCode::FORBIDDEN), (put(&bytes).await, StatusCode::OK)] {
            assert_eq!((answer.status, answer.header("access-control-allow-origin")), (status, origin.as_str()));
        }
    }
}

#[tokio::test]
async fn page_of_another_site_cannot_use_a_grant() {
    let site = Site::start().await;
    let bytes = pictures::png(8, 8);
    let grant = site.grant("a.png", &bytes).await;
    let answer = read(put_request(&site.client, &grant, &bytes).header("origin", "http://evil.example")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.headers.get("access-control-allow-origin").is_none());
    assert_eq!(site.objects(), [""; 0]);
}

#[tokio::test]
async fn page_of_a_site_that_was_allowed_may_upload_and_read() {
    let origin = "https://shop.example.org";
    let site = Site::start_for_pages_of(origin).await;
    let by_page = |request: RequestBuilder| async move {
        let answer = read(request.header("origin", origin).header("sec-fetch-site", "cross-site")).await;
        assert_eq!(
            (answer.status.is_success(), answer.header("access-control-allow-origin")),
            (true, origin),
            "{answer:?}"
        );
        answer
    };
    let preflight = |url: &str, method: &str, headers: &str| {
        let ask = site.client.request(Method::OPTIONS, url).header("access-control-request-method", method);
        by_page(ask.header("access-control-request-headers", headers.to_owned()))
    };
    let uploads = format!("{}/uploads", site.url());
    let told = preflight(&uploads, "POST", "authorization,content-type,idempotency-key").await;
    assert!(told.header("access-control-allow-headers").contains("idempotency-key"), "{told:?}");
    let photo = pictures::jpeg(64, 48);
    let new = json!({ "filename": "photo.jpg", "bytes": photo.len() });
    let grant = by_page(site.client.post(&uploads).json(&new)).await.json();
    preflight(grant["upload"]["url"].as_str().unwrap(), "PUT", "content-type,if-none-match").await;
    by_page(put_request(&site.client, &grant, &photo)).await;
    let image = site.settled(grant["id"].as_str().unwrap()).await;
    by_page(site.client.get(image["renditions"][0]["url"].as_str().unwrap())).await;
    by_page(site.request(Method::GET, image["links"]["self"].as_str().unwrap())).await;
    let other = read(site.request(Method::GET, "/images").header("origin", "https://shop.example.com")).await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
}
