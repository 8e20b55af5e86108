//! The processor as a plain worker: each slot takes a message from the queue, and ends it before it takes another.

mod queue;

use std::time::Duration;

use anyhow::{Error, Result};
use futures_util::future::join_all;
use store::Timestamp;
use telemetry::metrics::emf;
use tokio::{
    sync::watch::Receiver,
    time::{Instant, sleep},
};

use crate::{Busy, Processor, StopAt, slots, watch};
use queue::Message;
pub use queue::Queue;

/// A queue that cannot be read is asked again after as long.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
const FIRST_DELAY: Duration = Duration::from_secs(1);
/// What is in hand may still take so long once the worker is told to stop: less than the minute that it is given
/// (docs/cluster.md), since leases and messages are given back then.
const DRAIN: Duration = Duration::from_secs(50);
/// Of the first delay, where the queue never gives a message up: eight and a half minutes.
const MAX_DOUBLINGS: u32 = 9;

/// Asks once for what the work begins with, so that a wrong name, or no credentials, are told at the start.
pub async fn check(queue: &Queue, processor: &Processor) -> Result<()> {
    processor.catalog.overdue(Timestamp::now(), 1).await?;
    processor.objects.check().await?;
    queue.check().await
}

/// Works until it is told to stop; returns once what is in hand is done, or given back.
pub async fn work(queue: &Queue, processor: &Processor, mut stop: Receiver<bool>) {
    let (tell, stop_at) = StopAt::told_later();
    let processor = Processor { stop_at, ..processor.clone() };
    let slots = join_all((0..slots()).map(|_| slot(queue, &processor, stop.clone())));
    let drain = async {
        if stop.wait_for(|stop| *stop).await.is_ok() {
            tell.send_replace(Some(Instant::now() + DRAIN));
        }
    };
    tokio::join!(slots, drain);
    emf::print();
}

async fn slot(queue: &Queue, processor: &Processor, mut stop: Receiver<bool>) {
    loop {
        let taken = tokio::select! {
            biased;
            // A message that was on its way comes again when the queue stops hiding it.
            _ = stop.wait_for(|stop| *stop) => return,
            taken = queue.take() => taken,
        };
        match taken {
            Ok(Some(message)) => Box::pin(end(queue, processor, message)).await,
            Ok(None) => {}
            Err(fault) => {
                tracing::error!(cause = format!("{fault:#}"), "the queue cannot be read");
                tokio::select! {
                    () = sleep(LOOK_AGAIN) => {}
                    _ = stop.wait_for(|stop| *stop) => {}
                }
            }
        }
        // Without a message, too: sweeps are counted beside them.
        emf::print();
    }
}

/// Does what a message asks for, and has it go, or come again.
async fn end(queue: &Queue, processor: &Processor, message: Message) {
    let result = handle(queue, processor, &message).await;
    let closed = match &result {
        Ok(()) => queue.remove(&message).await,
        Err(fault) => postpone(queue, &message, fault).await,
    };
    if let Err(fault) = closed {
        tracing::warn!(message_id = message.id, cause = format!("{fault:#}"), "a message comes again by itself");
    }
}

async fn handle(queue: &Queue, processor: &Processor, message: &Message) -> Result<()> {
    let (processor, body) = (processor.clone(), message.body.clone());
    // On a task of its own, so that a panic is a failed delivery and no end of the slot.
    let handled = tokio::spawn(async move { processor.handle_message(&body).await });
    tokio::select! {
        handled = handled => handled.unwrap_or_else(|panic| Err(panic.into())),
        never = queue.keep(message) => match never {},
    }
}

async fn postpone(queue: &Queue, message: &Message, fault: &Error) -> Result<()> {
    let delay = match fault.downcast_ref::<Busy>() {
        // The queue counts in whole seconds: one more than are full.
        Some(busy) => busy.left() + Duration::from_secs(1),
        None => FIRST_DELAY * 2u32.pow(message.receives.saturating_sub(1).min(MAX_DOUBLINGS)),
    };
    watch::postponed(&message.id, Some(message.receives), fault);
    queue.hide(message, delay).await
}
