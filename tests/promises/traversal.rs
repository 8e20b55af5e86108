//! No name leads out of the data folder.

use std::path::Path;

use reqwest::StatusCode;
use serde_json::json;

use crate::{
    site::{Folder, Site, text},
    wire::Wire,
};

const NAMES: [&str; 9] = ["../../x", "..\\..\\x", "/etc/x", "....//x", "..", ".", "secret", "objects.sqlite", "~/x"];

/// Every file below, with its bytes, but for what lies in the data folder.
fn outside(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        match path.is_dir() {
            true if path.ends_with("data") => {}
            true => found.extend(outside(&path)),
            false => found.push((path.to_string_lossy().into_owned(), std::fs::read(&path).unwrap())),
        }
    }
    found
}

fn encoded(name: &str) -> [String; 2] {
    let once: String = name.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let twice = once.replace('%', "%25");
    [once, twice]
}

/// Uploads five bytes under the name, by JSON and by the redirect; how many were taken.
async fn upload(site: &Site, name: &str) -> usize {
    let mut taken = 0;
    let new = json!({ "filename": name, "bytes": 5 });
    let granted = site.post("/uploads", new).await;
    if granted.status == StatusCode::CREATED {
        taken += usize::from(site.put(&granted.json(), b"12345").await.is_success());
    }
    for path in encoded(name) {
        let redirect = Wire::new("PUT", &format!("{}/uploads/{path}", site.url()), b"12345").send().await;
        if redirect.status == 307 {
            let put = Wire::new("PUT", redirect.headers["location"].to_str().unwrap(), b"12345");
            taken += usize::from(put.send().await.is_success());
        }
    }
    taken
}

#[tokio::test]
async fn no_name_or_key_leads_out_of_the_data_folder() {
    let parent = Folder::new();
    std::fs::create_dir_all(parent.0.join("beside")).unwrap();
    std::fs::write(parent.0.join("beside/x"), "untouched").unwrap();
    std::fs::write(parent.0.join("x"), "untouched").unwrap();
    let before = outside(&parent.0);
    let site = Site::on(Folder(parent.0.join("data"))).await;
    let mut taken = 0;
    for name in NAMES {
        taken += upload(&site, name).await;
        for key in encoded(name) {
            let direct = Wire::new("PUT", &format!("{}/originals/{key}", site.s3_url()), b"12345").send().await;
            assert!((400..500).contains(&direct.status), "{name}: {direct:?}");
            for method in ["GET", "DELETE"] {
                let answer = Wire::new(method, &format!("{}/images/{key}", site.url()), b"").send().await;
                assert_eq!(answer.status, 404, "{name}: {answer:?}");
            }
        }
    }
    for image in site.get("/images?limit=100").await.json()["images"].as_array().unwrap() {
        assert!(!text(&image["filename"]).contains(['/', '\\']), "{image}");
        assert_eq!(site.delete(&format!("/images/{}", text(&image["id"]))).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(outside(&parent.0), before);
    println!("{} names, {taken} uploads taken: 0 files touched outside of the data folder", NAMES.len());
    assert!(taken >= NAMES.len(), "{taken}");
}
