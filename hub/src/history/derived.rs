//! What the history has worked out, as points for InfluxDB. Utilisation: one for each hour and each day of a station,
//! at its beginning, written again whenever it changes.
//!
//! The rule is that of reports: a figure is judged by the whole of its stretch, which of a point is the whole hour or day,
//! even while it lasts. For a point is written when data arrives, and not because time passes: of a station that falls
//! silent the last one must be right too.

use super::calendars::Calendars;
use super::table::{self, parts_of};
use super::utilisation::{Basis, Figures, Measures, Part, Parts, Uptime};
use super::{History, facts};
use crate::calendar::HOUR_MS;
use crate::influx::{DerivedError, DerivedPoint, DerivedSource, Measurement};
use crate::registry::{Directory, StationKind};
use rusqlite::Connection;
use std::collections::HashMap;
use waystation_protocol::{PresenceState, StationId, Value};

/// A window that changed.
struct Changed {
    revision: i64,
    daily: bool,
    station: String,
    start: i64,
    parts: Parts,
    measures: Measures,
}

impl DerivedSource for History {
    fn name(&self) -> &'static str {
        "utilisation"
    }

    fn points_after(
        &self,
        place: i64,
        limit: usize,
        take: &mut dyn FnMut(&DerivedPoint<'_>),
    ) -> Result<i64, DerivedError> {
        let read = |reader: &Connection| {
            let changed = changed_after(reader, place, limit)?;
            let mut calendars: HashMap<String, Calendars> = HashMap::new();
            for window in &changed {
                let Ok(id) = StationId::try_from(window.station.as_str()) else { continue };
                if !calendars.contains_key(&window.station) {
                    let of_station = facts::calendars(reader, &window.station, self.facts(&id).calendar)?;
                    calendars.insert(window.station.clone(), of_station);
                }
            }
            Ok((changed, calendars))
        };
        let (changed, calendars) = self.read(read).map_err(|error| DerivedError(error.to_string()))?;
        let directory = self.0.directory.load();
        let mut last = place;
        for window in changed {
            last = last.max(window.revision);
            let Some(calendars) = calendars.get(&window.station) else { continue };
            let mut point = point(&window, calendars);
            point.district = district_of(&directory, &window.station);
            point.kind = kind_of(&directory, &window.station);
            take(&point);
        }
        Ok(last)
    }
}

/// The hub's own findings on presence as points: when it says something else than the station did.
pub struct Findings(pub History);

impl DerivedSource for Findings {
    fn name(&self) -> &'static str {
        "presence"
    }

    fn points_after(
        &self,
        place: i64,
        limit: usize,
        take: &mut dyn FnMut(&DerivedPoint<'_>),
    ) -> Result<i64, DerivedError> {
        let directory = self.0.0.directory.load();
        let mut last = place;
        let read = |reader: &Connection| {
            let query = "SELECT revision, station, ts, online FROM finding WHERE revision > ?1 \
                         ORDER BY revision LIMIT ?2";
            let mut statement = reader.prepare_cached(query)?;
            let mut rows = statement.query((place, i64::try_from(limit).unwrap_or(i64::MAX)))?;
            while let Some(row) = rows.next()? {
                last = row.get(0)?;
                let station = row.get_ref(1)?.as_str().unwrap_or_default();
                let state = if row.get(3)? { PresenceState::Online } else { PresenceState::Offline };
                take(&DerivedPoint {
                    measurement: Measurement::Presence,
                    station: Some(station),
                    district: district_of(&directory, station),
                    fields: vec![("state", Value::Text(state.as_str()))],
                    ts: row.get(2)?,
                    ..DerivedPoint::default()
                });
            }
            Ok(())
        };
        self.0.read(read).map_err(|error| DerivedError(error.to_string()))?;
        Ok(last)
    }
}

pub fn district_of<'a>(directory: &'a Directory, station: &str) -> Option<&'a str> {
    directory.station(station)?.district.as_deref()
}

/// The tag `kind`; a station that is not registered any more has none.
pub fn kind_of(directory: &Directory, station: &str) -> Option<&'static str> {
    directory.station(station).map(|station| StationKind::as_str(station.kind))
}

fn changed_after(reader: &Connection, place: i64, limit: usize) -> table::Result<Vec<Changed>> {
    // Each table by its index on revisions, and of both the first.
    let query = "SELECT revision, daily, station, start, parts, coalesce(measures, 0) FROM ( \
                   SELECT * FROM (SELECT revision, 0 AS daily, station, start, parts FROM window_hour \
                     WHERE revision > ?1 ORDER BY revision LIMIT ?2) \
                   UNION ALL \
                   SELECT * FROM (SELECT revision, 1, station, start, parts FROM window_day \
                     WHERE revision > ?1 ORDER BY revision LIMIT ?2)) \
                 LEFT JOIN seen USING (station) ORDER BY revision LIMIT ?2";
    let mut statement = reader.prepare_cached(query)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map((place, limit), |row| {
        Ok(Changed {
            revision: row.get(0)?,
            daily: row.get(1)?,
            station: row.get(2)?,
            start: row.get(3)?,
            parts: parts_of(row.get_ref(4)?.as_blob().unwrap_or_default()),
            measures: Measures::of_bits(row.get(5)?),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn point<'a>(window: &'a Changed, calendars: &Calendars) -> DerivedPoint<'a> {
    let (measurement, end) = if window.daily {
        (Measurement::UtilisationDay, calendars.next_day_start(window.start))
    } else {
        (Measurement::UtilisationHour, window.start + HOUR_MS)
    };
    let open_ms = calendars.open_ms(window.start, end);
    let mut basis = Basis::due(window.measures, end - window.start, open_ms, Uptime::default());
    basis.observed(window.parts);
    DerivedPoint {
        measurement,
        station: Some(&window.station),
        fields: fields(&basis, open_ms),
        ts: window.start,
        ..DerivedPoint::default()
    }
}

/// Sums first, from which dashboards make ratios of any number of stations; then the figures that have enough data.
fn fields(basis: &Basis, open_ms: i64) -> Vec<(&'static str, Value<'static>)> {
    let seconds = |ms: i64| Value::Float(ms as f64 / 1_000.0);
    let of = |part| basis.parts.get(part);
    let figures = Figures::of(basis);
    let mut fields = vec![("heard_s", seconds(of(Part::Heard))), ("scheduled_s", seconds(open_ms))];
    if basis.zones_ms > 0 {
        fields.extend([
            ("observed_s", seconds(of(Part::Observed))),
            ("observed_open_s", seconds(of(Part::ObservedOpen))),
            ("people_s", seconds(of(Part::People))),
            ("seated_s", seconds(of(Part::SeatedOpen))),
            ("capacity_s", seconds(of(Part::CapacityOpen))),
            ("crowded_s", seconds(of(Part::Crowded))),
            ("entries", Value::Count(of(Part::Entries))),
            ("night_entries", Value::Count(of(Part::NightEntries))),
        ]);
    }
    if basis.cabinets_ms > 0 {
        fields.extend([
            ("cabinets_observed_s", seconds(of(Part::CabinetObserved))),
            ("slots_s", seconds(of(Part::Slots))),
            ("swaps_ok", Value::Count(figures.swaps.ok)),
            ("swaps_denied", Value::Count(figures.swaps.no_ready + figures.swaps.no_empty)),
            ("swaps_attempted", Value::Count(figures.swaps.attempts())),
            ("available_48v_s", seconds(of(Part::Available48))),
            ("available_60v_s", seconds(of(Part::Available60))),
        ]);
    }
    fields.extend([
        ("doors_granted", Value::Count(of(Part::GrantedUnstaffed))),
        ("doors_denied", Value::Count(of(Part::DeniedUnstaffed))),
        ("data_coverage", Value::Float(figures.seat_utilisation_24h.data_coverage)),
    ]);
    for (name, figure) in [
        ("seat_utilisation", figures.seat_utilisation),
        ("seat_utilisation_24h", figures.seat_utilisation_24h),
        ("peak_load", figures.peak_load),
        ("mean_dwell_min", figures.mean_dwell_min),
        ("night_share", figures.night_share),
        ("door_denied_ratio", figures.door_denied_ratio),
        ("battery_availability_48v", figures.battery_availability.v48),
        ("battery_availability_60v", figures.battery_availability.v60),
        ("stock_ratio_48v", figures.stock_ratio.v48),
        ("stock_ratio_60v", figures.stock_ratio.v60),
        ("swaps_per_slot_day", figures.swaps_per_slot_day),
        ("denied_swap_ratio", figures.denied_swap_ratio),
    ] {
        fields.extend(figure.value.map(|value| (name, Value::Float(value))));
    }
    fields
}
