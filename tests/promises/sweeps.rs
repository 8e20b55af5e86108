//! What the sweep finds, and what it leaves alone.

use processor::Swept;
use serde_json::json;
use tests::faults::{Fault, Gate, Step};

use crate::{
    pictures, services,
    site::{Site, eventually, text},
};

/// One query of each part of the index.
const QUERIES: usize = 16;

/// One whose own sweep has been, and does not come again for a minute.
async fn swept_site() -> Site {
    let site = Site::start().await;
    eventually(async || (site.faults.calls(Step::Catalog) >= QUERIES).then_some(())).await;
    site
}

async fn swept(site: &Site) -> (usize, usize) {
    let Swept { overdue, failed } = site.processor().sweep().await.unwrap();
    (overdue, failed)
}

/// An image whose original lies there, and of which nobody was told.
async fn overlooked(site: &Site) -> String {
    site.lose_events();
    let id = site.upload("photo.jpg", &pictures::jpeg(200, 100)).await;
    site.keep_events();
    services::make_overdue(site, &id).await;
    id
}

#[tokio::test]
async fn original_that_is_not_found_while_the_bucket_is_gone_is_not_lost() {
    let site = swept_site().await;
    let id = overlooked(&site).await;
    // The original, then the bucket.
    site.faults.inject(Step::Look, Fault::NotFound, 2);
    assert_eq!(swept(&site).await, (1, 1));
    assert_eq!(site.get(&format!("/images/{id}")).await.json()["status"], "awaiting_upload");
    services::make_overdue(&site, &id).await;
    assert_eq!(swept(&site).await, (1, 0));
    assert_eq!(site.settled(&id).await["status"], "ready");
    site.hold_the_invariants().await;
}

#[tokio::test]
async fn original_that_is_not_found_by_a_bucket_just_coming_back_is_looked_for_again() {
    let site = swept_site().await;
    let id = overlooked(&site).await;
    site.faults.inject(Step::Look, Fault::NotFound, 1);
    assert_eq!(swept(&site).await, (1, 0));
    assert_eq!(site.settled(&id).await["status"], "ready");
    site.hold_the_invariants().await;
}

#[tokio::test]
async fn records_that_another_version_wrote_keep_no_other_image_waiting() {
    let site = swept_site().await;
    let mut unreadable = Vec::new();
    for _ in 0..3 {
        let id = overlooked(&site).await;
        services::change(&site, &id, "status", json!({ "S": "frozen" })).await;
        unreadable.push(id);
    }
    let id = overlooked(&site).await;
    assert_eq!(swept(&site).await, (4, 3));
    assert_eq!(site.settled(&id).await["status"], "ready");
    assert_eq!(swept(&site).await, (0, 0), "they are postponed");
    for id in unreadable {
        assert!(site.objects().contains(&format!("originals/{id}")), "nothing of them is lost");
    }
}

#[tokio::test]
async fn image_that_another_run_is_busy_with_is_no_failure() {
    let site = swept_site().await;
    let gate = Gate::default();
    site.faults.inject(Step::Fetch, Fault::Held(gate.clone()), 1);
    let id = site.upload("photo.jpg", &pictures::jpeg(200, 100)).await;
    gate.reached().await;
    let found = eventually(async || {
        // The run that has it renews its deadline, too.
        services::make_overdue(&site, &id).await;
        let found = swept(&site).await;
        (found.0 == 1).then_some(found)
    });
    assert_eq!(found.await, (1, 0));
    gate.open();
    assert_eq!(site.settled(&id).await["status"], "ready");
}

#[tokio::test]
async fn images_that_wait_to_be_made_come_before_those_that_wait_to_be_told() {
    let site = swept_site().await;
    let untold = text(&site.uploaded("photo.jpg", &pictures::jpeg(8, 8)).await["id"]);
    site.hold_the_invariants().await;
    services::change(&site, &untold, "notified_at", json!({ "NULL": true })).await;
    services::make_overdue(&site, &untold).await;
    let id = overlooked(&site).await;
    // The parts of the index are read in their order.
    services::change(&site, &untold, "unsettled", json!({ "N": "0" })).await;
    services::change(&site, &id, "unsettled", json!({ "N": "15" })).await;
    let gate = Gate::default();
    site.faults.inject(Step::Publish, Fault::Held(gate.clone()), 1);
    let processor = site.processor().clone();
    let sweep = tokio::spawn(async move { processor.sweep().await });
    gate.reached().await;
    assert_eq!(site.get(&format!("/images/{id}")).await.json()["status"], "ready", "before anybody is told");
    gate.open();
    assert_eq!(sweep.await.unwrap().unwrap(), Swept { overdue: 2, failed: 0 });
    site.hold_the_invariants().await;
}

#[tokio::test]
async fn upload_that_never_came_expires() {
    let site = swept_site().await;
    let id = text(&site.grant("photo.jpg", b"never sent").await["id"]);
    services::make_overdue(&site, &id).await;
    assert_eq!(swept(&site).await, (1, 0));
    assert_eq!(site.get(&format!("/images/{id}")).await.json()["status"], "expired");
}
