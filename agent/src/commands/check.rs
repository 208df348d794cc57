//! `waystation-agent check`: one trial after the other, each with its time and, if it fails, what to do.

use super::runtime;
use crate::app::endpoint;
use crate::clock::now_ms;
use crate::config::Config;
use crate::connection::{Connection, Credentials, Endpoint, Event, trial};
use serde::Serialize;
use std::fs::{DirBuilder, File};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use waystation_protocol::{Channel, CommandResult, Outcome, topic_name};

/// A trial that takes longer has failed.
const TRIAL_MAX: Duration = Duration::from_secs(15);
/// 2025-01-01: a clock before it has not been set since the machine was made.
const CLOCK_MIN_MS: i64 = 1_735_689_600_000;
/// An outbox on a card slower than this holds the devices up.
const FSYNC_SLOW: Duration = Duration::from_millis(500);

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
            findings.measure("clock", || check_clock(now_ms()));
            findings.measure("disk", || check_disk(&config));
            findings.measure("sources", || check_sources(&config));
            runtime()?.block_on(check_network(&config, &mut findings));
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

fn check_clock(now_ms: i64) -> Result<((), String), String> {
    if now_ms < CLOCK_MIN_MS {
        return Err(
            "the clock was never set: start a time service (systemctl enable --now systemd-timesyncd)".into(),
        );
    }
    Ok(((), format!("{} s since 1970; the hub refuses readings more than 120 s ahead of it", now_ms / 1000)))
}

/// The folder can be written, has room for the whole outbox, and an fsync takes a bearable time.
fn check_disk(config: &Config) -> Result<((), String), String> {
    let dir = &config.data_dir;
    let wrong = |error: std::io::Error| format!("{}: {error}; check data_dir and its owner", dir.display());
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(wrong)?;
    let fsync = time_fsync(&dir.join("check.tmp")).map_err(wrong)?;
    let found = rustix::fs::statvfs(dir).map_err(|error| wrong(error.into()))?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let used = used_bytes(&dir.join("outbox"));
    if free + used < config.outbox.max_bytes {
        return Err(format!(
            "{} MiB are free, outbox.max_bytes is {} MiB: make it smaller, or free the disk",
            free >> 20,
            config.outbox.max_bytes >> 20
        ));
    }
    if fsync > FSYNC_SLOW {
        return Err(format!("an fsync takes {} ms: the card is worn out or too slow", fsync.as_millis()));
    }
    Ok(((), format!("{} MiB free, fsync {:.1} ms", free >> 20, fsync.as_secs_f64() * 1000.0)))
}

fn time_fsync(path: &Path) -> std::io::Result<Duration> {
    let mut file = File::create(path)?;
    file.write_all(&[0; 4096])?;
    let started = Instant::now();
    file.sync_all()?;
    let took = started.elapsed();
    drop(file);
    std::fs::remove_file(path)?;
    Ok(took)
}

fn used_bytes(folder: &Path) -> u64 {
    let sizes = std::fs::read_dir(folder).into_iter().flatten().flatten();
    sizes.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
}

/// The folder of the socket exists, and the port is free or taken by an agent that runs.
fn check_sources(config: &Config) -> Result<((), String), String> {
    let sources = &config.sources;
    let mut found = Vec::new();
    if let Some(path) = &sources.jsonl_path {
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(format!("sources.jsonl.path: the folder {} is missing: make it", folder.display()));
        }
        found.push(format!("JSON lines on {}", path.display()));
    }
    if let Some(address) = sources.jsonl_listen {
        let taken = std::net::TcpListener::bind(address).is_err();
        found.push(format!(
            "JSON lines on {address}{}",
            if taken { " (in use: the agent runs?)" } else { "" }
        ));
    }
    if sources.stdin {
        found.push("standard input".to_owned());
    }
    if found.is_empty() {
        return Err(
            "no source is configured: set sources.jsonl.path, sources.jsonl.listen or sources.stdin".into()
        );
    }
    Ok(((), found.join(", ")))
}

async fn check_network(config: &Config, findings: &mut Findings) {
    let found = endpoint(config).map_err(|error| error.to_string());
    let Some(endpoint) = findings.measure("tls setup", || Ok((found?, "ready".into()))) else { return };
    let text = |error: crate::connection::ConnectError| error.to_string();
    let resolve = async {
        let addresses = trial::resolve(&endpoint).await.map_err(text)?;
        let detail = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Ok((addresses, detail))
    };
    let Some(addresses) = findings.measure_async("dns", resolve).await else { return };
    let connect = async { Ok((trial::connect(&addresses).await.map_err(text)?, "connected".to_owned())) };
    let Some(tcp) = findings.measure_async("tcp", connect).await else { return };
    let tls = endpoint.address.is_tls();
    let secure = async { Ok((trial::secure(&endpoint, tcp).await.map_err(text)?, secured(&endpoint))) };
    let Some(stream) = findings.measure_async(if tls { "tls" } else { "no tls" }, secure).await else {
        return;
    };
    let credentials = credentials(config);
    let log_in = async {
        let connection = Connection::log_in(stream, &credentials).await.map_err(text)?;
        Ok((connection, format!("as {}", config.station)))
    };
    let Some(connection) = findings.measure_async("login", log_in).await else { return };
    findings.measure_async("round trip", round_trip(config, connection)).await;
}

fn secured(endpoint: &Endpoint) -> String {
    if endpoint.address.is_tls() { "certificate accepted" } else { "readings and token travel in the clear" }
        .to_owned()
}

/// A client id of its own, so that a running agent is not taken over.
fn credentials(config: &Config) -> Credentials {
    Credentials {
        client_id: format!("{}.check", config.station),
        username: config.station.to_string(),
        password: config.token.clone(),
        keep_alive: Duration::from_secs(30),
        will: None,
    }
}

/// Publishes the outcome of a command that nobody gave, on `result`: it stores nothing in any series, and its PUBACK
/// comes from the hub's disk all the same.
async fn round_trip(config: &Config, mut connection: Connection) -> Result<((), String), String> {
    let result = CommandResult {
        id: "agent-check".into(),
        ts: now_ms(),
        outcome: Outcome::Done,
        detail: Some("waystation-agent check".into()),
    };
    let topic = topic_name(&config.station, Channel::Result);
    let packet_id = connection.publish(&topic, result.to_json().into(), false);
    loop {
        match connection.event().await {
            Ok(Event::Acknowledged(acknowledged)) if acknowledged == packet_id => break,
            Ok(_) => {}
            Err(error) => return Err(format!("{error}: the hub may not let this station publish")),
        }
    }
    if let Err(error) = connection.close(Duration::from_secs(2)).await {
        tracing::debug!(%error, "no goodbye");
    }
    Ok(((), "acknowledged by the hub".to_owned()))
}
