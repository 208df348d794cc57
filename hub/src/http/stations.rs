//! `/api/v1/stations`: what is registered, joined with what the fleet's state knows of it.

use super::access::Reading;
use super::query::{Named, Parameters};
use super::{App, Problem};
use crate::fleet::{Latest, OutboxView, State, StationState};
use crate::registry::Station;
use crate::texts::Said;
use axum::extract::State as AppState;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use std::sync::Arc;
use waystation_protocol::Kind;

/// Stations looked at under one lock of the fleet's state.
pub const STATIONS_PER_LOCK: usize = 128;

/// One station, as the API shows it.
#[derive(Serialize)]
pub struct Item<'a> {
    id: &'a str,
    name: Name<'a>,
    city: Option<&'a str>,
    district: Option<&'a str>,
    street: Option<&'a str>,
    grid: Option<&'a str>,
    position: Option<Position>,
    kind: &'static str,
    host_type: Option<&'a str>,
    opening_hours: Option<&'a str>,
    capacity: Option<u32>,
    state: State,
    /// ms since the Unix epoch.
    last_seen: Option<i64>,
    connected: bool,
    agent: Option<&'a str>,
    latest: LatestView<'a>,
}

#[derive(Serialize)]
pub struct Name<'a> {
    pub zh: &'a str,
    pub en: &'a str,
}

/// WGS-84 degrees.
#[derive(Serialize)]
struct Position {
    latitude: f64,
    longitude: f64,
}

/// kind → device → reading.
struct LatestView<'a>(Option<&'a Latest>);

impl Serialize for LatestView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let readings = self.0.map_or(&[][..], Latest::readings);
        let mut kinds = serializer.serialize_map(None)?;
        for of_kind in readings.chunk_by(|left, right| left.body.kind() == right.body.kind()) {
            kinds.serialize_entry(of_kind[0].body.kind().as_str(), &ByDevice(of_kind))?;
        }
        kinds.end()
    }
}

struct ByDevice<'a>(&'a [waystation_protocol::Reading]);

impl Serialize for ByDevice<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|reading| (&reading.device, reading)))
    }
}

impl<'a> Item<'a> {
    pub fn of(station: &'a Station, known: Option<&'a StationState>) -> Self {
        let position = station.latitude.zip(station.longitude);
        Self {
            id: station.id.as_str(),
            name: Name { zh: &station.name_zh, en: &station.name_en },
            city: station.city.as_deref(),
            district: station.district.as_deref(),
            street: station.street.as_deref(),
            grid: station.grid.as_deref(),
            position: position.map(|(latitude, longitude)| Position { latitude, longitude }),
            kind: station.kind.as_str(),
            host_type: station.host_type.as_deref(),
            opening_hours: station.opening_hours.as_deref(),
            capacity: station.capacity,
            state: known.map_or(State::NeverSeen, StationState::state),
            last_seen: known.and_then(StationState::last_seen_ms),
            connected: known.is_some_and(StationState::connected),
            agent: known.and_then(|known| known.agent.as_deref()),
            latest: LatestView(known.map(|known| &known.latest)),
        }
    }
}

/// Which stations are asked for.
#[derive(Debug, Clone)]
pub struct Filter {
    limit: usize,
    after: String,
    district: Option<String>,
    state: Option<State>,
}

impl Filter {
    pub const PARAMETERS: [&'static str; 5] = ["limit", "after", "cursor", "district", "state"];

    /// `more`: parameters that are allowed besides.
    pub fn from(parameters: &Parameters, more: &[&str]) -> Result<Self, Problem> {
        parameters.allow(&[&Self::PARAMETERS[..], more].concat())?;
        Ok(Self {
            limit: parameters.limit()?,
            after: parameters.cursor().unwrap_or_default().to_owned(),
            district: parameters.text("district").map(str::to_owned),
            state: parameters.chosen("state", &State::ALL.map(State::as_str), State::from_name)?,
        })
    }

    /// All stations, unless the request says how many.
    pub fn without_limit(self, parameters: &Parameters) -> Self {
        Self { limit: parameters.text("limit").map_or(usize::MAX, |_| self.limit), ..self }
    }

    fn matches(&self, station: &Station, known: Option<&StationState>) -> bool {
        let state = known.map_or(State::NeverSeen, StationState::state);
        self.state.is_none_or(|wanted| wanted == state)
            && self.district.as_deref().is_none_or(|wanted| station.district.as_deref() == Some(wanted))
    }

    /// Calls `visit` for each station asked for, by id; gives the cursor of the next page.
    pub fn each(
        &self,
        app: &App,
        mut visit: impl FnMut(&Arc<Station>, Option<&StationState>),
    ) -> Option<String> {
        let directory = app.sources.directory.load();
        let (mut found, mut last) = (0, None);
        for stations in directory.stations_after(&self.after).chunks(STATIONS_PER_LOCK) {
            let fleet = app.sources.fleet.lock();
            for station in stations {
                let known = fleet.station(station.id.as_str());
                if !self.matches(station, known) {
                    continue;
                }
                if found == self.limit {
                    return last;
                }
                visit(station, known);
                found += 1;
                last = Some(station.id.as_str().to_owned());
            }
        }
        None
    }
}

/// A list as every list of the API is answered.
#[derive(Serialize)]
pub struct Page<T: Serialize> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

pub(super) async fn list(
    AppState(app): AppState<App>,
    _: Reading,
    parameters: Parameters,
) -> Result<Response, Problem> {
    let filter = Filter::from(&parameters, &[])?;
    let body = app.blocking(move |app| write_list(app, &filter)).await?;
    Ok(json(body))
}

/// Written item by item under the lock: nothing is copied that is not sent.
fn write_list(app: &App, filter: &Filter) -> Result<Vec<u8>, Problem> {
    let mut body = b"{\"items\":[".to_vec();
    let mut failed = false;
    let next = filter.each(app, |station, known| {
        if body.last() != Some(&b'[') {
            body.push(b',');
        }
        failed |= serde_json::to_writer(&mut body, &Item::of(station, known)).is_err();
    });
    body.extend_from_slice(b"],\"next\":");
    failed |= serde_json::to_writer(&mut body, &next).is_err();
    body.push(b'}');
    if failed { Err(Problem::internal()) } else { Ok(body) }
}

#[derive(Serialize)]
struct Detail<'a> {
    #[serde(flatten)]
    item: Item<'a>,
    ledger: Vec<OutboxView>,
}

pub(super) async fn one(
    AppState(app): AppState<App>,
    _: Reading,
    Named(id): Named,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.allow(&[])?;
    let body = app.blocking(move |app| write_one(app, &id)).await?;
    Ok(json(body))
}

fn write_one(app: &App, id: &str) -> Result<Vec<u8>, Problem> {
    let directory = app.sources.directory.load();
    let station = directory.station(id).ok_or_else(|| unknown_station(id))?;
    let fleet = app.sources.fleet.lock();
    let known = fleet.station(id);
    let ledger = known.map(|known| known.ledger.outboxes().collect()).unwrap_or_default();
    serde_json::to_vec(&Detail { item: Item::of(station, known), ledger }).map_err(|_| Problem::internal())
}

pub(super) fn unknown_station(id: &str) -> Problem {
    let shown: String = id.chars().take(64).collect();
    Problem::not_found(Said::new("refusal.no_station").with("id", shown))
}

pub(super) fn json(body: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// The number of registered stations in each state, in the order of [`State::ALL`].
pub fn count_states(app: &App) -> [u64; State::ALL.len()] {
    let directory = app.sources.directory.load();
    let mut counts = [0; State::ALL.len()];
    for stations in directory.stations().chunks(STATIONS_PER_LOCK) {
        let fleet = app.sources.fleet.lock();
        for station in stations {
            let state = fleet.station(station.id.as_str()).map_or(State::NeverSeen, StationState::state);
            counts[state as usize] += 1;
        }
    }
    counts
}

/// How old a reading may be and still speak of now [J]: fifteen reports of a device that reports each minute.
const FRESH_MS: i64 = 15 * 60_000;

/// Whether a reading speaks of now. A gateway keeps its station present while a device behind it is dead.
pub fn is_fresh(reading: &waystation_protocol::Reading, now_ms: i64) -> bool {
    now_ms - reading.ts <= FRESH_MS
}

/// The readings of one kind.
pub fn of_kind(known: &StationState, kind: Kind) -> impl Iterator<Item = &waystation_protocol::Reading> {
    known.latest.readings().iter().filter(move |reading| reading.body.kind() == kind)
}
