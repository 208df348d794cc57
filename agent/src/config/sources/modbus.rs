//! `[[sources.modbus]]`: a device on a Modbus line, and what its registers mean.

use super::conversion::Conversion;
use super::map::{MapRule, constants, names_map, read_map, spec};
use super::{SourceName, seconds};
use crate::config::keys::Keys;
use crate::texts::Message;
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;
use waystation_protocol::{DeviceId, Kind, members};

/// The register maps that come with the program.
pub const READY_REGISTERS: [(&str, &str); 4] = [
    ("climate-rs485", include_str!("../../../maps/climate-rs485.toml")),
    ("air-rs485", include_str!("../../../maps/air-rs485.toml")),
    ("sdm120", include_str!("../../../maps/sdm120.toml")),
    ("sdm630", include_str!("../../../maps/sdm630.toml")),
];

/// A device on a line.
#[derive(Debug, Clone)]
pub struct ModbusSource {
    pub name: SourceName,
    pub link: ModbusLink,
    /// The device's address on the line.
    pub unit: u8,
    pub every: Duration,
    /// For one answer.
    pub timeout: Duration,
    pub device: DeviceId,
    pub kind: Kind,
    pub registers: Vec<MapRule<Register>>,
    pub constants: Vec<(&'static str, Value)>,
}

/// Where the line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModbusLink {
    Tcp { address: String },
    Rtu(SerialLine),
}

/// A serial port, eight data bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialLine {
    pub path: PathBuf,
    pub baud: u32,
    pub parity: Parity,
    pub stop_bits: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parity {
    None,
    Even,
    Odd,
}

/// Where a value is in a device.
#[derive(Debug, Clone, PartialEq)]
pub struct Register {
    pub table: RegisterTable,
    /// As on the wire, counted from 0: register 30001 of a manual is input 0.
    pub address: u16,
    pub ty: RegisterType,
    /// The register with the low word comes first.
    pub little_words: bool,
    /// The low byte of a register comes first.
    pub little_bytes: bool,
    /// What the device says when it has no value.
    pub none: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RegisterTable {
    Coil,
    Discrete,
    Input,
    Holding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegisterType {
    Bool,
    U16,
    I16,
    U32,
    I32,
    F32,
}

impl RegisterType {
    /// Registers that it takes.
    pub fn words(self) -> u16 {
        match self {
            Self::Bool | Self::U16 | Self::I16 => 1,
            Self::U32 | Self::I32 | Self::F32 => 2,
        }
    }
}

pub(super) fn read(keys: &mut Keys, item: &str, name: SourceName) -> Option<ModbusSource> {
    let link = link(keys, &format!("{item}.url"));
    let unit = keys.whole(&format!("{item}.unit"), 1, 1..=247);
    let every = seconds(keys, &format!("{item}.every_s"), 10, 1..=86_400);
    let timeout_ms = keys.whole(&format!("{item}.timeout_ms"), 1000, 20..=60_000);
    let device = keys.required(&format!("{item}.device"));
    let (kind, registers) = registers(keys, item)?;
    Some(ModbusSource {
        name,
        link: link?,
        unit: u8::try_from(unit?).ok()?,
        every: every?,
        timeout: Duration::from_millis(timeout_ms?),
        device: device?,
        constants: constants(keys, item, kind),
        kind,
        registers,
    })
}

/// The registers of the map, and the item's own.
fn registers(keys: &mut Keys, item: &str) -> Option<(Kind, Vec<MapRule<Register>>)> {
    let has_map = names_map(keys, item);
    let map = read_map(keys, item, &READY_REGISTERS, |keys| {
        let kind = keys.required("kind")?;
        Some((kind, rules(keys, "registers", kind)))
    });
    let is_wrong_map = map.is_none() && has_map;
    let kind_key = format!("{item}.kind");
    let own = keys.optional::<Kind>(&kind_key);
    let Some(kind) = map.as_ref().map(|(kind, _)| *kind).or(own) else {
        if !is_wrong_map {
            keys.mistake(&kind_key, Message::new("modbus_kind"));
        }
        // What they would be checked against is not known.
        ["registers", "set"].iter().for_each(|table| keys.forget(&format!("{item}.{table}")));
        return None;
    };
    if own.is_some_and(|own| own != kind) {
        keys.mistake(&kind_key, Message::new("map_kind").with("kind", kind));
    }
    let mut registers = rules(keys, &format!("{item}.registers"), kind);
    registers.extend(map.into_iter().flat_map(|(_, registers)| registers));
    if registers.is_empty() && !is_wrong_map {
        keys.mistake(item, Message::new("registers"));
    }
    Some((kind, registers))
}

fn rules(keys: &mut Keys, list: &str, kind: Kind) -> Vec<MapRule<Register>> {
    keys.items(list).iter().filter_map(|item| rule(keys, item, kind)).collect()
}

fn rule(keys: &mut Keys, item: &str, kind: Kind) -> Option<MapRule<Register>> {
    let member_key = format!("{item}.member");
    let name = keys.required::<String>(&member_key)?;
    let member = spec(members(kind), &name);
    use RegisterTable::{Coil, Discrete, Holding, Input};
    use RegisterType::{Bool, F32, I16, I32, U16, U32};
    let tables = [("holding", Holding), ("input", Input), ("coil", Coil), ("discrete", Discrete)];
    let table = choice(keys, &format!("{item}.table"), &tables);
    let address = address(keys, &format!("{item}.address"));
    let types = [("u16", U16), ("i16", I16), ("u32", U32), ("i32", I32), ("f32", F32), ("bool", Bool)];
    let ty = choice(keys, &format!("{item}.type"), &types);
    let orders = [("big", false), ("little", true)];
    let little_words = choice(keys, &format!("{item}.words"), &orders);
    let little_bytes = choice(keys, &format!("{item}.bytes"), &orders);
    let none_key = format!("{item}.none");
    let none = keys.has(&none_key).then(|| keys.number(&none_key, 0.0, -1e12..=1e12)).flatten();
    let Some(member) = member else {
        keys.mistake(&member_key, Message::new("register_member").with("kind", kind).with("name", name));
        keys.forget(item);
        return None;
    };
    let conversion = Conversion::read(keys, item, member);
    let (table, ty) = (table?, ty?);
    let ty = if matches!(table, Coil | Discrete) { Bool } else { ty };
    let place = Register {
        table,
        address: address?,
        ty,
        little_words: little_words?,
        little_bytes: little_bytes?,
        none,
    };
    Some(MapRule { member: member.name, place, conversion: conversion? })
}

fn address(keys: &mut Keys, key: &str) -> Option<u16> {
    if !keys.has(key) {
        keys.mistake(key, Message::new("missing"));
        return None;
    }
    keys.whole(key, 0, 0..=u16::MAX.into()).and_then(|address| address.try_into().ok())
}

/// One of these names; the first without one.
pub(super) fn choice<T: Copy>(keys: &mut Keys, key: &str, choices: &[(&str, T)]) -> Option<T> {
    let Some(text) = keys.text(key) else { return choices.first().map(|(_, first)| *first) };
    let found = choices.iter().find(|(name, _)| *name == text).map(|(_, found)| *found);
    if found.is_none() {
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        keys.mistake(key, Message::new("choice").with("known", names.join(", ")));
    }
    found
}

fn link(keys: &mut Keys, key: &str) -> Option<ModbusLink> {
    let text = keys.required::<String>(key)?;
    let link = parse_link(&text);
    if link.is_none() {
        keys.mistake(key, Message::new("modbus_url"));
    }
    link
}

fn parse_link(text: &str) -> Option<ModbusLink> {
    if let Some(host) = text.strip_prefix("tcp://") {
        let host = host.trim_end_matches('/');
        let has_port =
            host.rsplit_once(':').is_some_and(|(name, port)| !name.is_empty() && port.parse::<u16>().is_ok());
        let address = if has_port { host.to_owned() } else { format!("{host}:502") };
        return (!host.is_empty() && !host.contains(['/', '@', '?'])).then_some(ModbusLink::Tcp { address });
    }
    let rest = text.strip_prefix("rtu://")?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut line = SerialLine { path: path.into(), baud: 9600, parity: Parity::None, stop_bits: 1 };
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=')? {
            ("baud", baud) => {
                line.baud = baud.parse().ok().filter(|baud| (300..=4_000_000).contains(baud))?
            }
            ("parity", "none") => line.parity = Parity::None,
            ("parity", "even") => line.parity = Parity::Even,
            ("parity", "odd") => line.parity = Parity::Odd,
            ("stop", "1") => line.stop_bits = 1,
            ("stop", "2") => line.stop_bits = 2,
            _ => return None,
        }
    }
    path.starts_with('/').then_some(ModbusLink::Rtu(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<ModbusLink>) {
        assert_eq!(parse_link(text), expected, "{text}");
    }

    #[test]
    fn links() {
        let tcp = |address: &str| Some(ModbusLink::Tcp { address: address.into() });
        check("tcp://10.0.0.9", tcp("10.0.0.9:502"));
        check("tcp://10.0.0.9:1502/", tcp("10.0.0.9:1502"));
        let line = SerialLine { path: "/dev/ttyS1".into(), baud: 9600, parity: Parity::None, stop_bits: 1 };
        check("rtu:///dev/ttyS1", Some(ModbusLink::Rtu(line.clone())));
        let other = SerialLine { baud: 19_200, parity: Parity::Even, stop_bits: 2, ..line };
        check("rtu:///dev/ttyS1?baud=19200&parity=even&stop=2", Some(ModbusLink::Rtu(other)));
        check("rtu:///dev/ttyS1?baud=fast", None);
        check("rtu://ttyS1", None);
        check("tcp://", None);
        check("10.0.0.9:502", None);
    }
}
