//! `/metrics`: the counters as they stand, and the stations' gauges filled in at each scrape.

use super::access::Reading;
use super::stations::{STATIONS_PER_LOCK, count_states, is_fresh, of_kind};
use super::{App, Problem};
use crate::clock::now_ms;
use crate::config::PerStation;
use crate::fleet::{State, StationState};
use crate::listener::connections_max;
use crate::metrics::Metrics;
use crate::registry::Station;
use axum::extract::State as AppState;
use axum::http::header;
use axum::response::IntoResponse;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};
use waystation_protocol::{Body, Kind, SlotState, VoltageClass};

/// More stations than this get no series of their own, unless the configuration insists.
const PER_STATION_MAX: usize = 5_000;

/// One scrape fills the gauges at a time.
#[derive(Default)]
pub struct Scrape(Mutex<()>);

pub(super) async fn metrics(AppState(app): AppState<App>, _: Reading) -> Result<impl IntoResponse, Problem> {
    let text = app.blocking(render).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}

fn render(app: &App) -> Result<String, Problem> {
    let _one_at_a_time = app.scrape.0.lock().unwrap_or_else(PoisonError::into_inner);
    let metrics = &app.sources.metrics;
    for (state, count) in State::ALL.into_iter().zip(count_states(app)) {
        metrics.stations.with_label_values(&[state.as_str()]).set(i64::try_from(count).unwrap_or(i64::MAX));
    }
    metrics.hub_blind.set(i64::from(app.sources.fleet.lock().is_blind()));
    metrics.mqtt_connections_max.set(i64::try_from(connections_max()).unwrap_or(i64::MAX));
    fill_log(app);
    forget_stations(metrics);
    if wanted(app) {
        fill_stations(app);
    }
    metrics.render().map_err(|error| {
        tracing::error!(%error, "the metrics cannot be rendered");
        Problem::internal()
    })
}

fn fill_log(app: &App) {
    let (log, metrics) = (&app.sources.log, &app.sources.metrics);
    let gauge = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    metrics.log_bytes.set(gauge(log.bytes()));
    metrics.log_max_bytes.set(gauge(app.sources.config.log.max_bytes.0));
    if let Ok(system) = rustix::fs::statvfs(&app.sources.config.data_dir) {
        metrics.disk_free_bytes.set(gauge(system.f_bavail.saturating_mul(system.f_frsize)));
    }
    metrics.log_unsent_bytes.set(gauge(log.unread_bytes()));
    let oldest = log.oldest_unread_ms().map(|oldest_ms| UNIX_EPOCH + Duration::from_millis(oldest_ms));
    let age = oldest.and_then(|oldest| oldest.elapsed().ok()).unwrap_or_default();
    metrics.log_oldest_unsent_seconds.set(gauge(age.as_secs()));
}

fn wanted(app: &App) -> bool {
    match app.sources.config.metrics.per_station {
        PerStation::Always => true,
        PerStation::Never => false,
        PerStation::Auto => app.sources.directory.load().len() <= PER_STATION_MAX,
    }
}

/// A station that was removed, or a value that is no longer known, must not stay at its last value.
fn forget_stations(metrics: &Metrics) {
    metrics.station_up.reset();
    metrics.station_last_seen.reset();
    metrics.station_people.reset();
    metrics.station_seat_utilisation.reset();
    metrics.station_cabinet_ready.reset();
}

fn fill_stations(app: &App) {
    let directory = app.sources.directory.load();
    for stations in directory.stations().chunks(STATIONS_PER_LOCK) {
        let fleet = app.sources.fleet.lock();
        for station in stations {
            fill(&app.sources.metrics, station, fleet.station(station.id.as_str()));
        }
    }
}

fn fill(metrics: &Metrics, station: &Station, known: Option<&StationState>) {
    let id = station.id.as_str();
    let online = known.is_some_and(|known| known.state() == State::Online);
    metrics.station_up.with_label_values(&[id]).set(i64::from(online));
    let Some(known) = known else { return };
    if let Some(last_seen_ms) = known.last_seen_ms() {
        metrics.station_last_seen.with_label_values(&[id]).set(number(last_seen_ms) / 1e3);
    }
    // A figure of hours ago is no figure of now.
    if matches!(known.state(), State::Online | State::Late) {
        let now_ms = now_ms();
        fill_people(metrics, station, known, now_ms);
        fill_cabinets(metrics, id, known, now_ms);
    }
}

fn fill_people(metrics: &Metrics, station: &Station, known: &StationState, now_ms: i64) {
    let fresh = of_kind(known, Kind::Occupancy).filter(|reading| is_fresh(reading, now_ms));
    let zones: Vec<(i64, Option<i64>)> = fresh
        .filter_map(|reading| match &reading.body {
            Body::Occupancy(zone) => Some((zone.people?, zone.capacity)),
            _ => None,
        })
        .collect();
    if zones.is_empty() {
        return;
    }
    let id = station.id.as_str();
    let people = zones.iter().fold(0i64, |sum, (people, _)| sum.saturating_add(*people));
    metrics.station_people.with_label_values(&[id]).set(number(people));
    if let Some(ratio) = seat_utilisation(&zones, station.capacity.map(i64::from)) {
        metrics.station_seat_utilisation.with_label_values(&[id]).set(ratio);
    }
}

/// Σ min(people, capacity) ÷ Σ capacity over zones of (people, capacity), as the figure of the same name has it: who stands
/// in a full zone takes no seat of another. Zones that do not say their capacity share the registry's.
fn seat_utilisation(zones: &[(i64, Option<i64>)], registered: Option<i64>) -> Option<f64> {
    let share = registered.unwrap_or(0) / i64::try_from(zones.len().max(1)).unwrap_or(1);
    let (mut seated, mut places) = (0i64, 0i64);
    for (people, capacity) in zones {
        let capacity = capacity.unwrap_or(share);
        seated = seated.saturating_add((*people).min(capacity));
        places = places.saturating_add(capacity);
    }
    (places > 0).then(|| number(seated) / number(places))
}

fn fill_cabinets(metrics: &Metrics, id: &str, known: &StationState, now_ms: i64) {
    for reading in of_kind(known, Kind::Cabinet).filter(|reading| is_fresh(reading, now_ms)) {
        let Body::Cabinet(cabinet) = &reading.body else { continue };
        for slot in cabinet.slots.iter().flatten() {
            let Some(class) = slot.class else { continue };
            let ready = metrics.station_cabinet_ready.with_label_values(&[id, class_name(class)]);
            ready.add(if slot.state == Some(SlotState::Ready) { 1.0 } else { 0.0 });
        }
    }
}

fn class_name(class: VoltageClass) -> &'static str {
    class.as_str()
}

#[allow(clippy::cast_precision_loss)] // people, batteries and milliseconds are far below 2^53
fn number(value: i64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::seat_utilisation;

    #[test]
    fn seat_utilisation_is_what_domain_says() {
        let check = |zones: &[(i64, Option<i64>)], registered, expected| {
            assert_eq!(seat_utilisation(zones, registered), expected, "{zones:?} {registered:?}");
        };
        check(&[(5, Some(10))], None, Some(0.5));
        check(&[(30, Some(10))], None, Some(1.0));
        check(&[(20, Some(10)), (0, Some(10))], None, Some(0.5));
        check(&[(5, None)], Some(20), Some(0.25));
        check(&[(15, None), (5, None)], Some(20), Some(0.75));
        check(&[(3, Some(6)), (1, None)], Some(4), Some(0.5));
        check(&[(5, None)], None, None);
        check(&[(0, Some(0))], None, None);
    }
}
