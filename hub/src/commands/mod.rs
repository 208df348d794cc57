//! The command line: what each command takes, and where it goes.
//!
//! Exit codes: 0 done and well, 1 failed or not well, 2 used wrongly.

mod check;
mod claim;
mod configure;
mod demo;
mod influx;
mod language;
mod maintenance;
mod output;
mod process;
mod rotate;
mod run;
mod runtime;
mod station;
mod token;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{self, Config};
use crate::registry::Registry;

/// Telemetry hub of worker stations.
#[derive(Debug, Parser)]
#[command(name = "waystation-hub", version, about, after_help = EXAMPLES)]
#[command(disable_help_subcommand = true, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  waystation-hub demo                             see it work, with simulated stations
  waystation-hub check --config hub.toml          is everything in place?
  waystation-hub run --config hub.toml            the hub
  waystation-hub station add dx-0001 --district 大兴区
  waystation-hub token add zhang --role operator
  waystation-hub maintenance add --station dx-0001 --for 2h --why 换电池

Every key of hub.toml can be given as WAYSTATION_SECTION__KEY as well, for example WAYSTATION_MQTT__LISTEN.
`waystation-hub COMMAND --help` shows more examples.";

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Arguments),
    Demo(demo::Arguments),
    Check(check::Arguments),
    #[command(subcommand)]
    Station(station::Command),
    #[command(subcommand)]
    Token(token::Command),
    #[command(subcommand)]
    Influx(influx::Command),
    #[command(subcommand)]
    Maintenance(maintenance::Command),
}

/// Which configuration to use.
#[derive(Debug, Clone, Args)]
struct ConfigFile {
    /// Configuration file; without it hub.toml in this folder, if there is one
    #[arg(long = "config", value_name = "FILE")]
    path: Option<PathBuf>,
}

impl ConfigFile {
    fn load(&self) -> anyhow::Result<Config> {
        Ok(config::load(self.path.as_deref())?)
    }

    fn registry(&self) -> anyhow::Result<Registry> {
        Ok(Registry::open(&self.load()?.data_dir)?)
    }
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments, &mut std::io::stdout()),
        Command::Check(arguments) => check::run(&arguments, &mut std::io::stdout()),
        Command::Station(command) => station::run(command, &mut std::io::stdout()),
        Command::Token(command) => token::run(command, &mut std::io::stdout()),
        Command::Influx(command) => influx::run(command, &mut std::io::stdout()),
        Command::Maintenance(command) => maintenance::run(command, &mut std::io::stdout()),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("waystation-hub: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests;
