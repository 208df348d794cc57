//! `run`: the hub.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::{ConfigFile, process, runtime};
use crate::app;
use crate::config::Config;
use waystation_agent::service::Service;

/// Longest time that draining may take before the process ends all the same. What was acknowledged is on disk
/// long before; a station whose acknowledgement got lost delivers again.
const DRAIN_MAX: Duration = Duration::from_secs(30);

/// Run the hub until Ctrl-C or SIGTERM
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  waystation-hub run --config /etc/waystation/hub.toml
  WAYSTATION_MQTT__LISTEN=127.0.0.1:1884 waystation-hub run
  RUST_LOG=debug waystation-hub run

`waystation-hub check` says beforehand whether it would run.")]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let config = arguments.config.load()?;
    process::log_to_stderr("info")?;
    process::raise_open_files();
    runtime::large()?.block_on(serve(config))
}

async fn serve(config: Config) -> anyhow::Result<ExitCode> {
    let hub = app::start(config).await?;
    let at = &hub.listening;
    tracing::info!(mqtt = ?at.mqtt, mqtt_tls = ?at.mqtt_tls, mqtt_ws = ?at.mqtt_ws, http = ?at.http, "the hub runs");
    let service = Service::of_environment();
    service.ready();
    let asked = tokio::select! {
        asked = process::asked_to_stop() => asked,
        () = service.report(|| status_line(at)) => Ok(()),
    };
    tracing::info!("stopping");
    service.stopping();
    let code = tokio::select! {
        () = hub.stop() => ExitCode::SUCCESS,
        again = process::asked_to_stop() => {
            tracing::warn!("asked again: stopping at once");
            again?;
            ExitCode::FAILURE
        }
        () = tokio::time::sleep(DRAIN_MAX) => {
            tracing::error!(seconds = DRAIN_MAX.as_secs(), "not drained in time: stopping at once");
            ExitCode::FAILURE
        }
    };
    asked?;
    Ok(code)
}

/// For `systemctl status`.
fn status_line(at: &app::Listening) -> String {
    let listeners =
        [("MQTT", at.mqtt), ("MQTT over TLS", at.mqtt_tls), ("WebSocket", at.mqtt_ws), ("HTTP", at.http)];
    let open = listeners.into_iter().filter_map(|(name, address)| Some(format!("{name} on {}", address?)));
    open.collect::<Vec<_>>().join(", ")
}
