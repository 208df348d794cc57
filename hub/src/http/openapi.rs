//! `/openapi.json`: what the server offers, made from the same tables that the code uses. `docs/openapi.json` is a copy
//! that a test compares, so that a change of the interface is seen in a review.

use super::query::{LIMIT_DEFAULT, LIMIT_MAX};
use crate::fleet::State;
use axum::Json;
use serde_json::{Map, Value, json};
use waystation_protocol::{Kind, MemberSpec, MemberType, members};

pub(super) async fn show() -> Json<Value> {
    Json(document())
}

/// The OpenAPI 3.1 document.
#[must_use]
pub fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Waystation hub",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": "Stations, their presence and latest readings, what was set aside, and what was lost. \
                Times are ms since the Unix epoch, UTC. Reading needs a bearer token of role viewer, operator or \
                admin, unless the server listens on a loopback address."
        },
        "security": [{ "token": [] }, {}],
        "paths": paths(),
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "responses": { "problem": {
                "description": "What went wrong, as RFC 9457 has it",
                "content": { "application/problem+json": { "schema": reference("Problem") } }
            } },
            "schemas": schemas(),
        }
    })
}

fn paths() -> Value {
    let page = [limit(), after("after"), after("cursor")];
    let stations = [
        query("district", "Only of this district", string()),
        query("state", "Only in this state", states()),
    ];
    let with = |more: &[Value]| -> Vec<Value> { page.iter().chain(more).cloned().collect() };
    let of_station = query("station", "Only of this station", string());
    let of_reason = query("reason", "Only for this reason", string());
    let id = json!({ "name": "id", "in": "path", "required": true, "schema": string() });
    json!({
        "/": open("The first page, for people", "text/html", string()),
        "/assets/{name}": with_parameters(
            open("A file of the first page", "*/*", string()),
            &[json!({ "name": "name", "in": "path", "required": true, "schema": string() })],
        ),
        "/healthz": open("The process answers", "text/plain", string()),
        "/readyz": ready(),
        "/openapi.json": open("This document", "application/json", json!({ "type": "object" })),
        "/metrics": read("Metrics in Prometheus' text format", "text/plain", string(), &[]),
        "/api/v1/stations": list("Registered stations by id, with their latest readings", "Station", &with(&stations)),
        "/api/v1/stations/{id}": read("One station, with its ledger", "application/json", reference("StationDetail"), &[id]),
        "/api/v1/ledger": list("What each outbox delivered, dropped and misses", "Outbox", &with(std::slice::from_ref(&of_station))),
        "/api/v1/quarantine": list(
            "What could not be taken, newest first: at most 100,000 items or 256 MiB, counted in dropped_total past that",
            "Quarantined",
            &with(&[of_station, of_reason]),
        ),
        "/api/v1/stream": read(
            "Server-sent events: `station` (a Station, first all that are asked for, then each that changes) and `counts`",
            "text/event-stream",
            string(),
            &with(&stations),
        ),
    })
}

fn schemas() -> Value {
    let mut schemas = Map::new();
    let mut latest = Map::new();
    for kind in Kind::ALL.iter().copied() {
        let name = schema_name(kind);
        let by_device = json!({ "type": "object", "additionalProperties": reference(&name) });
        latest.insert(kind.as_str().into(), by_device);
        schemas.insert(name, reading(kind));
    }
    let range = json!({ "type": "array", "prefixItems": [integer(), integer()], "minItems": 2, "maxItems": 2,
        "description": "first and last sequence number" });
    let ranges = json!({ "type": "array", "items": range });
    let outbox = json!({
        "outbox": string(), "durable_up_to": integer(), "gaps": ranges, "dropped": ranges,
        "received": integer(), "missing_total": integer(), "dropped_total": integer(),
    });
    let mut outbox_item = outbox.clone();
    outbox_item["station"] = string();
    let station = station(Value::Object(latest));
    let mut detail = station.clone();
    detail["ledger"] = json!({ "type": "array", "items": object(outbox) });
    schemas.insert("Station".into(), object(station));
    schemas.insert("StationDetail".into(), object(detail));
    schemas.insert("Outbox".into(), object(outbox_item));
    schemas.insert("Quarantined".into(), object(quarantined()));
    schemas.insert(
        "Problem".into(),
        object(json!({ "type": string(), "title": string(), "status": integer(), "detail": string() })),
    );
    Value::Object(schemas)
}

fn station(latest: Value) -> Value {
    json!({
        "id": string(),
        "name": object(json!({ "zh": string(), "en": string() })),
        "city": nullable("string"), "district": nullable("string"), "street": nullable("string"), "grid": nullable("string"),
        "position": { "type": ["object", "null"], "description": "WGS-84 degrees",
            "properties": { "latitude": { "type": "number" }, "longitude": { "type": "number" } } },
        "kind": { "type": "string", "enum": ["rest", "counselling", "in_factory"] },
        "host_type": nullable("string"), "opening_hours": nullable("string"), "capacity": nullable("integer"),
        "state": states(),
        "last_seen": nullable("integer"),
        "connected": { "type": "boolean" },
        "agent": nullable("string"),
        "latest": { "type": "object", "description": "kind → device → reading", "properties": latest },
    })
}

fn quarantined() -> Value {
    json!({
        "id": integer(), "received_at": integer(), "station": nullable("string"), "channel": string(),
        "reason": string(), "text": object(json!({ "zh": string(), "en": string() })),
        "member": nullable("string"), "detail": nullable("string"), "payload_bytes": integer(),
        "payload": { "type": ["string", "null"], "description": "The beginning of it; null for viewers" },
    })
}

fn reading(kind: Kind) -> Value {
    let mut schema = table(members(kind));
    schema["properties"]["ts"] = integer();
    schema["properties"]["device"] = string();
    schema["required"] = json!(["ts", "device"]);
    schema
}

fn table(specs: &[MemberSpec]) -> Value {
    let properties: Map<String, Value> =
        specs.iter().map(|spec| (spec.name.to_owned(), member(spec))).collect();
    json!({ "type": "object", "properties": properties })
}

fn member(spec: &MemberSpec) -> Value {
    let mut schema = match spec.ty {
        MemberType::Float => json!({ "type": "number" }),
        MemberType::Integer | MemberType::Count => integer(),
        MemberType::Bool => json!({ "type": "boolean" }),
        MemberType::Text { chars_max } => json!({ "type": "string", "maxLength": chars_max }),
        MemberType::Choice(names) => json!({ "type": "string", "enum": names }),
        MemberType::Slots(specs) => json!({ "type": "array", "items": table(specs) }),
    };
    if let Some((low, high)) = spec.range {
        schema["minimum"] = json!(low);
        schema["maximum"] = json!(high);
    }
    schema
}

/// An object whose members are always there, null or not.
fn object(properties: Value) -> Value {
    let required: Vec<&String> = properties.as_object().map(|map| map.keys().collect()).unwrap_or_default();
    json!({ "type": "object", "required": required, "properties": properties })
}

fn schema_name(kind: Kind) -> String {
    let mut name = kind.as_str().to_owned();
    name[..1].make_ascii_uppercase();
    format!("{name}Reading")
}

fn list(summary: &str, item: &str, parameters: &[Value]) -> Value {
    let mut properties = json!({
        "items": { "type": "array", "items": reference(item) },
        "next": { "type": ["string", "null"], "description": "The cursor of the next page; null on the last" },
    });
    if item == "Quarantined" {
        properties["dropped_total"] = integer();
    }
    read(summary, "application/json", object(properties), parameters)
}

/// A path that needs permission to read.
fn read(summary: &str, content_type: &str, schema: Value, parameters: &[Value]) -> Value {
    let mut path = with_parameters(open(summary, content_type, schema), parameters);
    for status in ["400", "401", "403", "404", "503"] {
        path["get"]["responses"][status] = json!({ "$ref": "#/components/responses/problem" });
    }
    path
}

fn open(summary: &str, content_type: &str, schema: Value) -> Value {
    json!({ "get": { "summary": summary, "responses": { "200": {
        "description": "OK", "content": { content_type: { "schema": schema } }
    } } } })
}

fn with_parameters(mut path: Value, parameters: &[Value]) -> Value {
    if !parameters.is_empty() {
        path["get"]["parameters"] = json!(parameters);
    }
    path
}

fn ready() -> Value {
    let failing = object(json!({ "part": string(), "reason": nullable("string") }));
    let schema = object(json!({
        "ready": { "type": "boolean" },
        "failing": { "type": "array", "items": failing },
        "ok": { "type": "array", "items": string() },
    }));
    let mut path =
        open("Every part of the hub works, or 503 and the failing ones", "application/json", schema);
    path["get"]["responses"]["503"] = path["get"]["responses"]["200"].clone();
    path["get"]["responses"]["503"]["description"] = json!("Some part is failing");
    path
}

fn limit() -> Value {
    let schema = json!({ "type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT });
    query("limit", "Items of a page", schema)
}

fn after(name: &str) -> Value {
    query(name, "The `next` of the page before", string())
}

fn query(name: &str, description: &str, schema: Value) -> Value {
    json!({ "name": name, "in": "query", "description": description, "schema": schema })
}

fn states() -> Value {
    json!({ "type": "string", "enum": State::ALL.map(State::as_str) })
}

fn string() -> Value {
    json!({ "type": "string" })
}

fn integer() -> Value {
    json!({ "type": "integer" })
}

fn nullable(ty: &str) -> Value {
    json!({ "type": [ty, "null"] })
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}
