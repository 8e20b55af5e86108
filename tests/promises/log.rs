//! What an operator reads: the log as JSON.

use std::{path::Path, process::Stdio};

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    task::JoinHandle,
};

use crate::{
    notifications::subscriber,
    pictures,
    process::{command, free_ports},
    site::{Folder, Site, client, eventually, put_request, read, settled, text},
};

/// A process that logs JSON.
pub struct Process {
    child: Child,
    log: JoinHandle<Vec<Value>>,
    pub url: String,
}

impl Process {
    pub async fn start(folder: &Path, flags: &[&str]) -> Self {
        let command = &mut command(folder, &free_ports());
        command
            .args(["--log-format", "json"])
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let first = object(&log.next_line().await.unwrap().unwrap());
        assert_eq!(first["message"], "ready", "{first}");
        // From the beginning: a pipe that nobody reads stops who writes to it.
        Self { child, log: tokio::spawn(objects(log)), url: text(&first["url"]) }
    }

    /// The id of the image that was made of these bytes, once it is settled.
    pub async fn upload(&self, request_id: &str, filename: &str, bytes: &[u8]) -> String {
        let new = json!({ "filename": filename, "bytes": bytes.len() });
        let ask = client().post(format!("{}/uploads", self.url)).header("x-request-id", request_id).json(&new);
        let grant = read(ask).await.json();
        assert!(read(put_request(&client(), &grant, bytes)).await.status.is_success());
        let id = text(&grant["id"]);
        settled(&client(), &self.url, &id).await;
        id
    }

    /// Stops it in good order; what it logged, and what it printed.
    pub async fn end(mut self) -> (Vec<Value>, String) {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        let (log, mut printed) = (self.log.await.unwrap(), String::new());
        self.child.stdout.take().unwrap().read_to_string(&mut printed).await.unwrap();
        assert!(self.child.wait().await.unwrap().success());
        (log, printed)
    }
}

async fn objects(mut log: Lines<BufReader<ChildStderr>>) -> Vec<Value> {
    let mut objects = Vec::new();
    while let Some(line) = log.next_line().await.unwrap() {
        objects.push(object(&line));
    }
    objects
}

fn object(line: &str) -> Value {
    let object: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
    assert!(object.is_object() && object["level"].is_string() && object["timestamp"].is_string(), "{line}");
    object
}

#[tokio::test]
async fn json_log_tells_of_every_image_and_is_all_that_is_written() {
    let folder = Folder::new();
    let process = Process::start(&folder.0, &[]).await;
    let ready = process.upload("a", "\"gnp\\n.tac", &pictures::png(8, 8)).await;
    let failed = process.upload("b", "note.png", b"only a text").await;
    let (log, printed) = process.end().await;
    let settled = |id: &str| {
        let lines: Vec<_> = log.iter().filter(|line| line["message"] == "settled" && line["image_id"] == id).collect();
        lines.iter().map(|line| (text(&line["status"]), line["failure"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(settled(&ready), [("ready".to_owned(), Value::Null)], "{log:?}");
    assert_eq!(settled(&failed), [("failed".to_owned(), json!("unsupported_format"))]);
    assert_eq!(printed, "");
}

/// As text in JSON and, percent-encoded, in a path.
const HOSTILE: [&str; 7] = [
    "a\r\nlevel: ERROR",
    "\u{1b}[31mred\u{1b}[0m.png",
    "nul\0.png",
    "\u{202e}gnp.exe",
    "\"},{\"level\":\"ERROR\",\"message\":\"forged",
    "\u{2028}\u{feff}\u{85}.png",
    "${jndi:ldap://x}%n%s.png",
];

#[tokio::test]
async fn whatever_a_client_says_a_line_of_the_log_stays_one_object() {
    let folder = Folder::new();
    let process = Process::start(&folder.0, &[]).await;
    let (client, long) = (client(), "x".repeat(4096));
    for name in HOSTILE.into_iter().chain([long.as_str()]) {
        let url = format!("{}/uploads", process.url);
        let new = json!({ "filename": name, "bytes": 1, "content_type": name, name: name });
        read(client.post(&url).json(&new)).await;
        read(client.post(&url).json(&json!({ "filename": name, "bytes": 1 }))).await;
        let mut path = reqwest::Url::parse(&url).unwrap();
        path.path_segments_mut().unwrap().push(name);
        read(client.put(path.clone()).body("x")).await;
        path.query_pairs_mut().append_pair("preset", name);
        read(client.get(path)).await;
        let bytes: Vec<_> = name.bytes().filter(|byte| !b"\r\n\0\x1b".contains(byte)).collect();
        let value = reqwest::header::HeaderValue::from_bytes(&bytes).unwrap();
        let headers = ["user-agent", "x-request-id", "idempotency-key"];
        let ask = headers.iter().fold(client.get(&url), |ask, header| ask.header(*header, value.clone()));
        read(ask).await;
    }
    let (log, _) = process.end().await;
    let answered: Vec<_> = log.iter().filter(|line| line["message"] == "answered").collect();
    assert_eq!(answered.len(), 5 * (HOSTILE.len() + 1), "{log:?}");
    let told = serde_json::to_string(&log).unwrap();
    assert!(!told.contains("forged") && !told.contains('\u{202e}') && !told.contains(&long), "{told}");
}

const SCOPES: [&str; 4] = ["admin", "uploads:create", "images:read", "images:delete"];

/// What the lines of requests say of the method and the key.
fn by_key(log: &[Value], method: &str, key_id: &Value) -> Vec<Value> {
    let answered = log.iter().filter(|line| line["message"] == "answered" && line["method"] == method);
    answered.filter(|line| line["span"]["key_id"] == *key_id).map(|line| line["status"].clone()).collect()
}

#[tokio::test]
async fn request_whose_client_hung_up_is_carried_out_and_has_its_line() {
    let folder = Folder::new();
    let process = Process::start(&folder.0, &[]).await;
    let keys = format!("{}/keys", process.url);
    let key = read(client().post(&keys).json(&json!({ "owner": "local", "scopes": SCOPES }))).await.json();
    let (host, secret) = (process.url.trim_start_matches("http://"), text(&key["key"]));
    let second = json!({ "owner": "second", "scopes": SCOPES }).to_string();
    let mut connection = tokio::net::TcpStream::connect(host).await.unwrap();
    let head = format!(
        "POST /keys HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {secret}\r\ncontent-type: application/json\r\n\
         expect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        second.len(),
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    // Asked for by the handler: a request of which nothing was begun may be dropped with its connection.
    let mut go_on = [0; 25];
    connection.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    connection.write_all(second.as_bytes()).await.unwrap();
    drop(connection);
    let get = async |path: &str| read(client().get(format!("{}{path}", process.url)).bearer_auth(&secret)).await;
    let counted = r#"{method="POST",route="/keys",status="201"} 2"#;
    eventually(async || get("/metrics").await.text.contains(counted).then_some(())).await;
    assert!(get("/keys").await.text.contains(r#""owner":"second""#));
    let (log, _) = process.end().await;
    assert_eq!(by_key(&log, "POST", &key["id"]), [201], "{log:?}");
}

#[tokio::test]
async fn refusal_of_a_key_that_was_revoked_or_has_expired_says_which() {
    let (folder, admin) = (Folder::new(), "the administrator's own key, in a log's test");
    let process = Process::start(&folder.0, &["--admin-key", admin]).await;
    let keys = format!("{}/keys", process.url);
    let refused = |key: Value| {
        let images = client().get(format!("{}/images", process.url)).bearer_auth(text(&key["key"]));
        async move {
            let unauthorized = async |ask: RequestBuilder| read(ask).await.status == StatusCode::UNAUTHORIZED;
            eventually(async || unauthorized(images.try_clone().unwrap()).await.then_some(())).await;
            key["id"].clone()
        }
    };
    let make = async |seconds: u64| {
        let new = json!({ "owner": "ann", "scopes": ["images:read"], "expires_in": seconds });
        read(client().post(&keys).bearer_auth(admin).json(&new)).await.json()
    };
    let (revoked, expired) = (make(3600).await, make(1).await);
    read(client().delete(format!("{keys}/{}", text(&revoked["id"]))).bearer_auth(admin)).await;
    let ids = [refused(revoked).await, refused(expired).await];
    let (log, _) = process.end().await;
    for id in ids {
        assert!(by_key(&log, "GET", &id).contains(&json!(401)), "{id}: {log:?}");
    }
}

#[tokio::test]
async fn process_that_cannot_start_says_why_in_json() {
    let folder = Folder::new();
    let process = Process::start(&folder.0, &[]).await;
    let second = command(&folder.0, &free_ports()).args(["--log-format", "json"]).output().await.unwrap();
    let said = object(String::from_utf8(second.stderr).unwrap().trim_end());
    assert!(!second.status.success() && text(&said["cause"]).contains("another Tintype"), "{said}");
    process.end().await;
}

#[tokio::test]
async fn request_id_leads_through_the_whole_log_to_the_notification() {
    let (folder, (url, received)) = (Folder::new(), subscriber().await);
    let process = Process::start(&folder.0, &["--notify-url", &url]).await;
    process.upload("asked-by-abc", "photo.png", &pictures::png(8, 8)).await;
    process.upload("asked-by-xyz", "other.png", &pictures::png(9, 9)).await;
    let told = eventually(async || received.lock().unwrap().first().map(|envelope| text(&envelope["Message"]))).await;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["request_id"], "asked-by-abc", "{told}");
    let (log, _) = process.end().await;
    let of_it = log.iter().filter(|line| line["span"]["request_id"] == "asked-by-abc");
    let said: Vec<_> = of_it.map(|line| (text(&line["target"]), text(&line["message"]))).collect();
    for part in [("api::request", "answered"), ("processor::arrival", "settled")] {
        assert!(said.iter().any(|(target, message)| (target.as_str(), message.as_str()) == part), "{part:?}: {log:?}");
    }
}

#[tokio::test]
async fn repeated_request_leaves_the_image_the_id_of_the_first() {
    let site = Site::start().await;
    let ask = |request_id: &'static str| {
        let ask =
            site.request(Method::POST, "/uploads").header("idempotency-key", "k").header("x-request-id", request_id);
        read(ask.json(&json!({ "filename": "a.png", "bytes": 1 })))
    };
    let (first, second) = (ask("first").await, ask("second").await);
    assert_eq!((first.json()["id"].clone(), second.header("x-request-id")), (second.json()["id"].clone(), "second"));
    assert_eq!(site.get(first.header("location")).await.json()["request_id"], "first");
}
