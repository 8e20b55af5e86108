//! Faults that pass: whatever the step, the image becomes ready, once.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tests::faults::{Fault, Gate, Step};

use crate::{
    pictures,
    site::{Site, eventually, read, text},
};

/// More than the SDK's own retries: the message has to come again.
const BEYOND_THE_SDK: usize = 4;

/// One image on its way, and a fault in it.
async fn becomes_ready_in_spite_of(step: Step, fault: Fault, times: usize) {
    let site = Site::start().await;
    site.faults.inject(step, fault.clone(), times);
    let image = site.uploaded("photo.jpg", &pictures::jpeg(500, 400)).await;
    assert_eq!(image["status"], "ready", "{fault:?} at {step:?}: {image}");
    site.hold_the_invariants().await;
    assert!(site.faults.injected() > 0, "{fault:?} at {step:?} was not met");
}

/// All at once: most of the time each waits to try again.
async fn each(steps: &[Step], faults: &[Fault]) {
    let mut sites = Vec::new();
    for step in steps {
        for fault in faults {
            for times in [1, BEYOND_THE_SDK] {
                sites.push(becomes_ready_in_spite_of(*step, fault.clone(), times));
            }
        }
    }
    join_all(sites).await;
}

#[tokio::test]
async fn catalog_that_fails_at_any_write_delays_the_image_only() {
    each(&[Step::Claim, Step::Finish, Step::Mark], &[Fault::Broken, Fault::Throttled, Fault::Reset]).await;
}

#[tokio::test]
async fn write_whose_answer_was_lost_is_known_as_its_own() {
    each(&[Step::Claim, Step::Finish, Step::Mark, Step::Write], &[Fault::AnswerLost]).await;
}

#[tokio::test]
async fn original_that_is_read_badly_is_read_again() {
    let slow = Fault::Slow(Duration::from_millis(300));
    each(&[Step::Fetch], &[Fault::Broken, Fault::Throttled, Fault::Reset, slow, Fault::Truncated, Fault::Altered])
        .await;
}

#[tokio::test]
async fn rendition_that_cannot_be_written_is_written_by_the_next_run() {
    for skip in [0, 2, 3] {
        let site = Site::start().await;
        site.faults.inject_after(skip, Step::Write, Fault::Broken, BEYOND_THE_SDK);
        let image = site.uploaded("photo.jpg", &pictures::jpeg(1500, 1000)).await;
        assert_eq!(image["status"], "ready", "{image}");
        site.hold_the_invariants().await;
        assert_eq!(site.faults.injected(), BEYOND_THE_SDK);
    }
}

#[tokio::test]
async fn credentials_that_expire_midway_delay_the_image_only() {
    // The SDK does not try these again by itself.
    each(&[Step::Claim, Step::Fetch, Step::Write, Step::Finish, Step::Publish, Step::Mark], &[Fault::Expired]).await;
}

#[tokio::test]
async fn result_that_could_not_be_told_is_told_later_with_the_same_id() {
    each(&[Step::Publish], &[Fault::Broken, Fault::Throttled, Fault::Reset, Fault::AnswerLost]).await;
}

#[tokio::test]
async fn lease_that_could_not_be_given_back_ends_by_itself() {
    let site = Site::start().await;
    site.faults.inject(Step::Write, Fault::Expired, 1);
    site.faults.inject(Step::Release, Fault::Reset, BEYOND_THE_SDK);
    let image = site.uploaded("photo.jpg", &pictures::jpeg(500, 400)).await;
    assert_eq!(image["status"], "ready", "{image}");
    site.hold_the_invariants().await;
}

#[tokio::test]
async fn lease_given_back_twice_leaves_a_readable_record() {
    let (site, gate) = (Site::start().await, Gate::default());
    site.faults.inject_after(1, Step::Claim, Fault::Held(gate.clone()), 1);
    site.faults.inject(Step::Write, Fault::Expired, 1);
    site.faults.inject(Step::Release, Fault::AnswerLost, 2);
    let id = site.upload("photo.jpg", &pictures::jpeg(500, 400)).await;
    gate.reached().await;
    assert_eq!(site.faults.calls(Step::Release), 3, "the SDK tried until it had an answer");
    assert_eq!(site.get(&format!("/images/{id}")).await.json()["status"], "processing");
    gate.open();
    assert_eq!(site.settled(&id).await["status"], "ready");
    site.hold_the_invariants().await;
}

#[tokio::test]
async fn run_that_takes_longer_than_its_lease_keeps_it() {
    let site = Site::start().await;
    let gate = Gate::default();
    site.faults.inject(Step::Write, Fault::Held(gate.clone()), 1);
    let id = site.upload("photo.jpg", &pictures::jpeg(200, 100)).await;
    gate.reached().await;
    // Three renewals are one lease: a message that comes again finds it held all the same.
    eventually(async || (site.faults.calls(Step::Renew) >= 5).then_some(())).await;
    site.repeat_the_event(&id);
    gate.open();
    assert_eq!(site.settled(&id).await["status"], "ready");
    site.hold_the_invariants().await;
    assert_eq!(site.faults.calls(Step::Finish), 1, "nobody else worked on it");
}

#[tokio::test]
async fn event_that_comes_ten_times_at_once_is_worked_on_once() {
    let site = Site::start().await;
    let gate = Gate::default();
    site.faults.inject(Step::Fetch, Fault::Held(gate.clone()), 1);
    let id = site.upload("photo.jpg", &pictures::jpeg(500, 400)).await;
    gate.reached().await;
    (0..10).for_each(|_| site.repeat_the_event(&id));
    eventually(async || (site.faults.calls(Step::Claim) >= 3).then_some(())).await;
    gate.open();
    assert_eq!(site.settled(&id).await["status"], "ready");
    site.hold_the_invariants().await;
    assert_eq!((site.faults.calls(Step::Fetch), site.faults.calls(Step::Finish)), (1, 1));
}

#[tokio::test]
async fn image_deleted_while_it_is_processed_leaves_nothing() {
    for step in [Step::Fetch, Step::Write, Step::Finish] {
        let site = Site::start().await;
        let gate = Gate::default();
        site.faults.inject(step, Fault::Held(gate.clone()), 1);
        let id = site.upload("photo.jpg", &pictures::jpeg(500, 400)).await;
        gate.reached().await;
        assert_eq!(site.delete(&format!("/images/{id}")).await, reqwest::StatusCode::NO_CONTENT);
        gate.open();
        eventually(async || (site.events() == 0 && site.objects().is_empty()).then_some(())).await;
        assert_eq!(site.get(&format!("/images/{id}")).await.status, reqwest::StatusCode::NOT_FOUND);
        let told = site.get("/local/notifications").await.json();
        assert_eq!(told["notifications"], json!([]), "held at {step:?}");
    }
}

#[tokio::test]
async fn original_replaced_while_it_is_processed_is_never_mixed() {
    for step in [Step::Claim, Step::Fetch, Step::Write, Step::Finish] {
        let site = Site::start().await;
        let gate = Gate::default();
        site.faults.inject(step, Fault::Held(gate.clone()), 1);
        let url = bare_url(&site, 30_000).await;
        let [first, second] = [pictures::padded_jpeg(400, 300, 30_000), pictures::padded_jpeg(300, 400, 30_000)];
        bare_put(&site, &url, &first).await;
        gate.reached().await;
        bare_put(&site, &url, &second).await;
        gate.open();
        let image = &site.get("/images").await.json()["images"][0];
        let image = site.settled(&text(&image["id"])).await;
        assert_eq!(image["status"], "ready", "{image}");
        let tall = image["original"]["height"].as_u64() > image["original"]["width"].as_u64();
        for made in image["renditions"].as_array().unwrap() {
            assert_eq!(made["height"].as_u64() > made["width"].as_u64(), tall, "held at {step:?}: {image}");
        }
        site.hold_the_invariants().await;
    }
}

/// The redirect of a one-line PUT: it signs no condition, so its target can be written again.
async fn bare_url(site: &Site, bytes: usize) -> String {
    let put = site.request(reqwest::Method::PUT, "/uploads/photo.jpg").body(vec![0; bytes]);
    read(put).await.header("location").to_owned()
}

async fn bare_put(site: &Site, url: &str, bytes: &[u8]) {
    let answer = read(site.client.put(url).body(bytes.to_vec())).await;
    assert_eq!(answer.status, reqwest::StatusCode::OK, "{answer:?}");
}
