//! What is known of devices that tell each member on a topic of its own.
//!
//! ESPHome and Shelly's first generation do: each message alone would be a reading of one member, and whoever looks at
//! a device's last reading would see that member only. So a reading repeats what its device said last on the other
//! topics, as long as that is recent.
//!
//! Doors are left out: that a door is open is a witness of its moment, which confirms an unlock.

use crate::config::MqttDevice;
use crate::intake::Reporting;
use crate::sources::mapping::Draft;
use crate::sources::read_line;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::watch;
use tokio::time::Instant;
use waystation_protocol::{Decoded, DeviceId, Kind};

/// A member is repeated for so many of its kind's longest silences [J]: one message may be lost.
const SILENCES: u32 = 2;

/// The last values of the devices that have several topics.
pub struct Known {
    devices: BTreeMap<(Kind, DeviceId), BTreeMap<String, Heard>>,
    reporting: watch::Receiver<Reporting>,
}

struct Heard {
    value: Value,
    at: Instant,
}

impl Known {
    pub fn new(devices: &[MqttDevice], reporting: watch::Receiver<Reporting>) -> Self {
        let mut topics: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
        for device in devices.iter().filter(|device| is_state(device.kind)) {
            let topics = topics.entry((device.kind, device.device.clone())).or_default();
            topics.extend(device.rules.iter().map(|rule| rule.place.topic.replace("{}", &device.topic)));
        }
        let several = topics.into_iter().filter(|(_, topics)| topics.len() > 1);
        Self { devices: several.map(|(device, _)| (device, BTreeMap::new())).collect(), reporting }
    }

    /// Adds what the device said elsewhere to a reading of now, and remembers what it says itself. `silent`: members of
    /// which it says that they have no value.
    pub fn complete(&mut self, draft: &mut Draft, silent: &[&'static str]) {
        let Some(known) = self.devices.get_mut(&(draft.kind, draft.device.clone())) else { return };
        silent.iter().for_each(|member| drop(known.remove(*member)));
        // A reading of another time says nothing of now, and one that is refused must not spoil those after it.
        if draft.members.is_empty() || draft.members.contains_key("ts") || !is_sound(draft) {
            return;
        }
        let now = Instant::now();
        let longest = self.reporting.borrow().interval(draft.kind) * SILENCES;
        known.retain(|_, heard| now.duration_since(heard.at) <= longest);
        for (name, value) in &draft.members {
            known.insert(name.clone(), Heard { value: value.clone(), at: now });
        }
        for (name, heard) in known {
            draft.members.entry(name.as_str()).or_insert_with(|| heard.value.clone());
        }
    }
}

/// Kinds whose members are states; the others tell of what happens.
fn is_state(kind: Kind) -> bool {
    matches!(kind, Kind::Environment | Kind::Occupancy | Kind::Cabinet | Kind::Amenity)
}

fn is_sound(draft: &Draft) -> bool {
    read_line(&draft.to_json(), &mut Decoded::default()).is_ok()
}
