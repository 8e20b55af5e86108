//! Messages from the bucket to the processor: as many at once as there are cores, within a budget of bytes.

use std::{sync::Arc, time::Duration};

use processor::{Busy, Processor, slots};
use telemetry::metrics::{DEAD_LETTERS, MESSAGES_POSTPONED};
use tokio::{
    sync::{Semaphore, watch},
    time::sleep,
};

use crate::{
    memory,
    s3::{Event, Shelf},
};

/// How long a message stays with the one who took it.
const HOLD: Duration = Duration::from_secs(120);
/// A postponed message wakes nobody: look again this often.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// After as many faults a message rests as a dead letter. What came too early, or with a process that died, is none.
const MAX_FAULTS: u32 = 5;
/// A second apart. Larger: who waits for the process to stop on a full disk waits longer.
const CLOSE_TRIES: u32 = 20;
const FIRST_DELAY: Duration = Duration::from_secs(1);
/// Originals that are worked on at once, together. Larger: more memory. Smaller: large originals wait for each other.
const BUDGET_MEBIBYTES: u32 = 96;
const MEBIBYTE: u64 = 1024 * 1024;

/// Delivers messages until it is told to stop; returns once those in hand are done.
pub async fn deliver(shelf: Shelf, processor: Processor, mut stop: watch::Receiver<bool>) {
    let workers = slots();
    let (slots, budget) = (Arc::new(Semaphore::new(workers)), Arc::new(Semaphore::new(BUDGET_MEBIBYTES as usize)));
    loop {
        let Ok(slot) = slots.clone().acquire_owned().await else { return };
        if *stop.borrow() {
            break;
        }
        let Some(event) = take(&shelf).await else {
            tokio::select! {
                () = shelf.arrivals().notified() => {}
                () = sleep(LOOK_AGAIN) => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
            continue;
        };
        let Ok(share) = budget.clone().acquire_many_owned(mebibytes(&event)).await else { return };
        let (shelf, processor) = (shelf.clone(), processor.clone());
        tokio::spawn(async move {
            let _held = (slot, share);
            // On a task of its own, so that a panic is a failed delivery and no end of the queue.
            let body = event.body.clone();
            let handled = tokio::spawn(async move { processor.handle_message(&body).await }).await;
            let result = handled.unwrap_or_else(|panic| Err(panic.into()));
            let _ = tokio::task::spawn_blocking(memory::give_back).await;
            close_at_last(&shelf, &event, &result).await;
        });
    }
    // Every slot free again: nothing is in hand.
    let _ = slots.acquire_many(workers as u32).await;
}

async fn take(shelf: &Shelf) -> Option<Event> {
    match shelf.next_events(1, HOLD).await {
        Ok(mut events) => events.pop(),
        Err(fault) => {
            tracing::error!(cause = format!("{fault:#}"), "the queue cannot be read");
            None
        }
    }
}

/// Tries until the disk takes it, or gives up: a message whose end is not written stays hidden while it is held.
async fn close_at_last(shelf: &Shelf, event: &Event, result: &anyhow::Result<()>) {
    for _ in 0..CLOSE_TRIES {
        match close(shelf, event, result).await {
            Ok(()) => return,
            Err(fault) => tracing::warn!(cause = format!("{fault:#}"), "what became of a message is not written yet"),
        }
        sleep(FIRST_DELAY).await;
    }
}

/// What becomes of a message that was handled.
pub(crate) async fn close(shelf: &Shelf, event: &Event, result: &anyhow::Result<()>) -> anyhow::Result<()> {
    let Err(fault) = result else { return shelf.acknowledge(event.sequence).await };
    if let Some(busy) = fault.downcast_ref::<Busy>() {
        // No fault of the message's: however often it comes too early, it never becomes a dead letter.
        shelf.postpone(event.sequence, busy.left() + FIRST_DELAY / 10).await?;
        MESSAGES_POSTPONED.add_of("busy");
        return Ok(());
    }
    let (cause, faults) = (format!("{fault:#}"), event.faults + 1);
    if faults >= MAX_FAULTS {
        shelf.bury(event.sequence).await?;
        DEAD_LETTERS.add();
        tracing::error!(sequence = event.sequence, cause, "a message became a dead letter");
        return Ok(());
    }
    shelf.postpone_after_fault(event.sequence, FIRST_DELAY * 2u32.pow(event.faults)).await?;
    MESSAGES_POSTPONED.add_of("fault");
    tracing::warn!(sequence = event.sequence, faults, cause, "a message is postponed");
    Ok(())
}

/// What the message's objects weigh, at least one and at most the whole budget.
fn mebibytes(event: &Event) -> u32 {
    let message: serde_json::Value = serde_json::from_str(&event.body).unwrap_or_default();
    let bytes = message["Records"][0]["s3"]["object"]["size"].as_u64().unwrap_or(0);
    (bytes.div_ceil(MEBIBYTE) as u32).clamp(1, BUDGET_MEBIBYTES)
}
