//! What a start finds and what it refuses.

use std::time::Duration;

use rusqlite::Connection;

use super::{
    answer::Sent,
    site::{Site, buckets, minutes},
};
use crate::s3::Shelf;

#[tokio::test]
async fn reopened_shelf_has_objects_and_events() {
    let site = Site::start().await;
    site.put("cat", b"hello").await;
    site.put("dog", b"old").await;
    site.put("dog", b"new").await;
    let site = site.restart().await;
    assert_eq!(site.original("cat").await.unwrap(), b"hello");
    assert_eq!(site.original("dog").await.unwrap(), b"new");
    assert_eq!((site.blobs(), site.events().await.len()), (2, 3));
}

#[tokio::test]
async fn a_start_sweeps_drafts_and_nothing_else() {
    let site = Site::start().await;
    site.put("cat", b"hello").await;
    let objects = site.folder.0.join("objects");
    let [draft, blob] = ["0123456789abcdef0123456789abcdef.part", "fedcba9876543210fedcba9876543210"];
    for name in [draft, blob, "README"] {
        std::fs::write(objects.join(name), b"torn").unwrap();
    }
    let site = site.restart().await;
    assert_eq!(site.original("cat").await.unwrap(), b"hello");
    assert!(!objects.join(draft).exists() && objects.join(blob).exists() && objects.join("README").exists());
    assert_eq!(site.blobs(), 3);
}

#[tokio::test]
async fn rows_that_are_older_than_the_blobs_cost_no_blob() {
    let site = Site::start().await;
    let (rows, kept) = (site.folder.0.join("objects.sqlite"), site.folder.0.join("kept.sqlite"));
    site.put("cat", b"hello").await;
    let site = site.restart().await;
    std::fs::copy(&rows, &kept).unwrap();
    site.put("dog", b"world").await;
    let site = site.restart_after(|| std::fs::rename(&kept, &rows).unwrap()).await;
    assert_eq!((site.original("dog").await, site.blobs()), (None, 2));
}

/// As when the process dies between a commit and what follows it.
#[tokio::test]
async fn blob_of_a_commit_that_nobody_knew_of_is_found() {
    let site = Site::start().await;
    site.put("cat", b"hello").await;
    let blob = site.only_blob();
    let draft = blob.with_extension("part");
    std::fs::rename(&blob, &draft).unwrap();
    assert_eq!(site.original("cat").await.unwrap(), b"hello");
    let site = site.restart().await;
    assert_eq!(site.original("cat").await.unwrap(), b"hello");
    assert!(blob.exists() && !draft.exists());
}

#[tokio::test]
async fn a_second_process_is_refused() {
    let site = Site::start().await;
    let error = Shelf::open(&site.folder.0, buckets()).err().unwrap();
    assert!(error.to_string().contains("another process uses"), "{error:#}");
}

#[tokio::test]
async fn a_blob_that_was_cut_is_an_error_and_not_a_short_object() {
    let site = Site::start().await;
    site.put("cat", b"hello").await;
    std::fs::write(site.only_blob(), b"hell").unwrap();
    let get = site.s3.get_object().bucket("originals").key("cat").presigned(minutes(15)).await.unwrap();
    let answer = Sent::presigned(&get, b"").to(&site).await;
    assert_eq!((answer.status, answer.code()), (500, "InternalError"));
}

#[tokio::test]
async fn rows_of_the_first_schema_are_brought_up_to_date() {
    let site = Site::start().await;
    site.put("cat", b"hello").await;
    let rows = site.folder.0.join("objects.sqlite");
    let as_it_was =
        "ALTER TABLE events RENAME COLUMN faults TO receives; UPDATE events SET receives = 7; PRAGMA user_version = 1;";
    let site = site.restart_after(|| Connection::open(rows).unwrap().execute_batch(as_it_was).unwrap()).await;
    let events = site.shelf.next_events(10, Duration::ZERO).await.unwrap();
    assert_eq!((events.len(), events[0].faults), (1, 0));
}
