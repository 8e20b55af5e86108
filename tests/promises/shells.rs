//! The lines of the README, in a real shell with the real curl.

use std::process::Output;

use reqwest::Method;
use serde_json::json;
use tokio::process::Command;

use crate::{
    pictures,
    site::{Site, read, text},
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
