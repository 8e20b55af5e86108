//! What the queue hands over on AWS: batches, poison, repetitions, and a call that ends.

use std::time::{Duration, SystemTime};

use processor::{Busy, Processor, StopAt, lambda};
use serde_json::{Value, json};
use store::Timestamp;
use tests::{
    calls::batch,
    faults::{Fault, Gate, Step},
};
use tokio::time::{Instant, timeout};

use crate::{
    pictures, services,
    site::{PATIENCE, Site, eventually, text},
};

/// A batch of messages, and the ids of those that are to come again.
async fn handled(processor: &Processor, bodies: &[String]) -> Vec<String> {
    let answer = lambda::handle(processor, batch(bodies)).await.unwrap();
    let failures = answer["batchItemFailures"].as_array().unwrap();
    failures.iter().map(|failure| text(&failure["itemIdentifier"])).collect()
}

fn event(key: &str, etag: &str) -> Value {
    json!({ "eventName": "ObjectCreated:Put", "s3": { "object": { "key": key, "size": 1, "eTag": etag } } })
}

#[tokio::test]
async fn what_is_no_event_comes_again_and_the_others_of_its_batch_are_done() {
    let site = Site::start().await;
    site.lose_events();
    let id = site.upload("photo.jpg", &pictures::jpeg(200, 100)).await;
    let bodies = [
        "not json".into(),
        json!({ "Event": "s3:TestEvent" }).to_string(),
        json!({ "Records": [] }).to_string(),
        site.event(&id),
        json!({ "Records": [event("%FF%FE", "e"), event("readme.txt", "e")] }).to_string(),
        json!({ "detail-type": "Object Created", "detail": { "object": { "key": id, "size": 1, "etag": "e" } } })
            .to_string(),
        json!({}).to_string(),
    ];
    assert_eq!(handled(site.processor(), &bodies).await, ["0", "5", "6"]);
    assert_eq!(site.settled(&id).await["status"], "ready");
    site.hold_the_invariants().await;
}

#[tokio::test]
async fn event_that_tells_no_length_or_a_wrong_one_is_as_good_as_any() {
    let site = Site::start().await;
    site.lose_events();
    for size in [None, Some(0), Some(7)] {
        let id = site.upload("photo.jpg", &pictures::jpeg(200, 100)).await;
        let mut event: Value = serde_json::from_str(&site.event(&id)).unwrap();
        event["Records"][0]["s3"]["object"]["size"] = json!(size);
        assert_eq!(handled(site.processor(), &[event.to_string()]).await, [""; 0], "{size:?}");
        assert_eq!(site.settled(&id).await["status"], "ready");
    }
    site.hold_the_invariants().await;
}

#[tokio::test]
async fn original_that_is_larger_than_any_upload_may_be_fails_unread() {
    let site = Site::start().await;
    site.lose_events();
    let photo = pictures::jpeg(200, 100);
    let id = site.upload("photo.jpg", &photo).await;
    // As in a bucket that holds nobody to the length that was granted.
    let granted = json!({ "bytes": { "N": "1" }, "content_type": { "S": "image/jpeg" }, "sha256": { "NULL": true } });
    services::change(&site, &id, "expected", json!({ "M": granted })).await;
    let mut small = site.processor().clone();
    small.settings.limits.max_bytes = photo.len() as u64 - 1;
    assert_eq!(handled(&small, &[site.event(&id)]).await, [""; 0]);
    let image = site.settled(&id).await;
    assert_eq!((&image["status"], &image["error"]["code"]), (&json!("failed"), &json!("too_large")), "{image}");
    let detail = format!("The original has {} bytes, the limit is {}.", photo.len(), photo.len() - 1);
    assert_eq!(image["error"]["detail"], detail);
    site.hold_the_invariants().await;
}

#[tokio::test]
async fn image_that_was_tried_in_vain_for_a_day_is_given_up_and_tells_how_often() {
    let site = Site::start().await;
    site.lose_events();
    let id = site.upload("photo.jpg", &pictures::jpeg(200, 100)).await;
    services::change(&site, &id, "claimed_at", json!({ "S": "2020-01-01T00:00:00.000Z" })).await;
    services::change(&site, &id, "attempt", json!({ "N": "8" })).await;
    assert_eq!(handled(site.processor(), &[site.event(&id)]).await, [""; 0]);
    let image = site.settled(&id).await;
    assert_eq!((&image["error"]["code"], &image["error"]["retryable"]), (&json!("gave_up"), &json!(true)), "{image}");
    assert_eq!(image["error"]["detail"], "8 attempts in more than a day ended without a result.");
    site.hold_the_invariants().await;
}

#[tokio::test]
async fn call_that_runs_out_of_time_gives_the_image_back() {
    let site = Site::start().await;
    site.lose_events();
    let id = site.upload("photo.jpg", &pictures::jpeg(200, 100)).await;
    let gate = Gate::default();
    site.faults.inject(Step::Fetch, Fault::Held(gate.clone()), 1);
    let short = lambda::within(site.processor(), SystemTime::now() + Duration::from_secs(10));
    assert_eq!(handled(&short, &[site.event(&id)]).await, ["0"]);
    assert_eq!(site.faults.calls(Step::Release), 1);
    assert_eq!(handled(&short, &[site.event(&id)]).await, ["0"], "nothing is begun any more");
    assert_eq!(site.faults.calls(Step::Claim), 1);
    assert_eq!(handled(site.processor(), &[site.event(&id)]).await, [""; 0]);
    assert_eq!(site.settled(&id).await["status"], "ready");
}

#[tokio::test]
async fn worker_that_has_to_end_gives_the_image_back() {
    let site = Site::start().await;
    site.lose_events();
    let id = site.upload("photo.jpg", &pictures::jpeg(200, 100)).await;
    let gate = Gate::default();
    site.faults.inject(Step::Fetch, Fault::Held(gate.clone()), 1);
    let (tell, stop_at) = StopAt::told_later();
    let (ending, event) = (Processor { stop_at, ..site.processor().clone() }, site.event(&id));
    let run = tokio::spawn(async move { ending.handle_message(&event).await });
    gate.reached().await;
    tell.send_replace(Some(Instant::now()));
    let fault = timeout(PATIENCE, run).await.expect("it ends").unwrap().expect_err("it was not done");
    assert!(!fault.is::<Busy>() && site.faults.calls(Step::Release) == 1, "{fault:#}");
    assert_eq!(handled(site.processor(), &[site.event(&id)]).await, [""; 0]);
    assert_eq!(site.settled(&id).await["status"], "ready");
}

#[tokio::test]
async fn original_that_is_gone_ends_as_missing() {
    let site = Site::start().await;
    site.lose_events();
    let id = site.upload("photo.jpg", &pictures::jpeg(200, 100)).await;
    let event = site.event(&id);
    site.database().execute("DELETE FROM objects WHERE key = ?", [&id]).unwrap();
    assert_eq!(handled(site.processor(), &[event]).await, [""; 0]);
    let image = site.settled(&id).await;
    assert_eq!((&image["status"], &image["error"]["code"]), (&json!("failed"), &json!("source_missing")));
}

#[tokio::test]
async fn dead_letter_that_is_sent_again_after_the_fault_was_mended_ends_ready() {
    let site = Site::start().await;
    site.faults.inject(Step::Fetch, Fault::Expired, 5);
    let id = site.upload("photo.jpg", &pictures::jpeg(200, 100)).await;
    let dead =
        || site.database().query_row("SELECT count(*) FROM events WHERE dead = 1", [], |row| row.get::<_, i64>(0));
    eventually(async || (dead().unwrap() == 1).then_some(())).await;
    assert_eq!(site.get(&format!("/images/{id}")).await.json()["status"], "processing", "no fault of ours fails it");
    site.database().execute("UPDATE events SET dead = 0, faults = 0, visible_at = 0", []).unwrap();
    assert_eq!(site.settled(&id).await["status"], "ready");
    site.hold_the_invariants().await;
}

#[tokio::test]
async fn event_of_an_image_that_was_given_up_removes_what_came() {
    let site = Site::start().await;
    site.lose_events();
    let id = site.upload("photo.jpg", &pictures::jpeg(200, 100)).await;
    let event = site.event(&id);
    // The tombstone is written, its objects are not removed yet.
    site.faults.inject(Step::Remove, Fault::Expired, 20);
    site.delete(&format!("/images/{id}")).await;
    assert_eq!(site.objects(), [format!("originals/{id}")]);
    assert_eq!(handled(site.processor(), std::slice::from_ref(&event)).await, ["0"], "it is tried again");
    eventually(async || handled(site.processor(), std::slice::from_ref(&event)).await.is_empty().then_some(())).await;
    assert_eq!(site.objects(), [""; 0]);
}

#[tokio::test]
async fn event_of_an_image_that_expired_removes_what_came() {
    let site = Site::start().await;
    site.lose_events();
    let id = site.upload("photo.jpg", &pictures::jpeg(200, 100)).await;
    let tomorrow = Timestamp::now().plus_seconds(86_400);
    let expired = site.processor().catalog.expire(id.parse().unwrap(), tomorrow).await.unwrap();
    assert!(expired && site.objects() == [format!("originals/{id}")]);
    assert_eq!(handled(site.processor(), &[site.event(&id)]).await, [""; 0]);
    assert_eq!(site.objects(), [""; 0]);
    assert_eq!(site.get(&format!("/images/{id}")).await.json()["status"], "expired", "it never comes back");
}

#[tokio::test]
async fn event_before_its_record_is_seen_is_kept_for_later() {
    let site = Site::start().await;
    let id = "0".repeat(26);
    let at = |time: &str| {
        json!({ "Records": [{ "eventTime": time, "eventName": "ObjectCreated:Put", "s3": { "object": { "key": id, "size": 1, "eTag": "e" } } }] }).to_string()
    };
    let soon = text(&site.grant("a.jpg", b"x").await["upload"]["expires_at"]);
    for time in [soon, "2999-01-01T00:00:00.000Z".into()] {
        let fault = site.processor().handle_message(&at(&time)).await.unwrap_err();
        let later = fault.downcast_ref::<Busy>().expect("it is to come again").left();
        assert!(later <= Duration::from_secs(60), "{later:?}: whatever the clock of the bucket says");
    }
    assert_eq!(handled(site.processor(), &[at("2020-01-01T00:00:00.000Z")]).await, [""; 0], "later it is foreign");
}
