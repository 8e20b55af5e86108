//! What opens a bucket, or somebody else's door, is told to nobody but whom it is for.

use reqwest::{Method, StatusCode};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    logged::Logged,
    pictures,
    site::{client, put_request, read, settled, text},
};

/// Nobody listens there: each attempt fails, and is logged.
const SUBSCRIBER: &str = "http://ada:canary-password@127.0.0.1:9/hook?token=canary-token";

/// All that nobody else shall read, and what shows that something of the kind is there.
fn secrets(process: &Logged) -> Vec<String> {
    let root = std::fs::read(process.folder.0.join("secret")).unwrap();
    let derived =
        ["s3", "ids"].map(|purpose| Sha256::new().chain_update(&root).chain_update(purpose).finalize().to_vec());
    let keys = derived.into_iter().chain([root]).map(hex::encode);
    let marks = ["X-Amz-Signature", "AWS4-HMAC", "canary-password", "canary-token"].map(str::to_owned);
    keys.chain(marks).collect()
}

/// Everything that is done with a site, well and badly; all that it answers but the grants themselves.
async fn used(process: &Logged) -> Vec<(&'static str, String)> {
    let (client, url) = (client(), &process.url);
    let photo = pictures::jpeg(64, 48);
    let new = json!({ "filename": "a.jpg", "bytes": photo.len() });
    let grant = read(client.post(format!("{url}/uploads")).json(&new)).await.json();
    let refused = read(put_request(&client, &grant, b"other").header("x-amz-acl", "private")).await;
    let longer = read(put_request(&client, &grant, &[&photo[..], b"!"].concat())).await;
    assert_eq!(read(put_request(&client, &grant, &photo)).await.status, StatusCode::OK);
    let again = read(put_request(&client, &grant, &photo)).await;
    let id = text(&grant["id"]);
    settled(&client, url, &id).await;
    let bare = read(client.put(format!("{url}/uploads/b.jpg")).body(photo)).await;
    let elsewhere = bare.header("location").replace("/originals/", "/renditions/");
    let moved = read(client.put(elsewhere).body("no")).await;
    let original = read(client.get(format!("{url}/images/{id}/original"))).await;
    let altered = read(client.get(original.header("location").replace("octet-stream", "html"))).await;
    let unknown = read(client.get(format!("{url}/images/{id}?token={}", "x".repeat(99)))).await;
    let renewed = read(client.post(format!("{url}/uploads/{id}/renew"))).await;
    let method = read(client.request(Method::PATCH, format!("{url}/images/{id}"))).await;
    let told = read(client.get(format!("{url}/local/notifications"))).await;
    for (what, answer) in [("S3", &refused), ("S3", &longer), ("S3", &again), ("S3", &moved), ("S3", &altered)] {
        assert!(answer.status.is_client_error(), "{what}: {answer:?}");
    }
    let all = [refused, longer, again, moved, altered, unknown, renewed, method, told];
    all.map(|answer| ("an answer", format!("{:?} {}", answer.headers, answer.text))).into()
}

#[tokio::test]
async fn secrets_are_in_no_log_refusal_or_notification() {
    let process = Logged::start(&[("TINTYPE_LOG", "trace"), ("TINTYPE_NOTIFY_URL", SUBSCRIBER)]).await;
    let (secrets, mut told) = (secrets(&process), used(&process).await);
    let (said, log) = process.end().await;
    assert!(log.contains("a notification was not taken"), "the subscriber was tried");
    told.extend([("standard output", said), ("the log", log)]);
    let bytes: usize = told.iter().map(|(_, text)| text.len()).sum();
    for (secret, (what, text)) in secrets.iter().flat_map(|secret| told.iter().map(move |told| (secret, told))) {
        let line = text.lines().find(|line| line.contains(secret.as_str()));
        assert!(line.is_none(), "{secret} in {what}: {line:?}");
    }
    println!("{} secrets in {} texts of {bytes} bytes: 0 found", secrets.len(), told.len());
}
