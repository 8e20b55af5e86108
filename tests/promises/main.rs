//! What Tintype promises, kept over HTTP against the whole of it on this machine.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod browser;
mod crashes;
mod darkroom;
mod exposition;
mod faults;
mod grants;
mod guard;
mod images;
mod invariants;
mod log;
mod messages;
mod metrics;
mod notifications;
mod pictures;
mod presets;
mod problems;
mod processing;
mod reprocess;
mod shells;
mod site;
