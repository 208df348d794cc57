//! Who runs the system, and the classes of batteries.

use super::{LANGUAGES, localized};
use crate::config::Config;
use serde_json::{Value, json};
use waystation_protocol::VoltageClass;

pub fn information(config: &Config) -> Value {
    let gbfs = &config.gbfs;
    json!({
        "system_id": gbfs.system_id,
        "languages": LANGUAGES,
        "name": localized(&gbfs.name_zh, &gbfs.name_en, &gbfs.system_id),
        // The system as a whole; each station has its own hours.
        "opening_hours": "24/7",
        "feed_contact_email": gbfs.contact_email,
        "timezone": config.calendar.time_zone,
    })
}

pub fn vehicle_types() -> Value {
    let types: Vec<Value> = VoltageClass::ALL.iter().copied().map(vehicle_type).collect();
    json!({ "vehicle_types": types })
}

/// The range is what a delivery bicycle goes on one pack [J]: 48 V 20 Ah and 60 V 20 Ah at some 20 Wh/km.
fn vehicle_type(class: VoltageClass) -> Value {
    let (range_m, zh, en) = match class {
        VoltageClass::V48 => (48_000, "48 V 换电电池", "48 V swap battery"),
        VoltageClass::V60 => (60_000, "60 V 换电电池", "60 V swap battery"),
    };
    json!({
        "vehicle_type_id": class.as_str(),
        "form_factor": "other",
        "propulsion_type": "electric",
        "max_range_meters": range_m,
        "name": localized(zh, en, ""),
        "return_constraint": "any_station",
    })
}
