//! `make bench`: every comparison side by side in one run, on the machine at hand.

mod fleet;
mod http;
mod load;
mod machine;
mod mqtt;
mod proc_fs;
mod process;
mod profile;
mod report;
mod rows;
mod servers;

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use mqtt::Payload;
use report::{Report, Table};
use rows::{InfluxPlan, LatencyShape, Plan, Shape};
use servers::{Places, ServerKind};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// As in the hub, whose fold is measured in this process.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Every worker station of the country, end of 2024.
const COUNTRY: usize = 186_100;

/// Enough for what the agent does once in a while.
const STATION_SECONDS: u64 = 60;

/// A city's stations, and a province's.
const CONSOLE_FLEETS: [usize; 2] = [885, 11_800];

/// Measures Waystation beside mosquitto, rumqttd and InfluxDB.
///
/// Examples:
///   waystation-bench all --write docs/benchmarks.md
///   waystation-bench ack --connections 100 --window 100 --server hub
///   waystation-bench all --quick
#[derive(Parser)]
#[command(verbatim_doc_comment)]
struct CommandLine {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Options {
    /// Runs of each figure; the table shows the median.
    #[arg(long, default_value_t = 3, global = true)]
    runs: usize,
    /// Measured seconds of each run.
    #[arg(long, default_value_t = 8.0, global = true)]
    seconds: f64,
    /// Seconds before that.
    #[arg(long, default_value_t = 2.0, global = true)]
    warm_up: f64,
    /// One short run of everything: a smoke test, whose figures mean nothing.
    #[arg(long, global = true)]
    quick: bool,
    /// Only these servers.
    #[arg(long = "server", value_enum, global = true)]
    servers: Vec<ServerName>,
    /// Folder of waystation-hub and waystation-agent [default: that of this program]; an agent in `../small` goes first.
    #[arg(long, global = true)]
    programs: Option<PathBuf>,
    /// Folder for the servers' data: its disk is measured [default: the system's temporary folder].
    #[arg(long, global = true)]
    data: Option<PathBuf>,
    /// Record a profile of the server in each `ack` run with `perf`, into this folder.
    #[arg(long, global = true)]
    profile: Option<PathBuf>,
    /// Also put the tables between the marks in this document.
    #[arg(long, global = true)]
    write: Option<PathBuf>,
}

#[derive(Args)]
struct InfluxOptions {
    /// Measured seconds of each run into InfluxDB.
    #[arg(long, default_value_t = 60.0)]
    influx_seconds: f64,
    /// Folder where `npm install node-red node-red-contrib-influxdb` has been run; left out without it.
    #[arg(long)]
    node_red: Option<PathBuf>,
}

impl InfluxOptions {
    fn plan(self, quick: bool) -> InfluxPlan {
        let seconds = if quick { 1.0 } else { self.influx_seconds };
        InfluxPlan { measured: Duration::from_secs_f64(seconds), node_red: self.node_red }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum ServerName {
    Mosquitto,
    Rumqttd,
    Hub,
}

#[derive(Subcommand)]
enum Command {
    /// Everything.
    All(InfluxOptions),
    /// Acknowledged messages per second.
    Ack {
        /// One shape instead of the four of the table.
        #[arg(long)]
        connections: Option<usize>,
        #[arg(long, default_value_t = 10)]
        window: usize,
        /// Readings in a batch; 0: single readings.
        #[arg(long, default_value_t = 0)]
        batch: u32,
    },
    /// PUBACK latency at a fixed rate.
    Latency {
        #[arg(long, default_value_t = 1000)]
        connections: usize,
        #[arg(long, default_value_t = 10_746.0)]
        rate: f64,
    },
    /// Memory and processor time per idle connection.
    Idle {
        #[arg(long)]
        connections: Vec<usize>,
    },
    /// Logins per second.
    Connects {
        #[arg(long, default_value_t = 10_000)]
        stations: usize,
    },
    /// Readings stored in InfluxDB, by the ways that lead there.
    Influx(InfluxOptions),
    /// InfluxDB is away and returns, while the stations report at the rate of the whole country.
    Outage {
        /// Seconds that it is away.
        #[arg(long, default_value_t = 120.0)]
        away: f64,
    },
    /// A month of utilisation out of the embedded store.
    Utilisation {
        #[arg(long, default_value_t = 885)]
        stations: usize,
    },
    /// The gateway agent's outbox, drain rate and memory.
    Agent {
        #[arg(long, default_value_t = 1_000_000)]
        readings: u64,
    },
    /// The gateway agent at the rate of a busy station: processor time and memory.
    Station {
        /// Measured seconds of each run.
        #[arg(long, default_value_t = STATION_SECONDS)]
        span: u64,
    },
    /// The fold of the log into the stations' state: events per second on one core, and memory per station.
    Fold {
        #[arg(long, default_value_t = COUNTRY)]
        stations: usize,
        /// Simulated seconds that are measured.
        #[arg(long, default_value_t = 120)]
        simulated_seconds: usize,
    },
    /// A hub of many stations: start to "presence known", a page of stations, /metrics.
    Country {
        #[arg(long)]
        stations: Vec<usize>,
    },
    /// The console in Chromium: its first view of a fleet, and how smoothly list and map move. Needs Node.js and `make console`.
    Console {
        #[arg(long)]
        stations: Vec<usize>,
    },
    /// rumqttd alone, as the bench starts it.
    #[command(hide = true)]
    Rumqttd { listen: SocketAddr },
}

fn main() -> ExitCode {
    match run(CommandLine::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("waystation-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(CommandLine { options, command }: CommandLine) -> Result<()> {
    if let Command::Rumqttd { listen } = command {
        return servers::serve_rumqttd(listen);
    }
    let plan = plan(&options)?;
    let report = Report { machine: machine::describe(&plan.places), tables: measure(&plan, command) };
    println!("{}", report.markdown());
    if let Some(path) = &options.write {
        report.write_into(path)?;
    }
    if report.markdown().contains(rows::FAILED) {
        bail!("some figures could not be measured; the reasons stand above");
    }
    Ok(())
}

fn plan(options: &Options) -> Result<Plan> {
    let programs = match &options.programs {
        Some(folder) => folder.clone(),
        None => std::env::current_exe()?.parent().context("this program has no folder")?.to_owned(),
    };
    let servers = options.servers.iter().map(|name| match name {
        ServerName::Mosquitto => ServerKind::Mosquitto,
        ServerName::Rumqttd => ServerKind::Rumqttd,
        ServerName::Hub => ServerKind::Hub,
    });
    let servers: Vec<ServerKind> =
        if options.servers.is_empty() { ServerKind::ALL.to_vec() } else { servers.collect() };
    let data = options.data.clone().unwrap_or_else(std::env::temp_dir);
    let seconds = |value: f64, quick: f64| Duration::from_secs_f64(if options.quick { quick } else { value });
    Ok(Plan {
        places: Places { programs, data },
        runs: if options.quick { 1 } else { options.runs.max(1) },
        warm_up: seconds(options.warm_up, 0.1),
        measured: seconds(options.seconds, 0.5),
        quick: options.quick,
        servers,
        profiles: options.profile.clone(),
    })
}

fn measure(plan: &Plan, command: Command) -> Vec<Table> {
    let counts: &[usize] = if plan.quick { &[200] } else { &[1000, 10_000, 15_000] };
    let fleets: &[usize] = if plan.quick { &[200] } else { &[5_000, COUNTRY] };
    let country = LatencyShape { connections: 1000, messages_per_s: 10_746.0 };
    match command {
        Command::All(options) => {
            let mut tables = rows::ack(plan, None);
            tables.extend([
                rows::latency(plan, country),
                rows::idle(plan, counts),
                rows::connects(plan, 10_000),
                rows::influx(plan, &options.plan(plan.quick)),
                rows::outage(plan, country, Duration::from_secs(if plan.quick { 2 } else { 120 })),
                rows::utilisation(plan, if plan.quick { 20 } else { 885 }),
                rows::agent(plan, if plan.quick { 10_000 } else { 1_000_000 }),
                rows::station(plan, if plan.quick { 2 } else { STATION_SECONDS }),
                rows::fold(plan, if plan.quick { 1_000 } else { COUNTRY }, if plan.quick { 10 } else { 120 }),
                rows::country(plan, fleets),
                rows::console(plan, if plan.quick { &[200] } else { &CONSOLE_FLEETS }),
            ]);
            tables
        }
        Command::Influx(options) => vec![rows::influx(plan, &options.plan(plan.quick))],
        Command::Ack { connections, window, batch } => {
            let payload = if batch == 0 { Payload::Single } else { Payload::Batch(batch) };
            rows::ack(plan, connections.map(|connections| Shape { connections, window, payload }))
        }
        Command::Latency { connections, rate } => {
            vec![rows::latency(plan, LatencyShape { connections, messages_per_s: rate })]
        }
        Command::Idle { connections } => {
            vec![rows::idle(plan, if connections.is_empty() { counts } else { &connections })]
        }
        Command::Connects { stations } => vec![rows::connects(plan, stations)],
        Command::Outage { away } => vec![rows::outage(plan, country, Duration::from_secs_f64(away))],
        Command::Utilisation { stations } => vec![rows::utilisation(plan, stations)],
        Command::Agent { readings } => vec![rows::agent(plan, readings)],
        Command::Station { span } => vec![rows::station(plan, span)],
        Command::Fold { stations, simulated_seconds } => vec![rows::fold(plan, stations, simulated_seconds)],
        Command::Country { stations } => {
            vec![rows::country(plan, if stations.is_empty() { fleets } else { &stations })]
        }
        Command::Console { stations } => {
            vec![rows::console(plan, if stations.is_empty() { &CONSOLE_FLEETS } else { &stations })]
        }
        Command::Rumqttd { .. } => Vec::new(),
    }
}
