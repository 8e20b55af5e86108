//! Killed at any moment and started again: what was acknowledged settles.

use std::{fs::File, path::Path, process::Stdio};

use futures_util::future::join_all;
use serde_json::Value;
use tests::{faults::Step, processes::children};
use tokio::process::Command;

use crate::{
    darkroom::is_darkroom,
    pictures,
    process::{Process, command, free_ports},
    site::{self, Folder, client, eventually, keys, objects, put_request, read, text},
};

#[tokio::test]
async fn killed_while_processing_the_image_settles_after_the_restart() {
    let (folder, ports) = (Folder::new(), free_ports());
    let photo = pictures::jpeg(7000, 7000);
    let process = Process::start(&folder.0, &ports).await;
    let grant = process.grant(&photo).await;
    let id = text(&grant["id"]);
    assert!(read(put_request(&client(), &grant, &photo)).await.status.is_success());
    eventually(async || (process.image(&id).await["status"] == "processing").then_some(())).await;
    process.kill().await;
    let process = Process::start(&folder.0, &ports).await;
    assert_eq!(process.image(&id).await["status"], "processing", "it was killed in the midst of it");
    let image = site::settled(&client(), &process.url, &id).await;
    assert_eq!(image["status"], "ready", "{image}");
    assert_eq!(objects(&folder.0), keys(&image));
    process.kill().await;
}

/// Before the step's request is sent, or after it was answered.
async fn killed_once(moment: &str, step: Step) {
    let (folder, ports) = (Folder::new(), free_ports());
    let photo = pictures::jpeg(300, 200);
    let mut dying = command(&folder.0, &ports);
    dying.env("DIES", format!("{moment} {step:?}"));
    let mut process = Process::of(dying).await;
    let grant = process.grant(&photo).await;
    // The process may be gone before the answer is.
    let _ = put_request(&client(), &grant, &photo).send().await;
    process.child.wait().await.unwrap();
    let process = Process::start(&folder.0, &ports).await;
    let image = site::settled(&client(), &process.url, &text(&grant["id"])).await;
    assert_eq!(image["status"], "ready", "killed {moment} {step:?}: {image}");
    let told = eventually(async || {
        let told = read(client().get(format!("{}/local/notifications", process.url))).await.json();
        (!told["notifications"].as_array().unwrap().is_empty()).then_some(told)
    });
    let events: std::collections::BTreeSet<_> =
        told.await["notifications"].as_array().unwrap().iter().map(|told| text(&told["event_id"])).collect();
    assert_eq!(events.len(), 1, "killed {moment} {step:?}: {events:?}");
    assert_eq!(objects(&folder.0), keys(&image));
    process.kill().await;
}

#[tokio::test]
async fn killed_at_any_step_the_image_settles_after_the_restart() {
    let mut killed = Vec::new();
    for step in [Step::Claim, Step::Fetch, Step::Write, Step::Finish, Step::Publish, Step::Mark] {
        for moment in ["before", "after"] {
            killed.push(killed_once(moment, step));
        }
    }
    join_all(killed).await;
}

#[tokio::test]
async fn killed_during_a_put_nothing_is_torn_and_the_url_still_works() {
    let (folder, ports) = (Folder::new(), free_ports());
    let photo = pictures::jpeg(1200, 900);
    let process = Process::start(&folder.0, &ports).await;
    let grant = process.grant(&photo).await;
    let half = photo[..photo.len() / 2].to_vec();
    let (sent, rest) = tokio::sync::oneshot::channel::<()>();
    let slow = slow_put(&grant, half, photo.len(), rest);
    eventually(async || (blobs(&folder.0) == 1).then_some(())).await;
    process.kill().await;
    drop(sent);
    assert!(slow.await.unwrap().is_err(), "nobody was told that it worked");
    assert_eq!(objects(&folder.0), [""; 0]);
    let process = Process::start(&folder.0, &ports).await;
    assert_eq!(blobs(&folder.0), 0, "the torn file was swept");
    assert!(read(put_request(&client(), &grant, &photo)).await.status.is_success());
    let image = site::settled(&client(), &process.url, &text(&grant["id"])).await;
    assert_eq!(image["status"], "ready");
    process.kill().await;
}

/// Sends the first half, then nothing until the other end is gone.
fn slow_put(
    grant: &Value,
    half: Vec<u8>,
    length: usize,
    rest: tokio::sync::oneshot::Receiver<()>,
) -> tokio::task::JoinHandle<reqwest::Result<reqwest::Response>> {
    let (pieces, body) = tokio::sync::mpsc::channel::<Result<Vec<u8>, std::io::Error>>(1);
    tokio::spawn(async move {
        let _ = pieces.send(Ok(half)).await;
        let _ = rest.await;
    });
    let stream = Pieces(body);
    let request =
        put_request(&client(), grant, b"").header("content-length", length).body(reqwest::Body::wrap_stream(stream));
    tokio::spawn(request.send())
}

struct Pieces(tokio::sync::mpsc::Receiver<Result<Vec<u8>, std::io::Error>>);

impl futures_core::Stream for Pieces {
    type Item = Result<Vec<u8>, std::io::Error>;
    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}

fn blobs(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("objects")).unwrap().count()
}

#[tokio::test]
async fn second_process_on_one_folder_is_refused() {
    let folder = Folder::new();
    let process = Process::start(&folder.0, &free_ports()).await;
    let second = command(&folder.0, &free_ports()).output().await.unwrap();
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success() && said.contains("another Tintype"), "{said}");
    process.kill().await;
}

#[tokio::test]
async fn told_to_stop_as_soon_as_it_is_ready_it_ends_in_good_order() {
    let folder = Folder::new();
    for _ in 0..5 {
        let mut process = Process::start(&folder.0, &free_ports()).await;
        process.terminate().await;
        let ended = process.child.wait().await.unwrap();
        assert!(ended.success(), "{ended}");
    }
}

#[tokio::test]
async fn told_to_stop_it_finishes_what_is_in_hand() {
    let (folder, ports) = (Folder::new(), free_ports());
    let photo = pictures::jpeg(4000, 3000);
    let mut process = Process::start(&folder.0, &ports).await;
    let grant = process.grant(&photo).await;
    let id = text(&grant["id"]);
    assert!(read(put_request(&client(), &grant, &photo)).await.status.is_success());
    eventually(async || (process.image(&id).await["status"] != "awaiting_upload").then_some(())).await;
    process.terminate().await;
    assert!(process.child.wait().await.unwrap().success());
    let process = Process::start(&folder.0, &ports).await;
    assert_eq!(process.image(&id).await["status"], "ready");
    process.kill().await;
}

#[tokio::test]
async fn ctrl_c_at_its_terminal_leaves_what_is_in_hand_alone() {
    let (folder, ports) = (Folder::new(), free_ports());
    let photo = pictures::jpeg(7000, 7000);
    // The terminal tells all of a group: not ours.
    let mut started = command(&folder.0, &ports);
    started.process_group(0);
    let mut process = Process::of(started).await;
    let grant = process.grant(&photo).await;
    let id = text(&grant["id"]);
    assert!(read(put_request(&client(), &grant, &photo)).await.status.is_success());
    let pid = process.child.id().unwrap();
    eventually(async || children(pid).into_iter().any(is_darkroom).then_some(())).await;
    let interrupt = ["-INT".to_owned(), "--".to_owned(), format!("-{pid}")];
    assert!(Command::new("kill").args(&interrupt).status().await.unwrap().success());
    assert!(process.child.wait().await.unwrap().success());
    let process = Process::start(&folder.0, &ports).await;
    assert_eq!(process.image(&id).await["status"], "ready");
    process.kill().await;
}

#[tokio::test]
async fn log_that_nobody_takes_is_no_reason_to_stop() {
    let folder = Folder::new();
    let full: Stdio = File::options().write(true).open("/dev/full").unwrap().into();
    let mut command = command(&folder.0, &free_ports());
    command.env("TINTYPE_LOG", "debug").stderr(full);
    let process = Process::of(command).await;
    let photo = pictures::jpeg(64, 48);
    let grant = process.grant(&photo).await;
    assert!(read(put_request(&client(), &grant, &photo)).await.status.is_success());
    assert_eq!(site::settled(&client(), &process.url, &text(&grant["id"])).await["status"], "ready");
    process.kill().await;
}
