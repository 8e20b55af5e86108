//! How long the API waits, for its clients and for what it stands on. The clock is the tests' own, and does not tick.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use api::{App, Settings};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::Request,
};
use futures_util::{future::join_all, stream};
use serde_json::{Value, json};
use store::{Accounts, Catalog, ImageId, Objects};
use tokio::time::Instant;
use tower::ServiceExt;

/// What the table says to every question: an image that no upload comes for; or nothing, ever.
#[derive(Clone, Debug)]
struct Table(Option<String>);

impl HttpConnector for Table {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        match &self.0 {
            Some(item) => {
                let body = SdkBody::from(item.as_str());
                HttpConnectorFuture::ready(Ok(HttpResponse::new(200.try_into().unwrap(), body)))
            }
            None => HttpConnectorFuture::new(std::future::pending()),
        }
    }
}

impl HttpClient for Table {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

fn id() -> ImageId {
    ImageId::derived(b"secret", "local", "key")
}

fn awaited() -> Table {
    let text = |text: &str| json!({ "S": text });
    let (at, none) = (text("2026-11-24T16:00:00.000Z"), json!({ "NULL": true }));
    let expected = json!({ "M": { "bytes": { "N": "5" }, "content_type": text("image/png"), "sha256": none } });
    let item = json!({
        "image_id": text(&id().to_string()), "owner": text("local"), "status": text("awaiting_upload"),
        "revision": { "N": "1" }, "created_at": at, "status_changed_at": at, "filename": text("a.png"),
        "metadata": text("{}"), "preset": text("default"), "expected": expected, "granted_until": at,
        "request_digest": text(""),
    });
    Table(Some(json!({ "Item": item }).to_string()))
}

fn api(table: Table) -> Router {
    let (region, credentials) = (Region::new("us-east-1"), Credentials::new("key", "secret", None, None, "a test"));
    let latest = BehaviorVersion::latest();
    let dynamodb = aws_sdk_dynamodb::Config::builder().behavior_version(latest).region(region.clone());
    let dynamodb = dynamodb.credentials_provider(credentials.clone()).http_client(table).build();
    let s3 = aws_sdk_s3::Config::builder().behavior_version(latest).region(region).build();
    let names = store::Settings {
        images_table: "images".into(),
        originals_bucket: "originals".into(),
        renditions_bucket: "renditions".into(),
        s3_public_url: None,
        s3_path_style: false,
        renditions_url: None,
    };
    let dynamodb = aws_sdk_dynamodb::Client::from_conf(dynamodb);
    let (catalog, accounts) = (Catalog::new(dynamodb.clone(), "images"), Accounts::new(dynamodb, "accounts"));
    let objects = Objects::new(s3, SharedCredentialsProvider::new(credentials), &names);
    let settings = Settings { open_as: Some("local".into()), ..Settings::new(b"secret".to_vec(), Default::default()) };
    let app = App::new(catalog, objects, accounts, settings);
    api::identified(api::router(app, Router::new()))
}

/// Status, body, and how long it took.
async fn answer(api: &Router, request: Request<Body>) -> (u16, Value, Duration) {
    let started = Instant::now();
    let answer = api.clone().oneshot(request).await.unwrap();
    let (status, took) = (answer.status().as_u16(), started.elapsed());
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap(), took)
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn body_that_does_not_arrive_is_408_after_ten_seconds() {
    let never = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
    let slow = Request::post("/uploads").header("content-type", "application/json").body(never).unwrap();
    let (status, problem, took) = answer(&api(awaited()), slow).await;
    assert_eq!((status, &problem["code"], took.as_secs()), (408, &json!("body_too_slow"), 10), "{problem}");
}

#[tokio::test(start_paused = true)]
async fn request_that_hangs_is_503_before_a_gateway_gives_up() {
    let (status, problem, took) = answer(&api(Table(None)), get(&format!("/images/{}", id()))).await;
    assert_eq!((status, &problem["code"], took.as_secs()), (503, &json!("overdue"), 28), "{problem}");
}

#[tokio::test(start_paused = true)]
async fn answer_is_not_held_where_too_many_wait() {
    let (api, path) = (api(awaited()), format!("/images/{}?wait=1", id()));
    let answers = join_all((0..260).map(|_| answer(&api, get(&path)))).await;
    assert!(answers.iter().all(|(status, image, _)| *status == 200 && image["status"] == "awaiting_upload"));
    let held = answers.iter().filter(|(_, _, took)| *took > Duration::from_millis(500)).count();
    assert_eq!((held, answers.len() - held), (256, 4));
}
