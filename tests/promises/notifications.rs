//! Word to whoever asked.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    http::{StatusCode, header::LOCATION},
    response::IntoResponse,
    routing::post,
};
use serde_json::Value;

use crate::{
    pictures,
    site::{Site, eventually, text},
};

pub type Received = Arc<Mutex<Vec<Value>>>;

/// A subscriber that refuses the first notification it gets.
pub async fn subscriber() -> (String, Received) {
    subscriber_that(|count| if count == 1 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }).await
}

/// A subscriber that answers so; it is told how many notifications it got.
pub async fn subscriber_that<A: IntoResponse>(
    answer: impl Fn(usize) -> A + Clone + Send + Sync + 'static,
) -> (String, Received) {
    let received = Received::default();
    let all = received.clone();
    let receive = async move |body: String| {
        let mut received = all.lock().unwrap();
        received.push(serde_json::from_str(&body).unwrap());
        answer(received.len()).into_response()
    };
    let app = Router::new().route("/hook", post(receive)).fallback(async || "taken by somebody else");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, received)
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

/// Followed, it would be taken for delivered by whoever answers at the other address.
#[tokio::test]
async fn redirect_takes_no_notification() {
    let moved = |count| match count {
        1 => (StatusCode::MOVED_PERMANENTLY, [(LOCATION, "/healthy")]),
        _ => (StatusCode::OK, [(LOCATION, "/")]),
    };
    let (url, received) = subscriber_that(moved).await;
    let site = Site::start_with_subscriber(url).await;
    site.uploaded("photo.jpg", &pictures::jpeg(64, 48)).await;
    eventually(async || (received.lock().unwrap().len() == 2).then_some(())).await;
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

/// What the subscriber has been told of that image: the envelope, and the event in it.
async fn told(received: &Received, id: &Value) -> (Value, Value) {
    let event = |envelope: &Value| serde_json::from_str::<Value>(&text(&envelope["Message"])).unwrap();
    let found = async || {
        let envelopes = received.lock().unwrap().clone();
        let events = envelopes.into_iter().map(|envelope| (event(&envelope), envelope));
        events.map(|(event, envelope)| (envelope, event)).find(|(_, event)| event["image"]["id"] == *id)
    };
    eventually(found).await
}

#[tokio::test]
async fn notification_says_what_the_api_says_but_for_signed_urls() {
    let (url, received) = subscriber().await;
    let site = Site::start_with_subscriber(url).await;
    let photo = pictures::by_camera(&pictures::jpeg(640, 480), "Tintype 1");
    for (filename, bytes, status) in [("photo.jpg", &photo[..], "ready"), ("note.jpg", b"only a text", "failed")] {
        let mut answer = site.uploaded(filename, bytes).await;
        let (envelope, event) = told(&received, &answer["id"]).await;
        for rendition in answer["renditions"].as_array_mut().unwrap() {
            rendition.as_object_mut().unwrap().remove("url").unwrap();
        }
        for (field, value) in event["image"].as_object().unwrap() {
            assert_eq!(*value, answer[field], "{field}");
        }
        assert_eq!((&event["at"], &event["request_id"]), (&answer["status_changed_at"], &answer["request_id"]));
        assert_eq!(envelope["Subject"], format!("Image {status}"));
        assert_eq!(envelope["MessageAttributes"]["type"]["Value"], format!("image.{status}"));
        assert_eq!(envelope["MessageAttributes"]["owner"]["Value"], "local");
    }
}

/// The names of all fields, but of what each image has its own of.
fn fields(value: &Value) -> Vec<String> {
    match value {
        Value::Object(object) => {
            let own = |name: &str| matches!(name, "metadata" | "exif" | "renditions");
            let beneath = |(name, value): (&String, &Value)| {
                let beneath = if value.is_object() && own(name) { Vec::new() } else { fields(value) };
                [name.clone()].into_iter().chain(beneath.into_iter().map(|field| format!("{name}.{field}"))).collect()
            };
            object.iter().map(beneath).collect::<Vec<Vec<_>>>().concat()
        }
        Value::Array(values) => values.first().map_or_else(Vec::new, fields),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn notification_has_the_fields_that_its_page_shows() {
    let page = include_str!("../../docs/notifications.md");
    let example = page.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let example: Value = serde_json::from_str(example).unwrap();
    let (url, received) = subscriber().await;
    let site = Site::start_with_subscriber(url).await;
    let image = site.uploaded("photo.jpg", &pictures::jpeg(640, 480)).await;
    assert_eq!(fields(&told(&received, &image["id"]).await.1), fields(&example));
}
