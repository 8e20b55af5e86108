//! The sweep's clock, where no schedule calls it.

use std::time::Duration;

use anyhow::Result;
use tokio::{sync::watch, time::MissedTickBehavior};

use crate::{Swept, sweep::count};

const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Looks after what was left behind, at start and each minute, until it is told to stop.
pub async fn each_minute<F>(sweep: impl Fn() -> F, mut stop: watch::Receiver<bool>)
where
    F: Future<Output = Result<Swept>> + Send + 'static,
{
    let mut minutes = tokio::time::interval(SWEEP_EVERY);
    minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = minutes.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        // On a task of its own, so that a panic is one sweep's end and not that of all.
        let mut once = tokio::spawn(sweep());
        let ended = tokio::select! {
            ended = &mut once => ended.unwrap_or_else(|panic| Err(panic.into())),
            // It may be dropped anywhere: the next start's sweep goes on.
            _ = stop.wait_for(|stop| *stop) => return once.abort(),
        };
        count(&ended);
        if let Err(fault) = ended {
            tracing::error!(cause = format!("{fault:#}"), "the sweep failed");
        }
    }
}
