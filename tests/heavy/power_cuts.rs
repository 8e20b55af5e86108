//! The power fails at random moments: whatever was acknowledged before is there when it comes back.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::{
    disk::Disk,
    platter::{self, Change, Platter},
    process::{Process, command, free_ports},
    site::{self, Folder, client, read, text},
    upload::Upload,
    verdict::{Random, Verdict},
};

const UPLOADS: u32 = 24;
const AT_ONCE: usize = 8;

/// An upload and, for each thing that was acknowledged of it, how many changes had been asked of the disk by then.
struct Promised {
    upload: Upload,
    granted: u64,
    stored: u64,
    ready: u64,
}

pub async fn run(count: u32, seed: u64) -> Verdict {
    let folder = Folder::new();
    let disk = Arc::new(Disk::under(&folder));
    let promised = Arc::new(load(&disk, &folder).await);
    let changes = platter::read(&disk.record());
    let (mut random, mut verdict) = (Random(seed), Verdict::default());
    let mut cuts: Vec<_> = (0..count).map(|_| random.below(changes.len() as u64 + 1)).collect();
    cuts.sort();
    println!("{} changes recorded under {UPLOADS} uploads", changes.len());
    let (mut platter, mut done, mut changes) = (Platter::default(), 0, changes.into_iter());
    for (number, cut) in cuts.into_iter().enumerate() {
        changes.by_ref().take((cut - done) as usize).for_each(|change: Change| platter.change(change));
        done = cut;
        let left = Folder::new();
        let coin = (number % 2 == 1).then_some(&mut random);
        platter.lay_out(&folder.0, &left.0, coin);
        // A start that fails, or an image that never settles, is a panic there.
        let looked = tokio::task::spawn_local(faults(left, promised.clone(), cut)).await;
        let faults = looked.unwrap_or_else(|panic| vec![panic.to_string()]);
        verdict.injected += 1;
        verdict.survived += u32::from(faults.is_empty());
        verdict.lost.extend(faults.into_iter().map(|fault| format!("at change {cut}: {fault}")));
    }
    verdict
}

/// Uploads from the first start of a site on.
async fn load(disk: &Arc<Disk>, folder: &Folder) -> Vec<Promised> {
    let process = Process::of(disk.recording(command(&folder.0, &free_ports()))).await;
    let (mut waiting, mut flight, mut promised) = (0..UPLOADS, JoinSet::new(), Vec::new());
    loop {
        while flight.len() < AT_ONCE
            && let Some(number) = waiting.next()
        {
            flight.spawn_local(promise(Upload::numbered(number), process.url.clone(), disk.clone()));
        }
        match flight.join_next().await {
            Some(upload) => promised.push(upload.unwrap()),
            None => break,
        }
    }
    process.kill().await;
    promised
}

async fn promise(mut upload: Upload, url: String, disk: Arc<Disk>) -> Promised {
    let client = client();
    let grant = upload.ask(&client, &url).await.unwrap();
    let granted = disk.changes();
    assert!(upload.send(&client, &grant).await.unwrap());
    let stored = disk.changes();
    site::settled(&client, &url, &text(&grant["id"])).await;
    (upload.grant, upload.is_acknowledged) = (Some(grant), true);
    Promised { upload, granted, stored, ready: disk.changes() }
}

/// What is missing of what was promised before the `cut`, on a start with what the disk has left.
async fn faults(left: Folder, promised: Arc<Vec<Promised>>, cut: u64) -> Vec<String> {
    let process = Process::start(&left.0, &free_ports()).await;
    let mut faults = Vec::new();
    for Promised { upload, granted, stored, ready } in promised.iter() {
        let id = upload.id().unwrap();
        let found = read(client().get(format!("{}/images/{id}", process.url))).await;
        if *granted <= cut && !found.status.is_success() {
            faults.push(format!("{id} was granted, and is {}", found.status));
        } else if *ready <= cut && found.json()["status"] != "ready" {
            faults.push(format!("{id} was ready, and is {}", found.json()["status"]));
        } else if *stored <= cut {
            faults.extend(upload.fault(&client(), &process.url).await);
        }
    }
    process.kill().await;
    faults
}
