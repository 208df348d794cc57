//! What Linux tells of the machine.

use crate::config::SystemSource;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

/// A modem's helper may ask the modem.
const COMMAND_MAX: Duration = Duration::from_secs(5);

/// The processor's time since the last look.
#[derive(Debug, Default)]
pub struct Processor {
    last: Option<(u64, u64)>,
}

impl Processor {
    /// The share of all processors' time that was not idle since the last look; none at the first.
    pub async fn busy_pct(&mut self) -> Option<f64> {
        let text = tokio::fs::read_to_string("/proc/stat").await.ok()?;
        let now = times(&text)?;
        let (busy_before, all_before) = self.last.replace(now)?;
        let all = now.1.saturating_sub(all_before);
        let busy = now.0.saturating_sub(busy_before);
        (all > 0).then(|| (busy as f64 / all as f64 * 1000.0).round() / 10.0).map(|pct| pct.clamp(0.0, 100.0))
    }
}

/// Busy and all ticks: `cpu user nice system idle iowait irq softirq steal …` (proc(5)).
fn times(stat: &str) -> Option<(u64, u64)> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let ticks: Vec<u64> = line.split_ascii_whitespace().take(8).map_while(|word| word.parse().ok()).collect();
    let all: u64 = ticks.iter().sum();
    let idle = ticks.get(3)? + ticks.get(4).unwrap_or(&0);
    Some((all - idle, all))
}

/// Memory in use, MB: what is neither free nor to be had at once.
pub async fn memory_mb() -> Option<f64> {
    let text = tokio::fs::read_to_string("/proc/meminfo").await.ok()?;
    let kib = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_ascii_whitespace().next()?.parse::<f64>().ok()
    };
    Some(((kib("MemTotal:")? - kib("MemAvailable:")?) * 1024.0 / 1e6).round())
}

/// The signal: of the file or command that the configuration names, else of the first wireless interface.
pub async fn signal_dbm(config: &SystemSource) -> Result<Option<f64>, String> {
    let text = if let Some(path) = &config.signal_file {
        tokio::fs::read_to_string(path).await.map_err(|error| format!("{}: {error}", path.display()))?
    } else if let Some((program, arguments)) = config.signal_command.split_first() {
        let mut command = Command::new(program);
        command.args(arguments).kill_on_drop(true);
        let output =
            timeout(COMMAND_MAX, command.output()).await.map_err(|_| format!("{program}: no answer"))?;
        let output = output.map_err(|error| format!("{program}: {error}"))?;
        String::from_utf8_lossy(&output.stdout).into_owned()
    } else {
        return Ok(tokio::fs::read_to_string("/proc/net/wireless")
            .await
            .ok()
            .and_then(|text| wireless(&text)));
    };
    match text.trim().parse::<f64>() {
        Ok(signal) if (-150.0..=0.0).contains(&signal) => Ok(Some(signal)),
        _ => Err("not a number from -150 to 0 (dBm)".to_owned()),
    }
}

/// The third column of the first interface's line: `wlan0: 0000   54.  -56.  -256 …`.
fn wireless(text: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.split_once(':'))?.1;
    let level: f64 = line.split_ascii_whitespace().nth(2)?.trim_end_matches('.').parse().ok()?;
    (-150.0..0.0).contains(&level).then_some(level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_writes() {
        assert_eq!(times("cpu  10 1 5 80 4 0 0 0 9 9\ncpu0 1 2"), Some((16, 100)));
        assert_eq!(times("intr 1"), None);
        let header =
            "Inter-| sta-|   Quality        |   Discarded packets\n face | tus | link level noise |  nwid\n";
        assert_eq!(wireless(&format!("{header} wlan0: 0000   54.  -56.  -256        0\n")), Some(-56.0));
        assert_eq!(wireless(header), None);
    }
}
