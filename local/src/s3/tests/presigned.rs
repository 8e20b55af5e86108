//! A presigned URL admits exactly the request that was signed.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::presigning::PresigningConfig;

use super::{
    answer::Sent,
    site::{Site, client, minutes},
};

const HELLO_SHA256: &str = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";

#[tokio::test]
async fn presigned_put_stores_the_object_with_its_type() {
    let site = Site::start().await;
    let answer = Sent::presigned(&site.grant("cat").await, b"hello").to(&site).await;
    assert_eq!((answer.status, answer.header("etag")), (200, Some("\"5d41402abc4b2a76b9719d911017c592\"")));
    let found = site.s3.get_object().bucket("originals").key("cat").send().await.unwrap();
    assert_eq!(found.content_type(), Some("image/jpeg"));
    assert_eq!(found.body.collect().await.unwrap().to_vec(), b"hello");
}

/// Sends the grant for `cat` after `spoil` has spoilt it, and expects a 403 that leaves nothing.
async fn assert_refused(spoil: impl FnOnce(Sent) -> Sent) {
    let site = Site::start().await;
    let sent = spoil(Sent::presigned(&site.grant("cat").await, b"hello"));
    let answer = sent.to(&site).await;
    assert_eq!(answer.status, 403, "{}", answer.body);
    site.assert_empty().await;
}

#[tokio::test]
async fn presigned_put_refuses_another_length() {
    assert_refused(|sent| sent.header("content-length", "6").body(b"hello!")).await;
}

#[tokio::test]
async fn presigned_put_refuses_another_type() {
    assert_refused(|sent| sent.header("content-type", "text/html")).await;
}

#[tokio::test]
async fn presigned_put_refuses_a_missing_header() {
    assert_refused(|sent| sent.without("if-none-match")).await;
}

#[tokio::test]
async fn presigned_put_refuses_another_key() {
    assert_refused(|mut sent| {
        sent.target = sent.target.replace("/cat?", "/dog?");
        sent
    })
    .await;
}

#[tokio::test]
async fn presigned_put_refuses_another_method() {
    assert_refused(|mut sent| {
        sent.method = "DELETE".into();
        sent
    })
    .await;
}

#[tokio::test]
async fn presigned_put_refuses_an_altered_signature() {
    assert_refused(|mut sent| {
        let last = sent.target.pop().unwrap();
        sent.target.push(if last == '0' { '1' } else { '0' });
        sent
    })
    .await;
}

#[tokio::test]
async fn presigned_put_refuses_an_unsigned_amz_header() {
    assert_refused(|sent| sent.header("x-amz-checksum-sha256", HELLO_SHA256)).await;
}

#[tokio::test]
async fn presigned_put_refuses_chunks_instead_of_a_length() {
    assert_refused(|sent| {
        sent.without("content-length").header("transfer-encoding", "chunked").body(b"5\r\nhello\r\n0\r\n\r\n")
    })
    .await;
}

#[tokio::test]
async fn presigned_put_refuses_an_expired_url() {
    let site = Site::start().await;
    let yesterday = SystemTime::now() - Duration::from_secs(24 * 3600);
    let config = PresigningConfig::builder().start_time(yesterday).expires_in(Duration::from_secs(900)).build();
    let put = site.s3.put_object().bucket("originals").key("cat").content_length(5).presigned(config.unwrap());
    let answer = Sent::presigned(&put.await.unwrap(), b"hello").to(&site).await;
    assert_eq!((answer.status, answer.code()), (403, "AccessDenied"));
    site.assert_empty().await;
}

#[tokio::test]
async fn presigned_put_refuses_a_body_with_another_hash() {
    let site = Site::start().await;
    let put = site.s3.put_object().bucket("originals").key("cat").content_length(5).checksum_sha256(HELLO_SHA256);
    let put = put.presigned(minutes(15)).await.unwrap();
    let answer = Sent::presigned(&put, b"jello").to(&site).await;
    assert_eq!((answer.status, answer.code()), (400, "BadDigest"));
    site.assert_empty().await;
    let answer = Sent::presigned(&put, b"hello").to(&site).await;
    assert_eq!((answer.status, answer.header("x-amz-checksum-sha256")), (200, Some(HELLO_SHA256)));
}

#[tokio::test]
async fn second_put_is_412() {
    let site = Site::start().await;
    let grant = site.grant("cat").await;
    assert_eq!(Sent::presigned(&grant, b"hello").to(&site).await.status, 200);
    let answer = Sent::presigned(&grant, b"jello").to(&site).await;
    assert_eq!((answer.status, answer.code()), (412, "PreconditionFailed"));
    assert_eq!(site.original("cat").await.unwrap(), b"hello");
    assert_eq!((site.events().await.len(), site.blobs()), (1, 1));
}

#[tokio::test]
async fn presigned_get_may_choose_name_and_type() {
    let site = Site::start().await;
    site.put("cat", b"hello").await;
    let get = site.s3.get_object().bucket("originals").key("cat");
    let get = get.response_content_disposition("attachment; filename=\"cat.jpg\"").response_content_type("image/jpeg");
    let answer = Sent::presigned(&get.presigned(minutes(15)).await.unwrap(), b"").to(&site).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "hello"));
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"cat.jpg\""));
    assert_eq!(answer.header("content-type"), Some("image/jpeg"));
}

#[tokio::test]
async fn another_region_key_or_bucket_is_refused() {
    let site = Site::start().await;
    let ask = async |access_key, region, bucket: &str| {
        let get = client(site.address, access_key, region).get_object().bucket(bucket).key("cat");
        let answer = Sent::presigned(&get.presigned(minutes(15)).await.unwrap(), b"").to(&site).await;
        (answer.status, answer.code().to_owned())
    };
    assert_eq!(ask("key", "us-east-1", "originals").await, (404, "NoSuchKey".into()));
    assert_eq!(ask("key", "eu-west-1", "originals").await, (400, "AuthorizationHeaderMalformed".into()));
    assert_eq!(ask("another", "us-east-1", "originals").await.0, 403);
    assert_eq!(ask("key", "us-east-1", "elsewhere").await, (404, "NoSuchBucket".into()));
}
