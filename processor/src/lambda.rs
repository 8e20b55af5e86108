//! How Lambda calls: a batch of messages from the queue, or the schedule of the sweep.

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use telemetry::metrics::emf;
use tokio::time::Instant;

use crate::{Processor, StopAt, sweep::count, watch};

#[derive(Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    records: Vec<QueueRecord>,
}

#[derive(Deserialize)]
struct QueueRecord {
    #[serde(rename = "messageId")]
    message_id: String,
    body: String,
}

/// What is kept of a call's time to give back what is held.
const RESERVE: Duration = Duration::from_secs(5);

/// The processor for one call, which has to be over by `deadline`.
pub fn within(processor: &Processor, deadline: SystemTime) -> Processor {
    let left = deadline.duration_since(SystemTime::now()).unwrap_or_default();
    // Of a short time at least a half is used.
    let usable = left.saturating_sub(RESERVE).max(left / 2);
    Processor { stop_at: StopAt::moment(Instant::now() + usable), ..processor.clone() }
}

/// Answers a batch with the messages to deliver again, anything from the scheduler with a sweep.
pub async fn handle(processor: &Processor, event: Value) -> Result<Value> {
    if let Ok(batch) = serde_json::from_value::<Batch>(event.clone()) {
        return Ok(handle_batch(processor, batch).await);
    }
    if event["source"] == "aws.events" || event["source"] == "aws.scheduler" {
        let swept = processor.sweep().await;
        count(&swept);
        emf::print();
        return serde_json::to_value(swept?).context("tell what was swept");
    }
    anyhow::bail!("an event of no known shape")
}

/// One bad message does not spoil the others of its batch.
async fn handle_batch(processor: &Processor, batch: Batch) -> Value {
    let mut failures = Vec::new();
    for record in batch.records {
        if let Err(fault) = processor.handle_message(&record.body).await {
            watch::postponed(&record.message_id, None, &fault);
            failures.push(json!({ "itemIdentifier": record.message_id }));
        }
        emf::print();
    }
    json!({ "batchItemFailures": failures })
}
