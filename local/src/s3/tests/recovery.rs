//! What a start finds and what it refuses.

use super::{
    answer::Sent,
    site::{Folder, Site, buckets, minutes},
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
async fn a_start_sweeps_what_no_row_refers_to_and_nothing_else() {
    let site = Site::start().await;
    site.put("cat", b"hello").await;
    let objects = site.folder.0.join("objects");
    std::fs::write(objects.join("0123456789abcdef0123456789abcdef"), b"torn").unwrap();
    std::fs::write(objects.join("README"), b"not ours").unwrap();
    let site = site.restart().await;
    assert_eq!(site.original("cat").await.unwrap(), b"hello");
    assert!(objects.join("README").exists());
    assert_eq!(site.blobs(), 2);
}

#[tokio::test]
async fn a_second_process_is_refused() {
    let site = Site::start().await;
    let error = Shelf::open(&site.folder.0, buckets()).err().unwrap();
    assert!(error.to_string().contains("another process uses"), "{error:#}");
}

#[test]
fn a_damaged_database_is_refused_by_name() {
    let folder = Folder::new();
    std::fs::write(folder.0.join("objects.sqlite"), b"no database, whatever its name may say; ".repeat(100)).unwrap();
    let error = Shelf::open(&folder.0, buckets()).err().unwrap();
    assert!(error.to_string().contains("objects.sqlite cannot be used"), "{error:#}");
}

#[tokio::test]
async fn a_blob_that_was_cut_is_an_error_and_not_a_short_object() {
    let site = Site::start().await;
    site.put("cat", b"hello").await;
    let blob = std::fs::read_dir(site.folder.0.join("objects")).unwrap().next().unwrap().unwrap().path();
    std::fs::write(blob, b"hell").unwrap();
    let get = site.s3.get_object().bucket("originals").key("cat").presigned(minutes(15)).await.unwrap();
    let answer = Sent::presigned(&get, b"").to(&site).await;
    assert_eq!((answer.status, answer.code()), (500, "InternalError"));
}
