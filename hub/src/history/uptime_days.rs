//! The table `uptime_day`: the availability of each station's days that are over, for InfluxDB.
//!
//! Everything that changes a day's figures afterwards (an outage that turns out to have been the link's, maintenance that
//! is entered late, a new time zone) is found by working them out again: the thread that keeps the history goes round
//! all stations, some at a time, at most once a minute, and writes what differs. So nothing has to tell it, and a day
//! that a station was silent for has its point too.

use super::derived::{district_of, kind_of};
use super::table::Result;
use super::utilisation::{Basis, Figures, Uptime};
use super::{History, HistoryError, facts};
use crate::calendar::DAY_MS;
use crate::fleet::{Availability, Uptimes};
use crate::influx::{DerivedError, DerivedPoint, DerivedSource, Measurement};
use crate::registry::Station;
use rusqlite::{Connection, params};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use waystation_protocol::{StationId, Value};

/// Outages are corrected for eight days, and a day may have begun a day before.
const DAYS_BACK_MS: i64 = 9 * DAY_MS;
/// Stations of one step: some 100 µs each.
const STATIONS_AT_ONCE: usize = 100;
/// From the end of a round to the next.
const PAUSE: Duration = Duration::from_secs(60);

/// The step of the schema that brings the table.
pub const TABLE: &str = "
    CREATE TABLE uptime_day (
        start INTEGER NOT NULL,
        station TEXT NOT NULL,
        revision INTEGER NOT NULL,
        total_ms INTEGER NOT NULL,
        down_ms INTEGER NOT NULL,
        link_down_ms INTEGER NOT NULL,
        unknown_ms INTEGER NOT NULL,
        planned_ms INTEGER NOT NULL,
        PRIMARY KEY (station, start)
    ) WITHOUT ROWID;
    CREATE INDEX uptime_day_by_age ON uptime_day (start);
    CREATE INDEX uptime_day_by_revision ON uptime_day (revision);
";

/// Start of a local day, and what is known of it.
pub type Days = Vec<(i64, Uptime)>;

/// Goes round the stations.
pub struct UptimeRound {
    uptimes: Uptimes,
    /// The last station that was looked at; `None` between two rounds.
    after: Option<StationId>,
    next_round: Instant,
}

impl UptimeRound {
    pub fn new(uptimes: Uptimes) -> Self {
        Self { uptimes, after: None, next_round: Instant::now() }
    }

    /// Looks at some stations; true if there are more.
    ///
    /// # Errors
    /// If a file cannot be read or written; the round goes on with the same stations.
    pub fn step(&mut self, history: &History) -> std::result::Result<bool, HistoryError> {
        if self.after.is_none() && Instant::now() < self.next_round {
            return Ok(false);
        }
        let directory = history.0.directory.load();
        let after = self.after.as_ref().map_or("", StationId::as_str);
        let stations = directory.stations_after(after);
        let stations = &stations[..stations.len().min(STATIONS_AT_ONCE)];
        let unreadable = |error: crate::fleet::UptimesError| HistoryError::Uptimes(error.to_string());
        let maintenance = self.uptimes.maintenance().map_err(unreadable)?;
        for station in stations {
            let stretches = history.days_over(station)?;
            let found = self.uptimes.of(station, &maintenance, &stretches).map_err(unreadable)?;
            let days = found.into_iter().map(|((from, _), figures)| (from, uptime(&figures))).collect();
            history.keep_uptime(&station.id, days)?;
        }
        self.after =
            stations.last().filter(|_| stations.len() == STATIONS_AT_ONCE).map(|last| last.id.clone());
        if self.after.is_none() {
            self.next_round = Instant::now() + PAUSE;
        }
        Ok(self.after.is_some())
    }
}

fn uptime(figures: &Availability) -> Uptime {
    Uptime {
        total_ms: figures.observed_ms + figures.planned_ms,
        down_ms: figures.down_ms,
        link_down_ms: figures.link_down_ms,
        unknown_ms: figures.unknown_ms,
        planned_ms: figures.planned_ms,
    }
}

impl History {
    /// The station's local days that are over and can still be corrected.
    fn days_over(&self, station: &Station) -> std::result::Result<Vec<(i64, i64)>, HistoryError> {
        let now = station.calendar(&self.0.zone);
        let calendars = self.read(|reader| facts::calendars(reader, station.id.as_str(), now))?;
        let now_ms = self.now_ms();
        let mut start = calendars.day_start(now_ms - DAYS_BACK_MS);
        let mut days = Vec::new();
        loop {
            let end = calendars.next_day_start(start);
            if end > now_ms {
                return Ok(days);
            }
            days.push((start, end));
            start = end;
        }
    }

    /// Writes the days that are new or differ.
    pub(super) fn keep_uptime(
        &self,
        station: &StationId,
        mut days: Days,
    ) -> std::result::Result<(), HistoryError> {
        let first = days.first().map_or(i64::MAX, |(start, _)| *start);
        let known = self.read(|reader| known(reader, station.as_str(), first))?;
        days.retain(|(start, uptime)| known.get(start) != Some(uptime));
        if days.is_empty() {
            return Ok(());
        }
        self.write(|connection| {
            let transaction = connection.transaction()?;
            for (start, uptime) in &days {
                put(&transaction, station.as_str(), *start, uptime)?;
            }
            Ok(transaction.commit()?)
        })
    }
}

fn known(connection: &Connection, station: &str, from: i64) -> Result<HashMap<i64, Uptime>> {
    let query = "SELECT start, total_ms, down_ms, link_down_ms, unknown_ms, planned_ms FROM uptime_day \
                 WHERE station = ?1 AND start >= ?2";
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map(params![station, from], |row| Ok((row.get(0)?, uptime_of(row, 1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn uptime_of(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Uptime> {
    Ok(Uptime {
        total_ms: row.get(first)?,
        down_ms: row.get(first + 1)?,
        link_down_ms: row.get(first + 2)?,
        unknown_ms: row.get(first + 3)?,
        planned_ms: row.get(first + 4)?,
    })
}

fn put(connection: &Connection, station: &str, start: i64, uptime: &Uptime) -> Result<()> {
    connection.prepare_cached("UPDATE progress SET revision = revision + 1")?.execute([])?;
    let insert = "INSERT OR REPLACE INTO uptime_day (start, station, revision, total_ms, down_ms, link_down_ms, \
                  unknown_ms, planned_ms) SELECT ?1, ?2, revision, ?3, ?4, ?5, ?6, ?7 FROM progress";
    let Uptime { total_ms, down_ms, link_down_ms, unknown_ms, planned_ms } = uptime;
    let values = params![start, station, total_ms, down_ms, link_down_ms, unknown_ms, planned_ms];
    connection.prepare_cached(insert)?.execute(values)?;
    Ok(())
}

pub fn delete(connection: &Connection, before: i64, limit: usize) -> Result<usize> {
    let delete = "DELETE FROM uptime_day WHERE (station, start) IN (SELECT station, start FROM uptime_day \
                  WHERE start < ?1 LIMIT ?2)";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    Ok(connection.prepare_cached(delete)?.execute(params![before, limit])?)
}

/// Availability as points: fields of `utilisation_1d` beside those that the windows give. InfluxDB keeps them as one
/// point, whichever comes first.
pub struct DailyUptime(pub History);

impl DerivedSource for DailyUptime {
    fn name(&self) -> &'static str {
        "availability"
    }

    fn points_after(
        &self,
        place: i64,
        limit: usize,
        take: &mut dyn FnMut(&DerivedPoint<'_>),
    ) -> std::result::Result<i64, DerivedError> {
        let directory = self.0.0.directory.load();
        let mut last = place;
        let read = |reader: &Connection| {
            let query = "SELECT revision, station, start, total_ms, down_ms, link_down_ms, unknown_ms, planned_ms \
                         FROM uptime_day WHERE revision > ?1 ORDER BY revision LIMIT ?2";
            let mut statement = reader.prepare_cached(query)?;
            let mut rows = statement.query((place, i64::try_from(limit).unwrap_or(i64::MAX)))?;
            while let Some(row) = rows.next()? {
                last = row.get(0)?;
                let station = row.get_ref(1)?.as_str().unwrap_or_default();
                take(&DerivedPoint {
                    measurement: Measurement::UtilisationDay,
                    station: Some(station),
                    district: district_of(&directory, station),
                    kind: kind_of(&directory, station),
                    fields: fields(uptime_of(row, 3)?),
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

fn fields(uptime: Uptime) -> Vec<(&'static str, Value<'static>)> {
    let seconds = |ms: i64| Value::Float(ms as f64 / 1_000.0);
    let figures = Figures::of(&Basis { uptime, ..Basis::default() });
    let mut fields = vec![
        ("due_s", seconds(uptime.total_ms - uptime.planned_ms)),
        ("down_s", seconds(uptime.down_ms)),
        ("link_down_s", seconds(uptime.link_down_ms)),
        ("unknown_s", seconds(uptime.unknown_ms)),
        ("planned_s", seconds(uptime.planned_ms)),
    ];
    for (name, figure) in
        [("availability", figures.availability), ("availability_station", figures.availability_station)]
    {
        fields.extend(figure.value.map(|value| (name, Value::Float(value))));
    }
    fields
}
