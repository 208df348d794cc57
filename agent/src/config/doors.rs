//! `[[doors]]`: which doors a command may open, and how.

use super::keys::Keys;
use super::sources::{Broker, MqttSource, secret};
use crate::texts::Message;
use hyper::{Method, Uri};
use std::path::PathBuf;
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
    /// A request to the lock itself; it answers 2xx when it was told.
    Http(HttpLock),
}

/// A lock with an address of its own.
#[derive(Debug, Clone)]
pub struct HttpLock {
    pub url: String,
    pub method: Method,
    pub body: String,
    pub token: Option<String>,
    pub ca: Option<PathBuf>,
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
    let http_table = format!("{table}.http");
    match (exec.is_empty(), source, keys.has(&http_table)) {
        (false, None, false) => Some(Unlock::Exec(exec)),
        (true, Some(source), false) => mqtt(keys, table, &source, brokers),
        (true, None, true) => http(keys, &http_table).map(Unlock::Http),
        _ => {
            keys.mistake(table, Message::new("unlock"));
            None
        }
    }
}

fn mqtt(keys: &mut Keys, table: &str, source: &str, brokers: &[MqttSource]) -> Option<Unlock> {
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

fn http(keys: &mut Keys, table: &str) -> Option<HttpLock> {
    let url_key = format!("{table}.url");
    let url = keys.required::<String>(&url_key);
    let is_http = |url: &String| url.starts_with("http://") || url.starts_with("https://");
    if url.as_ref().is_some_and(|url| !is_http(url) || url.parse::<Uri>().is_err()) {
        keys.mistake(&url_key, Message::new("lock_url"));
    }
    let method_key = format!("{table}.method");
    let method = match keys.text(&method_key).as_deref() {
        None | Some("POST") => Some(Method::POST),
        Some("PUT") => Some(Method::PUT),
        Some("GET") => Some(Method::GET),
        Some(_) => {
            keys.mistake(&method_key, Message::new("lock_method"));
            None
        }
    };
    let body = keys.text(&format!("{table}.body")).unwrap_or_default();
    let token = secret(keys, &format!("{table}.token_file"));
    let ca = keys.path(&format!("{table}.ca"));
    Some(HttpLock { url: url?, method: method?, body, token, ca })
}
