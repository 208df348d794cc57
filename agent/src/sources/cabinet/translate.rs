//! A controller's message as readings.

use super::Seen;
use crate::config::{CabinetMap, SlotsMap, SwapsMap};
use crate::diagnosis::Message;
use crate::sources::mapping::{Draft, apply_rules};
use crate::sources::mqtt::{TellOnce, Translated, Translator};
use serde_json::{Map, Value};
use waystation_protocol::{DeviceId, Kind};

/// The longest id on the wire, characters.
const ID_CHARS_MAX: usize = 64;

/// A cabinet's controller as its map knows it.
pub struct Controller {
    device: DeviceId,
    map: CabinetMap,
    /// Empty: it is asked.
    topic: String,
    seen: Seen,
    /// A message before had something that the map points to.
    has_found: bool,
}

impl Controller {
    pub fn new(device: DeviceId, map: CabinetMap, topic: &str, seen: Seen) -> Self {
        Self { device, map, topic: topic.to_owned(), seen, has_found: false }
    }

    fn cabinet(&self, message: &Value, unfit: &mut Vec<&'static str>) -> Option<Draft> {
        let mut draft = Draft::new(Kind::Cabinet, &self.device);
        unfit.extend(apply_rules(&self.map.rules, message, &mut draft.members));
        if let Some(map) = &self.map.slots {
            let slots = slots(map, message, unfit);
            if !slots.is_empty() {
                draft.members.insert("slots".to_owned(), Value::Array(slots));
                if map.whole {
                    draft.members.insert("snapshot".to_owned(), Value::Bool(true));
                }
            }
        }
        (!draft.members.is_empty()).then_some(draft)
    }

    /// The swaps that were not told before.
    fn swaps(&mut self, message: &Value, translated: &mut Translated) {
        let Some(map) = &self.map.swaps else { return };
        let only_remember = self.seen.take_first() && !map.is_dated();
        for event in items(message.pointer(&map.pointer)) {
            let Some(id) = event.pointer(&map.id).and_then(id_of) else {
                translated.unfit.push("swap");
                continue;
            };
            if !self.seen.note(&id) {
                continue;
            }
            let place = (!only_remember).then_some(translated.readings.len());
            if !only_remember {
                let draft = swap(map, &self.device, &id, event, &mut translated.unfit);
                translated.readings.push(draft.to_json());
            }
            translated.ids.push(TellOnce { id, place });
        }
    }
}

impl Translator for Controller {
    fn filters(&self) -> Vec<String> {
        vec![self.topic.clone()]
    }

    fn translate(&mut self, _topic: &str, payload: &[u8], _is_past: bool) -> Translated {
        let mut translated = Translated::default();
        let message = match serde_json::from_slice(payload) {
            Ok(message @ (Value::Object(_) | Value::Array(_))) => message,
            _ => {
                translated.fault = Some(Message::new("cabinet_not_json"));
                return translated;
            }
        };
        let cabinet = self.cabinet(&message, &mut translated.unfit);
        let has_swaps = self.map.swaps.as_ref().is_some_and(|map| message.pointer(&map.pointer).is_some());
        let has_found = cabinet.is_some() || has_swaps || !translated.unfit.is_empty();
        // A controller that is asked answers with its state; one that is heard tells of other things, too.
        if !has_found && (self.topic.is_empty() || !self.has_found) {
            translated.fault = Some(Message::new("cabinet_empty"));
        }
        self.has_found |= has_found;
        translated.readings.extend(cabinet.map(|draft| draft.to_json()));
        self.swaps(&message, &mut translated);
        translated
    }

    async fn kept(&mut self, ids: Vec<String>) {
        if !ids.is_empty() {
            self.seen.keep(ids).await;
        }
    }
}

fn slots(map: &SlotsMap, message: &Value, unfit: &mut Vec<&'static str>) -> Vec<Value> {
    let mut found = Vec::new();
    for (place, slot) in items(message.pointer(&map.pointer)).into_iter().enumerate() {
        let mut members = Map::new();
        unfit.extend(apply_rules(&map.rules, slot, &mut members));
        // A list without numbers is in the order of the slots.
        members.entry("slot").or_insert_with(|| Value::from(place + 1));
        found.push(Value::Object(members));
    }
    found
}

fn swap(map: &SwapsMap, device: &DeviceId, id: &str, event: &Value, unfit: &mut Vec<&'static str>) -> Draft {
    let mut draft = Draft::new(Kind::Swap, device);
    unfit.extend(apply_rules(&map.rules, event, &mut draft.members));
    draft.members.insert("swap".to_owned(), Value::from(id));
    draft
}

/// The items of an array, or the values of an object.
fn items(list: Option<&Value>) -> Vec<&Value> {
    match list {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(Value::Object(members)) => members.values().collect(),
        _ => Vec::new(),
    }
}

fn id_of(value: &Value) -> Option<String> {
    let id = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let is_sound = !id.is_empty() && id.chars().count() <= ID_CHARS_MAX && !id.chars().any(char::is_control);
    is_sound.then_some(id)
}
