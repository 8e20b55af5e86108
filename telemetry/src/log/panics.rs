//! A panic is one event like any other, where the standard library prints lines that no collector can read.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    panic::{PanicHookInfo, set_hook},
};

use tracing::Dispatch;

/// To this log by name: where the log is switched off around a request, a panic must be seen all the same.
pub fn go_to(log: Dispatch) {
    set_hook(Box::new(move |panic| tracing::dispatcher::with_default(&log, || note(panic))));
}

fn note(panic: &PanicHookInfo) {
    let at = panic.location().map(ToString::to_string);
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    tracing::error!(cause = panic.payload_as_str(), at, backtrace, "panic");
}
