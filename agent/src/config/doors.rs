//! `[[doors]]`: which doors a command may open, and how.

use super::keys::Keys;
use super::sources::{Broker, MqttSource};
use crate::texts::Message;
use std::time::Duration;
use waystation_protocol::DeviceId;

/// A door that can be opened by command.
#[derive(Debug, Clone)]
pub struct Door {
    pub device: DeviceId,
    pub unlock: Unlock,
    /// How long its contact or lock may take to confirm that it opened.
    pub confirm: Duration,
}

/// What tells the lock.
#[derive(Debug, Clone)]
pub enum Unlock {
    /// A program and its arguments; it ends with exit code 0 when it has told the lock.
    Exec(Vec<String>),
    /// A message to the broker of a source.
    Mqtt { broker: Broker, topic: String, payload: String },
}

pub fn read(keys: &mut Keys, brokers: &[MqttSource]) -> Vec<Door> {
    let items = keys.items("doors");
    let mut doors: Vec<Door> = Vec::new();
    for item in items {
        let device = keys.required::<DeviceId>(&format!("{item}.device"));
        let unlock = unlock(keys, &format!("{item}.unlock"), brokers);
        let confirm_s = keys.whole(&format!("{item}.confirm_s"), 10, 1..=60);
        let (Some(device), Some(unlock), Some(confirm_s)) = (device, unlock, confirm_s) else { continue };
        if doors.iter().any(|door| door.device == device) {
            keys.mistake(&format!("{item}.device"), Message::new("twice"));
            continue;
        }
        doors.push(Door { device, unlock, confirm: Duration::from_secs(confirm_s) });
    }
    doors
}

fn unlock(keys: &mut Keys, table: &str, brokers: &[MqttSource]) -> Option<Unlock> {
    let exec = keys.texts(&format!("{table}.exec"));
    let source = keys.text(&format!("{table}.mqtt"));
    match (exec.is_empty(), source) {
        (false, None) => Some(Unlock::Exec(exec)),
        (true, Some(source)) => {
            let topic_key = format!("{table}.topic");
            let topic = keys.required::<String>(&topic_key);
            let payload = keys.required::<String>(&format!("{table}.payload"));
            if topic.as_ref().is_some_and(|topic| topic.contains(['+', '#']) || topic.is_empty()) {
                keys.mistake(&topic_key, Message::new("topic"));
            }
            let Some(of) = brokers.iter().find(|mqtt| mqtt.name.name == source) else {
                keys.mistake(&format!("{table}.mqtt"), Message::new("broker_name"));
                return None;
            };
            Some(Unlock::Mqtt { broker: of.broker.clone(), topic: topic?, payload: payload? })
        }
        _ => {
            keys.mistake(table, Message::new("unlock"));
            None
        }
    }
}
