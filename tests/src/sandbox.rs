//! What Lambda's sandbox refuses, so that what needs it fails here and not there first.

use std::{collections::BTreeMap, io, os::unix::process::CommandExt, process::Command};

use anyhow::{Context, Result};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

/// Nothing is known of others that programs commonly make.
const REFUSED: [libc::c_long; 1] = [libc::SYS_prctl];

/// From its start on the process and its children may not make these calls: they fail as they do there, with EPERM.
pub fn confine(command: &mut Command) -> Result<()> {
    let rules = BTreeMap::from(REFUSED.map(|call| (call, Vec::new())));
    let architecture = std::env::consts::ARCH.try_into().context("no filter for this architecture")?;
    let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, architecture).context("make a filter")?;
    let program: BpfProgram = filter.try_into().context("compile a filter")?;
    let confine = move || apply_filter(&program).map_err(|_| io::Error::from_raw_os_error(libc::ENOSYS));
    // SAFETY: between fork and exec it only makes system calls, and allocates nothing.
    unsafe { command.pre_exec(confine) };
    Ok(())
}
