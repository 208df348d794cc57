//! `waystation-agent run`.

use super::{asked_to_stop, runtime};
use crate::app::{self, Ended};
use crate::config::Config;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Exit code when the hub wants the agent started again: EX_TEMPFAIL of sysexits.h.
const RESTART: u8 = 75;

/// Collect readings and deliver them to the hub, until SIGTERM or SIGINT.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  waystation-agent run --config /etc/waystation/agent.toml
  WAYSTATION_HUB=mqtt://127.0.0.1:1883 WAYSTATION_STATION=jb-001 waystation-agent run")]
pub struct Run {
    /// The configuration [default: agent.toml, else /etc/waystation/agent.toml, if there is one]
    #[arg(long)]
    config: Option<PathBuf>,
}

impl Run {
    pub fn execute(self) -> anyhow::Result<ExitCode> {
        let config = Config::load(self.config.as_deref())?;
        let runtime = runtime()?;
        let outcome = runtime.block_on(app::run(config, async {
            if let Err(error) = asked_to_stop().await {
                tracing::error!(%error, "signals cannot be received; stopping");
            }
        }));
        // A read of standard input cannot be interrupted; everything else has been joined by now.
        runtime.shutdown_timeout(Duration::from_millis(100));
        Ok(match outcome? {
            Ended::Stopped => ExitCode::SUCCESS,
            Ended::Restart => ExitCode::from(RESTART),
        })
    }
}
