//! What becomes of the bytes.

use reqwest::StatusCode;
use serde_json::json;

use tests::faults::Step;

use crate::{
    pictures,
    site::{self, Site, eventually, keys, text},
};

#[tokio::test]
async fn uploaded_photo_becomes_ready_with_every_rendition() {
    let site = Site::start().await;
    let image = site.uploaded("photo.jpg", &pictures::jpeg(2400, 1600)).await;
    assert_eq!(image["status"], "ready", "{image}");
    let made: Vec<_> = image["renditions"].as_array().unwrap().iter().map(|made| text(&made["name"])).collect();
    assert_eq!(made, ["avif-320", "avif-640", "avif-1280", "avif-2048", "jpeg-1280"]);
    assert_eq!(site.objects(), keys(&image));
}

#[tokio::test]
async fn image_costs_as_few_calls_as_it_can() {
    let site = Site::start().await;
    let image = site.uploaded("photo.jpg", &pictures::jpeg(1500, 1000)).await;
    site.hold_the_invariants().await;
    let calls = |step| site.faults.calls(step);
    assert_eq!(
        Step::ALL.map(|step| (step, calls(step))).to_vec(),
        [
            (Step::Create, 1),
            (Step::Claim, 1),
            (Step::Fetch, 1),
            (Step::Write, image["renditions"].as_array().unwrap().len()),
            (Step::Finish, 1),
            (Step::Publish, 1),
            (Step::Mark, 1),
        ]
    );
    // But for renewals of a lease, on a machine as slow as that.
    assert_eq!([Step::Release, Step::Look, Step::Remove].map(calls), [0; 3]);
}

#[tokio::test]
async fn every_rendition_can_be_fetched_and_is_what_the_record_says() {
    let site = Site::start().await;
    let image = site.uploaded("photo.jpg", &pictures::jpeg(1500, 1001)).await;
    for made in image["renditions"].as_array().unwrap() {
        let answer = site.client.get(text(&made["url"])).send().await.unwrap();
        let content_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
        let bytes = answer.bytes().await.unwrap();
        let (width, height) = match content_type.as_str() {
            "image/avif" => pictures::avif_size(&bytes),
            "image/jpeg" => pictures::jpeg_size(&bytes),
            other => panic!("{other}"),
        };
        assert_eq!(
            (json!(width), json!(height), json!(bytes.len())),
            (made["width"].clone(), made["height"].clone(), made["bytes"].clone())
        );
    }
}

#[tokio::test]
async fn every_accepted_format_becomes_ready() {
    let site = Site::start().await;
    for (filename, bytes, frames) in [
        ("a.jpg", pictures::jpeg(90, 60), 1),
        ("a.png", pictures::png(90, 60), 1),
        ("a.webp", pictures::webp(90, 60), 1),
        ("a.gif", pictures::gif(90, 60, 3), 3),
    ] {
        let image = site.uploaded(filename, &bytes).await;
        let original = &image["original"];
        assert_eq!(
            (&image["status"], &original["width"], &original["frames"]),
            (&json!("ready"), &json!(90), &json!(frames)),
            "{image}"
        );
    }
}

#[tokio::test]
async fn small_original_is_never_enlarged_nor_made_twice() {
    let site = Site::start().await;
    let image = site.uploaded("small.png", &pictures::png(100, 50)).await;
    let made: Vec<_> = image["renditions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|made| (text(&made["name"]), made["width"].clone()))
        .collect();
    assert_eq!(made, [("avif-320".to_owned(), json!(100)), ("jpeg-1280".to_owned(), json!(100))]);
    assert_eq!(site.objects(), keys(&image));
    let larger = site.get(&format!("/images/{}/avif-2048", text(&image["id"]))).await;
    assert_eq!(larger.status, StatusCode::FOUND);
    assert!(larger.header("location").contains("/avif-320.avif"), "the largest of its format answers");
}

#[tokio::test]
async fn sideways_photo_is_set_upright_and_its_metadata_stays_behind() {
    let site = Site::start().await;
    let photo = pictures::with_exif(&pictures::jpeg(400, 200), 6, "CANARY-of-where-it-was-taken");
    let image = site.uploaded("sideways.jpg", &photo).await;
    assert_eq!((&image["original"]["width"], &image["original"]["height"]), (&json!(200), &json!(400)), "{image}");
    assert!(!image.to_string().contains("CANARY"));
    for made in image["renditions"].as_array().unwrap() {
        let bytes = site.client.get(text(&made["url"])).send().await.unwrap().bytes().await.unwrap();
        assert!(!bytes.windows(6).any(|six| six == b"CANARY"), "{made}");
        assert!(made["width"].as_u64() < made["height"].as_u64(), "{made}");
    }
}

#[tokio::test]
async fn what_is_no_picture_fails_with_a_code_and_is_kept_until_deleted() {
    let site = Site::start().await;
    let photo = pictures::jpeg(300, 200);
    let mut huge = pictures::png(10, 10);
    huge[16..20].copy_from_slice(&50_000u32.to_be_bytes());
    for (filename, bytes, code) in [
        ("note.jpg", b"only a text".to_vec(), "unsupported_format"),
        ("page.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), "unsupported_format"),
        ("half.jpg", photo[..photo.len() / 2].to_vec(), "truncated"),
        ("huge.png", huge, "side_too_long"),
    ] {
        let image = site.uploaded(filename, &bytes).await;
        assert_eq!((&image["status"], &image["error"]["code"]), (&json!("failed"), &json!(code)), "{image}");
        assert!(text(&image["error"]["detail"]).ends_with('.'), "a sentence: {image}");
        assert_eq!(image["error"]["retryable"], json!(false));
        let id = text(&image["id"]);
        assert!(site.objects().contains(&format!("originals/{id}")));
        assert_eq!(site.delete(&format!("/images/{id}")).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(site.objects(), [""; 0]);
}

#[tokio::test]
async fn same_event_many_times_leaves_the_same_image() {
    let site = Site::start().await;
    let image = site.uploaded("photo.jpg", &pictures::jpeg(640, 480)).await;
    let (id, before) = (text(&image["id"]), site.objects());
    // Repeated before it is noted as told, it would be told again.
    eventually(async || (site.events() == 0).then_some(())).await;
    let database = rusqlite::Connection::open(site.folder.0.join("objects.sqlite")).unwrap();
    database.busy_timeout(site::PATIENCE).unwrap();
    for _ in 0..10 {
        database
            .execute(
                "INSERT INTO events (name, bucket, key, bytes, etag, at) SELECT 'ObjectCreated:Put', bucket, key, bytes, etag, modified_at FROM objects WHERE bucket = 'originals'",
                [],
            )
            .unwrap();
    }
    let pending = || database.query_row("SELECT count(*) FROM events", [], |row| row.get::<_, i64>(0)).unwrap();
    eventually(async || (pending() == 0).then_some(())).await;
    let after = site.settled(&id).await;
    assert_eq!(
        (&after["status_changed_at"], &after["renditions"]),
        (&image["status_changed_at"], &image["renditions"])
    );
    assert_eq!(site.objects(), before);
    let told = site.get("/local/notifications").await.json();
    assert_eq!(told["notifications"].as_array().unwrap().len(), 1, "{told}");
}

#[tokio::test]
async fn foreign_object_is_passed_over() {
    let site = Site::start().await;
    let database = rusqlite::Connection::open(site.folder.0.join("objects.sqlite")).unwrap();
    database.busy_timeout(site::PATIENCE).unwrap();
    for key in ["../etc/passwd", "readme.txt", "0000000000000000000000000z"] {
        database
            .execute("INSERT INTO events (name, bucket, key, bytes, etag, at) VALUES ('ObjectCreated:Put', 'originals', ?, 1, 'e', 0)", [key])
            .unwrap();
    }
    let left = || database.query_row("SELECT count(*) FROM events", [], |row| row.get::<_, i64>(0)).unwrap();
    eventually(async || (left() == 0).then_some(())).await;
    assert_eq!(site.get("/images").await.json()["images"], json!([]));
}
