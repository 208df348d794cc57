//! Which device's rules a message meets.

use super::known::Known;
use super::{Translated, Translator};
use crate::config::MqttDevice;
use crate::diagnosis::Message;
use crate::intake::Reporting;
use crate::sources::mapping::{Contacts, Draft, apply_rules};
use serde_json::Value;
use std::collections::BTreeMap;
use tokio::sync::watch;

/// The devices of a broker by the topics that their rules name.
pub struct Topics {
    devices: Vec<MqttDevice>,
    topics: BTreeMap<String, Topic>,
    contacts: Contacts,
    known: Known,
}

/// The devices of a topic and, of each, the rules for it.
#[derive(Default)]
struct Topic {
    routes: Vec<Route>,
    /// A rule has found something in a message.
    has_spoken: bool,
}

struct Route {
    device: usize,
    rules: Vec<usize>,
}

impl Topics {
    pub fn new(devices: Vec<MqttDevice>, reporting: watch::Receiver<Reporting>) -> Self {
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
        let known = Known::new(&devices, reporting);
        Self { devices, topics, contacts: Contacts::default(), known }
    }
}

impl Translator for Topics {
    fn filters(&self) -> Vec<String> {
        self.topics.keys().cloned().collect()
    }

    fn translate(&mut self, topic: &str, payload: &[u8], is_past: bool) -> Translated {
        let mut translated = Translated::default();
        // An empty message takes back a retained one.
        let Some(heard) = self.topics.get_mut(topic).filter(|_| !payload.is_empty()) else {
            return translated;
        };
        let (message, is_json) = message(payload);
        let mut is_found = false;
        for route in &heard.routes {
            let device = &self.devices[route.device];
            let mut draft = Draft::new(device.kind, &device.device);
            let rules = route.rules.iter().map(|place| &device.rules[*place]);
            translated.unfit.extend(apply_rules(rules.clone(), &message, &mut draft.members));
            let found = rules.filter(|rule| rule.place.find(&message).is_some()).map(|rule| rule.member);
            let found: Vec<_> = found.collect();
            is_found |= !found.is_empty();
            if !draft.members.is_empty() {
                draft.add_constants(&device.constants);
            }
            let silent = found.into_iter().filter(|member| !draft.members.contains_key(*member));
            let silent: Vec<_> = silent.collect();
            self.known.complete(&mut draft, &silent);
            if draft.members.is_empty() {
                continue;
            }
            self.contacts.note(&mut draft, is_past);
            translated.readings.push(draft.to_json());
        }
        // A device may tell of other things on a topic that is known to be right.
        let is_other = heard.has_spoken && message.is_object();
        if !is_found && !is_other {
            let name = if is_json { "message_unmapped" } else { "message_not_json" };
            translated.fault = Some(Message::new(name).with("topic", topic));
        }
        heard.has_spoken |= is_found;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use serde_json::json;
    use std::time::Duration;

    /// Messages, each so many seconds after the one before, become these readings.
    async fn check(devices: &str, steps: &[(u64, &str, &str, Value)]) {
        let file = tempfile::NamedTempFile::new().unwrap();
        let source = "station = \"a\"\nhub = \"mqtt://h\"\n[[sources.mqtt]]\nurl = \"mqtt://b\"\n";
        std::fs::write(file.path(), format!("{source}{devices}")).unwrap();
        let config = Config::load(Some(file.path())).unwrap();
        let (_reporting, reporting) = watch::channel(Reporting::default());
        let mut topics = Topics::new(config.sources.mqtt[0].devices.clone(), reporting);
        for (wait_s, topic, payload, expected) in steps {
            tokio::time::advance(Duration::from_secs(*wait_s)).await;
            let translated = topics.translate(topic, payload.as_bytes(), false);
            let readings: Vec<Value> =
                translated.readings.iter().map(|reading| serde_json::from_slice(reading).unwrap()).collect();
            assert_eq!(json!(readings), *expected, "{topic} {payload}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_reading_repeats_what_its_device_said_on_other_topics() {
        let (t, h, c) = ("n/sensor/temperature/state", "n/sensor/humidity/state", "n/sensor/co2/state");
        let room = |members: Value| {
            let mut room = json!({"kind":"environment","device":"env-3"});
            room.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            json!([room])
        };
        check(
            "map = \"esphome\"\ndevices = [{ topic = \"n\", device = \"env-3\", use = \"climate\" }]\n",
            &[
                (0, t, "22.5", room(json!({"temperature_c":22.5}))),
                (0, h, "48", room(json!({"temperature_c":22.5,"humidity_pct":48.0}))),
                (30, c, "700", room(json!({"temperature_c":22.5,"humidity_pct":48.0,"co2_ppm":700.0}))),
                (30, t, "23", room(json!({"temperature_c":23.0,"humidity_pct":48.0,"co2_ppm":700.0}))),
                // The humidity was not heard for two minutes and more.
                (61, c, "710", room(json!({"temperature_c":23.0,"co2_ppm":710.0}))),
                // A sensor that says that it has no value has none.
                (1, t, "nan", json!([])),
                (1, c, "720", room(json!({"co2_ppm":720.0}))),
                // What is refused does not spoil those after it.
                (1, t, "999", room(json!({"temperature_c":999.0}))),
                (1, h, "40", room(json!({"humidity_pct":40.0,"co2_ppm":720.0}))),
            ],
        )
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_happens_and_what_has_its_own_time_is_not_repeated() {
        let door = r#"[[sources.mqtt.devices]]
topic = "d"
device = "front"
kind = "door"
members = { contact = { topic = "d/contact" }, lock = { topic = "d/lock" } }
"#;
        let front = |member: &str, value: &str| json!([{"kind":"door","device":"front",member:value}]);
        let opened = json!([{"kind":"door","device":"front","contact":"open","event":"open"}]);
        let steps = [
            (0, "d/contact", "closed", front("contact", "closed")),
            (0, "d/lock", "unlocked", front("lock", "unlocked")),
            (0, "d/contact", "open", opened),
            (0, "d/lock", "locked", front("lock", "locked")),
        ];
        check(door, &steps).await;
        let counter = r#"[[sources.mqtt.devices]]
topic = "c"
device = "hall"
kind = "occupancy"
members = { entries_total = { topic = "c/in", pointer = "/n" }, exits_total = { topic = "c/out", pointer = "/n" }, ts = [{ topic = "c/in", pointer = "/ts" }, { topic = "c/out", pointer = "/ts" }] }
"#;
        let steps = [
            (0, "c/in", r#"{"n":5}"#, json!([{"kind":"occupancy","device":"hall","entries_total":5}])),
            (
                0,
                "c/out",
                r#"{"n":3}"#,
                json!([{"kind":"occupancy","device":"hall","entries_total":5,"exits_total":3}]),
            ),
            (
                0,
                "c/out",
                r#"{"n":2,"ts":7}"#,
                json!([{"kind":"occupancy","device":"hall","exits_total":2,"ts":7}]),
            ),
            (
                0,
                "c/in",
                r#"{"n":6}"#,
                json!([{"kind":"occupancy","device":"hall","entries_total":6,"exits_total":3}]),
            ),
        ];
        check(counter, &steps).await;
    }
}
