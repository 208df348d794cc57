//! Memory and processor time, from /proc.

use anyhow::{Context, Result};
use std::fs;

/// Processor time used so far, nanoseconds.
#[derive(Debug, Clone, Copy)]
pub struct Cpu(u64);

impl Cpu {
    /// Of all threads that a process has now.
    pub fn of_process(pid: u32) -> Result<Self> {
        let mut total_ns = 0;
        let folder = format!("/proc/{pid}/task");
        for task in fs::read_dir(&folder).with_context(|| format!("reading {folder}"))? {
            // A thread that ended meanwhile takes its time with it.
            if let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) {
                total_ns += run_ns(&text)?;
            }
        }
        Ok(Self(total_ns))
    }

    /// Of the calling thread.
    pub fn of_this_thread() -> Result<Self> {
        Ok(Self(run_ns(&fs::read_to_string("/proc/thread-self/schedstat")?)?))
    }

    pub fn seconds_since(self, earlier: Self) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / 1e9
    }
}

/// The first field of schedstat (Documentation/scheduler/sched-stats.rst).
fn run_ns(schedstat: &str) -> Result<u64> {
    let first = schedstat.split_whitespace().next().context("empty schedstat")?;
    first.parse().with_context(|| format!("schedstat begins with {first:?}"))
}

/// Resident memory of a process.
pub fn resident_bytes(pid: u32) -> Result<u64> {
    status_bytes(pid, "VmRSS:")
}

/// The most memory that a process ever had resident.
pub fn resident_bytes_max(pid: u32) -> Result<u64> {
    status_bytes(pid, "VmHWM:")
}

fn status_bytes(pid: u32, name: &str) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|kib| kib.parse::<u64>().ok())
        .with_context(|| format!("no {name} in {path}"))?;
    Ok(kib * 1024)
}
