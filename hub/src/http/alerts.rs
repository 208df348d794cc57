//! `/api/v1/alerts`: what is or was wrong, the newest first, and "I have seen it".

use super::access::{Operating, Reading};
use super::audit;
use super::csv::{self, Cell};
use super::input::OptionalInput;
use super::query::{Named, Parameters};
use super::stations::Page;
use super::{App, Problem};
use crate::clock::now_ms;
use crate::fleet::alerts::{Common, Evidence};
use crate::fleet::{Alert, AlertFilter, AlertState, Rule, Severity, StoreError};
use crate::operations::Acknowledgement;
use crate::texts::Said;
use axum::Json;
use axum::extract::State as AppState;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use waystation_protocol::StationId;

/// Longest note of an acknowledgement.
const NOTE_CHARS_MAX: usize = 500;

/// Columns of a file.
const COLUMNS: [&str; 11] = [
    "id",
    "rule",
    "severity",
    "state",
    "station",
    "district",
    "stations",
    "starts_at",
    "ends_at",
    "acknowledged_by",
    "title",
];

#[derive(Serialize)]
pub struct Item {
    id: String,
    fingerprint: String,
    rule: Rule,
    severity: Severity,
    state: AlertState,
    /// Null when it is about several stations or the hub.
    station: Option<StationId>,
    district: Option<String>,
    device: Option<String>,
    /// All that it covers.
    stations: Vec<StationId>,
    common: Option<Common>,
    /// ms since the Unix epoch.
    starts_at: i64,
    ends_at: Option<i64>,
    acknowledged: bool,
    acknowledgement: Option<Acknowledgement>,
    silenced: bool,
    title: Text,
    advice: Text,
    evidence: Vec<Evidence>,
}

#[derive(Serialize)]
struct Text {
    zh: String,
    en: String,
}

impl Item {
    pub fn of(app: &App, alert: Alert) -> Self {
        let operations = &app.sources.operations;
        let acknowledgement = operations.acknowledgement(&alert.id);
        let now_ms = now_ms();
        let mut silences = operations.silences_now().to_vec().into_iter();
        let silenced =
            silences.any(|silence| silence.is_active(now_ms) && silence.matches(|name| member(&alert, name)));
        Self {
            state: alert.state(),
            title: Text { zh: alert.title("zh"), en: alert.title("en") },
            advice: Text { zh: alert.advice("zh"), en: alert.advice("en") },
            acknowledged: acknowledgement.is_some(),
            acknowledgement,
            silenced,
            id: alert.id,
            fingerprint: alert.fingerprint,
            rule: alert.rule,
            severity: alert.severity,
            station: alert.station,
            district: alert.district,
            device: alert.device,
            stations: alert.stations,
            common: alert.common,
            starts_at: alert.starts_at,
            ends_at: alert.ends_at,
            evidence: alert.evidence,
        }
    }

    fn cells(self) -> Vec<Cell> {
        let stations: Vec<&str> = self.stations.iter().map(StationId::as_str).collect();
        vec![
            self.id.into(),
            self.rule.as_str().into(),
            self.severity.as_str().into(),
            self.state.as_str().into(),
            self.station.as_ref().map(StationId::as_str).into(),
            self.district.into(),
            stations.join(" ").into(),
            Cell::Time(self.starts_at),
            self.ends_at.map(Cell::Time).into(),
            self.acknowledgement.map(|acknowledgement| acknowledgement.by).into(),
            self.title.zh.into(),
        ]
    }
}

/// What a matcher of a silence may ask for.
fn member(alert: &Alert, name: &str) -> Option<String> {
    match name {
        "rule" => Some(alert.rule.as_str().to_owned()),
        "severity" => Some(alert.severity.as_str().to_owned()),
        "station" => alert.station.as_ref().map(ToString::to_string),
        "district" => alert.district.clone(),
        _ => None,
    }
}

pub(super) async fn list(
    AppState(app): AppState<App>,
    _: Reading,
    parameters: Parameters,
) -> Result<Response, Problem> {
    let (filter, is_csv) = (read(&parameters)?, parameters.is_csv()?);
    app.blocking(move |app| {
        let page = app.sources.store.alert_page(&filter).map_err(failed)?;
        let items = page.items.into_iter().map(|alert| Item::of(app, alert));
        let next = page.next.map(|(starts_at, id)| format!("{starts_at}-{id}"));
        if is_csv {
            let zone = app.sources.config.calendar.zone();
            return csv::answer("alerts.csv", &zone, &COLUMNS, items.map(Item::cells), next.as_deref());
        }
        Ok(Json(Page { items: items.collect(), next }).into_response())
    })
    .await
}

fn read(parameters: &Parameters) -> Result<AlertFilter, Problem> {
    parameters
        .allow(&["state", "rule", "severity", "station", "district", "limit", "cursor", "after", "format"])?;
    let states = |text: &str| {
        [AlertState::Firing, AlertState::Resolved].into_iter().find(|state| state.as_str() == text)
    };
    let severity = |text: &str| Severity::ALL.into_iter().find(|severity| severity.as_str() == text);
    let severities = Severity::ALL.map(Severity::as_str);
    Ok(AlertFilter {
        state: parameters.chosen("state", &["firing", "resolved"], states)?,
        rule: parameters.parsed("rule", Said::new("refusal.wants_rule"), Rule::from_name)?,
        severity: parameters.chosen("severity", &severities, severity)?,
        station: parameters
            .parsed("station", Said::new("refusal.wants_station"), |text| StationId::try_from(text).ok())?,
        district: parameters.text("district").map(str::to_owned),
        after: parameters.cursor_of(cursor)?,
        limit: u32::try_from(parameters.limit()?).unwrap_or(u32::MAX),
    })
}

/// Start and id of the last alert of the page before.
fn cursor(text: &str) -> Option<(i64, String)> {
    let (starts_at, id) = text.split_once('-')?;
    Some((starts_at.parse().ok()?, id.to_owned()))
}

pub(super) async fn one(
    AppState(app): AppState<App>,
    _: Reading,
    Named(id): Named,
    parameters: Parameters,
) -> Result<Json<Item>, Problem> {
    parameters.allow(&[])?;
    app.blocking(move |app| Ok(Json(Item::of(app, find(app, &id)?)))).await
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Seen {
    /// For the others.
    note: String,
}

/// Stops repeats and escalation. The first acknowledgement stands; a second one changes nothing.
pub(super) async fn acknowledge(
    AppState(app): AppState<App>,
    Operating(owner): Operating,
    Named(id): Named,
    parameters: Parameters,
    OptionalInput(Seen { note }): OptionalInput<Seen>,
) -> Result<Json<Item>, Problem> {
    parameters.allow(&[])?;
    if note.chars().count() > NOTE_CHARS_MAX || note.chars().any(char::is_control) {
        return Err(Problem::bad_request(Said::new("refusal.note").with("most", NOTE_CHARS_MAX)));
    }
    app.blocking(move |app| {
        let alert = find(app, &id)?;
        let (by, role) = (owner.name.as_str(), owner.role.as_str());
        app.sources.operations.acknowledge(&id, by, role, note.trim(), now_ms()).map_err(audit::failed)?;
        Ok(Json(Item::of(app, alert)))
    })
    .await
}

fn find(app: &App, id: &str) -> Result<Alert, Problem> {
    let alert = app.sources.store.alert(id).map_err(failed)?;
    alert.ok_or_else(|| Problem::not_found(Said::new("refusal.no_alert")))
}

pub(super) fn failed(error: StoreError) -> Problem {
    tracing::error!(%error, "state.db cannot be read");
    Problem::unavailable(Said::new("refusal.state_fails"))
}
