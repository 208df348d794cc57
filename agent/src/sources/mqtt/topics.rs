//! Which device's rules a message meets.

use super::{Translated, Translator};
use crate::config::MqttDevice;
use crate::diagnosis::Message;
use crate::sources::mapping::{Contacts, Draft, apply_rules};
use serde_json::Value;
use std::collections::BTreeMap;

/// The devices of a broker by the topics that their rules name.
pub struct Topics {
    devices: Vec<MqttDevice>,
    topics: BTreeMap<String, Topic>,
    contacts: Contacts,
}

/// The devices of a topic and, of each, the rules for it.
#[derive(Default)]
struct Topic {
    routes: Vec<Route>,
    /// A rule has found something in a message.
    is_known: bool,
}

struct Route {
    device: usize,
    rules: Vec<usize>,
}

impl Topics {
    pub fn new(devices: Vec<MqttDevice>) -> Self {
        let mut topics: BTreeMap<String, Topic> = BTreeMap::new();
        for (index, device) in devices.iter().enumerate() {
            for (place, rule) in device.rules.iter().enumerate() {
                let topic = topics.entry(rule.place.topic.replace("{}", &device.topic)).or_default();
                match topic.routes.last_mut().filter(|route| route.device == index) {
                    Some(route) => route.rules.push(place),
                    None => topic.routes.push(Route { device: index, rules: vec![place] }),
                }
            }
        }
        Self { devices, topics, contacts: Contacts::default() }
    }
}

impl Translator for Topics {
    fn filters(&self) -> Vec<String> {
        self.topics.keys().cloned().collect()
    }

    fn translate(&mut self, topic: &str, payload: &[u8], is_past: bool) -> Translated {
        let mut translated = Translated::default();
        // An empty message takes back a retained one.
        let Some(known) = self.topics.get_mut(topic).filter(|_| !payload.is_empty()) else {
            return translated;
        };
        let (message, is_json) = message(payload);
        let mut is_found = false;
        for route in &known.routes {
            let device = &self.devices[route.device];
            is_found |= route.rules.iter().any(|place| device.rules[*place].place.find(&message).is_some());
            let mut draft = Draft::new(device.kind, &device.device);
            let rules = route.rules.iter().map(|place| &device.rules[*place]);
            translated.unfit.extend(apply_rules(rules, &message, &mut draft.members));
            if draft.members.is_empty() {
                continue;
            }
            draft.add_constants(&device.constants);
            self.contacts.note(&mut draft, is_past);
            translated.readings.push(draft.to_json());
        }
        // A device may tell of other things on a topic that is known to be right.
        let is_other = known.is_known && message.is_object();
        if !is_found && !is_other {
            let name = if is_json { "message_unmapped" } else { "message_not_json" };
            translated.fault = Some(Message::new(name).with("topic", topic));
        }
        known.is_known |= is_found;
        translated
    }
}

/// A payload as JSON, and whether it is; what is none is a text, such as ESPHome's `ON`.
fn message(payload: &[u8]) -> (Value, bool) {
    match serde_json::from_slice(payload) {
        Ok(message) => (message, true),
        Err(_) => (Value::String(String::from_utf8_lossy(payload).trim().to_owned()), false),
    }
}
