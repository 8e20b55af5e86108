//! Tintype as a process of its own, to be killed, told to stop, or robbed of its disk.

use std::{
    path::Path,
    process::Stdio,
    sync::atomic::{AtomicU16, Ordering},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::site::{client, read};

/// A process of its own, on ports that stay the same so that its URLs do.
pub struct Process {
    pub child: Child,
    pub url: String,
}

impl Process {
    pub async fn start(folder: &Path, ports: &[String; 2]) -> Self {
        Self::of(command(folder, ports)).await
    }

    pub async fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next_line().await.unwrap().expect("the process says where it is");
        let url = first.strip_prefix("Tintype is ready: ").unwrap().to_owned();
        // A pipe that nobody reads would stop it one day.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { child, url }
    }

    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    pub async fn terminate(&self) {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
    }

    pub async fn grant(&self, bytes: &[u8]) -> Value {
        let new = json!({ "filename": "photo.jpg", "bytes": bytes.len() });
        read(client().post(format!("{}/uploads", self.url)).json(&new)).await.json()
    }

    pub async fn image(&self, id: &str) -> Value {
        read(client().get(format!("{}/images/{id}", self.url))).await.json()
    }
}

/// All of it on `folder`, to be spawned.
pub fn command(folder: &Path, [port, s3_port]: &[String; 2]) -> Command {
    let mut command = crate::program();
    command.arg("--data").arg(folder).args(["--listen", port, "--s3-listen", s3_port]);
    command
}

/// Two addresses that nothing uses, and that no other test is given: below the ports that Linux hands out by itself.
pub fn free_ports() -> [String; 2] {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 10_000 + (std::process::id() % 400) as u16 * 50;
    let mut all = std::iter::repeat_with(|| format!("127.0.0.1:{}", first + NEXT.fetch_add(1, Ordering::Relaxed)));
    [(); 2].map(|()| all.find(|address| std::net::TcpListener::bind(address).is_ok()).unwrap())
}
