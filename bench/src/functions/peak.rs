//! The most memory that a process and its children held at once, looked at again and again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::JoinHandle,
    time::Duration,
};

use anyhow::{Result, anyhow};
use tests::processes::{children, resident};

const PAUSE: Duration = Duration::from_millis(2);

pub struct Peak {
    over: Arc<AtomicBool>,
    watch: JoinHandle<u64>,
}

impl Peak {
    pub fn of(pid: u32) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let until = over.clone();
        let watch = std::thread::spawn(move || {
            let mut most = 0;
            while !until.load(Relaxed) {
                most = most.max(held(pid));
                std::thread::sleep(PAUSE);
            }
            most
        });
        Self { over, watch }
    }

    /// In megabytes.
    pub fn stop(self) -> Result<f64> {
        self.over.store(true, Relaxed);
        let bytes = self.watch.join().map_err(|_| anyhow!("whoever watched the memory ended early"))?;
        Ok(bytes as f64 / 1e6)
    }
}

/// Bytes; those of a process that is just ending count as none.
fn held(pid: u32) -> u64 {
    resident(pid).unwrap_or_default() + children(pid).into_iter().map(held).sum::<u64>()
}
