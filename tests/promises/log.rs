//! What an operator reads: the log as JSON.

use std::{path::Path, process::Stdio};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines},
    process::{Child, ChildStderr, Command},
};

use crate::{
    crashes::{command, free_ports},
    pictures,
    site::{Folder, client, put_request, read, settled, text},
};

/// A process that logs JSON.
struct Process {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    url: String,
}

impl Process {
    async fn start(folder: &Path) -> Self {
        let command = &mut command(folder, &free_ports());
        command.args(["--log-format", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let first = object(&log.next_line().await.unwrap().unwrap());
        assert_eq!(first["message"], "ready", "{first}");
        Self { child, log, url: text(&first["url"]) }
    }

    /// The id of the image that was made of these bytes, once it is settled.
    async fn upload(&self, filename: &str, bytes: &[u8]) -> String {
        let new = json!({ "filename": filename, "bytes": bytes.len() });
        let grant = read(client().post(format!("{}/uploads", self.url)).json(&new)).await.json();
        assert!(read(put_request(&client(), &grant, bytes)).await.status.is_success());
        let id = text(&grant["id"]);
        settled(&client(), &self.url, &id).await;
        id
    }

    /// Stops it in good order; what it logged, and what it printed.
    async fn end(mut self) -> (Vec<Value>, String) {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        let (mut log, mut printed) = (Vec::new(), String::new());
        while let Some(line) = self.log.next_line().await.unwrap() {
            log.push(object(&line));
        }
        self.child.stdout.take().unwrap().read_to_string(&mut printed).await.unwrap();
        assert!(self.child.wait().await.unwrap().success());
        (log, printed)
    }
}

fn object(line: &str) -> Value {
    let object: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
    assert!(object.is_object() && object["level"].is_string() && object["timestamp"].is_string(), "{line}");
    object
}

#[tokio::test]
async fn json_log_tells_of_every_image_and_is_all_that_is_written() {
    let folder = Folder::new();
    let process = Process::start(&folder.0).await;
    let ready = process.upload("\u{202e}\"gnp\\n.tac", &pictures::png(8, 8)).await;
    let failed = process.upload("note.png", b"only a text").await;
    let (log, printed) = process.end().await;
    let settled = |id: &str| {
        let lines: Vec<_> = log.iter().filter(|line| line["message"] == "settled" && line["image_id"] == id).collect();
        lines.iter().map(|line| (text(&line["status"]), line["failure"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(settled(&ready), [("ready".to_owned(), Value::Null)], "{log:?}");
    assert_eq!(settled(&failed), [("failed".to_owned(), json!("unsupported_format"))]);
    assert_eq!(printed, "");
}

#[tokio::test]
async fn process_that_cannot_start_says_why_in_json() {
    let folder = Folder::new();
    let process = Process::start(&folder.0).await;
    let second = command(&folder.0, &free_ports()).args(["--log-format", "json"]).output().await.unwrap();
    let said = object(String::from_utf8(second.stderr).unwrap().trim_end());
    assert!(!second.status.success() && text(&said["cause"]).contains("another Tintype"), "{said}");
    process.end().await;
}
