//! A disk that is full, broken, read-only, or that no file can be opened on any more: a clear error, nothing torn,
//! nothing acknowledged that may be lost, and all goes on once the disk does.

use std::{fs, process::Stdio};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::{JoinSet, LocalSet};

use crate::{
    disk::{Disk, EIO, EMFILE, ENOSPC, EROFS, NAME, OPEN, OPEN_TO_WRITE, SYNC, WRITE},
    pictures,
    process::{Process, command, free_ports},
    site::{self, Folder, client, eventually, keys, objects, put_request, read, text},
};

/// A process on a disk that can be made to fail.
struct Stage {
    process: Process,
    disk: Disk,
    folder: Folder,
    ports: [String; 2],
    photo: Vec<u8>,
}

impl Stage {
    async fn start() -> Self {
        let (folder, ports) = (Folder::new(), free_ports());
        let disk = Disk::under(&folder);
        let process = Process::of(disk.with(command(&folder.0, &ports))).await;
        Self { process, disk, folder, ports, photo: pictures::png(64, 48) }
    }

    /// Asks for an upload; a refusal must be one that says so.
    async fn grant(&self) -> Option<Value> {
        let new = json!({ "filename": "photo.png", "bytes": self.photo.len() });
        let request = client().request(Method::POST, format!("{}/uploads", self.process.url)).json(&new);
        let answer = read(request).await;
        if answer.status.is_success() {
            return Some(answer.json());
        }
        assert!(answer.status.is_server_error(), "{answer:?}");
        assert!(answer.json()["code"].is_string(), "{answer:?}");
        None
    }

    /// Whether it was acknowledged.
    async fn put(&self, grant: &Value) -> bool {
        let answer = read(put_request(&client(), grant, &self.photo)).await;
        assert!(answer.status.is_success() || answer.status.is_server_error(), "{answer:?}");
        answer.status.is_success()
    }

    async fn has_settled(&self, id: &str) -> bool {
        let status = text(&self.process.image(id).await["status"]);
        status == "ready" || status == "failed"
    }

    /// What was acknowledged is there, and nothing else, in this process and in the next.
    async fn assert_whole(self, id: &str) {
        let image = site::settled(&client(), &self.process.url, id).await;
        assert_eq!(image["status"], "ready", "{image}");
        assert_eq!(objects(&self.folder.0), keys(&image));
        self.process.kill().await;
        let process = Process::start(&self.folder.0, &self.ports).await;
        assert_eq!(process.image(id).await["renditions"].as_array().unwrap().len(), keys(&image).len() - 1);
        let blobs = fs::read_dir(self.folder.0.join("objects")).unwrap().count();
        assert_eq!(blobs, keys(&image).len(), "every blob is an object's");
        process.kill().await;
    }
}

/// An upload during which calls of these kinds fail, but for the first `passing` ones, until the first has failed.
async fn survives(kinds: u32, error: i32, passing: i64) {
    let stage = Stage::start().await;
    stage.disk.fail(kinds, error, passing);
    let grant = stage.grant().await;
    let put = match &grant {
        Some(grant) => stage.put(grant).await,
        None => false,
    };
    if let (Some(grant), true) = (&grant, put) {
        let id = text(&grant["id"]);
        eventually(async || (stage.disk.failed() > 0 || stage.has_settled(&id).await).then_some(())).await;
    }
    stage.disk.recover();
    // As any client would: again, until it is done.
    let grant = match grant {
        Some(grant) => grant,
        None => stage.grant().await.unwrap(),
    };
    assert!(put || stage.put(&grant).await);
    stage.assert_whole(&text(&grant["id"])).await;
}

async fn survives_each(kinds: u32, error: i32, passing: impl IntoIterator<Item = i64>) {
    let all_at_once = async {
        let mut runs = JoinSet::new();
        for passing in passing {
            runs.spawn_local(survives(kinds, error, passing));
        }
        runs.join_all().await
    };
    LocalSet::new().run_until(all_at_once).await;
}

#[tokio::test]
async fn disk_that_is_full_at_a_write_tears_nothing_and_passes() {
    survives_each(WRITE, ENOSPC, [0, 1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128]).await;
}

#[tokio::test]
async fn disk_that_fails_to_sync_tears_nothing_and_passes() {
    survives_each(SYNC, EIO, [0, 1, 2, 3, 4, 6, 8, 12]).await;
}

#[tokio::test]
async fn disk_that_turns_read_only_tears_nothing_and_passes() {
    survives_each(WRITE | SYNC | OPEN_TO_WRITE | NAME, EROFS, [0, 5, 10, 20, 40]).await;
}

#[tokio::test]
async fn lack_of_descriptors_tears_nothing_and_passes() {
    survives_each(OPEN, EMFILE, [0, 1, 2, 3]).await;
}

#[tokio::test]
async fn nothing_is_acknowledged_that_the_disk_does_not_keep() {
    let stage = Stage::start().await;
    let grant = stage.grant().await.unwrap();
    stage.disk.fail(SYNC, EIO, 0);
    assert!(stage.grant().await.is_none());
    assert!(!stage.put(&grant).await);
    assert_eq!(objects(&stage.folder.0), [""; 0]);
    stage.disk.recover();
    assert!(stage.put(&grant).await);
    stage.assert_whole(&text(&grant["id"])).await;
}

#[tokio::test]
async fn uploads_that_a_full_disk_refuses_do_not_fill_it_further() {
    let stage = Stage::start().await;
    let grant = stage.grant().await.unwrap();
    // The blob still has room, its row has none.
    for _ in 0..5 {
        stage.disk.fail(WRITE, ENOSPC, 1);
        assert!(!stage.put(&grant).await);
        stage.disk.recover();
    }
    assert_eq!(fs::read_dir(stage.folder.0.join("objects")).unwrap().count(), 0);
}

#[tokio::test]
async fn disk_that_is_read_only_is_still_read_from() {
    let stage = Stage::start().await;
    let grant = stage.grant().await.unwrap();
    assert!(stage.put(&grant).await);
    let image = site::settled(&client(), &stage.process.url, &text(&grant["id"])).await;
    stage.disk.fail(WRITE | SYNC | OPEN_TO_WRITE | NAME, EROFS, 0);
    for made in image["renditions"].as_array().unwrap() {
        assert!(read(client().get(text(&made["url"]))).await.status.is_success());
    }
    assert!(stage.grant().await.is_none());
}

#[tokio::test]
async fn start_on_a_disk_that_takes_nothing_says_why() {
    for (kinds, error, why) in [
        (WRITE, ENOSPC, "No space left on device"),
        (SYNC, EIO, "Input/output error"),
        (WRITE | SYNC | OPEN_TO_WRITE | NAME, EROFS, "Read-only file system"),
    ] {
        let folder = Folder::new();
        let disk = Disk::under(&folder);
        disk.fail(kinds, error, 0);
        let mut start = disk.with(command(&folder.0, &free_ports()));
        let ended = start.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).output().await.unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success() && said.contains(why), "{said}");
        disk.recover();
        Process::start(&folder.0, &free_ports()).await.kill().await;
    }
}
