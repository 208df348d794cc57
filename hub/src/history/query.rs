//! Readings of a station over time: as they came, or gathered to steps, from the level that fits the step.

use super::block;
use super::rollup::{Bucket, Rollup, STOCK, SeriesKey, each_number};
use super::table::{self, BlockState, Level, Result};
use super::upkeep::place_in_day;
use super::{History, HistoryError};
use crate::calendar::{DAY_MS, HOUR_MS};
use rusqlite::Connection;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use waystation_protocol::{DeviceId, Kind, Reading, StationId};

const MINUTE_MS: i64 = 60_000;
/// The longest step: four weeks.
pub const STEP_MAX_MS: i64 = 28 * DAY_MS;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Query {
    pub kind: Kind,
    /// `None`: all devices of the kind.
    pub device: Option<DeviceId>,
    /// Steps of this slot of cabinets, instead of the cabinets' own members.
    pub slot: Option<i64>,
    /// ms since the Unix epoch; `to` is not included.
    pub from: i64,
    pub to: i64,
    /// `None`: readings as they came.
    pub step_ms: Option<i64>,
    /// Points of one answer.
    pub limit: usize,
}

/// An answer: points in the order of time and device.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Series {
    /// What it was made from: `raw`, `minute` or `hour`.
    pub level: &'static str,
    pub step_ms: Option<i64>,
    pub items: Vec<Point>,
    /// `from` of what follows; `None` at the end.
    pub next: Option<i64>,
}

/// A reading, or the values of a device in one step.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "a list holds one sort; a box for each reading would cost more")]
pub enum Point {
    Reading(Reading),
    Step { ts: i64, device: DeviceId, values: Values },
}

/// Members with what was gathered of them, by name.
pub type Values = BTreeMap<&'static str, Bucket>;

impl Point {
    #[must_use]
    pub fn ts(&self) -> i64 {
        match self {
            Point::Reading(reading) => reading.ts,
            Point::Step { ts, .. } => *ts,
        }
    }
}

/// A reading as on the wire; a step as `{"ts","device","count","mean":{…},"min":{…},"max":{…}}`, of a cabinet with
/// snapshots also `"ready":{…},"installed":{…}`: the mean number of batteries by class.
impl Serialize for Point {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let (ts, device, values) = match self {
            Point::Reading(reading) => return reading.serialize(serializer),
            Point::Step { ts, device, values } => (ts, device, values),
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("ts", ts)?;
        map.serialize_entry("device", device)?;
        map.serialize_entry("count", &values.values().map(|bucket| bucket.count).max().unwrap_or(0))?;
        for (name, of) in [
            ("mean", (|bucket| bucket.mean()) as fn(&Bucket) -> f64),
            ("min", |bucket| bucket.min),
            ("max", |bucket| bucket.max),
        ] {
            let own = values.iter().filter(|(name, _)| !is_stock(name));
            map.serialize_entry(
                name,
                &own.map(|(name, bucket)| (*name, of(bucket))).collect::<BTreeMap<_, _>>(),
            )?;
        }
        for (name, stock) in [
            ("ready", STOCK.map(|(class, ready, _)| (class, values.get(ready)))),
            ("installed", STOCK.map(|(class, _, installed)| (class, values.get(installed)))),
        ] {
            let known =
                stock.into_iter().filter_map(|(class, bucket)| Some((class.as_str(), bucket?.mean())));
            let known: BTreeMap<&str, f64> = known.collect();
            if !known.is_empty() {
                map.serialize_entry(name, &known)?;
            }
        }
        map.end()
    }
}

impl History {
    /// Readings of a station. Blocks on the disk.
    ///
    /// A step below a minute is gathered from readings, one below an hour from minutes, else from hours; where
    /// minutes have been deleted already, hours serve.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn readings(&self, station: &StationId, query: &Query) -> std::result::Result<Series, HistoryError> {
        let step = query.step_ms.map(|step| step.clamp(1, STEP_MAX_MS));
        match step {
            None => self.raw(station, query),
            Some(step) if step < MINUTE_MS => {
                let readings = self.readings_of(station, query)?;
                let mut steps = Steps::new(self, station, query, step);
                readings.iter().for_each(|reading| steps.add_reading(reading));
                Ok(steps.series("raw"))
            }
            Some(step) => {
                // Of slots there are minutes alone.
                let by_minutes =
                    query.slot.is_some() || step < HOUR_MS && self.has_minutes(station, query.from)?;
                let (level, unit) =
                    if by_minutes { (Level::Minute, "minute") } else { (Level::Hour, "hour") };
                let mut steps = Steps::new(self, station, query, step);
                for (start, place_ms, rollup) in self.rollups(station, query, level)? {
                    steps.add_rollup(start, place_ms, rollup);
                }
                Ok(steps.series(unit))
            }
        }
    }

    fn raw(&self, station: &StationId, query: &Query) -> std::result::Result<Series, HistoryError> {
        let items = self.readings_of(station, query)?.into_iter().map(Point::Reading).collect();
        Ok(page(items, query.limit, "raw", None))
    }

    /// Memory first, then the file: what is committed in between is found twice, and replaces itself.
    fn readings_of(
        &self,
        station: &StationId,
        query: &Query,
    ) -> std::result::Result<Vec<Reading>, HistoryError> {
        let (from, to) = (hour_of(query.from), query.to);
        let gathered = self.gathering().of_station(station, from, to);
        let stored =
            self.read(|reader| table::readings_between(reader, Level::Raw, station.as_str(), from, to))?;
        let mut readings = block::merge(stored, gathered);
        readings.retain(|reading| query.takes(reading.body.kind(), &reading.device, reading.ts));
        Ok(readings)
    }

    /// Whether minutes reach back so far, or are not needed because nothing does.
    fn has_minutes(&self, station: &StationId, from: i64) -> std::result::Result<bool, HistoryError> {
        let oldest = "SELECT min(start) FROM block WHERE level = ?1 AND station = ?2";
        let (minute, hour) = self.read(|reader| {
            let mut statement = reader.prepare_cached(oldest)?;
            let mut of = |level: Level| {
                statement.query_row((level as i64, station.as_str()), |row| row.get::<_, Option<i64>>(0))
            };
            Ok((of(Level::Minute)?, of(Level::Hour)?))
        })?;
        let deleted = hour.zip(minute).is_some_and(|(hour, minute)| from < minute && hour + DAY_MS <= minute);
        Ok(!deleted)
    }

    /// Roll-ups of the stretch with start and the length of a place. What is not rolled up yet is, here and now.
    fn rollups(
        &self,
        station: &StationId,
        query: &Query,
        level: Level,
    ) -> std::result::Result<Vec<(i64, i64, Rollup)>, HistoryError> {
        let (from, to) = (hour_of(query.from), query.to);
        let mut gathered: BTreeMap<i64, Vec<Reading>> = BTreeMap::new();
        for reading in self.gathering().of_station(station, from, to) {
            gathered.entry(hour_of(reading.ts)).or_default().push(reading);
        }
        let fresh = |reader: &Connection| {
            let mut hours: BTreeMap<i64, Fresh> = BTreeMap::new();
            for (start, state, blob) in changed_blocks(reader, station, from, to)? {
                hours.insert(start, Fresh { whole: state == BlockState::Changed, readings: unpacked(&blob) });
            }
            for (start, newer) in gathered {
                let known = match hours.remove(&start) {
                    Some(known) => known,
                    None => match table::readings(reader, Level::Raw, station.as_str(), start)? {
                        Some((_, readings)) => Fresh { whole: true, readings },
                        None => Fresh { whole: false, readings: Vec::new() },
                    },
                };
                hours.insert(start, Fresh { readings: block::merge(known.readings, newer), ..known });
            }
            Ok::<_, table::TableError>(hours)
        };
        self.read(|reader| match level {
            Level::Hour => by_day(reader, station, place_in_day(from).0, to, fresh(reader)?),
            _ => by_hour(reader, station, from, to, fresh(reader)?),
        })
    }
}

/// Readings of an hour that its roll-ups do not have yet.
struct Fresh {
    /// They are all that there are of the hour, so that its roll-up is theirs alone.
    whole: bool,
    readings: Vec<Reading>,
}

fn by_hour(
    reader: &Connection,
    station: &StationId,
    from: i64,
    to: i64,
    mut fresh: BTreeMap<i64, Fresh>,
) -> Result<Vec<(i64, i64, Rollup)>> {
    let mut found = Vec::new();
    for (start, _, blob) in table::blobs_between(reader, Level::Minute, station.as_str(), from, to)? {
        let mut rollup = Rollup::unpack(&blob).unwrap_or_default();
        if let Some(Fresh { whole, readings }) = fresh.remove(&start) {
            let newer = Rollup::of(&readings, start, MINUTE_MS);
            if whole { rollup = newer } else { rollup.merge(newer) }
        }
        found.push((start, MINUTE_MS, rollup));
    }
    let rest = fresh
        .into_iter()
        .map(|(start, fresh)| (start, MINUTE_MS, Rollup::of(&fresh.readings, start, MINUTE_MS)));
    found.extend(rest);
    Ok(found)
}

fn by_day(
    reader: &Connection,
    station: &StationId,
    from_day: i64,
    to: i64,
    fresh: BTreeMap<i64, Fresh>,
) -> Result<Vec<(i64, i64, Rollup)>> {
    let mut days: BTreeMap<i64, Rollup> = BTreeMap::new();
    for (start, _, blob) in table::blobs_between(reader, Level::Hour, station.as_str(), from_day, to)? {
        days.insert(start, Rollup::unpack(&blob).unwrap_or_default());
    }
    for (hour, Fresh { whole, readings }) in fresh {
        let (day, place) = place_in_day(hour);
        let rollup = days.entry(day).or_default();
        if whole {
            rollup.clear(place);
        }
        rollup.merge(Rollup::of(&readings, hour, MINUTE_MS).condensed(place));
    }
    Ok(days.into_iter().map(|(day, rollup)| (day, HOUR_MS, rollup)).collect())
}

fn changed_blocks(
    reader: &Connection,
    station: &StationId,
    from: i64,
    to: i64,
) -> Result<Vec<(i64, BlockState, Vec<u8>)>> {
    let query = "SELECT start, state, blob FROM block \
                 WHERE level = 0 AND station = ?1 AND start >= ?2 AND start < ?3 AND state <> 1";
    let mut statement = reader.prepare_cached(query)?;
    let rows = statement.query_map((station.as_str(), from, to), |row| {
        Ok((row.get(0)?, BlockState::of(row.get(1)?), row.get(2)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What cannot be read is left out of an answer; the thread that writes reports it.
fn unpacked(blob: &[u8]) -> Vec<Reading> {
    block::unpack(blob).unwrap_or_default()
}

fn is_stock(name: &str) -> bool {
    STOCK.iter().any(|(_, ready, installed)| *ready == name || *installed == name)
}

fn hour_of(ts: i64) -> i64 {
    ts - ts.rem_euclid(HOUR_MS)
}

impl Query {
    fn takes(&self, kind: Kind, device: &DeviceId, ts: i64) -> bool {
        kind == self.kind
            && (self.from..self.to).contains(&ts)
            && self.device.as_ref().is_none_or(|wanted| wanted == device)
    }
}

/// Values by step and device.
struct Steps<'a> {
    query: &'a Query,
    step_ms: i64,
    /// Local time minus UTC at the beginning: steps of a day begin at local midnight.
    offset_ms: i64,
    found: BTreeMap<(i64, DeviceId), Values>,
}

impl<'a> Steps<'a> {
    fn new(history: &History, station: &StationId, query: &'a Query, step_ms: i64) -> Self {
        let offset_ms = history.facts(station).calendar.zone().offset_ms(query.from);
        Self { query, step_ms, offset_ms, found: BTreeMap::new() }
    }

    fn add_reading(&mut self, reading: &Reading) {
        each_number(reading, |slot, member, number| {
            if slot == self.query.slot {
                self.add(reading.ts, &reading.device, member, &Bucket::of(number));
            }
        });
    }

    fn add_rollup(&mut self, start: i64, place_ms: i64, rollup: Rollup) {
        for (SeriesKey { kind, device, slot, member }, buckets) in rollup.0 {
            if slot != self.query.slot {
                continue;
            }
            for (place, bucket) in buckets {
                let ts = start + i64::from(place) * place_ms;
                if self.query.takes(kind, &device, ts) {
                    self.add(ts, &device, member, &bucket);
                }
            }
        }
    }

    fn add(&mut self, ts: i64, device: &DeviceId, member: &'static str, bucket: &Bucket) {
        let step = ts - (ts + self.offset_ms).rem_euclid(self.step_ms);
        let values = self.found.entry((step, device.clone())).or_default();
        values.entry(member).and_modify(|known| known.merge(bucket)).or_insert(*bucket);
    }

    /// A class that a cabinet never had in all these steps is none of its own.
    fn forget_foreign_classes(&mut self) {
        for (_, ready, installed) in STOCK {
            let had = |(_, values): (&(i64, DeviceId), &Values)| {
                values.get(installed).is_some_and(|of| of.max > 0.0)
            };
            let owners: BTreeSet<DeviceId> = self
                .found
                .iter()
                .filter(|entry| had(*entry))
                .map(|((_, device), _)| device.clone())
                .collect();
            for ((_, device), values) in &mut self.found {
                if !owners.contains(device) {
                    values.remove(ready);
                    values.remove(installed);
                }
            }
        }
    }

    fn series(mut self, level: &'static str) -> Series {
        self.forget_foreign_classes();
        let points = self.found.into_iter().map(|((ts, device), values)| Point::Step { ts, device, values });
        page(points.collect(), self.query.limit, level, Some(self.step_ms))
    }
}

/// At most `limit` points, cut between two times, so that what follows begins at a time of its own. More devices at
/// one time than the limit are given together.
fn page(mut items: Vec<Point>, limit: usize, level: &'static str, step_ms: Option<i64>) -> Series {
    let mut next = None;
    if let Some(first_left) = items.get(limit) {
        let ts = first_left.ts();
        let cut = items.partition_point(|point| point.ts() < ts);
        let cut = if cut > 0 { cut } else { items.partition_point(|point| point.ts() <= ts) };
        next = items.get(cut).map(Point::ts);
        items.truncate(cut);
    }
    Series { level, step_ms, items, next }
}
