//! The lines of the README, in a real shell with the real curl.

use std::process::Output;

use reqwest::Method;
use serde_json::json;
use tokio::process::Command;

use crate::{
    pictures,
    site::{Site, eventually, read, text},
};

async fn run(site: &Site, line: &str) -> Output {
    Command::new("sh").arg("-c").arg(line).current_dir(&site.folder.0).output().await.unwrap()
}

#[tokio::test]
async fn one_line_of_curl_uploads_a_photo() {
    let site = Site::start().await;
    // Above a megabyte curl asks first whether to go on; below, it sends at once.
    for (name, bytes) in [("small.jpg", pictures::jpeg(640, 480)), ("large.png", pictures::png(900, 700))] {
        std::fs::write(site.folder.0.join(name), &bytes).unwrap();
        let done = run(&site, &format!("curl -fsS -LT {name} {}/uploads/{name}", site.url())).await;
        assert!(done.status.success(), "{done:?}");
        let newest = site.get("/images?limit=1").await.json()["images"][0].clone();
        assert_eq!(newest["filename"], json!(name));
        let image = site.settled(&text(&newest["id"])).await;
        assert_eq!((&image["status"], &image["original"]["bytes"]), (&json!("ready"), &json!(bytes.len())));
    }
}

#[tokio::test]
async fn one_line_without_following_says_that_nothing_is_uploaded() {
    let site = Site::start().await;
    std::fs::write(site.folder.0.join("cat.png"), pictures::png(8, 8)).unwrap();
    let said =
        async |flags: &str| run(&site, &format!("curl -fsS {flags} cat.png {}/uploads/cat.png", site.url())).await;
    assert!(String::from_utf8_lossy(&said("-T").await.stdout).contains("curl -L"));
    assert_eq!(said("-LT").await.stdout, b"", "it did not follow");
}

#[tokio::test]
async fn line_of_a_grant_runs_in_a_shell_whatever_the_name() {
    let site = Site::start().await;
    let bytes = pictures::png(8, 8);
    for name in
        ["cat.png", "it's a cat.png", "-o.png", "$(touch owned).png", "[1-3]{a,b}.png", "b\u{fc}cher.png", "a;b&c.png"]
    {
        std::fs::write(site.folder.0.join(name), &bytes).unwrap();
        let new = json!({ "filename": name, "bytes": bytes.len() });
        let answer = read(site.request(Method::POST, "/uploads").header("accept", "text/plain").json(&new)).await;
        let done = run(&site, &answer.text).await;
        assert!(done.status.success(), "{name}: {done:?}\n{}", answer.text);
        let image = site.settled(answer.header("location").trim_start_matches("/images/")).await;
        assert_eq!(image["filename"], json!(name));
    }
    assert!(!site.folder.0.join("owned").exists());
}

/// The key goes to the API alone: `curl` leaves it out where a redirect leads to another port, and S3 refuses a request
/// that shows two reasons to be let in.
#[tokio::test]
async fn one_line_of_curl_uploads_a_photo_with_a_key() {
    let site = Site::start_with_keys().await;
    let key = site.key("ann", &["uploads:create", "images:read"]).await;
    std::fs::write(site.folder.0.join("cat.jpg"), pictures::jpeg(64, 48)).unwrap();
    let line = "curl -fsS -LT cat.jpg -H \"Authorization: Bearer $KEY\"";
    let with_key = |key: &str| format!("KEY={key}; {line} {}/uploads/cat.jpg", site.url());
    let done = run(&site, &with_key(&key)).await;
    assert!(done.status.success(), "{done:?}");
    let listed = async || read(site.request_by(&key, Method::GET, "/images")).await.json()["images"].clone();
    eventually(async || (listed().await[0]["status"] == "ready").then_some(())).await;
    for wrong in ["", "tk_wrong"] {
        let refused = run(&site, &with_key(wrong)).await;
        assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("401"), "{refused:?}");
    }
    let granted = read(site.request_by(&key, Method::PUT, "/uploads/cat.jpg").body("bytes")).await;
    let both = read(site.client.put(granted.header("location")).bearer_auth(&key).body("bytes")).await;
    assert!(both.status.is_client_error(), "{both:?}");
}
