//! `/api/v1/fleet`: every station in brief, for a map and a list of all of them; the stream with `view=brief` tells what
//! changes after it. 11,800 stations are some 3 MB, a tenth of that compressed.

use super::access::Reading;
use super::gbfs::Stock;
use super::occupancy::people;
use super::query::Parameters;
use super::stations::{Name, STATIONS_PER_LOCK};
use super::{App, Problem, squeeze};
use crate::clock::now_ms;
use crate::fleet::{Severity, State, StationState};
use crate::registry::Station;
use axum::extract::State as AppState;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;

/// One station, as small as a map and a list need it.
#[derive(Serialize)]
pub struct Brief<'a> {
    id: &'a str,
    name: Name<'a>,
    district: Option<&'a str>,
    grid: Option<&'a str>,
    kind: &'static str,
    host_type: Option<&'a str>,
    /// WGS-84 degrees.
    lat: Option<f64>,
    lon: Option<f64>,
    state: State,
    /// ms since the Unix epoch.
    last_seen: Option<i64>,
    /// Over all zones that reported lately.
    people: Option<i64>,
    capacity: Option<i64>,
    /// Batteries that can be taken now, and slots; null without a cabinet.
    ready: Option<u32>,
    slots: Option<u32>,
    /// The worst alert that fires there, and how many do.
    alert: Option<&'static str>,
    alerts: usize,
}

impl<'a> Brief<'a> {
    pub fn of(station: &'a Station, known: Option<&'a StationState>, now_ms: i64) -> Self {
        // What a station said before it went is no word about now.
        let present = known.filter(|known| matches!(known.state(), State::Online | State::Late));
        let stock = known.and_then(|known| Stock::of(known, now_ms));
        let (people, capacity) = present.map_or((None, None), |known| people(known, now_ms));
        let worst = known.and_then(|known| known.alerts_firing().min());
        Self {
            id: station.id.as_str(),
            name: Name { zh: &station.name_zh, en: &station.name_en },
            district: station.district.as_deref(),
            grid: station.grid.as_deref(),
            kind: station.kind.as_str(),
            host_type: station.host_type.as_deref(),
            lat: station.latitude,
            lon: station.longitude,
            state: known.map_or(State::NeverSeen, StationState::state),
            last_seen: known.and_then(StationState::last_seen_ms),
            people,
            capacity: capacity.or(station.capacity.map(i64::from)),
            ready: stock.as_ref().map(|stock| present.map_or(0, |_| stock.ready_sum())),
            slots: stock.as_ref().map(Stock::slots),
            alert: worst.map(Severity::as_str),
            alerts: known.map_or(0, |known| known.alerts_firing().count()),
        }
    }
}

pub(super) async fn fleet(
    AppState(app): AppState<App>,
    _: Reading,
    headers: HeaderMap,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.allow(&[])?;
    let compressed = squeeze::is_wanted(&headers);
    app.blocking(move |app| Ok(squeeze::json(write(app)?, compressed))).await
}

fn write(app: &App) -> Result<Vec<u8>, Problem> {
    // Taken first: what changes meanwhile is told again by the stream.
    let version = app.sources.fleet.lock().version();
    let now_ms = now_ms();
    // A name of the time zone database, which holds nothing that JSON escapes.
    let zone = &app.sources.config.calendar.time_zone;
    let head = format!(
        "{{\"at\":{now_ms},\"event_id\":\"{}-{version}\",\"time_zone\":\"{zone}\",\"items\":[",
        app.started_ms
    );
    let mut body = head.into_bytes();
    let mut failed = false;
    let directory = app.sources.directory.load();
    for stations in directory.stations().chunks(STATIONS_PER_LOCK) {
        let fleet = app.sources.fleet.lock();
        for station in stations {
            if body.last() != Some(&b'[') {
                body.push(b',');
            }
            let brief = Brief::of(station, fleet.station(station.id.as_str()), now_ms);
            failed |= serde_json::to_writer(&mut body, &brief).is_err();
        }
    }
    body.extend_from_slice(b"]}");
    if failed { Err(Problem::internal()) } else { Ok(body) }
}
