//! CPU and wall time of repetitions, as lines of JSON.

use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Once to warm up, then measured; gives what the last made.
pub fn repeat<T>(repetitions: u32, mut run: impl FnMut() -> Result<T>) -> Result<T> {
    let mut last = run()?;
    for _ in 0..repetitions {
        let (cpu, wall) = (cpu_time(), Instant::now());
        let made = black_box(run()?);
        let (cpu, wall) = (cpu_time() - cpu, wall.elapsed());
        last = made;
        println!(r#"{{"cpu_ms": {:.3}, "wall_ms": {:.3}}}"#, cpu.as_secs_f64() * 1e3, wall.as_secs_f64() * 1e3);
    }
    Ok(last)
}

/// Of all threads of this process.
fn cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` outlives the call, which fills it.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    assert_eq!(failed, 0, "the clock of a process is always there on Linux");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The most that was resident. A parent's `wait4` would count its own memory too, from before the `exec`.
pub fn print_peak() -> Result<()> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    println!(r#"{{"peak_kib": {}}}"#, line.trim().trim_end_matches(" kB"));
    Ok(())
}
