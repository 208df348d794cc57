//! `/healthz`: the process answers. `/readyz`: every part works, or the failing ones are named.

use super::App;
use super::access::MayRead;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    failing: Vec<Failing>,
    /// The parts that work.
    ok: Vec<&'static str>,
}

#[derive(Serialize)]
struct Failing {
    part: &'static str,
    /// Only for those who may read: it may name paths and addresses.
    reason: Option<String>,
}

pub(super) async fn readyz(State(app): State<App>, MayRead(may_read): MayRead) -> Response {
    let mut readiness = Readiness { ready: true, failing: Vec::new(), ok: Vec::new() };
    for (name, part) in app.sources.health.parts() {
        if part.ok {
            readiness.ok.push(name);
        } else {
            readiness.ready = false;
            readiness.failing.push(Failing { part: name, reason: part.reason.filter(|_| may_read) });
        }
    }
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}
