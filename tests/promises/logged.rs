//! A process of its own, whose log can be read when it has ended.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, Command},
    task::JoinHandle,
};

use crate::site::Folder;

pub struct Logged {
    pub url: String,
    pub folder: Folder,
    child: Child,
    said: JoinHandle<String>,
    log: JoinHandle<String>,
}

impl Logged {
    pub async fn start(variables: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tintype-under-test"));
        command.arg("--data").arg(&folder.0).args(["--listen", "127.0.0.1:0", "--s3-listen", "127.0.0.1:0"]);
        command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        // From the beginning: a pipe that nobody reads stops who writes to it.
        let log = tokio::spawn(whole(child.stderr.take().unwrap()));
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).await.unwrap();
        let url = first.trim_end().strip_prefix("Tintype is ready: ").expect("the process says where it is").to_owned();
        Self { url, folder, said: tokio::spawn(whole(out)), log, child }
    }

    /// Ends it in good order: what it printed, and what it logged.
    pub async fn end(mut self) -> (String, String) {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        assert!(self.child.wait().await.unwrap().success());
        (self.said.await.unwrap(), self.log.await.unwrap())
    }
}

async fn whole(mut pipe: impl tokio::io::AsyncRead + Unpin) -> String {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes).await.unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}
