//! New processes on one folder, from their spawn to the first 200 of `/readyz`.

use std::{
    ffi::OsString,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use http::StatusCode;

use crate::{
    client::Connection,
    figures::{Durations, milliseconds, row},
};

const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(1);

#[derive(Debug, Args)]
pub struct Start {
    /// The server's binary.
    #[arg(long)]
    program: PathBuf,
    /// The folder that it is given; should be empty at first.
    #[arg(long)]
    data: PathBuf,
    /// How often it is started again.
    #[arg(long, default_value_t = 10)]
    rounds: usize,
}

pub async fn measure(start: &Start) -> Result<()> {
    ensure!(start.rounds > 0, "no rounds, no figures");
    let first = start.once().await?;
    let mut again = Vec::new();
    for _ in 0..start.rounds {
        again.push(start.once().await?);
    }
    let again = Durations::new(again);
    row("on an empty folder", milliseconds(first));
    row("on the same folder again, median", milliseconds(again.median()));
    row("on the same folder again, worst", milliseconds(again.worst()));
    Ok(())
}

impl Start {
    async fn once(&self) -> Result<Duration> {
        let start = Instant::now();
        let mut server = Spawned::new(&self.program, &self.data)?;
        let url = server.url()?;
        let mut api = Connection::open(&url).await?;
        while api.get("/readyz").await?.status != StatusCode::OK {
            ensure!(start.elapsed() < PATIENCE, "the server is not ready after {} seconds", PATIENCE.as_secs());
            tokio::time::sleep(PAUSE).await;
        }
        let took = start.elapsed();
        // It lets connections come to their end before it goes.
        drop(api);
        server.stop()?;
        Ok(took)
    }
}

/// A server that does not outlive its measurement.
struct Spawned {
    child: Child,
    /// Kept open: it says goodbye there.
    said: BufReader<ChildStdout>,
}

impl Spawned {
    fn new(program: &PathBuf, data: &PathBuf) -> Result<Self> {
        let free_ports = ["--listen", "127.0.0.1:0", "--s3-listen", "127.0.0.1:0", "--data"].map(OsString::from);
        let command = &mut Command::new(program);
        let child = command.args(free_ports).arg(data).stdout(Stdio::piped()).spawn();
        let mut child = child.with_context(|| format!("start {}", program.display()))?;
        let said = BufReader::new(child.stdout.take().context("hear what the server says")?);
        Ok(Self { child, said })
    }

    /// As it is told on the first line, once all parts are up.
    fn url(&mut self) -> Result<String> {
        let mut line = String::new();
        self.said.read_line(&mut line).context("hear what the server says")?;
        let url = line.trim().strip_prefix("Tintype is ready: ").map(str::to_owned);
        url.with_context(|| format!("the server says no address, but {line:?}"))
    }

    /// By SIGTERM, as whoever stops it does: the next start finds the folder as it was left on purpose.
    fn stop(mut self) -> Result<()> {
        let told = Command::new("kill").arg(self.child.id().to_string()).status().context("run kill")?;
        ensure!(told.success(), "the server cannot be told to stop");
        let ended = self.child.wait().context("wait for the server's end")?;
        ensure!(ended.success(), "the server ended badly: {ended}");
        Ok(())
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        // Both fail when it has ended already, as it should have.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
