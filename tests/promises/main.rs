//! What Tintype promises, kept over HTTP against the whole of it on this machine.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod alterations;
mod browser;
mod canaries;
mod clock;
mod crashes;
mod damage;
mod darkroom;
#[allow(dead_code, reason = "recording is for the heavy tests")]
mod disk;
mod disk_faults;
mod duplicates;
mod exposition;
mod faults;
mod function;
mod functions;
mod grants;
mod guard;
mod images;
mod invariants;
mod keys;
mod log;
mod logged;
mod messages;
mod metrics;
mod notifications;
mod operations;
mod owners;
mod pictures;
mod polyglots;
mod presets;
mod problems;
mod process;
mod processing;
mod reprocess;
mod scopes;
mod secrets;
mod services;
mod settings;
mod shells;
mod signer;
mod site;
mod slow_clients;
mod swaps;
mod sweeps;
mod traversal;
mod wire;

/// What is killed.
fn program() -> tokio::process::Command {
    tokio::process::Command::new(env!("CARGO_BIN_EXE_tintype-under-test"))
}
