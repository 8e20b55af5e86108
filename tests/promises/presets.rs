//! What an upload may choose from.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::{
    pictures,
    site::{Folder, Site, keys, read, text},
};

const OWN: &str = r##"[
  { "name": "thumbs", "renditions": [
    { "name": "tiny", "format": "jpeg", "width": 50, "quality": 60 },
    { "name": "small", "format": "avif", "width": 100 } ] },
  { "name": "default", "renditions": [ { "name": "only", "format": "jpeg", "width": 64 } ] } ]"##;

fn names(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|named| text(&named["name"])).collect()
}

/// What was made of an upload that chose this preset.
async fn developed(site: &Site, preset: &str, bytes: &[u8]) -> Value {
    let new = json!({ "filename": "photo.jpg", "bytes": bytes.len(), "preset": preset });
    let answer = site.post("/uploads", new).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    assert_eq!(site.put(&answer.json(), bytes).await, StatusCode::OK);
    site.settled(&text(&answer.json()["id"])).await
}

#[tokio::test]
async fn get_presets_lists_the_built_ins() {
    let site = Site::start().await;
    let listed = site.get("/presets").await.json();
    assert_eq!(names(&listed["presets"]), ["default", "web", "webp", "avatar", "archive"]);
    assert_eq!(site.get("/config").await.json()["presets"], listed["presets"]);
    for preset in listed["presets"].as_array().unwrap() {
        assert_eq!(site.get(&format!("/presets/{}", text(&preset["name"]))).await.json(), *preset);
    }
    assert_eq!(site.get("/presets/nope").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn preset_of_the_upload_decides_what_is_made() {
    let site = Site::start().await;
    let image = developed(&site, "web", &pictures::jpeg(700, 400)).await;
    assert_eq!(image["preset"], "web");
    let made = names(&image["renditions"]);
    assert_eq!(made, ["avif-320", "avif-640", "avif-1280", "jpeg-320", "jpeg-640", "jpeg-1280"]);
    for format in ["avif", "jpeg"] {
        let srcset = text(&image["srcset"][format]);
        let widths: Vec<_> = srcset.split(", ").filter_map(|candidate| candidate.split(' ').next_back()).collect();
        assert_eq!(widths, ["320w", "640w", "700w"]);
    }
    assert_eq!(site.objects(), keys(&image));
}

#[tokio::test]
async fn avatars_are_squares() {
    let site = Site::start().await;
    let image = developed(&site, "avatar", &pictures::jpeg(800, 500)).await;
    let renditions = image["renditions"].as_array().unwrap();
    let sizes: Vec<_> = renditions.iter().map(|made| (made["width"].clone(), made["height"].clone())).collect();
    let squares = [96, 192, 384, 96, 192, 384].map(|side| (json!(side), json!(side)));
    assert_eq!(sizes, squares, "{image}");
    assert!(renditions.iter().all(|made| made["fit"] == "cover"));
    assert!(text(&image["srcset"]["avif"]).ends_with(" 384w"));
}

#[tokio::test]
async fn one_line_of_curl_may_choose_a_preset() {
    let site = Site::start_with_presets(OWN).await;
    let answer = read(site.request(Method::PUT, "/uploads/a.jpg?preset=thumbs").body("12345")).await;
    assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT, "{answer:?}");
    assert_eq!(site.get(answer.header("content-location")).await.json()["preset"], "thumbs");
}

#[tokio::test]
async fn own_presets_are_offered_and_used() {
    let site = Site::start_with_presets(OWN).await;
    let listed = names(&site.get("/presets").await.json()["presets"]);
    assert_eq!(listed, ["default", "web", "webp", "avatar", "archive", "thumbs"]);
    let told = site.get("/openapi.json").await.json();
    let told = &told["components"]["schemas"]["NewUpload"]["properties"]["preset"]["enum"];
    assert_eq!(*told, json!(["default", "web", "webp", "avatar", "archive", "thumbs", null]));
    let image = developed(&site, "thumbs", &pictures::jpeg(640, 480)).await;
    assert_eq!(names(&image["renditions"]), ["tiny", "small"]);
    assert_eq!(names(&site.uploaded("photo.jpg", &pictures::jpeg(640, 480)).await["renditions"]), ["only"]);
}

#[tokio::test]
async fn image_outlives_its_preset_and_is_deleted_without_it() {
    let site = Site::start_with_presets(OWN).await;
    let before = developed(&site, "thumbs", &pictures::jpeg(80, 60)).await;
    let waiting = site
        .post("/uploads", json!({ "filename": "a.png", "bytes": pictures::png(70, 70).len(), "preset": "thumbs" }))
        .await;
    let site = site.restart_without_presets().await;
    let path = format!("/images/{}", text(&before["id"]));
    assert_eq!(keys(&site.get(&path).await.json()), keys(&before));
    assert_eq!(site.get(&format!("{path}/small")).await.status, StatusCode::FOUND);
    let renewed = site.post(&format!("/uploads/{}/renew", text(&waiting.json()["id"])), json!({})).await.json();
    assert_eq!(site.put(&renewed, &pictures::png(70, 70)).await, StatusCode::OK);
    let promised = site.settled(&text(&renewed["id"])).await;
    assert_eq!(names(&promised["renditions"]), ["tiny", "small"], "{promised}");
    for image in [&before, &promised] {
        assert_eq!(site.delete(&format!("/images/{}", text(&image["id"]))).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(site.objects(), [""; 0]);
}

#[tokio::test]
async fn unknown_preset_is_refused_and_says_where_they_are_listed() {
    let site = Site::start().await;
    let answer = site.post("/uploads", json!({ "filename": "a.png", "bytes": 1, "preset": "nope" })).await;
    let problem = answer.json();
    assert_eq!((answer.status, &problem["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("preset")));
    assert!(text(&problem["detail"]).contains("GET /presets"), "{problem}");
}

#[tokio::test]
async fn malformed_presets_stop_the_start_with_one_line() {
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).unwrap();
    let file = folder.0.join("presets.json");
    for (json, said) in [
        (
            r#"[{"name": "own", "renditions": [{"name": "a", "format": "avif", "width": 0}]}]"#,
            r#"preset "own", rendition "a", width: is 0, accepted are 1 to 16384"#,
        ),
        (
            r#"[{"name": "own", "renditions": [{"name": "a", "format": "avif", "widht": 9}]}]"#,
            r#"preset "own", rendition "a", widht: unknown field"#,
        ),
        ("[", "is no JSON"),
    ] {
        std::fs::write(&file, json).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tintype-under-test"));
        command
            .args(["--listen", "127.0.0.1:0", "--s3-listen", "127.0.0.1:0"])
            .arg("--data")
            .arg(folder.0.join("data"));
        let ended = command.env("TINTYPE_PRESETS", &file).env_remove("RUST_BACKTRACE").output().await.unwrap();
        let error = String::from_utf8(ended.stderr).unwrap();
        assert!(!ended.status.success() && error.lines().count() == 1, "{error}");
        assert!(error.contains(&format!("{}: {said}", file.display())), "{error}");
    }
}
