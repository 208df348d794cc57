//! Maps: which part of a device's message is which member of a reading. Ready-made ones come with the program, others
//! from a file or from the configuration itself.

use super::conversion::{Conversion, literal};
use crate::config::keys::Keys;
use crate::config::mistake::Mistakes;
use crate::files;
use crate::texts::Message;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use waystation_protocol::{Kind, MemberSpec, MemberType, members};

/// One member of a reading, wherever its value comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct MapRule<P> {
    pub member: &'static str,
    pub place: P,
    pub conversion: Conversion,
}

/// A value in a JSON message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonRule {
    /// The topic, with `{}` where the device's own stands.
    pub topic: String,
    /// JSON pointers (RFC 6901) of which the first that is there counts; the empty one is the whole message.
    pub pointers: Vec<String>,
}

impl JsonRule {
    /// What the message has there.
    pub fn find<'m>(&self, message: &'m Value) -> Option<&'m Value> {
        self.pointers.iter().find_map(|pointer| message.pointer(pointer))
    }
}

/// One use of a device: the kind of its readings and their members.
#[derive(Debug, Clone)]
pub struct Profile {
    pub kind: Kind,
    pub rules: Vec<MapRule<JsonRule>>,
}

/// `ts` in milliseconds since the Unix epoch, for devices that know when something happened.
static TS: MemberSpec = MemberSpec { name: "ts", ty: MemberType::Integer, range: None };

impl Profile {
    /// Reads `members` of a table; a member may have several rules, as a list.
    pub fn read_rules(keys: &mut Keys, table: &str, kind: Kind) -> Vec<MapRule<JsonRule>> {
        json_rules(keys, &format!("{table}.members"), members(kind))
    }
}

/// The rules of a table of members that may have these names, and `ts`.
pub fn json_rules(keys: &mut Keys, table: &str, specs: &'static [MemberSpec]) -> Vec<MapRule<JsonRule>> {
    let mut rules = Vec::new();
    for name in keys.names(table) {
        let key = format!("{table}.{name}");
        let Some(member) = spec(specs, &name) else {
            keys.mistake(&key, Message::new("member"));
            keys.forget(&key);
            continue;
        };
        let items = keys.items(&key);
        let places = if items.is_empty() { vec![key] } else { items };
        rules.extend(places.iter().filter_map(|place| json_rule(keys, place, member)));
    }
    rules
}

fn json_rule(keys: &mut Keys, rule: &str, member: &'static MemberSpec) -> Option<MapRule<JsonRule>> {
    let conversion = Conversion::read(keys, rule, member);
    let pointer = format!("{rule}.pointer");
    let mut pointers = keys.texts(&pointer);
    pointers.extend(keys.text(&pointer));
    if pointers.is_empty() {
        pointers.push(String::new());
    }
    if pointers.iter().any(|pointer| !pointer.is_empty() && !pointer.starts_with('/')) {
        keys.mistake(&pointer, Message::new("pointer"));
    }
    let topic = keys.text(&format!("{rule}.topic")).unwrap_or_else(|| "{}".to_owned());
    Some(MapRule { member: member.name, place: JsonRule { topic, pointers }, conversion: conversion? })
}

/// The member of this name.
pub fn spec(specs: &'static [MemberSpec], name: &str) -> Option<&'static MemberSpec> {
    specs.iter().find(|spec| spec.name == name).or_else(|| (name == TS.name).then_some(&TS))
}

/// Members that are always the same, such as which amenity a plug feeds: `set = { amenity = "microwave" }`.
pub fn constants(keys: &mut Keys, item: &str, kind: Kind) -> Vec<(&'static str, Value)> {
    let table = format!("{item}.set");
    let mut found = Vec::new();
    for name in keys.names(&table) {
        let key = format!("{table}.{name}");
        let text = keys.text(&key).unwrap_or_default();
        let member = members(kind).iter().find(|spec| spec.name == name);
        match member.and_then(|member| Some((member.name, literal(member, &text)?))) {
            Some(constant) => found.push(constant),
            None => keys.mistake(&key, Message::new("constant").with("kind", kind)),
        }
    }
    found
}

/// The profiles of a ready-made map or a map's file: `map` or `map_file` of the item. Mistakes in it are the item's.
pub fn profiles(keys: &mut Keys, item: &str, ready: &[(&str, &str)]) -> BTreeMap<String, Profile> {
    read_map(keys, item, ready, |keys| {
        let mut profiles = BTreeMap::new();
        for name in keys.names("profiles") {
            let table = format!("profiles.{name}");
            if let Some(kind) = keys.required(&format!("{table}.kind")) {
                profiles.insert(name, Profile { kind, rules: Profile::read_rules(keys, &table, kind) });
            }
        }
        Some(profiles)
    })
    .unwrap_or_default()
}

/// Whether an item names a map, however wrong: what it lacks is then no mistake of its own.
pub fn names_map(keys: &Keys, item: &str) -> bool {
    keys.has(&format!("{item}.map")) || keys.has(&format!("{item}.map_file"))
}

/// Reads the map that an item names, if it names one.
pub fn read_map<T>(
    keys: &mut Keys,
    item: &str,
    ready: &[(&str, &str)],
    read: impl FnOnce(&mut Keys) -> Option<T>,
) -> Option<T> {
    let (map_key, file_key) = (format!("{item}.map"), format!("{item}.map_file"));
    let (map, file) = (keys.text(&map_key), keys.path(&file_key));
    let (key, path, text) = match (map, file) {
        (None, None) => return None,
        (Some(_), Some(_)) => {
            keys.mistake(&map_key, Message::new("map_twice"));
            return None;
        }
        (Some(name), None) => match ready.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => (map_key, name.into(), (*text).to_owned()),
            None => {
                let known: Vec<_> = ready.iter().map(|(known, _)| *known).collect();
                keys.mistake(&map_key, Message::new("map").with("known", known.join(", ")));
                return None;
            }
        },
        (None, Some(path)) => match files::read_small(&path) {
            Ok(text) => (file_key, path, text),
            Err(error) => {
                keys.mistake(
                    &file_key,
                    Message::new("unreadable").with("path", path.display()).with("error", error),
                );
                return None;
            }
        },
    };
    parse_map(&path, &text, read).map_err(|mistakes| keys.mistakes_inside(&key, mistakes)).ok()
}

fn parse_map<T>(path: &Path, text: &str, read: impl FnOnce(&mut Keys) -> Option<T>) -> Result<T, Mistakes> {
    let mut keys = Keys::of_text(path, text)?;
    let map = read(&mut keys);
    keys.finish(map)
}
