//! `kill -9` at random moments with fifty uploads in flight: what was acknowledged settles, nothing is torn or lost.

use std::{path::Path, process::Stdio, time::Duration};

use reqwest::Client;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use tokio::{task::JoinSet, time::sleep};

use crate::{
    process::{Process, command, free_ports},
    site::{Folder, client},
    upload::Upload,
    verdict::{Random, Verdict},
};

const IN_FLIGHT: usize = 50;
/// Of a process, once it says that it is ready.
const LONGEST_LIFE_MILLIS: u64 = 400;
/// One kill of so many meets a process that is still starting.
const STARTS_AMONG: u64 = 5;
const LONGEST_START_MILLIS: u64 = 60;

pub async fn run(count: u32, seed: u64) -> Verdict {
    let (mut random, mut verdict) = (Random(seed), Verdict::default());
    let site = Site { folder: Folder::new(), ports: free_ports(), client: client() };
    let (mut flying, mut arrived, mut numbers) = (Vec::new(), Vec::new(), 0..);
    for _ in 0..count {
        if random.below(STARTS_AMONG) == 0 {
            site.kill_a_start(&mut random).await;
        } else {
            flying.extend(numbers.by_ref().take(IN_FLIGHT - flying.len()).map(Upload::numbered));
            flying = site.kill_a_flight(flying, &mut random).await;
            arrived.extend(flying.extract_if(.., |upload| upload.is_acknowledged));
        }
        verdict.injected += 1;
    }
    let process = site.start().await;
    // Each start was on what the kill before it had left.
    verdict.survived = count;
    arrived.extend(site.fly(&process, flying).join_all().await);
    println!("{} uploads under {count} kills", arrived.len());
    verdict.lost = site.faults(&process, arrived).await;
    process.kill().await;
    verdict.lost.extend(torn(&site.folder.0));
    verdict
}

/// One folder, and who runs on it and who uploads there.
struct Site {
    folder: Folder,
    ports: [String; 2],
    client: Client,
}

impl Site {
    async fn start(&self) -> Process {
        Process::start(&self.folder.0, &self.ports).await
    }

    /// Before it says that it is ready, most often.
    async fn kill_a_start(&self, random: &mut Random) {
        let mut start = command(&self.folder.0, &self.ports).stdout(Stdio::null()).spawn().unwrap();
        sleep(Duration::from_millis(random.below(LONGEST_START_MILLIS))).await;
        start.kill().await.unwrap();
    }

    /// The uploads, as far as they got.
    async fn kill_a_flight(&self, uploads: Vec<Upload>, random: &mut Random) -> Vec<Upload> {
        let process = self.start().await;
        let flight = self.fly(&process, uploads);
        sleep(Duration::from_millis(random.below(LONGEST_LIFE_MILLIS))).await;
        process.kill().await;
        flight.join_all().await
    }

    /// All at once.
    fn fly(&self, process: &Process, uploads: Vec<Upload>) -> JoinSet<Upload> {
        let mut flight = JoinSet::new();
        for mut upload in uploads {
            let (client, url) = (self.client.clone(), process.url.clone());
            flight.spawn_local(async move {
                upload.go_on(&client, &url).await;
                upload
            });
        }
        flight
    }

    async fn faults(&self, process: &Process, arrived: Vec<Upload>) -> Vec<String> {
        let mut faults = Vec::new();
        for upload in arrived {
            faults.extend(upload.fault(&self.client, &process.url).await);
        }
        faults
    }
}

/// What the rows and the files of the folder do not agree about.
fn torn(folder: &Path) -> Vec<String> {
    let rows = Connection::open(folder.join("objects.sqlite")).unwrap();
    let mut objects = rows.prepare("SELECT blob, sha256 FROM objects").unwrap();
    let objects: Vec<(String, Vec<u8>)> =
        objects.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    let blobs = folder.join("objects");
    let digest = |blob: &str| std::fs::read(blobs.join(blob)).map(|bytes| Sha256::digest(bytes).to_vec()).ok();
    let torn = objects.iter().filter(|(blob, sha256)| digest(blob).as_ref() != Some(sha256));
    let mut torn: Vec<_> = torn.map(|(blob, _)| format!("{blob} is not what its row says")).collect();
    let files = std::fs::read_dir(&blobs).unwrap().count();
    if files != objects.len() {
        torn.push(format!("{files} files for {} objects", objects.len()));
    }
    torn
}
