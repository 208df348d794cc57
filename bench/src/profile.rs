//! Where a server spends its time while it is measured: `perf` of Debian's linux-perf.

use crate::process::Process;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A recording of one process.
pub struct Profile {
    perf: Process,
    data: PathBuf,
}

impl Profile {
    /// Begins to record `pid`; everything is kept in `folder` under `name`.
    pub fn begin(folder: &Path, name: &str, pid: u32) -> Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let data = folder.join(format!("{name}.perf"));
        let mut command = Command::new("perf");
        // The processor's counters are often not there in a virtual machine; the clock is.
        command
            .args(["record", "-e", "cpu-clock", "-F", "499", "-g", "-p", &pid.to_string(), "-o"])
            .arg(&data);
        let perf = Process::start("perf", &mut command, &folder.join(format!("{name}.log")))?;
        Ok(Self { perf, data })
    }

    /// Ends the recording and prints the functions that took at least 1 % of the time.
    pub fn end(mut self) -> Result<()> {
        self.perf.stop()?;
        let report = Command::new("perf")
            .args(["report", "--stdio", "--no-children", "-g", "none", "--percent-limit", "1"])
            .args(["--sort", "dso,symbol", "-i"])
            .arg(&self.data)
            .output()
            .context("running perf report")?;
        eprintln!("{}", String::from_utf8_lossy(&report.stdout));
        eprintln!("the whole profile: perf report --children -i {}", self.data.display());
        Ok(())
    }
}
