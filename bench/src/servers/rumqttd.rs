//! rumqttd 0.20 as its own documentation configures it, in a process of its own: `waystation-bench rumqttd`.

use super::{Places, Server, open_logins};
use crate::load::Target;
use crate::process::{Process, free_address};
use anyhow::{Context, Result};
use rumqttd::{Broker, Config, ConnectionSettings, RouterConfig, ServerSettings};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::process::Command;

/// Starts rumqttd as a child.
pub fn rumqttd(places: &Places, stations: usize) -> Result<Server> {
    let folder = places.folder()?;
    let address = free_address()?;
    let mut command = Command::new(std::env::current_exe().context("finding this program")?);
    command.arg("rumqttd").arg(address.to_string());
    let mut process = Process::start("rumqttd", &mut command, &folder.path().join("output.log"))?;
    process.wait_listening(address)?;
    Ok(Server::new(process, Target { address, logins: open_logins(stations) }, folder))
}

/// What that child does. Values are those of rumqttd.toml except for the packet size, the connections, and
/// `next_connection_delay_ms`, which would only slow the start down.
pub fn serve_rumqttd(listen: SocketAddr) -> Result<()> {
    let connections = ConnectionSettings {
        connection_timeout_ms: 60_000,
        max_payload_size: 256 * 1024,
        max_inflight_count: 100,
        auth: None,
        external_auth: None,
        dynamic_filters: true,
    };
    let server =
        ServerSettings { name: "v4-1".into(), listen, tls: None, next_connection_delay_ms: 0, connections };
    let router = RouterConfig {
        max_connections: 20_000,
        max_outgoing_packet_count: 200,
        max_segment_size: 100 * 1024 * 1024,
        max_segment_count: 10,
        ..RouterConfig::default()
    };
    let v4 = Some(HashMap::from([("1".to_owned(), server)]));
    Broker::new(Config { router, v4, ..Config::default() }).start().context("running rumqttd")
}
