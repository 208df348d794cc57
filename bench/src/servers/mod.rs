//! The servers under comparison, each in a temporary folder and on free loopback ports.

mod agent;
mod hub;
mod influxdb;
mod mosquitto;
mod rumqttd;

pub use agent::Agent;
pub use hub::{HubFolder, HubOptions, hub};
pub use influxdb::{DATABASE, InfluxDb};
pub use mosquitto::mosquitto;
pub use rumqttd::{rumqttd, serve_rumqttd};

use crate::load::{Login, Target};
use crate::process::Process;
use anyhow::Result;
use std::path::PathBuf;
use tempfile::TempDir;

/// Where programs and folders are found.
#[derive(Debug, Clone)]
pub struct Places {
    /// Folder of `waystation-hub` and `waystation-agent`.
    pub programs: PathBuf,
    /// Folder for the servers' data; its disk is the one that is measured.
    pub data: PathBuf,
}

impl Places {
    /// The agent as gateways get it, optimised for size, if it was built beside the others.
    pub fn agent(&self) -> PathBuf {
        let small = self.programs.join("../small/waystation-agent");
        if small.exists() { small } else { self.programs.join("waystation-agent") }
    }

    pub fn folder(&self) -> Result<TempDir> {
        std::fs::create_dir_all(&self.data)?;
        Ok(tempfile::Builder::new().prefix("waystation-bench-").tempdir_in(&self.data)?)
    }
}

/// Which MQTT server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerKind {
    Mosquitto,
    Rumqttd,
    Hub,
}

impl ServerKind {
    pub const ALL: [ServerKind; 3] = [ServerKind::Mosquitto, ServerKind::Rumqttd, ServerKind::Hub];

    pub fn title(self) -> &'static str {
        match self {
            ServerKind::Mosquitto => "mosquitto",
            ServerKind::Rumqttd => "rumqttd (RAM)",
            ServerKind::Hub => "Waystation hub (durable)",
        }
    }

    /// Starts one with room for `stations` stations.
    pub fn start(self, places: &Places, stations: usize) -> Result<Server> {
        match self {
            ServerKind::Mosquitto => mosquitto(places, stations),
            ServerKind::Rumqttd => rumqttd(places, stations),
            ServerKind::Hub => hub(places, &HubOptions { stations, influxdb: None }),
        }
    }
}

/// A running MQTT server.
pub struct Server {
    process: Process,
    target: Target,
    // Removed when the process has ended: fields are dropped in this order.
    _folder: TempDir,
}

impl Server {
    fn new(process: Process, target: Target, folder: TempDir) -> Self {
        Self { process, target, _folder: folder }
    }

    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    pub fn target(&self) -> Target {
        self.target.clone()
    }

    /// Lets the server end in order, as on a shutdown.
    pub fn stop(mut self) -> Result<()> {
        self.process.stop()
    }
}

/// The name of station `index`; all names are equally long.
pub fn station_name(index: usize) -> String {
    format!("bench-{index:05}")
}

/// Stations that need no password.
fn open_logins(stations: usize) -> Vec<Login> {
    (0..stations).map(|index| Login { station: station_name(index), token: None }).collect()
}
