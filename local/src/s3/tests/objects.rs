//! Objects are there as a whole or not at all, under any key.

use aws_sdk_s3::{
    error::SdkError,
    types::{Delete, ObjectIdentifier},
};
use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    answer::Sent,
    site::{Site, eventually, minutes},
};

/// The status of an answer that must be an error.
fn status<T: std::fmt::Debug, E: std::fmt::Debug>(answer: Result<T, SdkError<E>>) -> u16 {
    answer.unwrap_err().raw_response().unwrap().status().as_u16()
}

#[tokio::test]
async fn torn_body_leaves_nothing() {
    let site = Site::start().await;
    let put = site.s3.put_object().bucket("originals").key("cat").content_length(2_000_000);
    let sent = Sent::presigned(&put.presigned(minutes(15)).await.unwrap(), &[]);
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    stream.write_all(sent.head(&site).as_bytes()).await.unwrap();
    stream.write_all(&[7; 1_000_000]).await.unwrap();
    eventually(async || (site.blobs() == 1).then_some(())).await;
    drop(stream);
    site.assert_empty().await;
}

#[tokio::test]
async fn a_body_without_a_length_is_refused() {
    let site = Site::start().await;
    let put = site.s3.put_object().bucket("originals").key("cat").presigned(minutes(15)).await.unwrap();
    let chunks = Sent::presigned(&put, b"5\r\nhello\r\n0\r\n\r\n").header("transfer-encoding", "chunked");
    let answer = chunks.to(&site).await;
    assert_eq!((answer.status, answer.code()), (411, "MissingContentLength"));
    site.assert_empty().await;
}

#[tokio::test]
async fn a_body_that_is_not_as_long_as_it_says_leaves_nothing() {
    let site = Site::start().await;
    for length in ["4", "6"] {
        let put = site.s3.put_object().bucket("originals").key("cat").customize();
        let put = put.mutate_request(move |put| {
            put.headers_mut().insert("x-amz-decoded-content-length", length);
        });
        let put = put.presigned(minutes(15)).await.unwrap();
        let chunks = Sent::presigned(&put, b"5\r\nhello\r\n0\r\n\r\n").header("transfer-encoding", "chunked");
        let answer = chunks.to(&site).await;
        assert_eq!((answer.status, answer.code()), (400, "IncompleteBody"));
    }
    site.assert_empty().await;
}

#[tokio::test]
async fn refused_body_leaves_the_old_object() {
    let site = Site::start().await;
    site.put("cat", b"old").await;
    let put = site.s3.put_object().bucket("originals").key("cat").content_md5("XUFAKrxLKna5cZ2REBfFkg==");
    assert!(put.body(b"other".to_vec().into()).send().await.is_err());
    assert_eq!(site.original("cat").await.unwrap(), b"old");
    eventually(async || (site.blobs() == 1).then_some(())).await;
}

#[tokio::test]
async fn racing_writers_one_wins() {
    let site = Site::start().await;
    let grant = site.grant("cat").await;
    let bodies = ["aaaaa", "bbbbb", "ccccc", "ddddd", "eeeee", "fffff", "ggggg", "hhhhh"];
    let puts = bodies.map(|body| Sent::presigned(&grant, body.as_bytes()));
    let answers = join_all(puts.iter().map(|put| put.to(&site))).await;
    let won: Vec<_> = bodies.iter().zip(&answers).filter(|(_, answer)| answer.status == 200).collect();
    assert_eq!((won.len(), answers.iter().filter(|answer| answer.status == 412).count()), (1, 7));
    assert_eq!(site.original("cat").await.unwrap(), won[0].0.as_bytes());
    assert_eq!((site.blobs(), site.events().await.len()), (1, 1));
}

#[tokio::test]
async fn range_and_if_match() {
    let site = Site::start().await;
    site.put("cat", b"hello").await;
    let get = || site.s3.get_object().bucket("originals").key("cat");
    let part = get().range("bytes=1-3").send().await.unwrap();
    assert_eq!((part.content_range(), part.content_length()), (Some("bytes 1-3/5"), Some(3)));
    assert_eq!(part.body.collect().await.unwrap().to_vec(), b"ell");
    assert_eq!(status(get().range("bytes=5-").send().await), 416);
    let etag = "\"5d41402abc4b2a76b9719d911017c592\"";
    assert!(get().if_match(etag).send().await.is_ok());
    assert_eq!(status(get().if_match("\"other\"").send().await), 412);
    let get = get().if_none_match(etag).presigned(minutes(15)).await.unwrap();
    let unchanged = Sent::presigned(&get, b"").to(&site).await;
    assert_eq!((unchanged.status, unchanged.header("etag"), unchanged.body.as_str()), (304, Some(etag), ""));
}

#[tokio::test]
async fn a_reader_keeps_the_object_that_was_replaced() {
    let site = Site::start().await;
    let old = vec![1; 8 * 1024 * 1024];
    site.put("cat", &old).await;
    let get = site.s3.get_object().bucket("originals").key("cat").presigned(minutes(15)).await.unwrap();
    let mut reader = TcpStream::connect(site.address).await.unwrap();
    reader.write_all(Sent::presigned(&get, b"").head(&site).as_bytes()).await.unwrap();
    reader.read_exact(&mut [0; 1000]).await.unwrap();
    site.put("cat", b"new").await;
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).await.unwrap();
    assert!(rest.len() > old.len() - 1000 && rest.ends_with(&old[..1000]));
    assert_eq!((site.original("cat").await.unwrap(), site.blobs()), (b"new".to_vec(), 1));
}

#[tokio::test]
async fn long_keys_and_dotdot_stay_inside() {
    let site = Site::start().await;
    let long = "k".repeat(1024);
    let keys = ["../../outside", "a", "a/b", "a//b", "/lead", ".", "tab\tund Umlaut ä+%2F", &long];
    for key in keys {
        site.put(key, key.as_bytes()).await;
    }
    for key in keys {
        assert_eq!(site.original(key).await.as_deref(), Some(key.as_bytes()), "{key}");
    }
    assert_eq!(site.blobs(), keys.len());
    assert!(!site.folder.0.parent().unwrap().join("outside").exists());
}

#[tokio::test]
async fn head_tells_what_get_would() {
    let site = Site::start().await;
    let head = || site.s3.head_object().bucket("originals").key("cat");
    assert!(head().send().await.unwrap_err().into_service_error().is_not_found());
    site.put("cat", b"hello").await;
    let found = head().send().await.unwrap();
    assert_eq!((found.content_length(), found.e_tag()), (Some(5), Some("\"5d41402abc4b2a76b9719d911017c592\"")));
}

#[tokio::test]
async fn listing_pages_through_a_prefix_in_order() {
    let site = Site::start().await;
    for key in ["b/2", "a", "b/1", "b/3", "c"] {
        site.put(key, b"x").await;
    }
    let mut pages = site.s3.list_objects_v2().bucket("originals").prefix("b/").max_keys(2).into_paginator().send();
    let mut listed = Vec::new();
    while let Some(page) = pages.next().await {
        listed.push(page.unwrap().contents().iter().map(|object| object.key().unwrap().to_owned()).collect::<Vec<_>>());
    }
    assert_eq!(listed, [vec!["b/1", "b/2"], vec!["b/3"]]);
}

#[tokio::test]
async fn deleting_twice_is_no_error_and_leaves_nothing() {
    let site = Site::start().await;
    for key in ["a", "b", "c"] {
        site.put(key, b"x").await;
    }
    for _ in 0..2 {
        site.s3.delete_object().bucket("originals").key("a").send().await.unwrap();
        let both = ["b", "c"].map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
        let delete = Delete::builder().set_objects(Some(both.to_vec())).build().unwrap();
        let gone = site.s3.delete_objects().bucket("originals").delete(delete).send().await.unwrap();
        assert_eq!((gone.deleted().len(), gone.errors().len()), (2, 0));
    }
    assert_eq!((site.original("a").await, site.blobs()), (None, 0));
}

#[tokio::test]
async fn what_would_not_be_kept_and_what_is_not_used_is_not_implemented() {
    let site = Site::start().await;
    let put = site.s3.put_object().bucket("originals").key("cat").metadata("who", "me").send().await;
    let copy = site.s3.copy_object().bucket("originals").key("cat").copy_source("originals/dog").send().await;
    let create = site.s3.create_bucket().bucket("originals").send().await;
    assert_eq!(status(put), 501);
    assert_eq!(status(copy), 501);
    assert_eq!(status(create), 501);
    site.s3.head_bucket().bucket("originals").send().await.unwrap();
    site.assert_empty().await;
}
