//! What operators see of a process: its log.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod log;
