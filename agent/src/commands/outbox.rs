//! `waystation-agent outbox`.

use super::runtime;
use crate::clock::now_ms;
use crate::config::Config;
use crate::outbox::{GivenUp, Outbox as OpenOutbox};
use crate::sources::SourceHealth;
use crate::status::Status;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use waystation_protocol::SourceState;

/// Ranges shown to people; JSON has them all.
const RANGES_SHOWN: usize = 10;

/// How long an agent may take from opening the outbox to answering, and how often that is tried.
const START_MAX: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Show what waits on disk, what was lost, and how long the disk will last; works while the agent runs.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  waystation-agent outbox
  waystation-agent outbox --config /etc/waystation/agent.toml --json

Exit code 1 if readings are lost that the hub does not know of.")]
pub struct Outbox {
    /// The configuration [default: agent.toml, else /etc/waystation/agent.toml, if there is one]
    #[arg(long)]
    config: Option<PathBuf>,
    #[arg(long)]
    json: bool,
}

impl Outbox {
    pub fn execute(self) -> anyhow::Result<ExitCode> {
        let config = Config::load(self.config.as_deref())?;
        let status = runtime()?.block_on(status(&config))?;
        if self.json {
            println!("{}", serde_json::to_string(&status)?);
        } else {
            print!("{}", describe(&status, now_ms()));
        }
        Ok(if status.lost.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Asks the running agent; without one, looks into the outbox itself. An agent that is just starting has the outbox
/// but does not answer yet, so both are tried for a while.
async fn status(config: &Config) -> anyhow::Result<Status> {
    let deadline = Instant::now() + START_MAX;
    loop {
        if let Some(status) = Status::of_running(&config.data_dir).await? {
            return Ok(status);
        }
        match OpenOutbox::open(&config.data_dir, &config.outbox) {
            Err(error) if error.is_busy() && Instant::now() < deadline => sleep(LOOK_AGAIN).await,
            opened => return Ok(Status::of_view(&config.station, &opened?.view)),
        }
    }
}

fn describe(status: &Status, now_ms: i64) -> String {
    let mut lines = vec![format!(
        "station {}, outbox {}: {}",
        status.station,
        status.outbox,
        status.state.as_deref().unwrap_or("no agent runs"),
    )];
    let age_s = status.oldest_ms.map_or(0, |oldest| (now_ms.max(0) as u64).saturating_sub(oldest) / 1000);
    lines.push(match status.records {
        0 => "nothing waits: the hub has everything".to_owned(),
        waiting => {
            let oldest =
                status.oldest_ms.map_or_else(String::new, |_| format!(", the oldest for {}", span(age_s)));
            format!("{waiting} readings wait ({} KiB){oldest}", status.bytes / 1024)
        }
    });
    let used = status.disk_bytes as f64 / status.disk_bytes_max.max(1) as f64 * 100.0;
    lines.push(format!(
        "disk: {} of {} MiB ({used:.0} %)",
        status.disk_bytes >> 20,
        status.disk_bytes_max >> 20
    ));
    if let Some(horizon_s) = status.horizon_s {
        lines.push(format!("{} left at this rate", span(horizon_s as u64)));
    }
    if let Some(given_up) = describe_given_up(&status.given_up, now_ms) {
        lines.push(given_up);
    }
    if status.refused_total > 0 {
        lines.push(format!("{} readings of the devices were refused since the start", status.refused_total));
    }
    lines.extend(status.sources.iter().map(describe_source));
    if !status.lost.is_empty() {
        let lost: u64 = status.lost.iter().map(|(first, last)| last - first + 1).sum();
        lines.push(format!("{lost} readings are lost, and the hub does not know of it yet:"));
        lines.extend(
            status.lost.iter().take(RANGES_SHOWN).map(|(first, last)| format!("  {first} to {last}")),
        );
    }
    lines.join("\n") + "\n"
}

fn describe_source(source: &SourceHealth) -> String {
    let state = match source.state {
        SourceState::Ok => "ok",
        SourceState::Waiting => "not reached yet",
        SourceState::Failing => "FAILING",
    };
    let (is_failing, refused) = (source.state == SourceState::Failing, source.refused);
    let mut line = format!("source {} ({}): {state}, {} readings", source.name, source.kind, source.taken);
    if refused > 0 {
        line.push_str(&format!(", {refused} refused"));
    }
    match &source.last_error {
        Some(error) if is_failing => line.push_str(&format!("; {error}")),
        Some(error) if refused > 0 => line.push_str(&format!("; last error: {error}")),
        _ => {}
    }
    line
}

fn describe_given_up(given_up: &GivenUp, now_ms: i64) -> Option<String> {
    let parts: Vec<_> = [
        (given_up.thinned, "thinned (10 minutes of each hour stay)"),
        (given_up.stripped, "stripped (doors, swaps and alarms stay)"),
        (given_up.dropped, "dropped"),
        (given_up.expired, "too old for the hub"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, how)| format!("{count} {how}"))
    .collect();
    let since_s = now_ms.saturating_sub(given_up.since_ms?).max(0).unsigned_abs() / 1000;
    let last_s = now_ms.saturating_sub(given_up.last_ms?).max(0).unsigned_abs() / 1000;
    let (first, last) = (span(since_s), span(last_s));
    Some(format!("given up, first {first} ago and last {last} ago: {} readings", parts.join(", ")))
}

fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
