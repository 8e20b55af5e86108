//! Once more: for who lost a result, an event, or changed a preset.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::faults::{Fault, Gate, Step};

use crate::{
    pictures,
    site::{self, Site, eventually, text},
};

/// More than two revisions leave behind.
const REMOVALS: usize = 100;

async fn reprocessed(site: &Site, id: &str, query: &str) -> Value {
    let answer = site.post(&format!("/images/{id}/reprocess{query}"), json!(null)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    assert_eq!(answer.json()["status"], "processing");
    site.settled(id).await
}

#[tokio::test]
async fn image_made_once_more_is_the_same_and_is_told_as_a_new_revision() {
    let site = Site::start().await;
    let before = site.uploaded("photo.jpg", &pictures::jpeg(500, 400)).await;
    let after = reprocessed(&site, &text(&before["id"]), "").await;
    assert_eq!((&after["status"], &after["original"]), (&json!("ready"), &before["original"]));
    eventually(async || (notifications(&site).await.len() == 2).then_some(())).await;
    let told = notifications(&site).await;
    assert_ne!(told[0]["event_id"], told[1]["event_id"]);
}

#[tokio::test]
async fn image_made_by_another_preset_keeps_nothing_of_the_first() {
    let site = Site::start().await;
    let before = site.uploaded("photo.jpg", &pictures::jpeg(500, 400)).await;
    let after = reprocessed(&site, &text(&before["id"]), "?preset=webp").await;
    assert_eq!((&after["status"], &after["preset"]), (&json!("ready"), &json!("webp")));
    eventually(async || (site.objects() == crate::site::keys(&after)).then_some(())).await;
}

#[tokio::test]
async fn image_whose_original_is_gone_keeps_what_was_made_of_it() {
    let site = Site::start().await;
    let before = site.uploaded("photo.jpg", &pictures::jpeg(500, 400)).await;
    let path = format!("/images/{}", text(&before["id"]));
    let database = rusqlite::Connection::open(site.folder.0.join("objects.sqlite")).unwrap();
    database.busy_timeout(site::PATIENCE).unwrap();
    database.execute("DELETE FROM objects WHERE bucket = 'originals'", []).unwrap();
    let refused = site.post(&format!("{path}/reprocess?preset=web"), json!(null)).await;
    assert_eq!((refused.status, &refused.json()["code"]), (StatusCode::CONFLICT, &json!("original_gone")));
    let after = site.get(&path).await.json();
    assert_eq!((&after["status"], &after["renditions"]), (&json!("ready"), &before["renditions"]));
}

#[tokio::test]
async fn renditions_stay_until_the_new_ones_are_ready() {
    let site = Site::start().await;
    let before = site.uploaded("photo.jpg", &pictures::jpeg(500, 400)).await;
    let gate = Gate::default();
    site.faults.inject(Step::Write, Fault::Held(gate.clone()), 1);
    let path = format!("/images/{}", text(&before["id"]));
    site.post(&format!("{path}/reprocess?preset=web"), json!(null)).await;
    gate.reached().await;
    let during = site.get(&path).await.json();
    assert_eq!(
        (&during["status"], &during["renditions"][0]["name"]),
        (&json!("processing"), &before["renditions"][0]["name"])
    );
    let shown = site.client.get(text(&during["renditions"][0]["url"])).send().await.unwrap();
    assert_eq!(shown.status(), StatusCode::OK);
    gate.open();
    assert_eq!(site.settled(&text(&before["id"])).await["status"], "ready");
}

#[tokio::test]
async fn what_an_earlier_revision_still_removes_is_never_what_a_later_one_made() {
    let site = Site::start().await;
    let id = text(&site.uploaded("photo.jpg", &pictures::jpeg(500, 400)).await["id"]);
    site.hold_the_invariants().await;
    let gate = Gate::default();
    site.faults.inject(Step::Remove, Fault::Held(gate.clone()), REMOVALS);
    site.lose_events();
    let ask_for = async |preset: &str| {
        let path = format!("/images/{id}/reprocess?preset={preset}");
        assert_eq!(site.post(&path, json!(null)).await.status, StatusCode::ACCEPTED);
    };
    let run = || {
        let (processor, event) = (site.processor().clone(), site.event(&id));
        tokio::spawn(async move { processor.handle_message(&event).await })
    };
    ask_for("webp").await;
    let removing = run();
    gate.reached().await;
    assert_eq!(site.settled(&id).await["preset"], "webp");
    ask_for("default").await;
    let last = run();
    assert_eq!(site.settled(&id).await["preset"], "default");
    (0..REMOVALS).for_each(|_| gate.open());
    for run in [removing, last] {
        run.await.unwrap().unwrap();
    }
    eventually(async || (notifications(&site).await.len() == 3).then_some(())).await;
    assert_eq!(site.objects(), crate::site::keys(&site.settled(&id).await));
}

#[tokio::test]
async fn image_that_is_not_settled_cannot_be_made_once_more() {
    let (site, photo, gate) = (Site::start().await, pictures::jpeg(50, 40), Gate::default());
    let grant = site.grant("photo.jpg", &photo).await;
    let reprocess = format!("/images/{}/reprocess", text(&grant["id"]));
    let early = site.post(&reprocess, json!(null)).await;
    assert_eq!((early.status, &early.json()["code"]), (StatusCode::CONFLICT, &json!("not_uploaded")));
    site.faults.inject(Step::Write, Fault::Held(gate.clone()), 1);
    assert_eq!(site.put(&grant, &photo).await, StatusCode::OK);
    gate.reached().await;
    let at_work = site.post(&reprocess, json!(null)).await;
    assert_eq!((at_work.status, &at_work.json()["code"]), (StatusCode::CONFLICT, &json!("not_settled")));
    gate.open();
    assert_eq!(
        site.post("/images/7zzzzzzzzzzzzzzzzzzzzzzzzz/reprocess", json!(null)).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn upload_whose_event_was_lost_goes_on_when_it_is_said_to_be_complete() {
    let site = Site::start().await;
    let photo = pictures::jpeg(300, 200);
    let grant = site.grant("photo.jpg", &photo).await;
    let complete = format!("/uploads/{}/complete", text(&grant["id"]));
    let early = site.post(&complete, json!(null)).await;
    assert_eq!((early.status, &early.json()["code"]), (StatusCode::CONFLICT, &json!("not_uploaded")));
    site.lose_events();
    assert_eq!(site.put(&grant, &photo).await, StatusCode::OK);
    assert_eq!(site.get(&format!("/images/{}", text(&grant["id"]))).await.json()["status"], "awaiting_upload");
    let renewed = site.post(&text(&grant["links"]["renew"]), json!(null)).await;
    assert_eq!(renewed.json()["code"], "already_uploaded", "a fresh URL would be of no use");
    site.keep_events();
    assert_eq!(site.post(&complete, json!(null)).await.status, StatusCode::ACCEPTED);
    assert_eq!(site.settled(&text(&grant["id"])).await["status"], "ready");
    assert_eq!(site.post(&complete, json!(null)).await.status, StatusCode::ACCEPTED, "it may be said again");
    site.hold_the_invariants().await;
}

async fn notifications(site: &Site) -> Vec<Value> {
    site.get("/local/notifications").await.json()["notifications"].as_array().unwrap().clone()
}
