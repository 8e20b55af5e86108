//! What an operator counts.

use reqwest::{Method, StatusCode};

use crate::{
    exposition, log, pictures,
    site::{self, Folder, Site, client, eventually, read},
};

#[tokio::test]
async fn every_grant_image_and_request_is_counted_once() {
    let folder = Folder::new();
    let process = log::Process::start(&folder.0, &[]).await;
    process.upload("a", "photo.png", &pictures::png(8, 8)).await;
    process.upload("b", "note.png", b"only a text").await;
    read(client().request(Method::from_bytes(b"BREW").unwrap(), format!("{}/coffee", process.url))).await;
    // It is counted after the record shows it.
    let failed = "tintype_images_failed_total{code=\"unsupported_format\"} 1";
    let metrics = || read(client().get(format!("{}/metrics", process.url)));
    let answer = eventually(async || Some(metrics().await).filter(|answer| answer.text.contains(failed))).await;
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let counted = exposition::read(&answer.text);
    for (series, count) in [
        ("tintype_uploads_granted_total{form=\"json\"}", 2.0),
        ("tintype_uploads_granted_total{form=\"redirect\"}", 0.0),
        ("tintype_images_ready_total", 1.0),
        ("tintype_images_failed_total{code=\"unsupported_format\"}", 1.0),
        ("tintype_images_failed_total{code=\"gave_up\"}", 0.0),
        ("tintype_queue_wait_seconds_count", 2.0),
        ("tintype_stage_seconds_count{stage=\"develop\"}", 2.0),
        ("tintype_stage_seconds_count{stage=\"write\"}", 1.0),
        ("tintype_http_request_seconds_count{method=\"POST\",route=\"/uploads\",status=\"201\"}", 2.0),
        ("tintype_http_request_seconds_count{method=\"other\",route=\"none\",status=\"404\"}", 1.0),
        ("tintype_sweeps_total{outcome=\"failed\"}", 0.0),
    ] {
        assert_eq!(counted.get(series), Some(&count), "{series}: {}", answer.text);
    }
    process.end().await;
}

#[tokio::test]
async fn repetition_of_a_request_is_no_grant_and_a_repeated_event_no_image() {
    let folder = Folder::new();
    let process = log::Process::start(&folder.0, &[]).await;
    process.upload("a", "photo.png", &pictures::png(8, 8)).await;
    let ask = || {
        let ask = client().post(format!("{}/uploads", process.url)).header("idempotency-key", "k");
        read(ask.json(&serde_json::json!({ "filename": "a.png", "bytes": 1 })))
    };
    assert_eq!([ask().await.status, ask().await.status], [StatusCode::CREATED; 2]);
    send_events_again(&folder);
    let counted = eventually(async || {
        let counted = exposition::read(&read(client().get(format!("{}/metrics", process.url))).await.text);
        (counted["tintype_stage_seconds_count{stage=\"claim\"}"] == 2.0).then_some(counted)
    });
    let counted = counted.await;
    assert_eq!(counted["tintype_uploads_granted_total{form=\"json\"}"], 2.0);
    assert_eq!((counted["tintype_images_ready_total"], counted["tintype_queue_wait_seconds_count"]), (1.0, 1.0));
    process.end().await;
}

fn send_events_again(folder: &Folder) {
    change(
        folder,
        "INSERT INTO events (name, bucket, key, bytes, etag, at) SELECT 'ObjectCreated:Put', bucket, key, bytes, etag, modified_at FROM objects WHERE bucket = 'originals'",
    );
}

fn change(folder: &Folder, statement: &str) {
    let database = rusqlite::Connection::open(folder.0.join("objects.sqlite")).unwrap();
    database.busy_timeout(site::PATIENCE).unwrap();
    database.execute(statement, []).unwrap();
}

#[tokio::test]
async fn queue_dead_letters_and_disk_are_measured_when_asked() {
    let site = Site::start().await;
    // What is put off for longer counts as due.
    let later = store::Timestamp::now().plus_seconds(200).unix_milliseconds();
    let waiting =
        format!("(name, bucket, key, bytes, etag, at, visible_at) VALUES ('x', 'originals', 'a', 1, 'e', 0, {later})");
    let dead = "(name, bucket, key, bytes, etag, at, dead) VALUES ('x', 'originals', 'b', 1, 'e', 0, 1)";
    for row in [&waiting, &waiting, dead] {
        change(&site.folder, &format!("INSERT INTO events {row}"));
    }
    let measured = exposition::read(&site.get("/metrics").await.text);
    assert_eq!((measured["tintype_queue_messages"], measured["tintype_queue_dead_letters"]), (2.0, 1.0));
    assert!(measured["tintype_queue_oldest_age_seconds"] > 50.0 * 365.0 * 86_400.0, "since 1970");
    let (free, size) = (measured["tintype_disk_free_bytes"], measured["tintype_disk_size_bytes"]);
    assert!(0.0 < free && free < size, "{free} of {size}");
}

#[tokio::test]
async fn metrics_are_for_its_own_hosts_only() {
    let site = Site::start().await;
    let foreign = read(site.request(Method::GET, "/metrics").header("host", "rebound.example")).await;
    assert_eq!(foreign.status, StatusCode::MISDIRECTED_REQUEST);
}
