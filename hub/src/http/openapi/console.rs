//! What the console asks for besides.

use super::actions::post;
use super::operation::Operation;
use super::shapes::{
    array, bilingual, choice, integer, nullable, object, page, path, reference, states, string,
};
use super::{Entry, get};
use crate::config::Severity;
use crate::registry::StationKind;
use serde_json::{Map, Value, json};
use waystation_protocol::VoltageClass;

pub fn entries() -> Vec<Entry> {
    vec![
        get("/api/v1/me", Operation::reads("Who asks").answers_json("200", reference("Me"))),
        get(
            "/api/v1/fleet",
            Operation::reads("Every station in brief; `/api/v1/stream?view=brief` goes on from `event_id`")
                .answers_json("200", reference("FleetView")),
        ),
        get(
            "/api/v1/channels",
            Operation::writes("Where alerts go, and whether they get there", "operator")
                .answers_json("200", page("Channel")),
        ),
        post(
            "/api/v1/channels/{name}/test",
            Operation::writes("Sends a test message through a channel", "admin")
                .answers_json("200", reference("ChannelTrial"))
                .parameters(&[path("name")])
                .fails(&["404"]),
        ),
        get(
            "/public/screen",
            Operation::reads("Sums for a screen that everybody sees")
                .answers_json("200", reference("Screen")),
        ),
    ]
}

pub fn schemas() -> Map<String, Value> {
    let severities = Severity::ALL.map(Severity::as_str);
    let worst = json!({ "type": ["string", "null"],
        "enum": severities.iter().map(|name| json!(name)).chain([Value::Null]).collect::<Vec<_>>() });
    let degrees = json!({ "type": ["number", "null"], "description": "WGS-84 degrees" });
    let brief = object(json!({
        "id": string(), "name": bilingual(), "district": nullable("string"), "grid": nullable("string"),
        "kind": choice(&StationKind::ALL.map(StationKind::as_str)), "host_type": nullable("string"),
        "lat": degrees, "lon": degrees, "state": states(), "last_seen": nullable("integer"),
        "people": nullable("integer"), "capacity": nullable("integer"),
        "ready": nullable("integer"), "slots": nullable("integer"), "alert": worst, "alerts": integer(),
    }));
    let channel = object(json!({
        "name": string(), "kind": nullable("string"), "address": string(), "min_severity": choice(&severities),
        "waiting": integer(), "last_sent_at": nullable("integer"), "last_failed_at": nullable("integer"),
        "last_error": nullable("string"),
    }));
    let schemas = json!({
        "Me": object(json!({
            "name": { "type": ["string", "null"], "description": "Null where reading needs no token" },
            "role": choice(&["viewer", "operator", "admin"]),
        })),
        "FleetItem": brief,
        "FleetView": object(json!({
            "at": integer(), "event_id": string(), "time_zone": string(), "items": array(reference("FleetItem")),
        })),
        "Channel": channel,
        "ChannelTrial": object(json!({
            "outcome": choice(&["delivered", "busy", "held", "refused", "failed"]), "message": string(),
            "elapsed_ms": integer(),
        })),
        "Screen": screen(),
    });
    match schemas {
        Value::Object(schemas) => schemas,
        _ => Map::new(),
    }
}

fn screen() -> Value {
    let counts = |names: &[&str]| {
        object(Value::Object(names.iter().map(|name| ((*name).to_owned(), integer())).collect()))
    };
    let stock = counts(&["ready", "installed"]);
    let batteries = VoltageClass::ALL.iter().map(|class| (class.as_str().to_owned(), stock.clone()));
    let mut district = counts(&["stations", "online", "free", "moderate", "crowded"]);
    district["properties"]["district"] = string();
    if let Some(required) = district["required"].as_array_mut() {
        required.push(json!("district"));
    }
    object(json!({
        "at": integer(), "name": bilingual(), "stations": counts(&["total", "online", "away"]),
        "bands": counts(&["free", "moderate", "crowded", "unknown"]),
        "batteries": object(Value::Object(batteries.collect())),
        "fund_total_fen": nullable("integer"), "breakfasts_total": nullable("integer"),
        "visits_today": { "type": ["number", "null"], "description": "Of rest stations; null below 5" },
        "districts": array(district),
    }))
}
