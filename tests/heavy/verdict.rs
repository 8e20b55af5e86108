//! How a heavy test ended, and the moments that it drew.

use anyhow::{Result, ensure};

/// What is told at the end.
#[derive(Default)]
pub struct Verdict {
    pub injected: u32,
    /// Of the faults: those after which it came up again, with all that had been acknowledged.
    pub survived: u32,
    /// What had been acknowledged and is not there, or not as it was sent.
    pub lost: Vec<String>,
}

impl Verdict {
    pub fn tell(self) -> Result<()> {
        let Self { injected, survived, lost } = self;
        for lost in &lost {
            println!("lost: {lost}");
        }
        println!("faults injected {injected}, survived {survived}, lost {}", lost.len());
        ensure!(injected == survived && lost.is_empty(), "not all was kept");
        Ok(())
    }
}

/// SplitMix64: the same numbers for the same seed.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % end
    }
}
