//! What opens a bucket, or somebody else's door, is told to nobody but whom it is for.

use reqwest::{Method, StatusCode};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    logged::Logged,
    pictures,
    site::{client, eventually, put_request, read, text},
};

/// Nobody listens there: each attempt fails, and is logged.
const SUBSCRIBER: &str = "http://ada:canary-password@127.0.0.1:9/hook?token=canary-token";

const ADMIN_KEY: &str = "canary: the key of the administrator";
const SCOPES: [&str; 4] = ["uploads:create", "images:read", "images:delete", "admin"];

/// A key, as it is shown once.
async fn key(process: &Logged) -> String {
    let new = json!({ "owner": "ann", "scopes": SCOPES });
    let made = read(client().post(format!("{}/keys", process.url)).bearer_auth(ADMIN_KEY).json(&new)).await;
    text(&made.json()["key"])
}

/// All that nobody else shall read, and what shows that something of the kind is there.
fn secrets(process: &Logged, key: &str) -> Vec<String> {
    let root = std::fs::read(process.folder.0.join("secret")).unwrap();
    let derived =
        ["s3", "ids"].map(|purpose| Sha256::new().chain_update(&root).chain_update(purpose).finalize().to_vec());
    let keys = derived.into_iter().chain([root]).map(hex::encode);
    let marks = ["X-Amz-Signature", "AWS4-HMAC", "canary-password", "canary-token"].map(str::to_owned);
    // Half of its secret, as it also is in a mistyped one.
    keys.chain(marks).chain([ADMIN_KEY.into(), key[20..46].into()]).collect()
}

/// Everything that is done with a site, well and badly; all that it answers but the grants themselves.
async fn used(process: &Logged, key: &str) -> Vec<(&'static str, String)> {
    let (client, url) = (client(), &process.url);
    let ask = |method: Method, path: &str| client.request(method, format!("{url}{path}")).bearer_auth(key);
    let get = |path: &str| read(ask(Method::GET, path));
    let photo = pictures::jpeg(64, 48);
    let new = json!({ "filename": "a.jpg", "bytes": photo.len() });
    let grant = read(ask(Method::POST, "/uploads").json(&new)).await.json();
    let refused = read(put_request(&client, &grant, b"other").header("x-amz-acl", "private")).await;
    let longer = read(put_request(&client, &grant, &[&photo[..], b"!"].concat())).await;
    assert_eq!(read(put_request(&client, &grant, &photo)).await.status, StatusCode::OK);
    let again = read(put_request(&client, &grant, &photo)).await;
    let twice = read(put_request(&client, &grant, &photo).bearer_auth(key)).await;
    let id = text(&grant["id"]);
    eventually(async || (get(&format!("/images/{id}?wait=10")).await.json()["status"] == "ready").then_some(())).await;
    let bare = read(ask(Method::PUT, "/uploads/b.jpg").body(photo)).await;
    let elsewhere = bare.header("location").replace("/originals/", "/renditions/");
    let moved = read(client.put(elsewhere).body("no")).await;
    let original = get(&format!("/images/{id}/original")).await;
    let altered = read(client.get(original.header("location").replace("octet-stream", "html"))).await;
    for (what, answer) in
        [("S3", &refused), ("S3", &longer), ("S3", &again), ("S3", &twice), ("S3", &moved), ("S3", &altered)]
    {
        assert!(answer.status.is_client_error(), "{what}: {answer:?}");
    }
    let unknown = get(&format!("/images/{id}?token={}", "x".repeat(99))).await;
    let renewed = read(ask(Method::POST, &format!("/uploads/{id}/renew"))).await;
    let method = read(ask(Method::PATCH, &format!("/images/{id}"))).await;
    // So that the log has it.
    let told = async || Some(get("/local/notifications").await).filter(|told| told.text.contains("retrying"));
    let told = eventually(told).await;
    let other = if key.ends_with('7') { "8" } else { "7" };
    let mistyped = read(client.get(format!("{url}/images")).bearer_auth([&key[..79], other].concat())).await;
    let (listed, keyless) = (get("/keys").await, read(client.get(format!("{url}/images?key={key}"))).await);
    let revoked = read(ask(Method::DELETE, &format!("/keys/{}", &key[3..19]))).await;
    let late = get("/images").await;
    let all = [
        refused, longer, again, twice, moved, altered, unknown, renewed, method, told, mistyped, listed, keyless,
        revoked, late,
    ];
    all.map(|answer| ("an answer", format!("{:?} {}", answer.headers, answer.text))).into()
}

#[tokio::test]
async fn secrets_are_in_no_log_refusal_or_notification() {
    let process = Logged::start(&[
        ("TINTYPE_LOG", "trace"),
        ("TINTYPE_NOTIFY_URL", SUBSCRIBER),
        ("TINTYPE_ADMIN_KEY", ADMIN_KEY),
    ])
    .await;
    let key = key(&process).await;
    let (secrets, mut told) = (secrets(&process, &key), used(&process, &key).await);
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
