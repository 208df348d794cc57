//! `[[sources.cabinet]]`: a swap cabinet's controller, asked over HTTP or heard over MQTT.

use super::map::{JsonRule, MapRule, json_rules, read_map};
use super::mqtt::Broker;
use super::{SourceName, seconds, secret};
use crate::config::keys::Keys;
use crate::texts::Message;
use std::path::PathBuf;
use std::time::Duration;
use waystation_protocol::{DeviceId, Kind, MemberSpec, MemberType, members};

/// The maps that come with the program.
pub const READY_CABINETS: [(&str, &str); 1] = [("plain", include_str!("../../../maps/cabinet-plain.toml"))];

/// A cabinet.
#[derive(Debug, Clone)]
pub struct CabinetSource {
    pub name: SourceName,
    pub device: DeviceId,
    pub access: CabinetAccess,
    pub map: CabinetMap,
}

/// How its controller is reached.
#[derive(Debug, Clone)]
pub enum CabinetAccess {
    Http { url: String, token: Option<String>, ca: Option<PathBuf>, every: Duration, timeout: Duration },
    Mqtt { broker: Broker, topic: String },
}

/// What its messages mean.
#[derive(Debug, Clone, Default)]
pub struct CabinetMap {
    pub rules: Vec<MapRule<JsonRule>>,
    pub slots: Option<SlotsMap>,
    pub swaps: Option<SwapsMap>,
}

/// The slots: an array of objects, or an object of them.
#[derive(Debug, Clone)]
pub struct SlotsMap {
    pub pointer: String,
    /// The controller always tells of every slot.
    pub whole: bool,
    pub rules: Vec<MapRule<JsonRule>>,
}

/// The swaps that the controller remembers, an array of objects.
#[derive(Debug, Clone)]
pub struct SwapsMap {
    pub pointer: String,
    pub id: String,
    pub rules: Vec<MapRule<JsonRule>>,
}

impl SwapsMap {
    /// The controller says when a swap was.
    pub fn is_dated(&self) -> bool {
        self.rules.iter().any(|rule| rule.member == "ts")
    }
}

pub(super) fn read(keys: &mut Keys, item: &str, name: SourceName) -> Option<CabinetSource> {
    let device = keys.required(&format!("{item}.device"));
    let access = access(keys, item);
    let ready = read_map(keys, item, &READY_CABINETS, |keys| Some(map(keys, "")));
    let own = map(keys, &format!("{item}."));
    let map = ready.map_or_else(|| own.clone(), |ready| over(own.clone(), ready));
    if map.rules.is_empty() && map.slots.is_none() && map.swaps.is_none() {
        keys.mistake(item, Message::new("cabinet_empty"));
    }
    Some(CabinetSource { name, device: device?, access: access?, map })
}

/// One's own map, completed by the ready-made one.
fn over(mut own: CabinetMap, ready: CabinetMap) -> CabinetMap {
    own.rules.extend(ready.rules);
    CabinetMap { slots: own.slots.or(ready.slots), swaps: own.swaps.or(ready.swaps), ..own }
}

fn map(keys: &mut Keys, prefix: &str) -> CabinetMap {
    CabinetMap {
        rules: json_rules(keys, &format!("{prefix}members"), members(Kind::Cabinet)),
        slots: slots(keys, &format!("{prefix}slots")),
        swaps: swaps(keys, &format!("{prefix}swaps")),
    }
}

fn slots(keys: &mut Keys, table: &str) -> Option<SlotsMap> {
    if !keys.has(table) {
        return None;
    }
    let pointer = pointer(keys, &format!("{table}.pointer"), "/slots");
    let whole = keys.switch(&format!("{table}.whole"), true);
    let rules = json_rules(keys, &format!("{table}.members"), slot_members());
    Some(SlotsMap { pointer, whole, rules })
}

fn slot_members() -> &'static [MemberSpec] {
    let slots = members(Kind::Cabinet).iter().find_map(|spec| match spec.ty {
        MemberType::Slots(specs) => Some(specs),
        _ => None,
    });
    slots.unwrap_or_default()
}

fn swaps(keys: &mut Keys, table: &str) -> Option<SwapsMap> {
    if !keys.has(table) {
        return None;
    }
    let list = pointer(keys, &format!("{table}.pointer"), "/events");
    let id = pointer(keys, &format!("{table}.id"), "/id");
    let rules = json_rules(keys, &format!("{table}.members"), members(Kind::Swap));
    if !rules.iter().any(|rule| rule.member == "result") {
        keys.mistake(&format!("{table}.members"), Message::new("swap_result"));
    }
    Some(SwapsMap { pointer: list, id, rules })
}

fn pointer(keys: &mut Keys, key: &str, default: &str) -> String {
    let pointer = keys.text(key).unwrap_or_else(|| default.to_owned());
    if !pointer.is_empty() && !pointer.starts_with('/') {
        keys.mistake(key, Message::new("pointer"));
    }
    pointer
}

fn access(keys: &mut Keys, item: &str) -> Option<CabinetAccess> {
    let url_key = format!("{item}.url");
    let url = keys.optional::<String>(&url_key);
    match url.as_deref().and_then(|url| url.split_once("://")).map(|(scheme, _)| scheme) {
        Some("mqtt" | "mqtts") => {
            let broker = Broker::of(keys, item, &url.unwrap_or_default());
            let topic = keys.required(&format!("{item}.topic"));
            Some(CabinetAccess::Mqtt { broker: broker?, topic: topic? })
        }
        Some("http" | "https") => {
            let every = seconds(keys, &format!("{item}.every_s"), 60, 1..=86_400);
            let timeout_ms = keys.whole(&format!("{item}.timeout_ms"), 5000, 100..=60_000);
            let token = secret(keys, &format!("{item}.token_file"));
            let ca = keys.path(&format!("{item}.ca"));
            let timeout = Duration::from_millis(timeout_ms?);
            Some(CabinetAccess::Http { url: url?, token, ca, every: every?, timeout })
        }
        _ => {
            keys.mistake(&url_key, Message::new("cabinet_url"));
            None
        }
    }
}
