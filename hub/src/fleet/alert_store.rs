//! Alerts in `state.db`: written with the stations whose state they follow from, read by the API and by notify.
//!
//! Invariant: an alert has one row, whose revision rises with each change. A revision is at least the time of its
//! save, ms: so it rises even over a file that was deleted and rebuilt, and readers keep their place.

use super::alerts::{Alert, AlertState, Rule, SavedBook, Severity};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params, params_from_iter};
use std::sync::Arc;
use tokio::sync::Notify;
use waystation_protocol::StationId;

/// Resolved alerts are kept this long, ms: thirteen months, to compare a month with the same one of last year.
const KEPT_MS: i64 = 400 * 86_400_000;

/// Rings when alerts were saved. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct AlertBell(Arc<Notify>);

impl AlertBell {
    /// Completes at the next save that holds alerts, or at once if there was one since the last call.
    pub async fn rung(&self) {
        self.0.notified().await;
    }

    pub(super) fn ring(&self) {
        self.0.notify_one();
    }
}

/// Which alerts are asked for; what is absent, any.
#[derive(Debug, Clone, Default)]
pub struct AlertFilter {
    pub state: Option<AlertState>,
    pub rule: Option<Rule>,
    pub severity: Option<Severity>,
    /// Its own alerts, and those that list it while they fire or since.
    pub station: Option<StationId>,
    pub district: Option<String>,
    /// Where the last page ended: start and id of its last alert.
    pub after: Option<(i64, String)>,
    pub limit: u32,
}

/// Alerts, the newest start first.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertPage {
    pub items: Vec<Alert>,
    /// For [`AlertFilter::after`], if there are more.
    pub next: Option<(i64, String)>,
}

/// What a save writes besides stations.
#[derive(Debug, Default)]
pub struct AlertSave<'a> {
    pub alerts: Vec<&'a Alert>,
    pub book: Option<&'a SavedBook>,
    pub now_ms: i64,
}

pub fn save(transaction: &Transaction<'_>, save: &AlertSave<'_>) -> rusqlite::Result<()> {
    if let Some(book) = save.book {
        let body = serde_json::to_string(book).unwrap_or_else(|_| "{}".into()); // numbers and names
        transaction.execute("INSERT OR REPLACE INTO fleet (one, body) VALUES (1, ?1)", [body])?;
    }
    if save.alerts.is_empty() {
        return Ok(());
    }
    let last: Option<i64> = transaction.query_row("SELECT max(revision) FROM alert", [], |row| row.get(0))?;
    let mut revision = last.unwrap_or(0).max(save.now_ms);
    let mut upsert = transaction.prepare_cached(
        "INSERT OR REPLACE INTO alert
         (id, revision, rule, severity, state, station, district, starts_at, ends_at, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    for alert in &save.alerts {
        revision += 1;
        upsert.execute(params![
            alert.id,
            revision,
            alert.rule.as_str(),
            alert.severity.as_str(),
            alert.state().as_str(),
            alert.station.as_ref().map(StationId::as_str),
            alert.district,
            alert.starts_at,
            alert.ends_at,
            serde_json::to_string(alert).unwrap_or_default(), // texts and numbers
        ])?;
    }
    let old = "DELETE FROM alert WHERE state = 'resolved' AND starts_at < ?1";
    transaction.prepare_cached(old)?.execute([save.now_ms - KEPT_MS])?;
    Ok(())
}

/// What fired, and what the alerts remembered of all stations together.
pub fn load(connection: &Connection) -> rusqlite::Result<(SavedBook, Vec<Alert>)> {
    let body: Option<String> =
        connection.query_row("SELECT body FROM fleet", [], |row| row.get(0)).optional()?;
    let book = body.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default();
    let mut select = connection.prepare("SELECT body FROM alert WHERE state = 'firing'")?;
    let firing = select.query_map([], of_row)?.collect::<rusqlite::Result<Vec<Option<Alert>>>>()?;
    Ok((book, firing.into_iter().flatten().collect()))
}

/// The alert of a row; none if another version wrote what this one cannot read.
fn of_row(row: &Row<'_>) -> rusqlite::Result<Option<Alert>> {
    let body: String = row.get("body")?;
    let read = serde_json::from_str(&body);
    if let Err(error) = &read {
        tracing::error!(%error, "state.db holds an alert that cannot be read; it is left out");
    }
    Ok(read.ok())
}

pub fn one(connection: &Connection, id: &str) -> rusqlite::Result<Option<Alert>> {
    let row = connection.query_row("SELECT body FROM alert WHERE id = ?1", [id], of_row).optional()?;
    Ok(row.flatten())
}

pub fn since(connection: &Connection, revision: i64, limit: u32) -> rusqlite::Result<Vec<(i64, Alert)>> {
    let mut select = connection
        .prepare_cached("SELECT revision, body FROM alert WHERE revision > ?1 ORDER BY revision LIMIT ?2")?;
    let rows = select.query_map(params![revision, limit], |row| Ok((row.get(0)?, of_row(row)?)))?;
    let rows = rows.collect::<rusqlite::Result<Vec<(i64, Option<Alert>)>>>()?;
    Ok(rows.into_iter().filter_map(|(revision, alert)| Some((revision, alert?))).collect())
}

pub fn page(connection: &Connection, filter: &AlertFilter) -> rusqlite::Result<AlertPage> {
    let mut conditions = vec!["1"];
    let mut values: Vec<Value> = Vec::new();
    let mut require = |condition: &'static str, given: &[&str]| {
        conditions.push(condition);
        values.extend(given.iter().map(|value| Value::Text((*value).to_owned())));
    };
    if let Some(state) = filter.state {
        require("state = ?", &[state.as_str()]);
    }
    if let Some(rule) = filter.rule {
        require("rule = ?", &[rule.as_str()]);
    }
    if let Some(severity) = filter.severity {
        require("severity = ?", &[severity.as_str()]);
    }
    if let Some(district) = &filter.district {
        require("district = ?", &[district]);
    }
    if let Some(station) = &filter.station {
        let listed = "(station = ? OR (station IS NULL AND EXISTS
            (SELECT 1 FROM json_each(alert.body, '$.stations') WHERE value = ?)))";
        require(listed, &[station.as_str(), station.as_str()]);
    }
    if let Some((starts_at, id)) = &filter.after {
        conditions.push("(starts_at, id) < (?, ?)");
        values.extend([Value::Integer(*starts_at), Value::Text(id.clone())]);
    }
    values.push(Value::Integer(i64::from(filter.limit) + 1));
    let conditions = conditions.join(" AND ");
    let query = format!("SELECT body FROM alert WHERE {conditions} ORDER BY starts_at DESC, id DESC LIMIT ?");
    let mut select = connection.prepare_cached(&query)?;
    let rows = select.query_map(params_from_iter(values), of_row)?;
    let mut items: Vec<Alert> =
        rows.collect::<rusqlite::Result<Vec<Option<Alert>>>>()?.into_iter().flatten().collect();
    let more = items.len() > filter.limit as usize;
    items.truncate(filter.limit as usize);
    let next = items.last().filter(|_| more).map(|last| (last.starts_at, last.id.clone()));
    Ok(AlertPage { items, next })
}
