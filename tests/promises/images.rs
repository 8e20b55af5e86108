//! What `GET /images` tells.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    pictures,
    site::{PATIENCE, Site, eventually, read, text},
};

#[tokio::test]
async fn waiting_ends_as_soon_as_the_image_is_settled() {
    let site = Site::start().await;
    let bytes = pictures::png(64, 64);
    let grant = site.grant("a.png", &bytes).await;
    let path = format!("/images/{}?wait=25", text(&grant["id"]));
    // Again, where it stands in line for longer than an answer is held; but never before that without news.
    let ready = async || {
        let asked = Instant::now();
        let is_ready = site.get(&path).await.json()["status"] == "ready";
        assert!(is_ready || asked.elapsed() > Duration::from_secs(20), "the answer was not held");
        is_ready.then_some(())
    };
    let ((), put) = tokio::join!(eventually(ready), site.put(&grant, &bytes));
    assert_eq!(put, StatusCode::OK);
}

#[tokio::test]
async fn waiting_from_a_known_state_ends_with_the_next_one() {
    let site = Site::start().await;
    let bytes = pictures::png(64, 64);
    let grant = site.grant("a.png", &bytes).await;
    let path = format!("/images/{}", text(&grant["id"]));
    let first = site.get(&path).await;
    assert_eq!((&first.json()["status"], first.header("retry-after")), (&json!("awaiting_upload"), "1"));
    let known = site.request(Method::GET, &format!("{path}?wait=25")).header("if-none-match", first.header("etag"));
    let (next, _) = tokio::join!(read(known), site.put(&grant, &bytes));
    assert_eq!(next.status, StatusCode::OK);
    assert_ne!(next.json()["status"], "awaiting_upload");
}

#[tokio::test]
async fn known_state_is_304_once_the_wait_is_over() {
    let site = Site::start().await;
    let grant = site.grant("a.png", b"12345").await;
    let path = format!("/images/{}", text(&grant["id"]));
    let first = site.get(&path).await;
    let started = Instant::now();
    let known =
        site.request(Method::GET, &path).header("if-none-match", first.header("etag")).header("prefer", "wait=1");
    let second = read(known).await;
    assert_eq!((second.status, second.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert!(started.elapsed() < PATIENCE);
    assert_eq!(second.header("etag"), first.header("etag"));
}

#[tokio::test]
async fn images_are_listed_newest_first_page_by_page() {
    let site = Site::start().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(text(&site.grant("a.png", b"12345").await["id"]));
        // Another millisecond: within one the order is the id's.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    ids.reverse();
    let (mut next, mut listed) = (Some("/images?limit=2".to_owned()), Vec::new());
    while let Some(path) = next {
        let page = site.get(&path).await;
        let body = page.json();
        let images = body["images"].as_array().unwrap();
        assert!((1..=2).contains(&images.len()) || body["next"].is_null(), "{body}");
        listed.extend(images.iter().map(|image| text(&image["id"])));
        next = body["next"].as_str().map(str::to_owned);
        assert_eq!(page.header("link"), next.as_ref().map_or(String::new(), |next| format!("<{next}>; rel=\"next\"")));
    }
    assert_eq!(listed, ids);
}

#[tokio::test]
async fn images_are_listed_by_status() {
    let site = Site::start().await;
    site.grant("waiting.png", b"12345").await;
    let ready = site.uploaded("ready.png", &pictures::png(8, 8)).await;
    let listed = |status: &str| {
        let path = format!("/images?status={status}");
        let site = &site;
        async move {
            site.get(&path).await.json()["images"]
                .as_array()
                .unwrap()
                .iter()
                .map(|image| image["id"].clone())
                .collect::<Vec<Value>>()
        }
    };
    assert_eq!(listed("ready").await, [ready["id"].clone()]);
    assert_eq!(listed("awaiting_upload").await.len(), 1);
    assert_eq!(listed("failed").await.len(), 0);
}

#[tokio::test]
async fn list_of_one_status_finds_what_lies_behind_many_others() {
    let site = Site::start().await;
    let ready = site.uploaded("ready.png", &pictures::png(8, 8)).await;
    let mut waiting = Vec::new();
    for _ in 0..12 {
        waiting.insert(0, site.grant("waiting.png", b"12345").await["id"].clone());
    }
    let page = async |path: &str| site.get(path).await.json();
    assert_eq!(page("/images?status=ready&limit=1").await["images"][0]["id"], ready["id"]);
    let (mut next, mut listed) = (Some("/images?status=awaiting_upload&limit=5".to_owned()), Vec::new());
    while let Some(path) = next {
        let answer = page(&path).await;
        listed.extend(answer["images"].as_array().unwrap().iter().map(|image| image["id"].clone()));
        next = answer["next"].as_str().map(str::to_owned);
    }
    assert_eq!(listed, waiting);
}

#[tokio::test]
async fn deleted_image_leaves_nothing_behind() {
    let site = Site::start().await;
    let image = site.uploaded("photo.jpg", &pictures::jpeg(640, 480)).await;
    let path = format!("/images/{}", text(&image["id"]));
    assert_eq!(site.delete(&path).await, StatusCode::NO_CONTENT);
    for gone in [&path, &format!("{path}/original"), &format!("{path}/avif-320"), &path.replace("images", "uploads")] {
        assert_eq!(site.get(gone).await.status, StatusCode::NOT_FOUND, "{gone}");
    }
    assert_eq!(site.delete(&path).await, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/images").await.json()["images"], json!([]));
    assert_eq!(site.objects(), [""; 0]);
}

#[tokio::test]
async fn original_is_served_as_an_attachment_with_its_name() {
    let site = Site::start().await;
    let html = b"<script>alert(1)</script>";
    let image = site.uploaded("b\u{fc}cher \"x\".jpg", html).await;
    let link = site.get(&format!("/images/{}/original", text(&image["id"]))).await;
    assert_eq!(link.status, StatusCode::FOUND);
    let original = read(site.client.get(link.header("location"))).await;
    assert_eq!(original.text.as_bytes(), html);
    assert_eq!(
        original.header("content-disposition"),
        "attachment; filename=\"b_cher _x_.jpg\"; filename*=UTF-8''b%C3%BCcher%20%22x%22.jpg"
    );
    assert_eq!(original.header("x-content-type-options"), "nosniff");
    assert_eq!(original.header("content-type"), "application/octet-stream");
}
