//! Word to whoever asked.

use std::sync::{Arc, Mutex};

use axum::{Router, extract::State, http::StatusCode, routing::post};
use serde_json::Value;

use crate::{
    pictures,
    site::{Site, eventually, text},
};

pub type Received = Arc<Mutex<Vec<Value>>>;

/// A subscriber that refuses the first notification it gets.
pub async fn subscriber() -> (String, Received) {
    let received = Received::default();
    let app = Router::new().route("/hook", post(receive)).with_state(received.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, received)
}

async fn receive(State(received): State<Received>, body: String) -> StatusCode {
    let mut received = received.lock().unwrap();
    received.push(serde_json::from_str(&body).unwrap());
    if received.len() == 1 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
}

#[tokio::test]
async fn subscriber_is_told_again_until_it_takes_the_news() {
    let (url, received) = subscriber().await;
    let site = Site::start_with_subscriber(url).await;
    let image = site.uploaded("photo.jpg", &pictures::jpeg(64, 48)).await;
    eventually(async || (received.lock().unwrap().len() >= 2).then_some(())).await;
    let events: Vec<Value> = received
        .lock()
        .unwrap()
        .iter()
        .map(|envelope| serde_json::from_str(&text(&envelope["Message"])).unwrap())
        .collect();
    assert_eq!(events[0], events[1], "the same event, once more");
    assert_eq!((&events[0]["type"], &events[0]["image"]["id"]), (&"image.ready".into(), &image["id"]));
    assert!(!events[0].to_string().contains("X-Amz-Signature"), "a topic has many readers");
    let delivered = eventually(async || {
        let told = site.get("/local/notifications").await.json();
        (told["notifications"][0]["delivery"] == "delivered").then_some(told)
    });
    assert_eq!(delivered.await["notifications"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn name_of_a_deleted_image_is_told_no_longer() {
    let site = Site::start().await;
    let image = site.uploaded("secret-name.jpg", &pictures::jpeg(64, 48)).await;
    let id = text(&image["id"]);
    let told = async || Some(site.get("/local/notifications").await.text).filter(|told| told.contains(&id));
    eventually(told).await;
    assert_eq!(site.delete(&format!("/images/{id}")).await, StatusCode::NO_CONTENT);
    for path in ["/local/notifications", "/images"] {
        assert!(!site.get(path).await.text.contains("secret-name"), "{path}");
    }
}
