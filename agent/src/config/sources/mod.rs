//! `[sources]`: where readings come from. Each source's keys stand in a file of its own; docs/agent/sources.md shows
//! them all.

mod cabinet;
mod conversion;
mod exec;
mod http;
mod line;
mod map;
mod modbus;
mod mqtt;
mod system;
#[cfg(test)]
mod tests;

pub use cabinet::{CabinetAccess, CabinetMap, CabinetSource, SlotsMap, SwapsMap};
pub use conversion::{Conversion, Target, Unfit};
pub use exec::ExecSource;
pub use http::HttpSource;
pub use line::LineSource;
pub use map::{JsonRule, MapRule, Profile};
pub use modbus::{
    ModbusLink, ModbusSource, Parity, READY_REGISTERS, Register, RegisterTable, RegisterType, SerialLine,
};
pub use mqtt::{Broker, MqttDevice, MqttSource, READY_MAPS};

pub use system::{NutSource, SystemSource};

use super::keys::Keys;
use crate::files;
use crate::texts::Message;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;
use waystation_protocol::DeviceId;

/// Where readings come from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    pub jsonl_path: Option<PathBuf>,
    pub jsonl_listen: Option<SocketAddr>,
    pub stdin: bool,
    /// The agent ends once standard input has ended and everything is delivered.
    pub stdin_exit_at_end: bool,
    pub mqtt: Vec<MqttSource>,
    pub modbus: Vec<ModbusSource>,
    pub http: Option<HttpSource>,
    pub line: Vec<LineSource>,
    pub exec: Vec<ExecSource>,
    pub cabinet: Vec<CabinetSource>,
    pub system: SystemSource,
}

/// What every source that is a list's item says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceName {
    /// As in the log and the status; `mqtt-1`, `mqtt-2` … unless the configuration names it.
    pub name: String,
    /// Every reading is kept, instead of those that say something new.
    pub report_all: bool,
}

/// Names of the sources that there is one of at most.
const SINGLE: [&str; 4] = ["http", "system", "jsonl", "stdin"];

/// The gateway's own device is a name that no source may have: both report as devices of one kind.
pub(super) fn read(keys: &mut Keys, gateway: Option<&DeviceId>) -> Option<Sources> {
    let jsonl_listen: Option<SocketAddr> = keys.optional("sources.jsonl.listen");
    if jsonl_listen.is_some_and(|address| !address.ip().is_loopback()) {
        keys.mistake("sources.jsonl.listen", Message::new("loopback"));
    }
    let mut names = Names(SINGLE.map(str::to_owned).into());
    if let Some(gateway) = gateway
        && !names.0.insert(gateway.to_string())
    {
        keys.mistake("gateway.device", Message::new("name_twice").with("name", gateway));
    }
    let sources = Sources {
        jsonl_path: keys.path("sources.jsonl.path"),
        jsonl_listen,
        stdin: keys.switch("sources.stdin.enabled", false),
        stdin_exit_at_end: keys.switch("sources.stdin.exit_at_end", false),
        mqtt: list(keys, "sources.mqtt", &mut names, mqtt::read),
        modbus: list(keys, "sources.modbus", &mut names, modbus::read),
        http: http::read(keys),
        line: list(keys, "sources.line", &mut names, line::read),
        exec: list(keys, "sources.exec", &mut names, exec::read),
        cabinet: list(keys, "sources.cabinet", &mut names, cabinet::read),
        system: system::read(keys),
    };
    Some(sources)
}

/// Reads each item of a list; a wrong one is left out, since its mistake ends the start anyway.
fn list<T>(
    keys: &mut Keys,
    list: &str,
    names: &mut Names,
    read: impl Fn(&mut Keys, &str, SourceName) -> Option<T>,
) -> Vec<T> {
    let kind = list.rsplit('.').next().unwrap_or(list);
    let items = keys.items(list);
    let numbered = items.iter().enumerate();
    numbered
        .filter_map(|(index, item)| {
            let name = names.read(keys, item, &format!("{kind}-{}", index + 1));
            read(keys, item, name)
        })
        .collect()
}

/// The names given so far: files, the status and the hub tell sources apart by them.
struct Names(BTreeSet<String>);

impl Names {
    fn read(&mut self, keys: &mut Keys, item: &str, default: &str) -> SourceName {
        let key = format!("{item}.name");
        let name = keys.text(&key).unwrap_or_else(|| default.to_owned());
        if DeviceId::try_from(name.as_str()).is_err() {
            keys.mistake(&key, Message::new("name"));
        } else if !self.0.insert(name.clone()) {
            keys.mistake(&key, Message::new("name_twice").with("name", &name));
        }
        SourceName { name, report_all: report_all(keys, item) }
    }
}

fn report_all(keys: &mut Keys, item: &str) -> bool {
    let key = format!("{item}.report");
    match keys.text(&key).as_deref() {
        None | Some("exception") => false,
        Some("all") => true,
        Some(_) => {
            keys.mistake(&key, Message::new("report_mode"));
            false
        }
    }
}

/// A span in whole seconds.
fn seconds(keys: &mut Keys, key: &str, default: u64, range: RangeInclusive<u64>) -> Option<Duration> {
    keys.whole(key, default, range).map(Duration::from_secs)
}

/// The secret in a file, without the line feed at its end.
pub(super) fn secret(keys: &mut Keys, key: &str) -> Option<String> {
    let path = keys.path(key)?;
    match files::read_small(&path) {
        Ok(text) if !text.trim().is_empty() => return Some(text.trim().to_owned()),
        Ok(_) => keys.mistake(key, Message::new("empty").with("path", path.display())),
        Err(error) => {
            keys.mistake(key, Message::new("unreadable").with("path", path.display()).with("error", error))
        }
    }
    None
}
