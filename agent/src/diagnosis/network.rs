//! The way to the hub, step by step, up to a message that it acknowledges.

use super::explain::{at_hub, explain};
use super::{Findings, Message, hub_clock};
use crate::app::endpoint;
use crate::clock::now_ms;
use crate::config::Config;
use crate::connection::{ConnectError, Connection, Credentials, Endpoint, Event, TlsError, trial};
use std::net::SocketAddr;
use std::time::Duration;
use waystation_protocol::{Channel, CommandResult, Outcome, topic_name};

/// Tries one step after the other until one fails.
pub async fn check_network(config: &Config, findings: &mut Findings) {
    let problem = |error: ConnectError| explain(&error, config, now_ms());
    let Some(endpoint) = findings.measure("authorities", || authorities(config)) else { return };
    let resolve = async {
        let addresses = trial::resolve(&endpoint).await.map_err(problem)?;
        let message = Message::new("addresses").with("addresses", list(&addresses));
        Ok((addresses, message))
    };
    let silent = |name| at_hub(name, config);
    let unresolved = silent("dns_unreachable").with("error", "-");
    let Some(addresses) = findings.measure_async("dns", unresolved, resolve).await else { return };
    let connect = async {
        let tcp = trial::connect(&addresses).await.map_err(problem)?;
        Ok((tcp, at_hub("connected", config)))
    };
    let Some(tcp) = findings.measure_async("tcp", silent("tcp_silent"), connect).await else { return };
    let secure = async {
        let stream = trial::secure(&endpoint, tcp).await.map_err(problem)?;
        Ok((stream, Message::new(if endpoint.address.is_tls() { "secured" } else { "in_the_clear" })))
    };
    let Some(stream) = findings.measure_async("tls", silent("tls_silent"), secure).await else { return };
    let credentials = credentials(config);
    let log_in = async {
        let connection = Connection::log_in(stream, &credentials).await.map_err(problem)?;
        Ok((connection, Message::new("logged_in").with("station", &config.station)))
    };
    let Some(mut connection) = findings.measure_async("login", silent("login_silent"), log_in).await else {
        return;
    };
    let hub_clock = hub_clock::compare(config, &mut connection);
    findings.measure_async("hub_clock", silent("login_silent"), hub_clock).await;
    let unacknowledged = silent("round_trip_silent");
    findings.measure_async("round_trip", unacknowledged, round_trip(config, connection)).await;
}

fn authorities(config: &Config) -> Result<(Endpoint, Message), Message> {
    let found = if config.hub.is_tls() { "authorities" } else { "authorities_unused" };
    match endpoint(config, None) {
        Ok(endpoint) => Ok((endpoint, Message::new(found))),
        Err(TlsError::NoSystemAuthorities) => Err(Message::new("authorities_none")),
        Err(TlsError::Authority { path, reason }) => {
            Err(Message::new("authority_file").with("path", path.display()).with("reason", reason))
        }
        Err(TlsError::Setup(error)) => Err(at_hub("tls_failed", config).with("error", error)),
    }
}

fn list(addresses: &[SocketAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
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
async fn round_trip(config: &Config, mut connection: Connection) -> Result<((), Message), Message> {
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
            Err(error) => return Err(at_hub("publish_failed", config).with("error", error)),
        }
    }
    if let Err(error) = connection.close(Duration::from_secs(2)).await {
        tracing::debug!(%error, "no goodbye");
    }
    Ok(((), Message::new("acknowledged")))
}
