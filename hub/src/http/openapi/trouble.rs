//! The shapes of alerts and outages.

use super::schemas::ONE_LINE;
use super::shapes::{array, bilingual, boolean, choice, input, integer, nullable, object, string};
use crate::config::{Rule, Severity};
use crate::fleet::alerts::Factor;
use serde_json::{Map, Value, json};

pub fn all() -> Map<String, Value> {
    let schemas = [
        ("Alert", alert()),
        (
            "Acknowledging",
            input(&[], json!({ "note": { "type": "string", "maxLength": 500, "pattern": ONE_LINE } })),
        ),
        ("Outage", outage()),
        ("Availability", availability()),
    ];
    schemas.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

fn alert() -> Value {
    let rules: Vec<&str> = Rule::ALL.iter().map(|rule| rule.as_str()).collect();
    let mut common = object(json!({ "factor": choice(&Factor::ALL.map(Factor::as_str)), "value": string() }));
    common["type"] = json!(["object", "null"]);
    common["description"] = "What the stations of one alert have in common".into();
    let mut acknowledgement = object(json!({ "by": string(), "note": string(), "at": integer() }));
    acknowledgement["type"] = json!(["object", "null"]);
    let evidence =
        object(json!({ "ts": integer(), "device": string(), "member": string(), "value": string() }));
    object(json!({
        "id": string(),
        "fingerprint": { "type": "string", "description": "The same each time that this happens" },
        "rule": choice(&rules), "severity": choice(&Severity::ALL.map(Severity::as_str)),
        "state": choice(&["firing", "resolved"]),
        "station": nullable("string"), "district": nullable("string"), "device": nullable("string"),
        "stations": { "type": "array", "items": string(), "description": "All that it covers" },
        "common": common,
        "starts_at": integer(), "ends_at": nullable("integer"),
        "acknowledged": boolean(), "acknowledgement": acknowledgement, "silenced": boolean(),
        "title": bilingual(), "advice": bilingual(), "evidence": array(evidence),
    }))
}

fn outage() -> Value {
    object(json!({
        "station": string(), "starts_at": integer(), "ends_at": nullable("integer"),
        "kind": choice(&["station_down", "link_down", "unknown"]), "planned": boolean(),
    }))
}

fn availability() -> Value {
    object(json!({
        "station": string(), "from": integer(), "to": integer(),
        "availability": nullable("number"), "availability_station": nullable("number"),
        "observed_ms": integer(), "down_ms": integer(), "link_down_ms": integer(), "unknown_ms": integer(),
        "planned_ms": integer(), "outages": array(outage()),
    }))
}
