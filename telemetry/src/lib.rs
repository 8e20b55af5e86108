//! What operators see of a process: its log, and what it counts.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod log;
pub mod metrics;
