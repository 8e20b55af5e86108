//! Functions under Lambda's Runtime API, ours and those of others, beside the embedded services of one site.

mod peak;

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, ensure};
use bytes::Bytes;
use clap::Args;
use http::StatusCode;
use serde_json::{Value, json};
use tests::{
    calls::{batch, request},
    faults::Faults,
    lambda::Runtime,
    services,
};

use crate::{
    client::{Connection, whole},
    figures::{Durations, megabytes, milliseconds},
    grant::Upload,
    photo,
};
use peak::Peak;

/// More than anything here takes.
const TIME: Duration = Duration::from_secs(60);
const ADMIN_KEY: &str = "the key of nobody but this measurement";
/// The same three renditions for all.
const PRESETS: &str = r#"[{"name": "default", "renditions": [
    {"name": "jpeg-320", "format": "jpeg", "width": 320}, {"name": "jpeg-640", "format": "jpeg", "width": 640},
    {"name": "jpeg-1280", "format": "jpeg", "width": 1280}]}]"#;

#[derive(Debug, Args)]
pub struct Functions {
    /// The API's binary.
    #[arg(long)]
    api: PathBuf,
    /// The processor's binary.
    #[arg(long)]
    processor: PathBuf,
    /// Somebody else's processor: what it is called in the table, a program, and what the program runs.
    #[arg(long, num_args = 3, value_names = ["NAME", "PROGRAM", "FILE"])]
    peer: Vec<String>,
    /// How often each is started, and how many photos each gets.
    #[arg(long, default_value_t = 10)]
    rounds: usize,
}

/// The site whose services are used; its own queue gets no word of an original.
struct Site {
    folder: PathBuf,
    site: local::Site,
    variables: Vec<(&'static str, String)>,
    photo: Bytes,
}

/// The process of a function.
struct Function {
    process: Child,
    runtime: Runtime,
}

pub async fn measure(functions: &Functions) -> Result<()> {
    ensure!(functions.rounds > 1, "the first photo is told apart: at least two rounds");
    let site = Site::start().await?;
    let health = request("GET", "/healthz", None, None);
    let api = || Command::new(&functions.api);
    let start = site.first_answers(functions.rounds, api, &health).await?;
    println!("| Tintype, `api` | {} | | | {} |", milliseconds(start.median()), site.idle_peak(api, &health).await?);
    site.processor("Tintype, `processor`", functions.rounds, || Command::new(&functions.processor)).await?;
    for peer in functions.peer.chunks_exact(3) {
        let [name, program, file] = peer else { continue };
        let command = || {
            let mut command = Command::new(program);
            command.arg(file);
            command
        };
        site.processor(name, functions.rounds, command).await?;
    }
    Ok(())
}

impl Site {
    async fn start() -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("tintype-functions-{}", std::process::id()));
        std::fs::create_dir_all(&folder).context("make a folder")?;
        let presets = folder.join("presets.json");
        std::fs::write(&presets, PRESETS).context("write the presets")?;
        let (faults, any) = (Arc::new(Faults::default()), ([127, 0, 0, 1], 0).into());
        let options = local::Options {
            data: folder.join("data"),
            listen: any,
            s3_listen: any,
            public_url: None,
            s3_public_url: None,
            allowed_origins: Default::default(),
            notify_url: None,
            admin_key: None,
            presets: Some(presets),
            log_format: Default::default(),
            catalog_in_memory: true,
        };
        let wiring = local::Wiring { between: faults.between(), ..local::Wiring::default() };
        let site = local::Site::start(options, wiring).await?;
        services::lose_events(site.folder())?;
        let variables = services::variables(&faults, site.folder(), site.s3_url(), ADMIN_KEY).await?;
        Ok(Self { folder, site, variables, photo: Bytes::from(photo::jpeg()?) })
    }

    /// One row: a processor from its start over its first photo to some more.
    async fn processor(&self, name: &str, rounds: usize, command: impl Fn() -> Command) -> Result<()> {
        let test = batch(&[json!({ "Event": "s3:TestEvent" }).to_string()]);
        let start = self.first_answers(rounds, &command, &test).await?;
        let function = Function::start(command(), &self.variables).await?;
        let peak = Peak::of(function.process.id());
        let first = self.photo(&function).await?;
        let mut further = Vec::new();
        for _ in 1..rounds {
            further.push(self.photo(&function).await?);
        }
        let figures = [start.median(), first, Durations::new(further).median()].map(milliseconds).join(" | ");
        println!("| {name} | {figures} | {} |", megabytes(peak.stop()?));
        Ok(())
    }

    /// From the spawn of a process to its answer.
    async fn first_answers(&self, rounds: usize, command: impl Fn() -> Command, event: &Value) -> Result<Durations> {
        let mut all = Vec::new();
        for _ in 0..rounds {
            let start = Instant::now();
            let function = Function::start(command(), &self.variables).await?;
            function.answer(event.clone()).await?;
            all.push(start.elapsed());
        }
        Ok(Durations::new(all))
    }

    /// What one takes that has done nearly nothing.
    async fn idle_peak(&self, command: impl Fn() -> Command, event: &Value) -> Result<String> {
        let function = Function::start(command(), &self.variables).await?;
        let peak = Peak::of(function.process.id());
        function.answer(event.clone()).await?;
        Ok(megabytes(peak.stop()?))
    }

    /// From the event of a photo of 12 megapixels to the function's answer.
    async fn photo(&self, function: &Function) -> Result<Duration> {
        let mut api = Connection::open(self.site.url()).await?;
        let granted = Upload::ask(&mut api, self.photo.len() as u64).await?;
        let mut s3 = Connection::open(&granted.upload.url).await?;
        granted.upload.send(&mut s3, whole(self.photo.clone())).await?.expect(StatusCode::OK)?;
        let event = batch(&[services::event(self.site.folder(), &granted.id)?]);
        let start = Instant::now();
        let answer = function.answer(event).await?;
        let took = start.elapsed();
        ensure!(answer == json!({ "batchItemFailures": [] }), "the photo was not taken: {answer}");
        let made = renditions(self.site.folder(), &granted.id)?;
        ensure!(made == 3, "{made} renditions instead of 3");
        Ok(took)
    }
}

fn renditions(folder: &Path, id: &str) -> Result<i64> {
    let database = rusqlite::Connection::open(folder.join("objects.sqlite")).context("open the objects")?;
    let count = "SELECT count(*) FROM objects WHERE bucket = 'renditions' AND key LIKE ? || '/%'";
    database.query_row(count, [id], |row| row.get(0)).context("count the renditions")
}

impl Function {
    async fn start(mut command: Command, variables: &[(&'static str, String)]) -> Result<Self> {
        let runtime = Runtime::start().await?;
        let all = variables.iter().cloned().chain(runtime.variables("measured"));
        #[cfg(target_os = "linux")]
        tests::sandbox::confine(&mut command)?;
        let process = command.env_clear().envs(all).stdout(Stdio::null()).spawn().context("start a function")?;
        Ok(Self { process, runtime })
    }

    async fn answer(&self, event: Value) -> Result<Value> {
        self.runtime.invoke(event, TIME).await.map_err(|error| anyhow!("the function failed: {error}"))
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
