//! Which device's rules a message meets.

use super::{Translated, Translator};
use crate::config::MqttDevice;
use crate::sources::mapping::{Contacts, Draft, apply_rules};
use serde_json::Value;
use std::collections::BTreeMap;

/// The devices of a broker by the topics that their rules name.
pub struct Topics {
    devices: Vec<MqttDevice>,
    /// Topic → devices and, of each, the rules for this topic.
    routes: BTreeMap<String, Vec<Route>>,
    contacts: Contacts,
}

struct Route {
    device: usize,
    rules: Vec<usize>,
}

impl Topics {
    pub fn new(devices: Vec<MqttDevice>) -> Self {
        let mut routes: BTreeMap<String, Vec<Route>> = BTreeMap::new();
        for (index, device) in devices.iter().enumerate() {
            for (place, rule) in device.rules.iter().enumerate() {
                let routes = routes.entry(rule.place.topic.replace("{}", &device.topic)).or_default();
                match routes.last_mut().filter(|route| route.device == index) {
                    Some(route) => route.rules.push(place),
                    None => routes.push(Route { device: index, rules: vec![place] }),
                }
            }
        }
        Self { devices, routes, contacts: Contacts::default() }
    }
}

impl Translator for Topics {
    fn filters(&self) -> Vec<String> {
        self.routes.keys().cloned().collect()
    }

    fn translate(&mut self, topic: &str, payload: &[u8], is_past: bool) -> Translated {
        let mut translated = Translated::default();
        let Some(routes) = self.routes.get(topic).filter(|_| !payload.is_empty()) else {
            return translated;
        };
        let message = message(payload);
        for route in routes {
            let device = &self.devices[route.device];
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
        translated
    }
}

/// A payload as JSON; what is no JSON is a text, such as ESPHome's `ON`.
fn message(payload: &[u8]) -> Value {
    serde_json::from_slice(payload)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(payload).trim().to_owned()))
}
