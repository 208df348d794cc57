//! The simplest comparison for users: mosquitto, and a subscriber that writes to InfluxDB as the tutorials do it.

use super::{InfluxPlan, Mark, STATIONS, Stored, points_per_s, wait_until_stored};
use crate::load::Open;
use crate::mqtt::Payload;
use crate::process::Process;
use crate::rows::Plan;
use crate::servers::{DATABASE, InfluxDb, mosquitto};
use anyhow::{Context, Result};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const PAHO: &str = include_str!("../../../paho_to_influx.py");
const NODE_RED_FLOW: &str = include_str!("../../../node_red_flow.json");

/// What reads from mosquitto and writes to InfluxDB, with how many readings in one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consumer {
    /// Python with paho-mqtt.
    Paho { batch: usize },
    /// Node-RED with node-red-contrib-influxdb.
    NodeRed { batch: usize },
}

impl Consumer {
    pub fn title(self) -> String {
        let (name, batch) = match self {
            Consumer::Paho { batch } => ("Python paho", batch),
            Consumer::NodeRed { batch } => ("Node-RED", batch),
        };
        if batch == 1 { format!("{name}, one by one") } else { format!("{name}, writes of {batch}") }
    }

    /// Readings a second that are published: somewhat more than this consumer has been seen to store, so that it has all the
    /// processor time that it can use.
    fn offered_per_s(self) -> f64 {
        match self {
            Consumer::Paho { batch: 1 } => 2_000.0,
            Consumer::NodeRed { batch: 1 } => 3_000.0,
            Consumer::Paho { .. } | Consumer::NodeRed { .. } => 25_000.0,
        }
    }

    pub(super) fn run(self, plan: &Plan, influx: &InfluxPlan) -> Result<Stored> {
        let mut influxdb = InfluxDb::start(&plan.places)?;
        let broker = mosquitto(&plan.places, STATIONS)?;
        let target = broker.target();
        let folder = plan.places.folder()?;
        let mut process = self.start(influx, folder.path(), target.address, influxdb.address())?;
        let open = Open {
            connections: STATIONS,
            messages_per_s: self.offered_per_s(),
            payload: Payload::Single,
            warm_up: plan.warm_up,
            measured: influx.measured,
        };
        let mut marks = Vec::new();
        let outcome = open.run(&target, || {
            marks.push(Mark::now(&influxdb)?);
            Ok(())
        })?;
        let acknowledged = outcome.readings_acknowledged;
        let (stored, drain) = wait_until_stored(&mut influxdb, acknowledged)?;
        process.stop()?;
        Ok(Stored {
            points_per_s: points_per_s(&marks),
            acknowledged_per_s: outcome.messages_per_s,
            lost: acknowledged.saturating_sub(stored),
            acknowledged,
            drain,
        })
    }

    /// Starts the consumer and waits until it has subscribed.
    fn start(
        self,
        influx: &InfluxPlan,
        folder: &Path,
        mqtt: SocketAddr,
        influxdb: SocketAddr,
    ) -> Result<Process> {
        let output = folder.join("output.log");
        let (mut command, ready) = match self {
            Consumer::Paho { batch } => (paho(folder, mqtt, influxdb, batch)?, "subscribed"),
            Consumer::NodeRed { batch } => {
                let programs = influx.node_red.as_deref().context("no folder with Node-RED")?;
                (node_red(programs, folder, mqtt, influxdb, batch)?, "Connected to broker")
            }
        };
        let mut process = Process::start(&self.title(), &mut command, &output)?;
        process.wait_for_output(ready)?;
        // Node-RED subscribes right after it has said that it is connected.
        process.stays_up_for(Duration::from_millis(500))?;
        Ok(process)
    }
}

/// Debian's Python, which has python3-paho-mqtt.
fn paho(folder: &Path, mqtt: SocketAddr, influxdb: SocketAddr, batch: usize) -> Result<Command> {
    let script = folder.join("paho_to_influx.py");
    std::fs::write(&script, PAHO)?;
    let mut command = Command::new("/usr/bin/python3");
    command.arg(script).args(["--database", DATABASE]);
    command.args(["--mqtt", &mqtt.to_string(), "--influxdb", &influxdb.to_string()]);
    command.args(["--batch", &batch.to_string()]);
    Ok(command)
}

fn node_red(
    programs: &Path,
    folder: &Path,
    mqtt: SocketAddr,
    influxdb: SocketAddr,
    batch: usize,
) -> Result<Command> {
    let programs = programs.canonicalize().context("looking for Node-RED")?;
    let flow = NODE_RED_FLOW
        .replace("MQTT_PORT", &mqtt.port().to_string())
        .replace("INFLUXDB_PORT", &influxdb.port().to_string())
        .replace("DATABASE", DATABASE)
        .replace("BATCH", &batch.to_string());
    std::fs::write(folder.join("flows.json"), flow)?;
    // Node-RED loads nodes from the packages that its folder lists.
    std::os::unix::fs::symlink(programs.join("node_modules"), folder.join("node_modules"))?;
    std::fs::write(
        folder.join("package.json"),
        r#"{"name":"bench","version":"1.0.0","dependencies":{"node-red-contrib-influxdb":"*"}}"#,
    )?;
    let port = crate::process::free_address()?.port();
    let mut command = Command::new("node");
    command.arg(programs.join("node_modules/node-red/red.js"));
    command.arg("--userDir").arg(folder).args(["--port", &port.to_string(), "flows.json"]);
    Ok(command)
}
