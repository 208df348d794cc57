//! `influx`: preparing InfluxDB.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;

use super::{ConfigFile, output, runtime};
use crate::influx;

/// Prepare InfluxDB
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Example:
  waystation-hub influx init --config hub.toml")]
pub(super) enum Command {
    /// Make the bucket or database of [influx] and set its retention; repeating it does no harm
    Init {
        #[command(flatten)]
        config: ConfigFile,
    },
}

pub(super) fn run(command: Command, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let Command::Init { config } = command;
    let config = config.load()?.influx.context(
        "no [influx] section; add one with url, and org, bucket and token (or api = \"v1\" and database) to hub.toml",
    )?;
    let done = runtime::small()?.block_on(influx::init(&config))?;
    output::line(out, &done)?;
    Ok(ExitCode::SUCCESS)
}
