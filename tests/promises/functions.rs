//! The binaries as functions on AWS: driven through the Runtime API by what API Gateway, SQS and a schedule send.

use std::{os::unix::process::ExitStatusExt, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::{
    function::{Binary, Function, body},
    pictures, services,
    site::{PATIENCE, Site, text},
};

fn new_upload(bytes: &[u8]) -> String {
    json!({ "filename": "photo.jpg", "bytes": bytes.len() }).to_string()
}

#[tokio::test]
async fn upload_through_both_functions_becomes_ready() {
    let site = Site::start().await;
    site.lose_events();
    let (api, processor) = (Function::start(&site, Binary::Api).await, Function::start(&site, Binary::Processor).await);
    let photo = pictures::jpeg(500, 400);
    let granted = api.request("POST", "/uploads", Some((&new_upload(&photo), false))).await;
    let grant = body(&granted);
    let id = text(&grant["id"]);
    assert_eq!(
        (&granted["statusCode"], &granted["headers"]["location"]),
        (&json!(201), &json!(format!("/images/{id}")))
    );
    assert_eq!(site.put(&grant, &photo).await, StatusCode::OK);
    assert_eq!(processor.failures(&[site.event(&id)]).await, [""; 0]);
    let answer = api.request("GET", &format!("/images/{id}?wait=20"), None).await;
    let image = body(&answer);
    assert_eq!((&answer["statusCode"], &image["status"]), (&json!(200), &json!("ready")), "{answer}");
    site.hold_the_invariants().await;
}

#[tokio::test]
async fn request_whose_body_is_in_base64_is_like_any_other() {
    let site = Site::start().await;
    let api = Function::start(&site, Binary::Api).await;
    let encoded = BASE64.encode(new_upload(b"bytes"));
    let granted = api.request("POST", "/uploads", Some((&encoded, true))).await;
    assert_eq!(granted["statusCode"], 201, "{granted}");
    assert_eq!(body(&granted)["upload"]["bytes"], 5);
}

#[tokio::test]
async fn what_the_api_refuses_is_a_problem_behind_api_gateway_too() {
    let site = Site::start().await;
    let api = Function::start(&site, Binary::Api).await;
    let unknown = format!("/images/{}", "0".repeat(26));
    let refused = [
        ("GET", "/nowhere", None, 404, "not_found"),
        ("GET", &unknown, None, 404, "not_found"),
        ("POST", "/uploads", Some(("{", false)), 400, "invalid_body"),
        ("GET", "/images?limit=0", None, 422, "invalid_field"),
    ];
    for (method, path, sent, status, code) in refused {
        let answer = api.request(method, path, sent).await;
        assert_eq!(answer["headers"]["content-type"], "application/problem+json", "{answer}");
        let problem = body(&answer);
        assert_eq!(
            (&answer["statusCode"], &problem["code"]),
            (&json!(status), &json!(code)),
            "{method} {path}: {problem}"
        );
    }
}

#[tokio::test]
async fn batch_with_a_message_that_nobody_reads_has_only_that_one_come_again() {
    let site = Site::start().await;
    site.lose_events();
    let processor = Function::start(&site, Binary::Processor).await;
    let ids = [site.upload("a.jpg", &pictures::jpeg(200, 100)).await, site.upload("b.jpg", b"no picture").await];
    let test = json!({ "Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "originals" }).to_string();
    let bodies = [site.event(&ids[0]), "not json".into(), test, site.event(&ids[1])];
    assert_eq!(processor.failures(&bodies).await, ["1"]);
    let [photo, text] = [site.settled(&ids[0]).await, site.settled(&ids[1]).await];
    assert_eq!((&photo["status"], &text["error"]["code"]), (&json!("ready"), &json!("unsupported_format")));
    site.hold_the_invariants().await;
}

#[tokio::test]
async fn function_whose_time_is_up_answers_before_and_gives_the_image_back() {
    let site = Site::start().await;
    site.lose_events();
    let id = site.upload("photo.jpg", &pictures::jpeg(200, 100)).await;
    // Takes connections and never answers: the original does not come.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut variables = services::variables(&site).await;
    variables.push(("AWS_ENDPOINT_URL_S3", format!("http://{}", silent.local_addr().unwrap())));
    let held = Function::start_with(&variables, Binary::Processor).await;
    // Warm, so that all of the time is for the image.
    held.answer(schedule()).await;
    assert_eq!(held.failures_within(Duration::from_secs(8), &[site.event(&id)]).await, ["0"]);
    assert_eq!(site.get(&format!("/images/{id}")).await.json()["status"], "processing");
    // Without its lease the next one would find it busy for a minute.
    let next = Function::start(&site, Binary::Processor).await;
    assert_eq!(next.failures(&[site.event(&id)]).await, [""; 0]);
    assert_eq!(site.settled(&id).await["status"], "ready");
    site.hold_the_invariants().await;
}

#[tokio::test]
async fn schedule_has_the_function_find_an_upload_whose_event_was_lost() {
    let site = Site::start().await;
    site.lose_events();
    let processor = Function::start(&site, Binary::Processor).await;
    let id = site.upload("photo.jpg", &pictures::jpeg(200, 100)).await;
    services::make_overdue(&site, &id).await;
    assert_eq!(processor.answer(schedule()).await, json!({ "overdue": 1, "failed": 0 }));
    assert_eq!(site.settled(&id).await["status"], "ready");
    assert_eq!(processor.answer(schedule()).await, json!({ "overdue": 0, "failed": 0 }));
    assert_eq!((processor.metric("sweeps"), processor.metric("images_ready")), (vec![json!(1); 2], vec![json!(1)]));
}

fn schedule() -> Value {
    json!({
        "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events", "account": "000000000000",
        "time": "2026-11-27T00:00:00Z", "region": "us-east-1", "resources": [], "detail": {},
    })
}

#[tokio::test]
async fn idle_function_ends_at_once_when_it_is_told_to() {
    let site = Site::start().await;
    let mut processor = Function::start(&site, Binary::Processor).await;
    processor.answer(schedule()).await;
    let mut api = Function::start(&site, Binary::Api).await;
    api.request("GET", "/healthz", None).await;
    for process in [&mut processor.process, &mut api.process] {
        let pid = process.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        let ended = tokio::time::timeout(PATIENCE, process.wait()).await.expect("it ends").unwrap();
        assert_eq!(ended.signal(), Some(15));
    }
}
