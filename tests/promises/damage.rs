//! A data folder that has lost a part is refused, and nothing more is lost.

use std::{fs, path::Path};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    pictures,
    site::{Site, keys, text},
};

const DATABASES: [&str; 3] = ["catalog.sqlite", "objects.sqlite", "notifications.sqlite"];

/// A ready image in a site that was stopped and then damaged; what the start said, if it refused; and the image
/// again once the damage is undone.
async fn refused_start(damaged: &str, damage: impl Fn(&Path)) -> String {
    let site = Site::start().await;
    let image = site.uploaded("photo.png", &pictures::png(64, 48)).await;
    let folder = site.stop().await;
    let (path, backup) = (folder.0.join(damaged), folder.0.join("backup"));
    fs::copy(&path, &backup).unwrap();
    damage(&path);
    let refusal = Site::refusal(&folder).await.unwrap_or_else(|| panic!("it started in spite of it: {damaged}"));
    fs::rename(&backup, &path).unwrap();
    let site = Site::on(folder).await;
    assert_eq!(site.objects(), keys(&image));
    assert_whole(&site, &image).await;
    format!("{refusal:#}")
}

async fn assert_whole(site: &Site, image: &Value) {
    let image = site.get(&text(&image["links"]["self"])).await.json();
    for made in image["renditions"].as_array().unwrap() {
        let bytes = site.client.get(text(&made["url"])).send().await.unwrap().bytes().await.unwrap();
        assert_eq!(made["bytes"], bytes.len());
    }
}

fn assert_one_line_about(database: &str, said: &str) {
    assert!(said.contains(database) && said.contains("backup") && said.lines().count() == 1, "{said}");
}

#[tokio::test]
async fn database_cut_to_nothing_is_refused() {
    for database in DATABASES {
        let said = refused_start(database, |path| fs::write(path, "").unwrap()).await;
        assert_one_line_about(database, &said);
    }
}

#[tokio::test]
async fn database_cut_to_half_is_refused() {
    for database in DATABASES {
        let halve = |path: &Path| {
            let file = fs::File::options().write(true).open(path).unwrap();
            file.set_len(file.metadata().unwrap().len() / 2).unwrap();
        };
        assert_one_line_about(database, &refused_start(database, halve).await);
    }
}

#[tokio::test]
async fn database_overwritten_by_something_else_is_refused() {
    for database in DATABASES {
        let overwrite = |path: &Path| fs::write(path, b"no database, whatever its name may say; ".repeat(200)).unwrap();
        assert_one_line_about(database, &refused_start(database, overwrite).await);
    }
}

#[tokio::test]
async fn database_that_is_gone_is_refused() {
    for database in DATABASES {
        let said = refused_start(database, |path| fs::remove_file(path).unwrap()).await;
        assert_one_line_about(database, &said);
    }
}

/// As when only the log of a running process was left.
#[tokio::test]
async fn log_without_its_database_is_refused() {
    for database in DATABASES {
        let orphan = |path: &Path| fs::rename(path, format!("{}-wal", path.display())).unwrap();
        assert_one_line_about(database, &refused_start(database, orphan).await);
    }
}

#[tokio::test]
async fn fresh_catalog_beside_objects_is_refused() {
    let fresh = Site::start().await.stop().await;
    let said = refused_start("catalog.sqlite", |path| {
        fs::copy(fresh.0.join("catalog.sqlite"), path).unwrap();
    });
    assert_one_line_about("catalog.sqlite", &said.await);
}

#[tokio::test]
async fn secret_that_is_gone_is_not_drawn_anew() {
    let said = refused_start("secret", |path| fs::remove_file(path).unwrap()).await;
    assert_one_line_about("secret", &said);
}

#[tokio::test]
async fn folder_of_a_first_start_that_was_cut_off_is_no_loss() {
    for missing in DATABASES {
        let folder = Site::start().await.stop().await;
        for file in [missing, "begun"] {
            fs::remove_file(folder.0.join(file)).unwrap();
        }
        let site = Site::on(folder).await;
        assert_eq!(site.uploaded("photo.png", &pictures::png(64, 48)).await["status"], "ready");
    }
}

/// Or it would be open at its next start.
#[tokio::test]
async fn closed_site_is_refused_without_a_database_though_nothing_was_uploaded() {
    for missing in DATABASES {
        let site = Site::start().await;
        let first = site.post("/keys", json!({ "owner": "local", "scopes": ["admin"] })).await;
        assert_eq!(first.status, StatusCode::CREATED);
        let folder = site.stop().await;
        fs::remove_file(folder.0.join(missing)).unwrap();
        let refusal = Site::refusal(&folder).await.unwrap_or_else(|| panic!("it started without {missing}"));
        assert_one_line_about(missing, &format!("{refusal:#}"));
    }
}
