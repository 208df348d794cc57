//! A contact that changes is a door that opened or closed.

use super::Draft;
use serde_json::Value;
use std::collections::BTreeMap;
use waystation_protocol::{DeviceId, Kind};

/// What each door's contact said last.
#[derive(Debug, Default)]
pub struct Contacts(BTreeMap<DeviceId, String>);

impl Contacts {
    /// Adds `event` to a door's reading whose contact differs from the last one. A state of the past, such as a retained
    /// message, is no event, however it differs; nor is the first one.
    pub fn note(&mut self, draft: &mut Draft, is_past: bool) {
        if draft.kind != Kind::Door {
            return;
        }
        let Some(Value::String(contact)) = draft.members.get("contact").cloned() else { return };
        let before = self.0.insert(draft.device.clone(), contact.clone());
        let has_changed = before.is_some_and(|before| before != contact);
        if has_changed && !is_past && !draft.members.contains_key("event") {
            let event = if contact == "open" { "open" } else { "close" };
            draft.members.insert("event".to_owned(), Value::from(event));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_change_that_is_seen_happening_is_an_event() {
        let mut contacts = Contacts::default();
        let front = DeviceId::try_from("front").unwrap();
        let mut check = |contact: &str, is_past: bool, event: Option<&str>| {
            let mut draft = Draft::new(Kind::Door, &front);
            draft.members.insert("contact".into(), contact.into());
            contacts.note(&mut draft, is_past);
            assert_eq!(draft.members.get("event").and_then(Value::as_str), event, "{contact}");
        };
        check("closed", false, None);
        check("open", false, Some("open"));
        check("open", false, None);
        check("closed", false, Some("close"));
        check("open", true, None);
        check("closed", false, Some("close"));
    }
}
