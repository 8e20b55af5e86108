//! Multipart uploads: an object only once they are completed.

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use super::{
    answer::Sent,
    site::{Site, eventually, minutes},
};

const PART: usize = 5 * 1024 * 1024;

/// Starts one for `cat` and returns its id.
async fn start(site: &Site) -> String {
    let create = site.s3.create_multipart_upload().bucket("originals").key("cat").content_type("image/png");
    create.send().await.unwrap().upload_id.unwrap()
}

/// Sends a part as a browser does, by a presigned URL, and returns it as Complete wants it.
async fn send(site: &Site, id: &str, number: i32, body: &[u8]) -> CompletedPart {
    let put = site.s3.upload_part().bucket("originals").key("cat").upload_id(id).part_number(number);
    let put = put.content_length(body.len() as i64).presigned(minutes(15)).await.unwrap();
    let answer = Sent::presigned(&put, body).to(site).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    CompletedPart::builder().part_number(number).e_tag(answer.header("etag").unwrap()).build()
}

async fn complete(site: &Site, id: &str, parts: &[CompletedPart]) -> Result<String, String> {
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.to_vec())).build();
    let complete = site.s3.complete_multipart_upload().bucket("originals").key("cat").upload_id(id);
    let answer = complete.if_none_match("*").multipart_upload(parts).send().await;
    answer.map(|done| done.e_tag.unwrap()).map_err(|error| error.into_service_error().meta().code().unwrap().to_owned())
}

#[tokio::test]
async fn completed_parts_are_one_object_with_one_event() {
    let site = Site::start().await;
    let id = start(&site).await;
    let second = send(&site, &id, 2, b"tail").await;
    send(&site, &id, 1, b"sent again below").await;
    let first = send(&site, &id, 1, &[1; PART]).await;
    assert!(site.original("cat").await.is_none() && site.events().await.is_empty());
    let etag = complete(&site, &id, &[first, second]).await.unwrap();
    assert!(etag.ends_with("-2\""));
    let found = site.s3.get_object().bucket("originals").key("cat").send().await.unwrap();
    assert_eq!((found.content_type(), found.e_tag()), (Some("image/png"), Some(etag.as_str())));
    assert_eq!(found.body.collect().await.unwrap().to_vec(), [&[1; PART][..], b"tail"].concat());
    let events = site.events().await;
    assert_eq!((events.len(), site.blobs()), (1, 1));
    assert_eq!(events[0]["Records"][0]["eventName"], "ObjectCreated:CompleteMultipartUpload");
}

#[tokio::test]
async fn parts_are_listed_after_a_restart() {
    let site = Site::start().await;
    let id = start(&site).await;
    for number in [3, 1, 2] {
        send(&site, &id, number, b"part").await;
    }
    let site = site.restart().await;
    let list = site.s3.list_parts().bucket("originals").key("cat").upload_id(&id).max_parts(2);
    let mut pages = list.into_paginator().send();
    let mut numbers = Vec::new();
    while let Some(page) = pages.next().await {
        numbers.extend(page.unwrap().parts().iter().map(|part| (part.part_number().unwrap(), part.size().unwrap())));
    }
    assert_eq!(numbers, [(1, 4), (2, 4), (3, 4)]);
}

#[tokio::test]
async fn completing_with_other_parts_is_refused() {
    let site = Site::start().await;
    let id = start(&site).await;
    let (first, second) = (send(&site, &id, 1, b"one").await, send(&site, &id, 2, b"two").await);
    let other = CompletedPart::builder().part_number(1).e_tag(second.e_tag().unwrap()).build();
    let missing = CompletedPart::builder().part_number(3).e_tag(second.e_tag().unwrap()).build();
    assert_eq!(complete(&site, &id, &[other]).await.unwrap_err(), "InvalidPart");
    assert_eq!(complete(&site, &id, &[missing]).await.unwrap_err(), "InvalidPart");
    assert_eq!(complete(&site, &id, &[second.clone(), first.clone()]).await.unwrap_err(), "InvalidPartOrder");
    assert_eq!(complete(&site, &id, &[first.clone(), second]).await.unwrap_err(), "EntityTooSmall");
    assert_eq!(complete(&site, "unknown", &[first]).await.unwrap_err(), "NoSuchUpload");
    assert!(site.original("cat").await.is_none() && site.events().await.is_empty());
}

#[tokio::test]
async fn completing_never_replaces_what_is_there() {
    let site = Site::start().await;
    let id = start(&site).await;
    let part = send(&site, &id, 1, b"new").await;
    site.put("cat", b"old").await;
    assert_eq!(complete(&site, &id, &[part]).await.unwrap_err(), "PreconditionFailed");
    assert_eq!(site.original("cat").await.unwrap(), b"old");
}

#[tokio::test]
async fn an_upload_belongs_to_its_key() {
    let site = Site::start().await;
    let id = start(&site).await;
    let elsewhere = site.s3.upload_part().bucket("originals").key("dog").upload_id(&id).part_number(1);
    let answer = elsewhere.body(b"x".to_vec().into()).send().await;
    assert_eq!(answer.unwrap_err().into_service_error().meta().code(), Some("NoSuchUpload"));
}

#[tokio::test]
async fn an_aborted_upload_leaves_nothing() {
    let site = Site::start().await;
    let id = start(&site).await;
    let part = send(&site, &id, 1, b"one").await;
    let abort = || site.s3.abort_multipart_upload().bucket("originals").key("cat").upload_id(&id);
    abort().send().await.unwrap();
    assert!(abort().send().await.unwrap_err().into_service_error().is_no_such_upload());
    assert_eq!(complete(&site, &id, &[part]).await.unwrap_err(), "NoSuchUpload");
    eventually(async || (site.blobs() == 0).then_some(())).await;
    site.assert_empty().await;
}
