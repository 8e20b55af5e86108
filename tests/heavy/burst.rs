//! Thousands of events at once: some come twice, some are of what is no picture, some fail until a fault is mended.
//!
//! The queue drains, and nothing is lost: neither an image nor the word of one that could not be worked on.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use reqwest::Client;
use rusqlite::Connection;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    memory::Watch,
    pictures,
    process::{Process, free_ports},
    site::{self, Folder, PATIENCE, client},
    upload::Upload,
    verdict::{Random, Verdict},
};

const AT_ONCE: usize = 50;
/// Of how many whole images one is looked at down to its last byte.
const LOOKED_AT: usize = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// What is special about an upload, if anything is.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    /// Its event comes twice: 10 of 100.
    Twice,
    /// Half a picture: 5 of 100.
    Corrupt,
    /// Its original cannot be read until that is mended: 1 of 100.
    Poison,
}

impl Kind {
    fn draw(random: &mut Random) -> Self {
        match random.below(100) {
            0 => Kind::Poison,
            1..=5 => Kind::Corrupt,
            6..=15 => Kind::Twice,
            _ => Kind::Plain,
        }
    }
}

pub async fn run(count: u32, seed: u64) -> Verdict {
    let site = Site { folder: Folder::new(), client: client() };
    let process = Process::start(&site.folder.0, &free_ports()).await;
    site.park();
    let uploads = site.uploads(&process, count, &mut Random(seed)).await;
    site.repeat(ids(&uploads, Kind::Twice));
    let blobs = site.take_away(ids(&uploads, Kind::Poison));

    let (watch, start) = (Watch::begin(process.child.id().unwrap()), Instant::now());
    site.release();
    site.drain().await;
    let seconds = start.elapsed().as_secs_f64();
    let seen = watch.end().await;
    println!("{count} images in {seconds:.1} s, {:.1} images a second; {seen}", f64::from(count) / seconds);

    let mut verdict = Verdict::default();
    verdict.lost.extend(seen.fault());
    let dead = site.dead_letters();
    if dead != blobs.len() {
        verdict.lost.push(format!("{dead} dead letters for {} originals that cannot be read", blobs.len()));
    }
    blobs.into_iter().for_each(put_back);
    site.release();
    site.drain().await;
    site.judge(&process, uploads, &mut verdict).await;
    process.kill().await;
    verdict
}

fn ids(uploads: &[(Kind, Upload)], wanted: Kind) -> Vec<String> {
    uploads.iter().filter(|(kind, _)| *kind == wanted).filter_map(|(_, upload)| upload.id()).collect()
}

/// A blob and where it lies meanwhile.
type Away = (PathBuf, PathBuf);

fn put_back((blob, aside): Away) {
    fs::rename(aside, blob).unwrap();
}

struct Site {
    folder: Folder,
    client: Client,
}

impl Site {
    async fn uploads(&self, process: &Process, count: u32, random: &mut Random) -> Vec<(Kind, Upload)> {
        let photo = pictures::jpeg(640, 480);
        let (mut numbers, mut flight, mut uploads) = (0..count, JoinSet::new(), Vec::new());
        loop {
            for number in numbers.by_ref().take(AT_ONCE - flight.len()) {
                let kind = Kind::draw(random);
                let (client, url) = (self.client.clone(), process.url.clone());
                let mut upload = Upload::of(bytes(&photo, kind, number));
                flight.spawn_local(async move {
                    upload.go_on(&client, &url).await;
                    (kind, upload)
                });
            }
            let Some(upload) = flight.join_next().await else { return uploads };
            uploads.push(upload.unwrap());
        }
    }

    /// From now on events wait.
    fn park(&self) {
        let park = "CREATE TRIGGER parked AFTER INSERT ON events BEGIN \
                    UPDATE events SET dead = 1 WHERE sequence = new.sequence; END";
        self.rows().execute_batch(park).unwrap();
    }

    /// All that wait are due, dead letters among them.
    fn release(&self) {
        let release = "DROP TRIGGER IF EXISTS parked; UPDATE events SET dead = 0, faults = 0, visible_at = 0";
        self.rows().execute_batch(release).unwrap();
    }

    fn repeat(&self, ids: Vec<String>) {
        let rows = self.rows();
        let mut repeat = rows
            .prepare(
                "INSERT INTO events (name, bucket, key, bytes, etag, at) \
                 SELECT name, bucket, key, bytes, etag, at FROM events WHERE key = ?",
            )
            .unwrap();
        for id in ids {
            repeat.execute([id]).unwrap();
        }
    }

    /// Their originals cannot be read until they are put back.
    fn take_away(&self, ids: Vec<String>) -> Vec<Away> {
        let rows = self.rows();
        let mut find = rows.prepare("SELECT blob FROM objects WHERE bucket = 'originals' AND key = ?").unwrap();
        let aside = self.folder.0.with_extension("aside");
        fs::create_dir_all(&aside).unwrap();
        let away = ids.iter().map(|id| {
            let name: String = find.query_row([id], |row| row.get(0)).unwrap();
            let away = (self.folder.0.join("objects").join(&name), aside.join(&name));
            fs::rename(&away.0, &away.1).unwrap();
            away
        });
        away.collect()
    }

    /// Waits until nothing is due any more, for as long as there is less and less.
    async fn drain(&self) {
        let (mut left, mut since) = (u64::MAX, Instant::now());
        while left > 0 {
            sleep(PAUSE).await;
            let now = self.count("SELECT count(*) FROM events WHERE dead = 0");
            if now < left {
                (left, since) = (now, Instant::now());
            }
            assert!(since.elapsed() < PATIENCE, "{left} events are left, and nothing happens");
        }
    }

    fn dead_letters(&self) -> usize {
        self.count("SELECT count(*) FROM events WHERE dead = 1") as usize
    }

    fn count(&self, query: &str) -> u64 {
        self.rows().query_row(query, [], |row| row.get(0)).unwrap()
    }

    fn rows(&self) -> Connection {
        tests::services::objects(&self.folder.0).unwrap()
    }

    async fn judge(&self, process: &Process, uploads: Vec<(Kind, Upload)>, verdict: &mut Verdict) {
        for (number, (kind, upload)) in uploads.into_iter().enumerate() {
            let fault = match kind {
                Kind::Plain if number % LOOKED_AT != 0 => self.is_not(process, &upload, "ready").await,
                Kind::Corrupt => self.is_not(process, &upload, "failed").await,
                _ => upload.fault(&self.client, &process.url).await,
            };
            if kind != Kind::Plain {
                verdict.injected += 1;
                verdict.survived += u32::from(fault.is_none());
            }
            verdict.lost.extend(fault);
        }
    }

    async fn is_not(&self, process: &Process, upload: &Upload, expected: &str) -> Option<String> {
        let Some(id) = upload.id() else { return Some("an upload was refused though nothing failed".into()) };
        let image = site::settled(&self.client, &process.url, &id).await;
        let (status, code) = (&image["status"], &image["error"]["code"]);
        let as_expected = status == expected && (expected == "ready" || code == "truncated");
        (!as_expected).then(|| format!("{id} ended as {status}: {code}"))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.folder.0.with_extension("aside"));
    }
}

/// The photo, told from the others by a comment.
fn bytes(photo: &[u8], kind: Kind, number: u32) -> Vec<u8> {
    let comment = [&[0xff, 0xfe, 0, 6][..], &number.to_be_bytes()].concat();
    let mut bytes = [&photo[..2], &comment, &photo[2..]].concat();
    if kind == Kind::Corrupt {
        bytes.truncate(bytes.len() / 2);
    }
    bytes
}
