//! The gateway agent at the rate of a busy station: processor time and memory.

use super::{FAILED, Plan};
use crate::load::now_ms;
use crate::proc_fs::{Cpu, resident_bytes_max};
use crate::report::{Table, spread};
use crate::servers::{Agent, HubOptions, hub, mosquitto};
use anyhow::{Context, Result};
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

/// Sensors behind the gateway's broker, each of which speaks every second.
const SENSORS: usize = 4;
/// Cabinets of thirteen slots; one of them reports each second.
const CABINETS: u64 = 6;

struct Figures {
    cpu_pct: f64,
    resident_bytes_max: f64,
}

/// `seconds` of a station with six cabinets whose devices speak about thirty times as often as the profile of the
/// design has them (0.16 messages a second).
pub fn station(plan: &Plan, seconds: u64) -> Table {
    let note = format!(
        "{seconds} s of a station with {CABINETS} swap cabinets: {SENSORS} sensors behind a mosquitto on the gateway speak every second, \
         and each second one cabinet of 13 slots reports as a JSON line and is acknowledged after fsync; the hub is there. That is \
         thirty times the rate of a busy station (0.16 messages/s)."
    );
    let heading = ["processor time, % of a core", "most resident"];
    let mut table = Table::new("The gateway agent at work", &note, &heading);
    let mut runs = Vec::new();
    for run in 1..=plan.runs {
        match measure(plan, seconds) {
            Ok(figures) => {
                let Figures { cpu_pct, resident_bytes_max } = &figures;
                eprintln!("station, run {run} of {}: {cpu_pct:.2} %, {resident_bytes_max:.0} B", plan.runs);
                runs.push(figures);
            }
            Err(error) => {
                eprintln!("station, run {run} of {}: {error:#}", plan.runs);
                table.row(vec![FAILED.to_owned(); heading.len()]);
                return table;
            }
        }
    }
    let column = |of: fn(&Figures) -> f64| runs.iter().map(of).collect::<Vec<_>>();
    table.row(vec![
        spread(&column(|run| run.cpu_pct), |value| format!("{value:.2} %")),
        spread(&column(|run| run.resident_bytes_max), |bytes| {
            format!("{:.1} MiB", bytes / (1024.0 * 1024.0))
        }),
    ]);
    table
}

fn measure(plan: &Plan, seconds: u64) -> Result<Figures> {
    let server = hub(&plan.places, &HubOptions { stations: 1, influxdb: None })?;
    let target = server.target();
    let folder = plan.places.folder()?;
    let broker = mosquitto(&plan.places, 1)?;
    let local = broker.target().address;
    let sources = sources(local);
    let login = target.login(0)?;
    let mut agent = Agent::start_with(&plan.places, folder.path(), login, target.address, &sources)?;
    let mut sensors: Vec<_> =
        (0..SENSORS).map(|number| Sensor::start(local, number)).collect::<Result<_>>()?;
    let before = Cpu::of_process(agent.process().pid())?;
    let begun = Instant::now();
    for second in 0..seconds {
        for sensor in &mut sensors {
            sensor.speak(second)?;
        }
        agent.feed(1, |line, _| line.extend_from_slice(cabinet(second).as_bytes()))?;
        let next = Duration::from_secs(second + 1).saturating_sub(begun.elapsed());
        agent.process().stays_up_for(next)?;
    }
    let used = Cpu::of_process(agent.process().pid())?.seconds_since(before);
    let cpu_pct = used / begun.elapsed().as_secs_f64() * 100.0;
    let resident_bytes_max = resident_bytes_max(agent.process().pid())? as f64;
    sensors.into_iter().try_for_each(Sensor::end)?;
    agent.stop()?;
    broker.stop()?;
    server.stop()?;
    Ok(Figures { cpu_pct, resident_bytes_max })
}

fn sources(broker: SocketAddr) -> String {
    let mut text =
        format!("[[sources.mqtt]]\nname = \"zigbee\"\nurl = \"mqtt://{broker}\"\nmap = \"zigbee2mqtt\"\n");
    for number in 0..SENSORS {
        // Writing into a String cannot fail.
        writeln!(text, "[[sources.mqtt.devices]]\ntopic = \"{}\"", topic(number)).ok();
        writeln!(text, "device = \"env-{number}\"\nuse = \"climate\"").ok();
    }
    text
}

fn topic(number: usize) -> String {
    format!("zigbee2mqtt/sensor-{number}")
}

/// A sensor as Zigbee2MQTT publishes it, over mosquitto's own client.
struct Sensor {
    client: Child,
    lines: ChildStdin,
}

impl Sensor {
    fn start(broker: SocketAddr, number: usize) -> Result<Self> {
        let mut command = Command::new("mosquitto_pub");
        command.args(["-h", "127.0.0.1", "-p", &broker.port().to_string(), "-q", "1", "-l"]);
        command.args(["-t", &topic(number)]).stdin(Stdio::piped());
        let mut client = command.spawn().context("starting mosquitto_pub: is it installed?")?;
        let lines = client.stdin.take().context("mosquitto_pub has no input")?;
        Ok(Self { client, lines })
    }

    fn speak(&mut self, second: u64) -> Result<()> {
        let (temperature, co2) = (20.0 + second as f64 / 10.0, 600 + second);
        writeln!(self.lines, r#"{{"temperature":{temperature},"humidity":41.2,"co2":{co2},"battery":97}}"#)?;
        Ok(())
    }

    fn end(mut self) -> Result<()> {
        drop(self.lines);
        self.client.wait()?;
        Ok(())
    }
}

/// A cabinet's snapshot as one line.
fn cabinet(second: u64) -> String {
    let slots: Vec<String> = (1..=13)
        .map(|slot| {
            let soc = (second + slot * 7) % 101;
            format!(
                r#"{{"slot":{slot},"state":"charging","class":"48V","soc_pct":{soc},"cell_temp_max_c":27.5}}"#
            )
        })
        .collect();
    format!(
        r#"{{"kind":"cabinet","ts":{},"device":"cab-{}","temperature_c":24.5,"snapshot":true,"slots":[{}]}}"#,
        now_ms(),
        second % CABINETS + 1,
        slots.join(",")
    ) + "\n"
}
