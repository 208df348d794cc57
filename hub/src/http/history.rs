//! The embedded store, as the API's handlers ask it.

use super::{App, Problem};
use crate::history::{History, HistoryError};

/// The store, unless it is switched off.
pub fn of(app: &App) -> Result<&History, Problem> {
    app.sources.history.as_ref().ok_or_else(|| {
        Problem::not_found("this hub keeps no history ([history] enabled = false); ask its InfluxDB")
    })
}

pub fn failed(error: HistoryError) -> Problem {
    if let HistoryError::TooMuch(text) = error {
        return Problem::bad_request(text);
    }
    tracing::error!(%error, "the history cannot be used");
    Problem::unavailable("the history cannot be read now; the hub's log says why")
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
    if from < to { Ok((from, to)) } else { Err(Problem::bad_request("`from` must lie before `to`")) }
}
