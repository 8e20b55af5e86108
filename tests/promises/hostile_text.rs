//! What a client writes can forge no line of the log and no header.

use reqwest::{Method, header::HeaderValue};
use serde_json::{Value, json};

use crate::{
    logged::Logged,
    pictures,
    site::{client, put_request, read, settled, text},
};

/// Looks like a line of the log, wherever it would stand at the beginning of one.
const FORGED: &str = r#"{"level":"ERROR","message":"forged"}"#;

fn hostile() -> Vec<String> {
    let around = |before: &str, after: &str| format!("a{before}{FORGED}{after}.jpg");
    vec![
        around("\r\n", "\r\n"),
        around("\n", ""),
        around("\u{1b}[2K\u{1b}[1A\u{1b}[31m", "\u{1b}]0;title\u{7}"),
        around("\0", "\0"),
        around("\u{202e}", "\u{2066}"),
        around("\u{2028}", "\u{2029}"),
        around("\u{85}", "\u{9b}2J"),
        around("\"", "\\"),
        format!("{FORGED}{}", "x".repeat(4096)),
    ]
}

/// Only what a header can hold at all.
fn in_header(text: &str) -> HeaderValue {
    let bytes: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, 0..=8 | 10..=31 | 127)).collect();
    HeaderValue::from_bytes(&bytes).unwrap()
}

/// Sends it by every way in; how many requests that were.
async fn send(url: &str, hostile: &str) -> usize {
    let client = client();
    let encoded: String = hostile.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let new = json!({ "filename": hostile, "bytes": 5, "content_type": hostile, "preset": hostile, hostile: 1 });
    let named = json!({ "filename": hostile, "bytes": 5, "metadata": { hostile: hostile } });
    let post = || client.post(format!("{url}/uploads"));
    let requests = [
        post().json(&new),
        post().json(&named),
        post().json(&named).header("idempotency-key", in_header(hostile)),
        post().json(&named).header("x-request-id", in_header(hostile)),
        client.put(format!("{url}/uploads/{encoded}?preset={encoded}")).body("12345"),
        client.put(format!("{url}/uploads/{encoded}")).body("12345"),
        client.get(format!("{url}/images?cursor={encoded}&status={encoded}")),
        client.get(format!("{url}/images/{encoded}?wait={encoded}")),
        client.get(format!("{url}/{encoded}")),
        client.get(format!("{url}/images")).header("if-none-match", in_header(hostile)),
        client.get(format!("{url}/images")).header("origin", in_header(hostile)),
        client.request(Method::from_bytes(b"FORGED").unwrap(), format!("{url}/presets/{encoded}")),
    ];
    let sent = requests.len();
    for request in requests {
        let answer = read(request).await;
        assert!(!answer.status.is_server_error(), "{answer:?}");
        let id = answer.header("x-request-id");
        assert!(id.len() == 26 && id.is_ascii(), "{answer:?}");
    }
    sent
}

/// An image whose metadata and bytes hold it too, all the way to its notification.
async fn upload(url: &str, hostile: &str) {
    let photo = [&pictures::png(8, 8)[..], hostile.as_bytes()].concat();
    let metadata = json!({ hostile.get(..100).unwrap_or(hostile): 1 });
    let new = json!({ "filename": "a.png", "bytes": photo.len(), "metadata": metadata });
    let grant = read(client().post(format!("{url}/uploads")).json(&new)).await.json();
    assert!(read(put_request(&client(), &grant, &photo)).await.status.is_success());
    settled(&client(), url, &text(&grant["id"])).await;
}

#[tokio::test]
async fn every_line_of_the_log_is_one_object_whatever_clients_write() {
    let process = Logged::start(&[("TINTYPE_LOG", "debug"), ("TINTYPE_LOG_FORMAT", "json")]).await;
    let mut sent = 0;
    for hostile in hostile() {
        sent += send(&process.url, &hostile).await;
        upload(&process.url, &hostile).await;
    }
    let (_, log) = process.end().await;
    let parsed: Vec<_> = log.split('\n').filter(|line| !line.is_empty()).map(serde_json::from_str::<Value>).collect();
    let objects = parsed.iter().flatten().filter(|line| line.is_object() && line["level"].is_string()).count();
    let forged = parsed.iter().flatten().filter(|line| line["message"] == "forged").count();
    let answered = parsed.iter().flatten().filter(|line| line["message"] == "answered").count();
    println!("{sent} hostile requests, {} lines of the log: {objects} are one object each, {forged} forged", parsed.len());
    assert_eq!((objects, forged), (parsed.len(), 0));
    assert!(answered >= sent, "{answered} lines for {sent} requests");
    let raw = |letter: char| letter.is_control() && letter != '\n' || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}');
    assert!(!log.contains(raw), "nothing that a terminal obeys");
}
