//! A reading in the making.

use crate::config::{JsonRule, MapRule};
use serde_json::{Map, Value};
use waystation_protocol::{DeviceId, Kind};

/// Kind, device, and the members so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub kind: Kind,
    pub device: DeviceId,
    pub members: Map<String, Value>,
}

impl Draft {
    pub fn new(kind: Kind, device: &DeviceId) -> Self {
        Self { kind, device: device.clone(), members: Map::new() }
    }

    /// Adds members that are always the same.
    pub fn add_constants(&mut self, constants: &[(&'static str, Value)]) {
        for (name, value) in constants {
            self.members.entry(*name).or_insert_with(|| value.clone());
        }
    }

    /// The JSON object that the intake takes; `kind` first, where it is found quickest.
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = format!("{{\"kind\":\"{}\",\"device\":\"{}\"", self.kind, self.device);
        for (name, value) in &self.members {
            json.push_str(&format!(",{}:{value}", Value::from(name.as_str())));
        }
        json.push('}');
        json.into_bytes()
    }
}

/// Adds to `members` what the rules find in the message; the first rule that finds a member counts. Gives the members
/// whose values did not fit.
pub fn apply_rules<'r>(
    rules: impl IntoIterator<Item = &'r MapRule<JsonRule>>,
    message: &Value,
    members: &mut Map<String, Value>,
) -> Vec<&'static str> {
    let mut unfit = Vec::new();
    for rule in rules {
        if members.contains_key(rule.member) {
            continue;
        }
        match rule.place.find(message).map(|raw| rule.conversion.apply(raw)) {
            Some(Ok(Some(value))) => drop(members.insert(rule.member.to_owned(), value)),
            Some(Ok(None)) | None => {}
            Some(Err(_)) => unfit.push(rule.member),
        }
    }
    unfit
}
