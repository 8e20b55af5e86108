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
                most = most.max(resident(pid));
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
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kibibytes.unwrap_or_default() * 1024 + children(pid).into_iter().map(resident).sum::<u64>()
}

/// A child belongs to the thread that started it.
fn children(pid: u32) -> Vec<u32> {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let lists = threads.flatten().filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect()
}
