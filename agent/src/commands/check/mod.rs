//! `waystation-agent check`: one trial after the other, each with its time and, if it fails, what to do.

mod local;
mod network;

use super::runtime;
use crate::clock::now_ms;
use crate::config::Config;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// A trial that takes longer has failed.
const TRIAL_MAX: Duration = Duration::from_secs(15);

/// The installer's doctor: clock, disk, sources, DNS, TCP, TLS, login, and one round trip to the hub's disk.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  waystation-agent check --config /etc/waystation/agent.toml
  waystation-agent check --json

Exit code 0 only if all is well. It logs in beside a running agent and does not disturb it.")]
pub struct Check {
    /// The configuration [default: agent.toml, if there is one]
    #[arg(long)]
    config: Option<PathBuf>,
    #[arg(long)]
    json: bool,
}

/// One trial.
#[derive(Debug, Serialize)]
struct Finding {
    trial: &'static str,
    ok: bool,
    took_ms: f64,
    /// What was found, or what went wrong and what to do.
    detail: String,
}

impl Check {
    pub fn execute(self) -> anyhow::Result<ExitCode> {
        let mut findings = Findings::default();
        let config = findings.measure("configuration", || {
            let config = Config::load(self.config.as_deref()).map_err(|mistakes| mistakes.to_string())?;
            let detail = format!("station {}, hub {}", config.station, config.hub);
            Ok((config, detail))
        });
        if let Some(config) = config {
            findings.measure("clock", || local::check_clock(now_ms()));
            findings.measure("disk", || local::check_disk(&config));
            findings.measure("sources", || local::check_sources(&config));
            runtime()?.block_on(network::check_network(&config, &mut findings));
        }
        findings.print(self.json)?;
        let well = findings.0.iter().all(|finding| finding.ok);
        Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn measure<T>(
        &mut self,
        trial: &'static str,
        attempt: impl FnOnce() -> Result<(T, String), String>,
    ) -> Option<T> {
        let started = Instant::now();
        self.note(trial, started, attempt())
    }

    async fn measure_async<T>(
        &mut self,
        trial: &'static str,
        attempt: impl Future<Output = Result<(T, String), String>>,
    ) -> Option<T> {
        let started = Instant::now();
        let outcome = timeout(TRIAL_MAX, attempt).await.unwrap_or_else(|_| {
            Err(format!("no answer within {} s: check the network and the firewall", TRIAL_MAX.as_secs()))
        });
        self.note(trial, started, outcome)
    }

    fn note<T>(
        &mut self,
        trial: &'static str,
        started: Instant,
        outcome: Result<(T, String), String>,
    ) -> Option<T> {
        let took_ms = (started.elapsed().as_secs_f64() * 10_000.0).round() / 10.0;
        let (ok, detail, found) = match outcome {
            Ok((found, detail)) => (true, detail, Some(found)),
            Err(detail) => (false, detail, None),
        };
        self.0.push(Finding { trial, ok, took_ms, detail });
        found
    }

    fn print(&self, json: bool) -> anyhow::Result<()> {
        if json {
            println!("{}", serde_json::to_string(&self.0)?);
            return Ok(());
        }
        for Finding { trial, ok, took_ms, detail } in &self.0 {
            let mark = if *ok { "ok  " } else { "FAIL" };
            println!("{mark} {trial:<14} {took_ms:>8.1} ms  {detail}");
        }
        Ok(())
    }
}
