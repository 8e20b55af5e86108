//! `tintype` under a name of its own, for the tests that kill it.

use std::{process::ExitCode, sync::Arc};

use tests::faults::{Fault, Faults, Step};

fn main() -> ExitCode {
    let faults = Arc::new(Faults::default());
    if let Ok(death) = std::env::var("DIES") {
        let (moment, step) = death.split_once(' ').expect("a moment and a step");
        faults.inject(step_named(step), if moment == "before" { Fault::DieBefore } else { Fault::DieAfter }, 1);
    }
    local::command::main_with(local::Wiring { between: faults.between(), ..local::Wiring::default() })
}

fn step_named(name: &str) -> Step {
    Step::ALL.into_iter().find(|step| format!("{step:?}") == name).expect("a step")
}
