//! Whom a site on one machine answers.

use reqwest::{Method, StatusCode};

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
