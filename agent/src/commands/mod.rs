//! The command line.

mod check;
mod claim;
mod outbox;
mod run;
mod simulate;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// The gateway agent of a worker station: readings wait on its disk until the hub has them on its own.
#[derive(Debug, Parser)]
#[command(name = "waystation-agent", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  waystation-agent run --config /etc/waystation/agent.toml
  waystation-agent claim 7K3M-Q9TX --hub https://hub.example:8443
  waystation-agent check
  waystation-agent outbox --json
  waystation-agent simulate --stations 100 --hub mqtt://127.0.0.1:1883

Exit codes: 0 all is well, 1 something failed, 2 wrong usage.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Collect readings and deliver them to the hub, until SIGTERM or SIGINT.
    Run(run::Run),
    /// The installer's doctor: tries everything that the agent needs, and says what to do about each failure.
    Check(check::Check),
    /// Fetch this station's token from the hub with a claim code, and write the configuration.
    Claim(claim::Claim),
    /// Show what waits on disk, what was lost, and how long the disk will last.
    Outbox(outbox::Outbox),
    /// Play believable stations against a real hub.
    Simulate(simulate::Simulate),
}

/// Runs the command line and gives the exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    start_logging();
    match execute(cli.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("waystation-agent: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Run(command) => command.execute(),
        Command::Check(command) => command.execute(),
        Command::Claim(command) => command.execute(),
        Command::Outbox(command) => command.execute(),
        Command::Simulate(command) => command.execute(),
    }
}

/// Logs go to standard error; `RUST_LOG` chooses what.
fn start_logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
}

/// One thread is enough for a gateway, and for thousands of simulated stations.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(4).build()?)
}

/// Resolves at SIGTERM or SIGINT.
async fn asked_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
