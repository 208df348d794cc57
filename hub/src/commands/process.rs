//! What a long-running command sets up for its process.

use std::io::IsTerminal;

use anyhow::Context;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Logs go to standard error: what `RUST_LOG` asks for, or this level and above.
pub(super) fn log_to_stderr(level: &str) -> anyhow::Result<()> {
    let filter = match std::env::var(EnvFilter::DEFAULT_ENV) {
        Ok(wanted) => {
            EnvFilter::try_new(&wanted).with_context(|| format!("RUST_LOG={wanted} is no log filter"))?
        }
        // The router tells of every subscription at `info`, which says nothing to an operator.
        Err(_) => EnvFilter::new(format!("{level},rumqttd=warn")),
    };
    let colours = std::io::stderr().is_terminal();
    let logging =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    logging.try_init().map_err(|error| anyhow::anyhow!("logging cannot be set up: {error}"))
}

/// One socket a station: takes all the open files that the system lets this process have.
pub(super) fn raise_open_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "the limit of open files cannot be raised; fewer stations can connect");
    }
}

/// Resolves when somebody asks the process to end: Ctrl-C or SIGTERM.
pub(super) async fn asked_to_stop() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
