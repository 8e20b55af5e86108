//! What the processor is told at start.

use store::Limits;

/// Settings of the processor alone; those that it shares with the API are `store::Settings`.
#[derive(Clone, Debug)]
pub struct Settings {
    pub limits: Limits,
    /// How long a run may work on an image before another takes over.
    /// Longer: an image whose run died waits longer. Shorter than a run takes: the work is done twice.
    pub lease_seconds: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { limits: Limits::default(), lease_seconds: 60 }
    }
}
