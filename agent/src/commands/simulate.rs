//! `waystation-agent simulate`.

use super::{asked_to_stop, runtime};
use crate::connection::HubAddress;
use crate::simulate::scenario::Scenario;
use crate::simulate::tokens::{self, StationLogin};
use crate::simulate::{self, Counters, Options, Report};
use anyhow::{Context, bail};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// How often progress is shown.
const PROGRESS: Duration = Duration::from_secs(10);

/// Play believable stations against a real hub, over real MQTT, from one process.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Simulate {
    /// How many stations; with a token file, its first so many (default: all of them, or 10 without a file)
    #[arg(long)]
    stations: Option<usize>,
    /// Simulated seconds per second; timestamps stay those of the wall clock
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// The same seed gives the same stations
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// TOML file with outages, power cuts, clock skew, NAT rebinding, take-over storms, silence
    #[arg(long)]
    scenario: Option<PathBuf>,
    /// The hub: mqtt://HOST[:PORT] or mqtts://HOST[:PORT]
    #[arg(long, default_value = "mqtt://127.0.0.1:1883")]
    hub: HubAddress,
    /// PEM file with the authority of the hub's certificate
    #[arg(long)]
    ca: Option<PathBuf>,
    /// CSV file with station,token lines, as `waystation-hub station import --tokens-out` writes it
    #[arg(long)]
    token_file: Option<PathBuf>,
    /// Beginning of the station ids when there is no token file
    #[arg(long, default_value = "sim-")]
    prefix: String,
    /// Simulated local time to start at, HH:MM (default: now)
    #[arg(long, value_parser = parse_time_of_day)]
    time_of_day: Option<u32>,
    /// New connections per second
    #[arg(long, default_value_t = 500.0)]
    connects_per_second: f64,
    /// Stop after so many seconds (default: at SIGINT or SIGTERM)
    #[arg(long)]
    seconds: Option<f64>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  waystation-agent simulate --stations 10
  waystation-agent simulate --token-file tokens.csv --speed 60 --seed 7 --hub mqtts://hub.example:8883 --ca ca.pem
  waystation-agent simulate --token-file tokens.csv --scenario bad-day.toml --seconds 600 --json

A scenario:
  [[event]]
  at_s = 60            # seconds after the start
  for_s = 120
  what = \"outage\"      # outage | power_cut | clock_skew | nat_rebind | takeover_storm | silence
  stations = \"10%\"     # \"all\", a share, or a list of ids
  skew_s = 7200        # clock_skew
  every_s = 5          # takeover_storm

Exit code 1 if a reading stays unacknowledged or a station is refused.";

impl Simulate {
    pub fn execute(self) -> anyhow::Result<ExitCode> {
        let (json, seconds) = (self.json, self.seconds);
        let options = self.options()?;
        let report = runtime()?.block_on(run(options, seconds))?;
        if json {
            println!("{}", serde_json::to_string(&report)?);
        } else {
            println!("{report}");
        }
        Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn options(self) -> anyhow::Result<Options> {
        let mut options = Options::new(self.hub.clone(), self.logins()?);
        options.ca = self.ca;
        options.speed = self.speed;
        options.seed = self.seed;
        options.start_minute = self.time_of_day;
        options.connects_per_second = self.connects_per_second;
        if let Some(path) = self.scenario {
            options.scenario = Scenario::read(&path)?;
        }
        Ok(options)
    }

    fn logins(&self) -> anyhow::Result<Vec<StationLogin>> {
        match &self.token_file {
            Some(path) => Ok(tokens::read(path, self.stations)?),
            None => tokens::anonymous(&self.prefix, self.stations.unwrap_or(10)).context("--prefix"),
        }
    }
}

async fn run(options: Options, seconds: Option<f64>) -> anyhow::Result<Report> {
    let end = async {
        match seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs_f64(seconds.max(0.0))).await,
            None => std::future::pending().await,
        }
    };
    let stopped = async {
        tokio::select! {
            () = end => {}
            asked = asked_to_stop() => if let Err(error) = asked {
                tracing::error!(%error, "signals cannot be received; stopping");
            }
        }
    };
    let (counters, stations) = (options.counters.clone(), options.stations.len());
    tracing::info!(stations, hub = %options.hub, speed = options.speed, "simulating");
    tokio::select! {
        report = simulate::run(options, stopped) => Ok(report?),
        never = show_progress(&counters, stations) => match never {},
    }
}

async fn show_progress(counters: &Counters, stations: usize) -> std::convert::Infallible {
    let mut ticks = tokio::time::interval(PROGRESS);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        tracing::info!("{}", counters.report(stations));
    }
}

fn parse_time_of_day(text: &str) -> anyhow::Result<u32> {
    let (hours, minutes) = text.split_once(':').context("HH:MM is needed, such as 12:00")?;
    match (hours.parse::<u32>(), minutes.parse::<u32>()) {
        (Ok(hours @ 0..24), Ok(minutes @ 0..60)) => Ok(hours * 60 + minutes),
        _ => bail!("HH:MM is needed, such as 12:00"),
    }
}
