//! `[[sources.mqtt]]`: a broker on the gateway, and the devices behind its topics.

use super::map::{JsonRule, MapRule, Profile, constants, names_map, profiles};
use super::{SourceName, secret};
use crate::config::keys::Keys;
use crate::connection::HubAddress;
use crate::texts::Message;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use waystation_protocol::{DeviceId, Kind};

/// The maps that come with the program.
pub const READY_MAPS: [(&str, &str); 4] = [
    ("zigbee2mqtt", include_str!("../../../maps/zigbee2mqtt.toml")),
    ("tasmota", include_str!("../../../maps/tasmota.toml")),
    ("esphome", include_str!("../../../maps/esphome.toml")),
    ("shelly", include_str!("../../../maps/shelly.toml")),
];

/// A broker and its devices.
#[derive(Debug, Clone)]
pub struct MqttSource {
    pub name: SourceName,
    pub broker: Broker,
    pub devices: Vec<MqttDevice>,
}

/// Where a local broker is and how to log in.
#[derive(Debug, Clone)]
pub struct Broker {
    pub address: HubAddress,
    pub user: Option<String>,
    pub password: Option<String>,
    pub ca: Option<PathBuf>,
}

/// What stands behind a topic.
#[derive(Debug, Clone)]
pub struct MqttDevice {
    pub topic: String,
    pub device: DeviceId,
    pub kind: Kind,
    pub rules: Vec<MapRule<JsonRule>>,
    /// Members that are always the same.
    pub constants: Vec<(&'static str, Value)>,
}

pub(super) fn read(keys: &mut Keys, item: &str, name: SourceName) -> Option<MqttSource> {
    let broker = Broker::read(keys, item);
    let has_map = names_map(keys, item);
    let profiles = profiles(keys, item, &READY_MAPS);
    let is_wrong_map = has_map && profiles.is_empty();
    let list = format!("{item}.devices");
    let items = keys.items(&list);
    if items.is_empty() {
        keys.mistake(&list, Message::new("devices"));
    }
    let devices = items.iter().filter_map(|item| device(keys, item, &profiles, is_wrong_map)).collect();
    Some(MqttSource { name, broker: broker?, devices })
}

impl Broker {
    /// Reads `url`, `user`, `password_file` and `ca` of an item.
    pub(super) fn read(keys: &mut Keys, item: &str) -> Option<Self> {
        let text = keys.required::<String>(&format!("{item}.url"));
        Self::of(keys, item, &text?)
    }

    /// The broker at this address, with the item's `user`, `password_file` and `ca`.
    pub(super) fn of(keys: &mut Keys, item: &str, url: &str) -> Option<Self> {
        let user = keys.text(&format!("{item}.user"));
        let password = secret(keys, &format!("{item}.password_file"));
        let ca = keys.path(&format!("{item}.ca"));
        let address = url.parse().ok();
        if address.is_none() {
            keys.mistake(&format!("{item}.url"), Message::new("broker_url"));
        }
        Some(Self { address: address?, user, password, ca })
    }
}

fn device(
    keys: &mut Keys,
    item: &str,
    profiles: &BTreeMap<String, Profile>,
    is_wrong_map: bool,
) -> Option<MqttDevice> {
    let topic_key = format!("{item}.topic");
    let topic = keys.required::<String>(&topic_key);
    if topic.as_ref().is_some_and(|topic| topic.contains(['+', '#']) || topic.is_empty()) {
        keys.mistake(&topic_key, Message::new("topic"));
    }
    let device = keys.required(&format!("{item}.device"));
    let profile = profile(keys, item, profiles, is_wrong_map)?;
    let constants = constants(keys, item, profile.kind);
    if profile.rules.is_empty() {
        keys.mistake(item, Message::new("no_members"));
    }
    Some(MqttDevice { topic: topic?, device: device?, kind: profile.kind, rules: profile.rules, constants })
}

/// The profile named in `use`, with the item's own `members` before it.
fn profile(
    keys: &mut Keys,
    item: &str,
    profiles: &BTreeMap<String, Profile>,
    is_wrong_map: bool,
) -> Option<Profile> {
    let (use_key, kind_key) = (format!("{item}.use"), format!("{item}.kind"));
    let Some(named) = keys.text(&use_key) else {
        let kind = keys.required(&kind_key)?;
        return Some(Profile { kind, rules: Profile::read_rules(keys, item, kind) });
    };
    let kind = keys.optional::<Kind>(&kind_key);
    let Some(profile) = profiles.get(&named) else {
        let known: Vec<_> = profiles.keys().map(String::as_str).collect();
        if !is_wrong_map {
            keys.mistake(
                &use_key,
                Message::new("profile").with("name", named).with("known", known.join(", ")),
            );
        }
        // What they would be checked against is not known.
        ["members", "set"].iter().for_each(|table| keys.forget(&format!("{item}.{table}")));
        return None;
    };
    if kind.is_some_and(|kind| kind != profile.kind) {
        keys.mistake(&kind_key, Message::new("profile_kind").with("name", named).with("kind", profile.kind));
    }
    let mut rules = Profile::read_rules(keys, item, profile.kind);
    rules.extend(profile.rules.clone());
    Some(Profile { kind: profile.kind, rules })
}
