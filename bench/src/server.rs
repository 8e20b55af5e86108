//! The server that is measured: where it answers, and how much memory it holds.

use anyhow::{Context, Result};
use clap::Args;

#[derive(Debug, Args)]
pub struct Server {
    /// Where page and API are, such as http://127.0.0.1:8080.
    #[arg(long)]
    pub url: String,
    /// The server's process, for its memory.
    #[arg(long)]
    pid: u32,
}

impl Server {
    /// Megabytes that are resident now.
    pub fn resident_mb(&self) -> Result<f64> {
        self.status_mb("VmRSS:")
    }

    /// The most megabytes that were ever resident at once.
    pub fn peak_mb(&self) -> Result<f64> {
        self.status_mb("VmHWM:")
    }

    fn status_mb(&self, field: &str) -> Result<f64> {
        let path = format!("/proc/{}/status", self.pid);
        let status = std::fs::read_to_string(&path).with_context(|| format!("read {path}"))?;
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        // proc(5) writes kB and means 1024 bytes.
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        Ok(kibibytes.with_context(|| format!("{path} has no {field}"))? * 1024.0 / 1e6)
    }
}
