//! Faults of many kinds at random steps of an image's way: whatever meets it, it settles once, whole, and is told.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;
use tests::faults::{Fault, Step};
use tokio::{task::JoinSet, time::sleep};

use crate::{
    pictures,
    site::{Site, eventually, read, text},
    verdict::{Random, Verdict},
};

/// Sites at once: most of the time each waits to try again.
const AT_ONCE: usize = 12;
/// An image takes about this long without faults.
const WAY_MILLIS: u64 = 150;
/// More than the SDK tries by itself; less than makes a dead letter, three times over.
const MOST_TIMES: u64 = 4;

/// What is played to an image.
#[derive(Clone, Copy, Debug)]
enum Row {
    /// Its event comes again and again.
    Repeated,
    /// It is deleted on its way.
    Deleted,
    /// Its original is replaced on its way.
    Replaced,
    /// It is asked for many times at once under one key.
    AskedAtOnce,
    /// The step fails, once or until the message has to come again.
    Faulty(&'static str, &'static [Step], &'static [Fault]),
}

impl Row {
    fn name(self) -> &'static str {
        match self {
            Row::Repeated => "an event that is repeated",
            Row::Deleted => "an image that is deleted on its way",
            Row::Replaced => "an original that is replaced on its way",
            Row::AskedAtOnce => "an upload that is asked for many times at once",
            Row::Faulty(name, ..) => name,
        }
    }
}

const WRITES: &[Step] = &[Step::Claim, Step::Renew, Step::Finish, Step::Mark];
const WAY: &[Step] = &[Step::Claim, Step::Fetch, Step::Write, Step::Finish, Step::Publish, Step::Mark];
const PASSING: &[Fault] = &[Fault::Broken, Fault::Throttled, Fault::Reset, SLOW];
const ON_THE_WAY: &[Fault] = &[Fault::Broken, Fault::Throttled, Fault::Reset, SLOW, Fault::Truncated, Fault::Altered];
const SLOW: Fault = Fault::Slow(Duration::from_millis(300));

const ROWS: [Row; 11] = [
    Row::Repeated,
    Row::Deleted,
    Row::Replaced,
    Row::AskedAtOnce,
    Row::Faulty("a write of the record that fails", WRITES, PASSING),
    Row::Faulty("an answer that is lost", WAY, &[Fault::AnswerLost]),
    Row::Faulty("an original that is read badly", &[Step::Fetch], ON_THE_WAY),
    Row::Faulty("a rendition that is not written", &[Step::Write], PASSING),
    Row::Faulty("credentials that expire", WAY, &[Fault::Expired]),
    Row::Faulty("a topic that takes nothing", &[Step::Publish], PASSING),
    Row::Faulty("a lease that is not given back", &[Step::Release], &[Fault::AnswerLost, Fault::Reset, Fault::Broken]),
];

/// Plays each row `count` times; the run after the first has the next seed.
pub async fn run(count: u32, seed: u64) -> Verdict {
    let mut verdict = Verdict::default();
    for row in ROWS {
        let (mut seeds, mut plays, mut survived) = (seed..seed + u64::from(count), JoinSet::new(), 0);
        loop {
            for seed in seeds.by_ref().take(AT_ONCE - plays.len()) {
                plays.spawn_local(async move { (seed, tokio::task::spawn_local(play(row, Random(seed))).await) });
            }
            let Some(played) = plays.join_next().await else { break };
            let (seed, result) = played.unwrap();
            verdict.injected += 1;
            match result {
                Ok(()) => survived += 1,
                Err(panic) => verdict.lost.push(format!("{} with seed {seed}: {panic}", row.name())),
            }
        }
        println!("{}: {survived} of {count}", row.name());
        verdict.survived += survived;
    }
    verdict
}

async fn play(row: Row, mut random: Random) {
    let site = Site::start().await;
    let photo = pictures::jpeg(400 + random.below(400) as usize, 300);
    match row {
        Row::Repeated => repeated(&site, &photo, &mut random).await,
        Row::Deleted => deleted(&site, &photo, &mut random).await,
        Row::Replaced => replaced(&site, &mut random).await,
        Row::AskedAtOnce => asked_at_once(&site, &photo, &mut random).await,
        Row::Faulty(_, steps, faults) => faulty(&site, &photo, steps, faults, &mut random).await,
    }
    site.hold_the_invariants().await;
}

async fn repeated(site: &Site, photo: &[u8], random: &mut Random) {
    let id = site.upload("photo.jpg", photo).await;
    for _ in 0..1 + random.below(10) {
        sleep(Duration::from_millis(random.below(WAY_MILLIS / 3))).await;
        site.repeat_the_event(&id);
    }
    assert_eq!(site.settled(&id).await["status"], "ready");
}

async fn deleted(site: &Site, photo: &[u8], random: &mut Random) {
    let id = site.upload("photo.jpg", photo).await;
    sleep(Duration::from_millis(random.below(2 * WAY_MILLIS))).await;
    assert_eq!(site.delete(&format!("/images/{id}")).await, StatusCode::NO_CONTENT);
    eventually(async || (site.events() == 0 && site.objects().is_empty()).then_some(())).await;
    assert_eq!(site.get(&format!("/images/{id}")).await.status, StatusCode::NOT_FOUND);
}

/// By the one-line PUT, whose URL can be used again within its minute.
async fn replaced(site: &Site, random: &mut Random) {
    let put = site.request(Method::PUT, "/uploads/photo.jpg").body(vec![0; 30_000]);
    let url = read(put).await.header("location").to_owned();
    for (width, height) in [(400, 300), (300, 400)] {
        let bytes = pictures::padded_jpeg(width, height, 30_000);
        assert_eq!(read(site.client.put(&url).body(bytes)).await.status, StatusCode::OK);
        sleep(Duration::from_millis(random.below(WAY_MILLIS))).await;
    }
    let image = &site.get("/images").await.json()["images"][0];
    let image = site.settled(&text(&image["id"])).await;
    assert_eq!(image["status"], "ready", "{image}");
    let is_tall = |made: &serde_json::Value| made["height"].as_u64() > made["width"].as_u64();
    let tall = is_tall(&image["original"]);
    assert!(image["renditions"].as_array().unwrap().iter().all(|made| is_tall(made) == tall), "mixed: {image}");
}

/// While the record cannot always be written.
async fn asked_at_once(site: &Site, photo: &[u8], random: &mut Random) {
    let faults = [Fault::AnswerLost, Fault::Broken, Fault::Throttled];
    site.faults.inject_after(random.below(8) as usize, Step::Create, pick(&faults, random).clone(), 2);
    let new = json!({ "filename": "photo.jpg", "bytes": photo.len() });
    let ask = || read(site.request(Method::POST, "/uploads").header("idempotency-key", "once").json(&new));
    let mut asked = JoinSet::new();
    (0..2 + random.below(8)).for_each(|_| drop(asked.spawn_local(ask())));
    let answers = asked.join_all().await;
    let grants: Vec<_> =
        answers.iter().filter(|answer| answer.status.is_success()).map(|answer| answer.json()).collect();
    assert!(grants.iter().all(|grant| grant["id"] == grants[0]["id"]), "{grants:?}");
    // Whoever had a 500 asks again.
    let grant = ask().await.json();
    assert!(grants.is_empty() || grants[0]["id"] == grant["id"]);
    assert_eq!(site.put(&grant, photo).await, StatusCode::OK);
    assert_eq!(site.settled(&text(&grant["id"])).await["status"], "ready");
}

async fn faulty(site: &Site, photo: &[u8], steps: &[Step], faults: &[Fault], random: &mut Random) {
    for _ in 0..1 + random.below(3) {
        let fault = pick(faults, random).clone();
        // What the SDK does not try again by itself is a fault of the message at once, and five make a dead letter.
        let most = if matches!(fault, Fault::Expired | Fault::Truncated | Fault::Altered) { 1 } else { MOST_TIMES };
        let times = 1 + random.below(most) as usize;
        site.faults.inject_after(random.below(2) as usize, *pick(steps, random), fault, times);
    }
    if steps == [Step::Release] {
        // Otherwise nothing is given back.
        site.faults.inject(Step::Fetch, Fault::Expired, 2);
    }
    for _ in 0..2 {
        let image = site.uploaded("photo.jpg", photo).await;
        assert_eq!(image["status"], "ready", "{image}");
    }
}

fn pick<'a, T>(among: &'a [T], random: &mut Random) -> &'a T {
    &among[random.below(among.len() as u64) as usize]
}
