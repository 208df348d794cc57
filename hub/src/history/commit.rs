//! One transaction: readings into their blocks, the windows that they touch worked out again, and the progress.

use super::block;
use super::facts;
use super::gather::{Finding, Gathered};
use super::table::{self, BlockState, Level, Result};
use super::utilisation::{
    EXPECTED_MS, Facts, LOOKBACK_MS, Measures, Parts, Window, compute, reaches_far_enough, usage_of,
};
use crate::calendar::HOUR_MS;
use rusqlite::{Connection, Transaction, params};
use std::collections::{BTreeMap, BTreeSet};
use waystation_protocol::{Reading, StationId};

/// What is committed.
pub struct Commit<'a> {
    pub gathered: &'a Gathered,
    pub findings: &'a [Finding],
    pub log_id: &'a str,
    pub applied_seq: u64,
    /// The calendar and capacity of a station as the registry has them now.
    pub facts: &'a dyn Fn(&StationId) -> Facts,
}

impl Commit<'_> {
    /// Writes everything, or nothing.
    pub fn run(&self, connection: &mut Connection) -> Result<()> {
        let transaction = connection.transaction()?;
        let mut revision =
            transaction.query_row("SELECT revision FROM progress", [], |row| row.get::<_, i64>(0))?;
        let mut touched: BTreeMap<&StationId, Vec<i64>> = BTreeMap::new();
        for ((station, hour), readings) in self.gathered {
            let mut readings = readings.clone();
            block::settle(&mut readings);
            let samples: Vec<Reading> = readings.iter().filter_map(usage_of).collect();
            put_raw(&transaction, station, *hour, readings)?;
            if !samples.is_empty() {
                touched.entry(station).or_default().extend(samples.iter().map(|sample| sample.ts));
                put_usage(&transaction, station, *hour, samples)?;
            }
        }
        for (station, times) in touched {
            let facts = (self.facts)(station);
            facts::note(&transaction, station.as_str(), &facts)?;
            Windows {
                transaction: &transaction,
                station: station.as_str(),
                facts: &facts,
                revision: &mut revision,
            }
            .work_out(&times)?;
        }
        for finding in self.findings {
            revision += 1;
            table::put_finding(&transaction, revision, finding)?;
        }
        let progress = "UPDATE progress SET log_id = ?1, applied_seq = ?2, revision = ?3";
        let applied = i64::try_from(self.applied_seq).unwrap_or(i64::MAX); // 2^63 records are never written
        transaction.prepare_cached(progress)?.execute(params![self.log_id, applied, revision])?;
        Ok(transaction.commit()?)
    }
}

fn put_raw(connection: &Connection, station: &StationId, hour: i64, readings: Vec<Reading>) -> Result<()> {
    let id = station.as_str();
    let (state, readings) = match table::readings(connection, Level::Raw, id, hour)? {
        Some((BlockState::Additions, block)) => (BlockState::Additions, block::merge(block, readings)),
        Some((_, block)) => (BlockState::Changed, block::merge(block, readings)),
        // The hour's readings are gone, and only its roll-ups are left: these are to be added to them.
        None if table::exists(connection, Level::Minute, id, hour)? => (BlockState::Additions, readings),
        None => (BlockState::Changed, readings),
    };
    table::put_readings(connection, Level::Raw, id, hour, state, &readings)
}

fn put_usage(connection: &Connection, station: &StationId, hour: i64, samples: Vec<Reading>) -> Result<()> {
    let id = station.as_str();
    let samples = match table::readings(connection, Level::Usage, id, hour)? {
        Some((_, block)) => block::merge(block, samples),
        None => samples,
    };
    table::put_readings(connection, Level::Usage, id, hour, BlockState::RolledUp, &samples)
}

/// The windows of one station.
pub struct Windows<'a> {
    pub transaction: &'a Transaction<'a>,
    pub station: &'a str,
    pub facts: &'a Facts,
    pub revision: &'a mut i64,
}

impl Windows<'_> {
    /// Works out every hour that has one of these samples, and every hour up to a day later that is there already:
    /// a late sample is what a later hour's counter is compared with. Then the days of those that changed.
    pub fn work_out(&mut self, times: &[i64]) -> Result<()> {
        let calendar = &self.facts.calendar;
        let mut starts: BTreeSet<i64> = times.iter().map(|ts| calendar.hour_start(*ts)).collect();
        let (Some(first), Some(last)) = (starts.first().copied(), starts.last().copied()) else {
            return Ok(());
        };
        let known: BTreeMap<i64, Parts> =
            table::hours(self.transaction, self.station, first, last + LOOKBACK_MS + HOUR_MS)?
                .into_iter()
                .collect();
        let follows = |start: &i64| starts.range(start - LOOKBACK_MS - HOUR_MS..*start).next().is_some();
        let later: Vec<i64> = known.keys().copied().filter(follows).collect();
        starts.extend(later);
        let mut samples = Samples::load(self, first, starts.last().copied().unwrap_or(last))?;
        let mut days = BTreeSet::new();
        let mut measures = Measures::default();
        for start in starts {
            let window = Window { start_ms: start, end_ms: start + HOUR_MS };
            let parts = samples.parts(self, window)?;
            measures.note(&parts);
            if known.get(&start) != Some(&parts) {
                *self.revision += 1;
                table::put_hour(self.transaction, self.station, start, *self.revision, &parts)?;
                days.insert(calendar.day_start(start));
            }
        }
        for day in days {
            let mut parts = Parts::default();
            for (_, hour) in table::hours(self.transaction, self.station, day, calendar.next_day_start(day))?
            {
                parts.merge(&hour);
            }
            *self.revision += 1;
            table::put_day(self.transaction, self.station, day, *self.revision, &parts)?;
        }
        let first_ms = times.iter().copied().min().unwrap_or(first);
        table::put_seen(self.transaction, self.station, first_ms, measures.bits())
    }

    fn samples(&self, from: i64, to: i64) -> Result<Vec<Reading>> {
        let hour = |ts: i64| ts - ts.rem_euclid(HOUR_MS);
        table::readings_between(self.transaction, Level::Usage, self.station, hour(from), to)
    }
}

/// Samples of a stretch, read as far back as the windows turn out to need.
struct Samples {
    from: i64,
    far_from: i64,
    samples: Vec<Reading>,
}

impl Samples {
    fn load(windows: &Windows<'_>, first: i64, last: i64) -> Result<Self> {
        let (from, far_from) = (first - EXPECTED_MS, first - LOOKBACK_MS);
        Ok(Self { from, far_from, samples: windows.samples(from, last + HOUR_MS)? })
    }

    fn parts(&mut self, windows: &Windows<'_>, window: Window) -> Result<Parts> {
        let near = self.between(window.start_ms - EXPECTED_MS, window.end_ms);
        if reaches_far_enough(window, near) {
            return Ok(compute(window, near, windows.facts));
        }
        if self.from > self.far_from && window.start_ms - LOOKBACK_MS < self.from {
            let hour = self.from - self.from.rem_euclid(HOUR_MS);
            let mut far = windows.samples(self.far_from, hour)?;
            far.append(&mut self.samples);
            (self.samples, self.from) = (far, self.far_from);
        }
        Ok(compute(window, self.between(window.start_ms - LOOKBACK_MS, window.end_ms), windows.facts))
    }

    fn between(&self, from: i64, to: i64) -> &[Reading] {
        let place = |ts: i64| self.samples.partition_point(|sample| sample.ts < ts);
        &self.samples[place(from)..place(to).max(place(from))]
    }
}
