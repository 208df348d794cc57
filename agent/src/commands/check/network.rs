//! The way to the hub, step by step, up to a message that it acknowledges.

use super::Findings;
use crate::app::endpoint;
use crate::clock::now_ms;
use crate::config::Config;
use crate::connection::{ConnectError, Connection, Credentials, Endpoint, Event, trial};
use std::time::Duration;
use waystation_protocol::{Channel, CommandResult, Outcome, topic_name};

pub async fn check_network(config: &Config, findings: &mut Findings) {
    let found = endpoint(config).map_err(|error| error.to_string());
    let Some(endpoint) = findings.measure("tls setup", || Ok((found?, "ready".into()))) else { return };
    let text = |error: ConnectError| error.to_string();
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
