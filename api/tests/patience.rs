//! How long the API waits, for its clients and for what it stands on. The clock is the tests' own, and does not tick.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use api::{AdminKey, App, Settings};
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
use store::{Accounts, ApiKey, Catalog, ImageId, Objects};
use tokio::time::Instant;
use tower::ServiceExt;

/// What the table says to every question: an image that no upload comes for; or nothing, ever; or, of a key, what it is
/// until it is changed, which takes for ever.
#[derive(Clone, Debug)]
enum Table {
    Says(String),
    Hangs,
    Key { before: String, after: String, is_changed: Arc<AtomicBool> },
}

impl HttpConnector for Table {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let is_update = request.headers().get("x-amz-target").is_some_and(|target| target.ends_with("UpdateItem"));
        let item = match self {
            Self::Says(item) => item,
            Self::Key { is_changed, .. } if is_update => {
                is_changed.store(true, Ordering::Relaxed);
                return HttpConnectorFuture::new(std::future::pending());
            }
            Self::Key { after, is_changed, .. } if is_changed.load(Ordering::Relaxed) => after,
            Self::Key { before, .. } => before,
            Self::Hangs => return HttpConnectorFuture::new(std::future::pending()),
        };
        let body = SdkBody::from(item.as_str());
        HttpConnectorFuture::ready(Ok(HttpResponse::new(200.try_into().unwrap(), body)))
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
    Table::Says(json!({ "Item": item }).to_string())
}

fn open_api(table: Table) -> Router {
    api(table, Settings { open_as: Some("local".into()), ..settings() })
}

fn settings() -> Settings {
    Settings::new(b"secret".to_vec(), Default::default())
}

fn api(table: Table, settings: Settings) -> Router {
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

const ADMIN_KEY: &str = "the administrator's own key, of the tests";

fn by(key: &str, method: &str, path: &str) -> Request<Body> {
    let authorized = Request::builder().header("authorization", format!("Bearer {key}"));
    authorized.method(method).uri(path).body(Body::empty()).unwrap()
}

/// A table that has nothing but this key, which may read images.
fn table_of(key: &ApiKey) -> Table {
    let item = |revoked_at: Value| {
        let (text, none) = (|text: &str| json!({ "S": text }), json!({ "NULL": true }));
        let digest = serde_json::to_value(key.digest()).unwrap();
        let item = json!({
            "key_id": text(&key.id().to_string()), "owner": text("ann"), "name": none, "expires_at": none,
            "scopes": { "L": [text("images:read")] }, "secret_digest": { "S": digest },
            "created_at": text("2026-11-24T16:00:00.000Z"), "revoked_at": revoked_at,
        });
        json!({ "Item": item }).to_string()
    };
    let (before, after) = (json!({ "NULL": true }), json!({ "S": "2026-11-24T17:00:00.000Z" }));
    Table::Key { before: item(before), after: item(after), is_changed: Arc::default() }
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn body_that_does_not_arrive_is_408_after_ten_seconds() {
    let never = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
    let slow = Request::post("/uploads").header("content-type", "application/json").body(never).unwrap();
    let (status, problem, took) = answer(&open_api(awaited()), slow).await;
    assert_eq!((status, &problem["code"], took.as_secs()), (408, &json!("body_too_slow"), 10), "{problem}");
}

#[tokio::test(start_paused = true)]
async fn request_that_hangs_is_503_before_a_gateway_gives_up() {
    let (status, problem, took) = answer(&open_api(Table::Hangs), get(&format!("/images/{}", id()))).await;
    assert_eq!((status, &problem["code"], took.as_secs()), (503, &json!("overdue"), 28), "{problem}");
}

#[tokio::test(start_paused = true)]
async fn answer_is_not_held_where_too_many_wait() {
    let (api, path) = (open_api(awaited()), format!("/images/{}?wait=1", id()));
    let answers = join_all((0..260).map(|_| answer(&api, get(&path)))).await;
    assert!(answers.iter().all(|(status, image, _)| *status == 200 && image["status"] == "awaiting_upload"));
    let held = answers.iter().filter(|(_, _, took)| *took > Duration::from_millis(500)).count();
    assert_eq!((held, answers.len() - held), (256, 4));
}

/// It may be revoked all the same, and is not served from memory for what is left of a minute.
#[tokio::test(start_paused = true)]
async fn key_whose_revocation_hangs_is_looked_up_again() {
    let key = ApiKey::draw().unwrap();
    let admin_key = Some(AdminKey::accept(ADMIN_KEY).unwrap());
    let api = api(table_of(&key), Settings { admin_key, ..settings() });
    assert_eq!(answer(&api, by(key.reveal(), "GET", "/images")).await.0, 200);
    let (status, problem, took) = answer(&api, by(ADMIN_KEY, "DELETE", &format!("/keys/{}", key.id()))).await;
    assert_eq!((status, &problem["code"], took.as_secs()), (503, &json!("overdue"), 28), "{problem}");
    let (status, problem, _) = answer(&api, by(key.reveal(), "GET", "/images")).await;
    assert_eq!((status, &problem["detail"]), (401, &json!("This key was revoked.")), "{problem}");
}
