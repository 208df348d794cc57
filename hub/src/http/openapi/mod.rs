//! `/openapi.json`: what the server offers, made from the same tables that the code uses. `docs/openapi.json` is a copy
//! that a test compares, so that a change of the interface is seen in a review.

mod actions;
mod console;
mod feeds;
mod figures;
mod lists;
mod operation;
mod schemas;
mod shapes;
mod trouble;

use axum::Json;
use operation::Operation;
use serde_json::{Map, Value, json};
use shapes::{integer, nullable, object, reference, string};

pub(super) async fn show() -> Json<Value> {
    Json(document())
}

/// The OpenAPI 3.1 document.
#[must_use]
pub fn document() -> Value {
    let mut paths = Map::new();
    for (path, method, operation) in own()
        .into_iter()
        .chain(lists::all())
        .chain(actions::all())
        .chain(feeds::all())
        .chain(console::entries())
    {
        let methods = paths.entry(path).or_insert_with(|| json!({}));
        methods[method] = operation.into_value();
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Waystation hub",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": "Stations, their presence and latest readings, commands, what was set aside, and what was \
                lost. Times are ms since the Unix epoch, UTC; parameters that are times may be RFC 3339 too. Reading \
                needs a bearer token of role viewer, operator or admin, unless the server listens on a loopback \
                address. Writing always needs one. Lists are paged: pass `next` as `cursor`. Problems are in English, or in \
                Chinese for who asks for it by `Accept-Language`."
        },
        "security": [{ "token": [] }, {}],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "responses": {
                "problem": problem("What went wrong, as RFC 9457 has it"),
                "wait": with_retry_after(problem("Not now: too many requests, or a part of the hub is failing")),
            },
            "schemas": schemas::all(),
        }
    })
}

fn problem(description: &str) -> Value {
    json!({
        "description": description,
        "content": { "application/problem+json": { "schema": reference("Problem") } }
    })
}

fn with_retry_after(mut response: Value) -> Value {
    response["headers"] = json!({ "Retry-After": { "description": "Seconds", "schema": integer() } });
    response
}

/// One path, one method, what it does.
type Entry = (String, &'static str, Operation);

fn get(path: &str, operation: Operation) -> Entry {
    (path.to_owned(), "get", operation)
}

/// The server's own: page, probes, metrics, this document.
fn own() -> Vec<Entry> {
    let name = json!({ "name": "name", "in": "path", "required": true, "schema": string() });
    vec![
        get("/", Operation::open("The console, for people").answers("200", "text/html", string())),
        get(
            "/assets/{name}",
            Operation::open("A file of the console")
                .answers("200", "*/*", string())
                .parameters(&[name])
                .fails(&["400", "404"]),
        ),
        get("/healthz", Operation::open("The process answers").answers("200", "text/plain", string())),
        get("/readyz", ready()),
        get(
            "/openapi.json",
            Operation::open("This document").answers("200", "application/json", json!({ "type": "object" })),
        ),
        get(
            "/metrics",
            Operation::reads("Metrics in Prometheus' text format").answers("200", "text/plain", string()),
        ),
    ]
}

fn ready() -> Operation {
    let failing = object(json!({ "part": string(), "reason": nullable("string") }));
    let schema = object(json!({
        "ready": { "type": "boolean" },
        "failing": { "type": "array", "items": failing },
        "ok": { "type": "array", "items": string() },
    }));
    Operation::open("Every part of the hub works, or 503 and the failing ones")
        .answers("200", "application/json", schema.clone())
        .answers("503", "application/json", schema)
}
