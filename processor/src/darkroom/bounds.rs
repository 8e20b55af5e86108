//! What the system lets a darkroom take.

use anyhow::{Context, Result};
use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};

/// Beyond these a picture is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// Memory that is written to, the original among it. Larger: fewer images at once on a machine.
    /// Smaller: large pictures are refused; 50 megapixels of AVIF take 800 MiB.
    pub memory_bytes: u64,
    /// Of all threads together. Larger: a hostile picture costs more. Smaller: slow machines refuse large pictures.
    pub cpu_seconds: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { memory_bytes: 1 << 30, cpu_seconds: 60 }
    }
}

impl Bounds {
    /// From here on for this process.
    pub(super) fn apply(self) -> Result<()> {
        // The hard limit comes a little later: it kills without saying why.
        limit(Resource::Cpu, self.cpu_seconds, self.cpu_seconds + 5)?;
        limit(Resource::Data, self.memory_bytes, self.memory_bytes)?;
        // A crash is told by its signal; nobody reads the memory of a stranger's picture.
        limit(Resource::Core, 0, 0)
    }
}

fn limit(resource: Resource, soft: u64, hard: u64) -> Result<()> {
    let rlimit = Rlimit { current: Some(soft), maximum: Some(hard) };
    setrlimit(resource, rlimit).with_context(|| format!("bound {resource:?} by {hard}"))
}
