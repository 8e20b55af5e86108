//! What is counted in this process, from its start on.
//!
//! Labels hold words of ours, never a client's, so that there are only so many series.

pub mod emf;
pub mod prometheus;

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

pub static UPLOADS_GRANTED: Counter =
    Counter::by("uploads_granted", "Uploads granted, repetitions left out.", "form", &["json", "text", "redirect"]);
pub static IMAGES_READY: Counter = Counter::new("images_ready", "Images recorded as ready.");
pub static IMAGES_FAILED: Counter =
    Counter::by("images_failed", "Images recorded as failed, by their code.", "code", &FAILURES);
pub static IMAGES_EXPIRED: Counter = Counter::new("images_expired", "Uploads that never came.");
pub static MESSAGES_POSTPONED: Counter = Counter::by(
    "messages_postponed",
    "Messages to be delivered again: after a fault, or because another run was busy with the image.",
    "reason",
    &["fault", "busy"],
);
pub static DEAD_LETTERS: Counter = Counter::new("dead_letters", "Messages that were given up.");
pub static SWEEPS: Counter = Counter::by(
    "sweeps",
    "Sweeps, by whether all that was overdue was dealt with, some of it, or nothing.",
    "outcome",
    &["done", "partly", "failed"],
);
pub static REQUESTS: Histogram = Histogram::new(
    "http_request",
    "From a request to its answer, waiting on purpose included.",
    &["method", "route", "status"],
);
pub static QUEUE_WAIT: Histogram =
    Histogram::new("queue_wait", "From the arrival of an original to its first claim.", &[]);
pub static STAGE: Histogram = Histogram::new(
    "stage",
    "What one image's stages take: claim, fetch, develop, write, finish, announce.",
    &["stage"],
);

static COUNTERS: [&Counter; 7] =
    [&UPLOADS_GRANTED, &IMAGES_READY, &IMAGES_FAILED, &IMAGES_EXPIRED, &MESSAGES_POSTPONED, &DEAD_LETTERS, &SWEEPS];
static HISTOGRAMS: [&Histogram; 3] = [&REQUESTS, &QUEUE_WAIT, &STAGE];

/// The codes that an image fails with: `imaging::RejectionCode`, and the processor's own.
const FAILURES: [&str; 13] = [
    "empty",
    "unsupported_format",
    "truncated",
    "corrupt",
    "too_many_pixels",
    "side_too_long",
    "too_many_scans",
    "metadata_too_large",
    "too_much_time",
    "too_much_memory",
    "too_large",
    "source_missing",
    "gave_up",
];
/// A word that a counter does not know.
const OTHER: &str = "other";
const MAX_VALUES: usize = FAILURES.len() + 1;

/// Upper bounds in seconds: from a write to the database to a queue that stands still.
const BOUNDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];

/// Only grows. Each value of its label is there from the start, so that the first of a kind is seen as growth.
pub struct Counter {
    name: &'static str,
    help: &'static str,
    label: &'static str,
    values: &'static [&'static str],
    /// One for each value, then one for any other.
    counts: [AtomicU64; MAX_VALUES],
}

/// Durations, in buckets, by labels whose values are only so many.
pub struct Histogram {
    name: &'static str,
    help: &'static str,
    labels: &'static [&'static str],
    /// Under one lock, so that sum, count and buckets of a series agree.
    series: Mutex<BTreeMap<Vec<String>, Series>>,
}

#[derive(Clone, Default)]
struct Series {
    /// Not cumulative; what is beyond the last bound is in `count` only.
    buckets: [u64; BOUNDS.len()],
    count: u64,
    seconds: f64,
}

impl Counter {
    const fn new(name: &'static str, help: &'static str) -> Self {
        Self::by(name, help, "", &[""])
    }

    const fn by(name: &'static str, help: &'static str, label: &'static str, values: &'static [&'static str]) -> Self {
        assert!(values.len() < MAX_VALUES);
        Self { name, help, label, values, counts: [const { AtomicU64::new(0) }; MAX_VALUES] }
    }

    /// One more, of a counter without a label.
    pub fn add(&self) {
        self.add_of("");
    }

    /// One more of that value.
    pub fn add_of(&self, value: &str) {
        let known = self.values.iter().position(|known| *known == value);
        self.counts[known.unwrap_or(self.values.len())].fetch_add(1, Relaxed);
    }

    fn values(&self) -> impl Iterator<Item = (&'static str, &AtomicU64)> {
        self.values.iter().copied().chain([OTHER]).zip(&self.counts)
    }
}

impl Histogram {
    const fn new(name: &'static str, help: &'static str, labels: &'static [&'static str]) -> Self {
        Self { name, help, labels, series: Mutex::new(BTreeMap::new()) }
    }

    /// Notes that it took so long; one value for each label.
    pub fn note(&self, values: &[&str], took: Duration) {
        debug_assert_eq!(values.len(), self.labels.len());
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let seconds = took.as_secs_f64();
        let mut all = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        let series = all.entry(values).or_default();
        if let Some(bucket) = BOUNDS.iter().position(|bound| seconds <= *bound) {
            series.buckets[bucket] += 1;
        }
        series.count += 1;
        series.seconds += seconds;
    }

    /// Notes what the work takes, whatever comes of it.
    pub async fn time<F: Future>(&self, values: &[&str], work: F) -> F::Output {
        let started = Instant::now();
        let done = work.await;
        self.note(values, started.elapsed());
        done
    }
}
