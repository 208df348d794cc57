//! The embedded store, as the API's handlers ask it.

use super::{App, Problem};
use crate::history::{History, HistoryError};
use crate::texts::Said;

/// The store, unless it is switched off.
pub fn of(app: &App) -> Result<&History, Problem> {
    app.sources.history.as_ref().ok_or_else(|| Problem::not_found(Said::new("refusal.no_history")))
}

pub fn failed(error: HistoryError) -> Problem {
    if let HistoryError::TooMuch(text) = error {
        return Problem::bad_request(text);
    }
    tracing::error!(%error, "the history cannot be used");
    Problem::unavailable(Said::new("refusal.history_fails"))
}

/// What a request asks for in time: `from`, and `to`, which is not included.
pub fn stretch(
    from: Option<i64>,
    to: Option<i64>,
    default_ms: i64,
    now_ms: i64,
) -> Result<(i64, i64), Problem> {
    let to = to.unwrap_or(now_ms);
    let from = from.unwrap_or(to.saturating_sub(default_ms));
    if from < to { Ok((from, to)) } else { Err(Problem::bad_request(Said::new("refusal.from_to"))) }
}
