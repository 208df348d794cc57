//! Words in which the document's schemas and parameters are said.

use super::super::query::{LIMIT_DEFAULT, LIMIT_MAX};
use crate::fleet::State;
use serde_json::{Value, json};

/// What a station's id is.
pub const STATION_ID: &str = "^[a-z0-9][a-z0-9-]{0,47}$";

pub fn string() -> Value {
    json!({ "type": "string" })
}

pub fn pattern(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": pattern })
}

pub fn integer() -> Value {
    json!({ "type": "integer" })
}

pub fn number() -> Value {
    json!({ "type": "number" })
}

pub fn boolean() -> Value {
    json!({ "type": "boolean" })
}

pub fn nullable(ty: &str) -> Value {
    json!({ "type": [ty, "null"] })
}

pub fn array(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

pub fn choice(values: &[&str]) -> Value {
    json!({ "type": "string", "enum": values })
}

pub fn states() -> Value {
    choice(&State::ALL.map(State::as_str))
}

pub fn bilingual() -> Value {
    object(json!({ "zh": string(), "en": string() }))
}

pub fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

/// An object whose members are always there, null or not.
pub fn object(properties: Value) -> Value {
    let required: Vec<&String> = properties.as_object().map(|map| map.keys().collect()).unwrap_or_default();
    json!({ "type": "object", "required": required, "properties": properties })
}

/// An object to be sent: with these required members, and no others than are named.
pub fn input(required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": false })
}

/// A page of a list.
pub fn page(item: &str) -> Value {
    object(json!({
        "items": array(reference(item)),
        "next": { "type": ["string", "null"], "description": "The cursor of the next page; null on the last" },
    }))
}

pub fn query(name: &str, description: &str, schema: Value) -> Value {
    json!({ "name": name, "in": "query", "description": description, "schema": schema })
}

pub fn path(name: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": string() })
}

pub fn time(name: &str, description: &str) -> Value {
    let schema = json!({ "anyOf": [integer(), { "type": "string", "format": "date-time" }] });
    query(name, description, schema)
}

pub fn limit() -> Value {
    let schema = json!({ "type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT });
    query("limit", "Items of a page", schema)
}

/// The parameters of every list, and more.
pub fn paged(more: &[Value]) -> Vec<Value> {
    paged_by(string(), more)
}

/// The same where the cursor is a number.
pub fn paged_by_number(more: &[Value]) -> Vec<Value> {
    paged_by(json!({ "type": "string", "pattern": "^[0-9]{1,18}$" }), more)
}

/// The same with a cursor of this schema.
pub fn paged_by(cursor: Value, more: &[Value]) -> Vec<Value> {
    let after = |name| query(name, "The `next` of the page before", cursor.clone());
    [limit(), after("after"), after("cursor")].iter().chain(more).cloned().collect()
}
