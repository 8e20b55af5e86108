//! What the system lets a darkroom take.

use imaging::{Rejection, RejectionCode};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};

/// Beyond these a picture is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// Memory that is written to, the original among it. Larger: fewer images at once on a machine.
    /// Smaller: large pictures are refused; 50 megapixels of AVIF take 800 MiB.
    pub memory_bytes: u64,
    /// Of all threads together. Larger: a hostile picture costs more. Smaller: slow machines refuse large pictures.
    pub cpu_seconds: u64,
    /// From the question to the end, waiting among it: a fault, not the picture's. Longer: a process that waits for ever
    /// keeps its place from others. Shorter: a busy machine does not end what it could.
    pub wall_seconds: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { memory_bytes: 1 << 30, cpu_seconds: 60, wall_seconds: 240 }
    }
}

impl Bounds {
    /// From here on for this process. A system that refuses has bounds of its own, as Lambda has; it is told of.
    pub(super) fn apply(self) {
        // The hard limit comes a little later: it kills without saying why.
        limit(Resource::Cpu, self.cpu_seconds, self.cpu_seconds + 5);
        limit(Resource::Data, self.memory_bytes, self.memory_bytes);
        // A crash is told by its signal; nobody reads the memory of a stranger's picture.
        limit(Resource::Core, 0, 0);
    }

    /// Bytes. An answer lay in its memory twice: as pictures, and put together.
    pub(super) fn longest_answer(self) -> u64 {
        self.memory_bytes / 2
    }

    /// A decoder that was refused memory calls its picture damaged, or cannot write it: near the bound it was the bound.
    pub(super) fn reclassify(self, rejection: Rejection) -> Rejection {
        let is_near = peak_bytes().is_some_and(|peak| peak > self.memory_bytes / 4 * 3);
        match rejection.code {
            RejectionCode::Corrupt if is_near => self.too_much_memory(),
            _ => rejection,
        }
    }

    pub(super) fn too_much_memory(self) -> Rejection {
        let detail = format!("The picture takes more than {} MiB of memory.", self.memory_bytes >> 20);
        Rejection { code: RejectionCode::TooMuchMemory, detail }
    }

    pub(super) fn too_much_time(self) -> Rejection {
        let detail = format!("The picture takes more than {} seconds of computing.", self.cpu_seconds);
        Rejection { code: RejectionCode::TooMuchTime, detail }
    }
}

/// The most memory that this process has had, where the system tells.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(peak.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

/// Nobody may raise a hard limit that is lower already.
fn limit(resource: Resource, soft: u64, hard: u64) {
    let hard = getrlimit(resource).maximum.unwrap_or(u64::MAX).min(hard);
    let rlimit = Rlimit { current: Some(soft.min(hard)), maximum: Some(hard) };
    if let Err(refusal) = setrlimit(resource, rlimit) {
        eprintln!("{resource:?} is not bound by {hard}: {refusal}");
    }
}
