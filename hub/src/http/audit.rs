//! `/api/v1/audit`: who did what, newest first; and how handlers note what they do.

use super::access::Reading;
use super::csv::{self, Cell};
use super::query::Parameters;
use super::stations::Page;
use super::{App, Problem};
use crate::clock::now_ms;
use crate::operations::{Audit, AuditEntry, AuditFilter, OperationsError};
use crate::registry::Principal;
use crate::texts::Said;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

const COLUMNS: [&str; 7] = ["id", "time", "who", "role", "action", "target", "detail"];

pub(super) async fn list(
    State(app): State<App>,
    reading: Reading,
    parameters: Parameters,
) -> Result<Response, Problem> {
    if !reading.payloads {
        return Err(Problem::forbidden(Said::new("refusal.audit_role")));
    }
    parameters
        .allow(&["limit", "after", "cursor", "who", "role", "action", "target", "from", "to", "format"])?;
    let text = |name| parameters.text(name).map(str::to_owned);
    let filter = AuditFilter {
        who: text("who"),
        role: text("role"),
        action: text("action"),
        target: text("target"),
        from: parameters.time("from")?,
        to: parameters.time("to")?,
    };
    let (before, limit) = (parameters.number_cursor()?, parameters.limit()?);
    let is_csv = parameters.is_csv()?;
    app.blocking(move |app| {
        let page = app.sources.operations.audit_page(before, limit, &filter).map_err(failed)?;
        let next = page.next.map(|id| id.to_string());
        if is_csv {
            let zone = app.sources.config.calendar.zone();
            let rows = page.items.into_iter().map(cells);
            return csv::answer("audit.csv", &zone, &COLUMNS, rows, next.as_deref());
        }
        Ok(Json(Page { items: page.items, next }).into_response())
    })
    .await
}

fn cells(entry: AuditEntry) -> Vec<Cell> {
    let Audit { at, who, role, action, target, detail } = entry.audit;
    vec![
        entry.id.into(),
        Cell::Time(at),
        who.into(),
        role.into(),
        action.into(),
        target.into(),
        detail.into(),
    ]
}

/// Notes an act in the audit log, does it, and notes if it failed: nothing is done that cannot be noted. Blocks.
pub(super) fn audited<T>(
    app: &App,
    owner: &Principal,
    action: &str,
    target: &str,
    detail: &str,
    act: impl FnOnce() -> Result<T, Problem>,
) -> Result<T, Problem> {
    note(app, owner, action, target, detail)?;
    let done = act();
    if let Err(problem) = &done {
        note(app, owner, &format!("{action}.failed"), target, &problem.detail())?;
    }
    done
}

/// Adds an entry to the audit log. Blocks.
pub(super) fn note(
    app: &App,
    owner: &Principal,
    action: &str,
    target: &str,
    detail: &str,
) -> Result<(), Problem> {
    let entry = Audit::new(now_ms(), owner.name.as_str(), owner.role.as_str(), action, target, detail);
    app.sources.operations.audit(&entry).map_err(failed)
}

pub(super) fn failed(error: OperationsError) -> Problem {
    if let OperationsError::Refused(text) = error {
        return Problem::bad_request(text);
    }
    tracing::error!(%error, "operations.db cannot be used");
    Problem::unavailable(Said::new("refusal.operations_fails"))
}
