//! A correction of the registry corrects figures: when a station's capacity, opening hours or time zone change, its
//! windows are worked out again as far back as the samples are kept that they are made of. Windows before that stay as
//! they were computed, with the opening hours of then ([`super::facts`]).
//!
//! It happens on the thread that keeps the history, between commits, a few stations at a time. What is left to do
//! needs no note on disk: the table `fact` says what each station's windows were worked out with.

use super::commit::Windows;
use super::table::{self, Level, Result};
use super::utilisation::{Facts, LOOKBACK_MS, Parts};
use super::{History, HistoryError, facts};
use crate::registry::{Directory, Station};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeSet;
use std::sync::Arc;
use waystation_protocol::StationId;

/// Stations whose windows are worked out again in one step: some 20 ms each.
const CORRECTED_AT_ONCE: usize = 4;
/// Stations that are looked at in one step: some µs each.
const LOOKED_AT_ONCE: usize = 1_000;

/// Which stations may have changed.
#[derive(Default)]
pub struct Corrections {
    /// The registry as it was last compared.
    seen: Option<Arc<Directory>>,
    waiting: BTreeSet<StationId>,
}

impl Corrections {
    /// Notes the stations that changed since the registry was last looked at; at first all of them.
    pub fn look(&mut self, directory: Arc<Directory>) {
        if self.seen.as_ref().is_some_and(|seen| Arc::ptr_eq(seen, &directory)) {
            return;
        }
        let before = self.seen.take();
        let same = |station: &Station| {
            let before = before.as_ref().and_then(|before| before.station(station.id.as_str()));
            before.is_some_and(|before| {
                before.capacity == station.capacity
                    && before.opening_hours == station.opening_hours
                    && before.time_zone == station.time_zone
            })
        };
        let changed = directory.stations().iter().filter(|station| !same(station));
        self.waiting.extend(changed.map(|station| station.id.clone()));
        self.seen = Some(directory);
    }

    /// Corrects some of them; true if there may be more.
    ///
    /// # Errors
    /// If the file cannot be read or written; they are tried again.
    pub fn step(&mut self, history: &History) -> std::result::Result<bool, HistoryError> {
        let mut corrected = 0;
        let looked_at: Vec<StationId> = self.waiting.iter().take(LOOKED_AT_ONCE).cloned().collect();
        for station in looked_at {
            if corrected == CORRECTED_AT_ONCE {
                return Ok(true);
            }
            let facts = history.facts(&station);
            let known = history.read(|reader| facts::known(reader, station.as_str()))?;
            if known.is_some_and(|known| known != facts) {
                history.write(|writer| correct(writer, station.as_str(), &facts, history.now_ms()))?;
                tracing::info!(%station, "its figures were worked out again, for the registry has changed");
                corrected += 1;
            }
            self.waiting.remove(&station);
        }
        Ok(!self.waiting.is_empty())
    }
}

/// Works out every window of a station again whose samples are kept.
fn correct(connection: &mut Connection, station: &str, facts: &Facts, now_ms: i64) -> Result<()> {
    let transaction = connection.transaction()?;
    let Some(known) = facts::known(&transaction, station)? else { return Ok(()) };
    let calendar = &facts.calendar;
    let Some((first, kept)) = samples_since(&transaction, station)? else {
        // Silent for days: there is nothing to work out, and from today on the new facts hold.
        facts::change(&transaction, station, calendar.day_start(now_ms), true, facts)?;
        return Ok(transaction.commit()?);
    };
    // Whole days, and each of their hours is compared with the day before it.
    let all = first >= kept;
    let from = if all { calendar.day_start(first) } else { calendar.next_day_start(kept + LOOKBACK_MS - 1) };
    let mut revision =
        transaction.query_row("SELECT revision FROM progress", [], |row| row.get::<_, i64>(0))?;
    let samples = table::readings_between(&transaction, Level::Usage, station, from, i64::MAX)?;
    let times: Vec<i64> = samples.iter().map(|sample| sample.ts).filter(|ts| *ts >= from).collect();
    let last = times.iter().max().copied().unwrap_or(from);

    let delete = "DELETE FROM window_hour WHERE station = ?1 AND start >= ?2";
    transaction.prepare_cached(delete)?.execute(params![station, from])?;
    let days = facts::calendars(&transaction, station, known.calendar)?;
    let mut day = days.day_start(from);
    if day < from {
        // The time zone has changed: of the day that both zones share, what is before the new days.
        let mut parts = Parts::default();
        for (_, hour) in table::hours(&transaction, station, day, from)? {
            parts.merge(&hour);
        }
        revision += 1;
        table::put_day(&transaction, station, day, revision, &parts)?;
        day = days.next_day_start(day);
    }
    while day <= last {
        let delete = "DELETE FROM window_day WHERE start = ?1 AND station = ?2";
        transaction.prepare_cached(delete)?.execute(params![day, station])?;
        day = days.next_day_start(day);
    }
    Windows { transaction: &transaction, station, facts, revision: &mut revision }.work_out(&times)?;
    facts::change(&transaction, station, from, !all, facts)?;
    transaction.prepare_cached("UPDATE progress SET revision = ?1")?.execute([revision])?;
    Ok(transaction.commit()?)
}

/// When the station was first heard, and from when on its samples are kept; `None` without any.
fn samples_since(connection: &Connection, station: &str) -> Result<Option<(i64, i64)>> {
    let query = "SELECT first_ms, (SELECT min(start) FROM block WHERE level = ?1 AND station = ?2) FROM seen \
                 WHERE station = ?2";
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?));
    let found = connection.prepare_cached(query)?.query_row(params![Level::Usage as i64, station], row);
    Ok(found.optional()?.and_then(|(first, kept)| Some((first, kept?))))
}
