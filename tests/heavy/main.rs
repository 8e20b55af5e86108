//! Heavy tests, too long for every day: `cargo run -p tests --bin heavy -- --help`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod burst;
mod faults;
mod kills;
mod memory;
mod platter;
mod power_cuts;
mod upload;
mod verdict;

// Shared with the promises, which use all of it.
#[allow(dead_code)]
#[path = "../promises/disk.rs"]
mod disk;
#[allow(dead_code)]
#[path = "../promises/invariants.rs"]
mod invariants;
#[allow(dead_code)]
#[path = "../promises/pictures.rs"]
mod pictures;
#[allow(dead_code)]
#[path = "../promises/process.rs"]
mod process;
#[allow(dead_code)]
#[path = "../promises/site.rs"]
mod site;

use std::process::ExitCode;

use clap::{Args, Parser};
use tokio::{process::Command, task::LocalSet};

/// Faults, many times over. Each ends with one line; what was lost makes it fail.
#[derive(Parser)]
enum Heavy {
    /// `kill -9` at random moments with fifty uploads in flight.
    Kills(Times),
    /// So many events at once; 10 of 100 come twice, 5 are of half a picture, 1 fails until a fault is mended.
    Burst(Times),
    /// Faults of every row of the matrix at random steps, `count` for each row.
    Faults(Times),
    /// The power fails at random moments: what was not fsynced is gone, or half of it.
    PowerCuts(Times),
}

/// How often, and which random moments.
#[derive(Args)]
struct Times {
    #[arg(long, default_value_t = 200)]
    count: u32,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Set for the process under test: it is this same program.
const UNDER_TEST: &str = "TINTYPE_UNDER_TEST";

fn main() -> ExitCode {
    if std::env::var_os(UNDER_TEST).is_some() {
        return local::command::main();
    }
    // A site in this very process has its pictures developed by it.
    processor::develop_if_asked();
    match test(Heavy::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault:#}");
            ExitCode::FAILURE
        }
    }
}

fn test(heavy: Heavy) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let verdict = LocalSet::new().block_on(&runtime, async {
        match heavy {
            Heavy::Kills(Times { count, seed }) => kills::run(count, seed).await,
            Heavy::Burst(Times { count, seed }) => burst::run(count, seed).await,
            Heavy::Faults(Times { count, seed }) => faults::run(count, seed).await,
            Heavy::PowerCuts(Times { count, seed }) => power_cuts::run(count, seed).await,
        }
    });
    verdict.tell()
}

fn program() -> Command {
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.env(UNDER_TEST, "1");
    program
}
