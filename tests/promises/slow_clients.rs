//! Clients that take their time, or far too much of everything, cost others nothing.

use std::{process::Stdio, time::Duration};

use reqwest::Method;
use serde_json::json;
use tests::faults::Step;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Command,
    time::{sleep, timeout},
};

use crate::{
    function::Binary,
    pictures,
    process::{Process, command, free_ports},
    services,
    site::{self, Folder, Site, client, eventually, put_request, read, text},
};

const MANY: usize = 100;
const DRIP: Duration = Duration::from_millis(200);

async fn connect(url: &str) -> TcpStream {
    TcpStream::connect(url.trim_start_matches("http://")).await.unwrap()
}

/// Connections of which each sends `start`, and then a byte now and then for as long as it is let.
async fn dripping(url: &str, start: &str) -> Vec<tokio::task::JoinHandle<()>> {
    let mut clients = Vec::new();
    for _ in 0..MANY {
        let (mut stream, start) = (connect(url).await, start.to_owned());
        clients.push(tokio::spawn(async move {
            let mut sent = stream.write_all(start.as_bytes()).await;
            while sent.is_ok() {
                sleep(DRIP).await;
                sent = stream.write_all(b" ").await;
            }
        }));
    }
    clients
}

async fn assert_others_are_served(site: &Site) {
    assert_eq!(site.uploaded("photo.png", &pictures::png(64, 48)).await["status"], "ready");
}

/// The first line of the answer, if there is one.
async fn answer(mut stream: TcpStream, request: String) -> String {
    let mut answer = String::new();
    let (mut from, mut to) = stream.split();
    let _ = tokio::join!(to.write_all(request.as_bytes()), from.read_to_string(&mut answer));
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn dripped_headers_are_given_up() {
    let site = Site::start().await;
    let mut clients = Vec::new();
    for url in [site.url(), site.s3_url()] {
        clients.extend(dripping(url, "GET / HTTP/1.1\r\nx-slow: ").await);
    }
    assert_others_are_served(&site).await;
    eventually(async || clients.iter().all(|client| client.is_finished()).then_some(())).await;
}

#[tokio::test]
async fn dripped_json_keeps_nobody_waiting() {
    let site = Site::start().await;
    let host = site.url().trim_start_matches("http://");
    let start = format!(
        "POST /uploads HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{{"
    );
    let _clients = dripping(site.url(), &start).await;
    assert_others_are_served(&site).await;
}

#[tokio::test]
async fn dripped_puts_keep_nobody_waiting() {
    let site = Site::start().await;
    let grant = site.grant("slow.png", &[0; 100_000]).await;
    let url = text(&grant["upload"]["url"]);
    let (host, path) = url.trim_start_matches("http://").split_once('/').unwrap();
    let start = format!(
        "PUT /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: image/png\r\nif-none-match: *\r\ncontent-length: 100000\r\n\r\n"
    );
    let _clients = dripping(site.s3_url(), &start).await;
    let drafts = site.folder.0.join("objects");
    eventually(async || (std::fs::read_dir(&drafts).unwrap().count() == MANY).then_some(())).await;
    assert_others_are_served(&site).await;
}

#[tokio::test]
async fn readers_that_stop_keep_nobody_waiting() {
    let site = Site::start().await;
    let image = site.uploaded("large.png", &pictures::png(1500, 1000)).await;
    let location = site.get(&text(&image["links"]["original"])).await;
    let (host, path) = location.header("location").trim_start_matches("http://").split_once('/').unwrap();
    let mut readers = Vec::new();
    for _ in 0..MANY {
        let mut reader = connect(site.s3_url()).await;
        reader.write_all(format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\n\r\n").as_bytes()).await.unwrap();
        assert_eq!(reader.read_u8().await.unwrap(), b'H');
        readers.push(reader);
    }
    assert_others_are_served(&site).await;
}

#[tokio::test]
async fn headers_without_end_are_refused() {
    let site = Site::start().await;
    for url in [site.url(), site.s3_url()] {
        let request = |filler: String| format!("GET / HTTP/1.1\r\nhost: {}\r\n{filler}\r\n", &url[7..]);
        let long = answer(connect(url).await, request(format!("x-long: {}\r\n", "a".repeat(17_000)))).await;
        assert!(long.contains(" 431 "), "{long:?}");
        let many = answer(connect(url).await, request("x: y\r\n".repeat(70))).await;
        assert!(many.contains(" 431 "), "{many:?}");
        let huge = answer(connect(url).await, request(format!("x-long: {}\r\n", "a".repeat(500_000)))).await;
        assert!(huge.is_empty() || huge.contains(" 431 "), "{huge:?}");
    }
    assert_others_are_served(&site).await;
}

#[tokio::test]
async fn thousand_idle_connections_make_room() {
    let site = Site::start().await;
    let mut idle = Vec::new();
    for _ in 0..1000 {
        idle.push(connect(site.url()).await);
    }
    assert_others_are_served(&site).await;
}

#[tokio::test]
async fn connections_leave_descriptors_for_files() {
    let (folder, [port, s3_port]) = (Folder::new(), free_ports());
    let program = command(&folder.0, &[port, s3_port]);
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 160; exec \"$0\" \"$@\""]).arg(program.as_std().get_program());
    limited.args(program.as_std().get_args());
    let process = Process::of(limited).await;
    let mut idle = Vec::new();
    for _ in 0..150 {
        idle.push(connect(&process.url).await);
    }
    let most = most_sockets_during(upload(&process), &process).await;
    assert!((30..100).contains(&most), "{most} of 160 descriptors were connections");
    process.kill().await;
}

async fn most_sockets_during(work: impl Future<Output = ()>, process: &Process) -> usize {
    let (mut work, mut most) = (std::pin::pin!(work), 0);
    while timeout(DRIP / 10, &mut work).await.is_err() {
        most = most.max(sockets(process));
    }
    most
}

async fn upload(process: &Process) {
    let photo = pictures::png(64, 48);
    let grant = process.grant(&photo).await;
    assert!(read(put_request(&client(), &grant, &photo)).await.status.is_success());
    assert_eq!(site::settled(&client(), &process.url, &text(&grant["id"])).await["status"], "ready");
}

fn sockets(process: &Process) -> usize {
    let descriptors = std::fs::read_dir(format!("/proc/{}/fd", process.child.id().unwrap())).unwrap();
    let targets = descriptors.filter_map(|descriptor| std::fs::read_link(descriptor.unwrap().path()).ok());
    targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count()
}

#[tokio::test]
async fn plain_api_ends_in_time_when_it_is_told_to_whatever_its_clients_do() {
    let (site, [address, _]) = (Site::start_with_keys().await, free_ports());
    let mut variables = services::variables(&site).await;
    variables.push(("TINTYPE_LISTEN", address.clone()));
    let mut api = Binary::Api.command(&variables).stdout(Stdio::null()).spawn().unwrap();
    let health = format!("http://{address}/healthz");
    eventually(async || client().get(&health).send().await.ok().filter(|answer| answer.status().is_success())).await;
    let mut endless = connect(&address).await;
    endless.write_all(b"GET / HT").await.unwrap();
    let key = site.key("ann", &["uploads:create", "images:read"]).await;
    let new = json!({ "filename": "a.png", "bytes": 1 });
    let id = text(&read(site.request_by(&key, Method::POST, "/uploads").json(&new)).await.json()["id"]);
    let held = client().get(format!("http://{address}/images/{id}?wait=25")).bearer_auth(&key);
    let (before, held) = (site.faults.calls(Step::Read), tokio::spawn(held.send()));
    // The record is read at once, and then again and again.
    eventually(async || (site.faults.calls(Step::Read) > before + 2).then_some(())).await;
    let pid = api.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
    assert!(timeout(site::PATIENCE, api.wait()).await.expect("it ends").unwrap().success());
    assert!(held.await.unwrap().is_err(), "it waited for what never ends");
}
