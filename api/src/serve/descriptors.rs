//! How many files and connections this process may hold open at once.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Nothing here needs more, whatever the system would grant.
const ENOUGH: u64 = 65_536;

/// Raises the limit as far as the system lets it without asking anybody, and returns it.
pub fn raise_limit() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let (current, wanted) = (current.unwrap_or(ENOUGH), maximum.unwrap_or(ENOUGH).min(ENOUGH));
    let raised = wanted > current && setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }).is_ok();
    (if raised { wanted } else { current }) as usize
}
