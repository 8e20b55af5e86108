//! An original that is replaced while it is looked at: what is told and made of it is of one version.

use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    pictures,
    site::{self, Site, eventually, keys, text},
    wire::Wire,
};

const SWAPS: u64 = 100;
const SEED: u64 = 0x7471_6e74_7970_6531;
/// More than it takes from the first PUT to `ready`: swaps fall before, into and behind it.
const LONGEST_MILLISECONDS: u64 = 250;

/// The next of a row of numbers that is the same in each run (xorshift64).
fn next(state: &mut u64) -> u64 {
    for (left, by) in [(true, 13), (false, 7), (true, 17)] {
        *state ^= if left { *state << by } else { *state >> by };
    }
    *state
}

/// A lying and an upright picture of the same length, since the grant of a redirect signs the length.
fn versions() -> [Vec<u8>; 2] {
    let mut versions = [pictures::jpeg(600, 400), pictures::jpeg(400, 600)];
    let longest = versions.iter().map(Vec::len).max().unwrap();
    versions.iter_mut().for_each(|version| version.resize(longest, 0));
    versions
}

/// Whether it lies, by its own bytes.
fn lies(format: &str, bytes: &[u8]) -> bool {
    let (width, height) = if format == "avif" { pictures::avif_size(bytes) } else { pictures::jpeg_size(bytes) };
    width > height
}

/// Whether each thing that is told and made of the image is of the lying version.
async fn told(site: &Site, image: &Value, lying: &str) -> Vec<bool> {
    let original = &image["original"];
    let mut told = vec![text(&original["sha256"]) == lying, original["width"].as_u64() > original["height"].as_u64()];
    for made in image["renditions"].as_array().unwrap() {
        let bytes = site.client.get(text(&made["url"])).send().await.unwrap().bytes().await.unwrap();
        told.push(lies(&text(&made["format"]), &bytes));
        told.push(made["width"].as_u64() > made["height"].as_u64());
    }
    told
}

/// Uploads the lying version by a redirect, and after so long the upright one by the same URL.
async fn swap(site: &Site, [first, second]: &[Vec<u8>; 2], after: Duration) -> String {
    let redirect = Wire::new("PUT", &format!("{}/uploads/a.jpg", site.url()), first).send().await;
    let put = Wire::new("PUT", redirect.headers["location"].to_str().unwrap(), first);
    assert!(put.send().await.is_success());
    // The moment is what is tried here.
    tokio::time::sleep(after).await;
    assert!(put.with(|put| put.body.clone_from(second)).send().await.is_success());
    let id = redirect.headers["content-location"].to_str().unwrap().trim_start_matches("/images/").to_owned();
    site.settled(&id).await;
    id
}

/// Until every event is done with: one that met a run postpones itself to the end of that run's lease.
async fn quiet(site: &Site) {
    let database = rusqlite::Connection::open(site.folder.0.join("objects.sqlite")).unwrap();
    database.busy_timeout(site::PATIENCE).unwrap();
    let left = || database.query_row("SELECT count(*) FROM events", [], |row| row.get::<_, i64>(0)).unwrap();
    eventually(async || (left() == 0).then_some(())).await;
}

/// The hash of what is served as the original.
async fn served(site: &Site, id: &str) -> String {
    let link = site.get(&format!("/images/{id}/original")).await;
    let original = site.client.get(link.header("location")).send().await.unwrap();
    hex::encode(Sha256::digest(original.bytes().await.unwrap()))
}

#[tokio::test]
async fn original_that_is_replaced_at_any_moment_is_never_mixed_with_the_other() {
    let (site, versions) = (Site::start().await, versions());
    let lying = hex::encode(Sha256::digest(&versions[0]));
    let (mut state, mut ids) = (SEED, Vec::new());
    for turn in 0..SWAPS {
        // The sooner, the more of them: the original is read at once. Once so late that the first version is developed.
        let soon = (next(&mut state) % (1000 * LONGEST_MILLISECONDS)) >> (turn % 8);
        let after = if turn == 0 { Duration::from_secs(5) } else { Duration::from_micros(soon) };
        ids.push(swap(&site, &versions, after).await);
    }
    quiet(&site).await;
    let (mut seconds, mut others) = (0, 0);
    for id in &ids {
        let image = site.get(&format!("/images/{id}")).await.json();
        assert_eq!(image["status"], "ready", "{image}");
        let told = told(&site, &image, &lying).await;
        assert!(told.iter().all(|lies| *lies == told[0]), "mixed: {told:?} {image}");
        let kept: Vec<_> = site.objects().into_iter().filter(|object| object.contains(id)).collect();
        assert_eq!(kept, keys(&image));
        seconds += u64::from(!told[0]);
        others += u64::from(served(&site, id).await != text(&image["original"]["sha256"]));
    }
    println!("{SWAPS} swaps: 0 mixed, {seconds} of the second version; of {others} the original is now another");
    assert!((1..SWAPS).contains(&seconds), "the moments are too early, or too late, to tell anything");
}
