//! The statements on `history.db`, over a connection or a transaction.

use super::block::{self, BlockError};
use super::gather::Finding;
use super::rollup::Rollup;
use super::utilisation::Parts;
use rusqlite::{Connection, OptionalExtension, params};
use thiserror::Error;
use waystation_protocol::Reading;

/// What a blob is; the number is that of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i64)]
pub enum Level {
    Raw = 0,
    Minute = 1,
    Hour = 2,
    Usage = 3,
}

/// What stands between a block of readings and its roll-ups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i64)]
pub enum BlockState {
    Changed = 0,
    RolledUp = 1,
    Additions = 2,
}

impl BlockState {
    pub fn of(number: i64) -> Self {
        match number {
            1 => Self::RolledUp,
            2 => Self::Additions,
            _ => Self::Changed,
        }
    }
}

/// A statement failed, or a blob cannot be read.
#[derive(Debug, Error)]
pub enum TableError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error("{error} (station {station}, hour {start})")]
    Block { station: String, start: i64, error: BlockError },
}

pub type Result<T> = std::result::Result<T, TableError>;

fn at(station: &str, start: i64) -> impl FnOnce(BlockError) -> TableError {
    let station = station.to_owned();
    move |error| TableError::Block { station, start, error }
}

pub fn blob(
    connection: &Connection,
    level: Level,
    station: &str,
    start: i64,
) -> Result<Option<(BlockState, Vec<u8>)>> {
    let query = "SELECT state, blob FROM block WHERE level = ?1 AND station = ?2 AND start = ?3";
    let mut statement = connection.prepare_cached(query)?;
    let row = |row: &rusqlite::Row<'_>| Ok((BlockState::of(row.get(0)?), row.get(1)?));
    Ok(statement.query_row(params![level as i64, station, start], row).optional()?)
}

pub fn put_blob(
    connection: &Connection,
    level: Level,
    station: &str,
    start: i64,
    state: BlockState,
    blob: &[u8],
) -> Result<()> {
    let insert = "INSERT INTO block (level, station, start, state, blob) VALUES (?1, ?2, ?3, ?4, ?5) \
                  ON CONFLICT (level, station, start) DO UPDATE SET state = excluded.state, blob = excluded.blob";
    connection.prepare_cached(insert)?.execute(params![level as i64, station, start, state as i64, blob])?;
    Ok(())
}

pub fn readings(
    connection: &Connection,
    level: Level,
    station: &str,
    start: i64,
) -> Result<Option<(BlockState, Vec<Reading>)>> {
    let Some((state, blob)) = blob(connection, level, station, start)? else { return Ok(None) };
    Ok(readable(block::unpack(&blob), station, start)?.map(|readings| (state, readings)))
}

/// What a blob holds. A damaged one is as good as none, so that one bad sector does not stop everything; one of a
/// newer hub must not be overwritten.
fn readable<T>(unpacked: std::result::Result<T, BlockError>, station: &str, start: i64) -> Result<Option<T>> {
    match unpacked {
        Ok(content) => Ok(Some(content)),
        Err(BlockError::Damaged(what)) => {
            tracing::error!(
                station,
                start,
                what,
                "a block of history.db is damaged and left out; check the disk"
            );
            Ok(None)
        }
        Err(error @ BlockError::Newer) => Err(at(station, start)(error)),
    }
}

pub fn put_readings(
    connection: &Connection,
    level: Level,
    station: &str,
    start: i64,
    state: BlockState,
    readings: &[Reading],
) -> Result<()> {
    let blob = block::pack(readings).map_err(at(station, start))?;
    put_blob(connection, level, station, start, state, &blob)
}

pub fn rollup(connection: &Connection, level: Level, station: &str, start: i64) -> Result<Option<Rollup>> {
    let Some((_, blob)) = blob(connection, level, station, start)? else { return Ok(None) };
    readable(Rollup::unpack(&blob), station, start)
}

pub fn put_rollup(
    connection: &Connection,
    level: Level,
    station: &str,
    start: i64,
    rollup: &Rollup,
) -> Result<()> {
    let blob = rollup.pack().map_err(at(station, start))?;
    put_blob(connection, level, station, start, BlockState::RolledUp, &blob)
}

pub fn remove_block(connection: &Connection, level: Level, station: &str, start: i64) -> Result<()> {
    let delete = "DELETE FROM block WHERE level = ?1 AND station = ?2 AND start = ?3";
    connection.prepare_cached(delete)?.execute(params![level as i64, station, start])?;
    Ok(())
}

/// The blocks of a station that begin within `[from, to)`, in order.
pub fn blobs_between(
    connection: &Connection,
    level: Level,
    station: &str,
    from: i64,
    to: i64,
) -> Result<Vec<(i64, BlockState, Vec<u8>)>> {
    let query = "SELECT start, state, blob FROM block \
                 WHERE level = ?1 AND station = ?2 AND start >= ?3 AND start < ?4 ORDER BY start";
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map(params![level as i64, station, from, to], |row| {
        Ok((row.get(0)?, BlockState::of(row.get(1)?), row.get(2)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Readings of a level from the blocks that begin within `[from, to)`, in the order of time.
pub fn readings_between(
    connection: &Connection,
    level: Level,
    station: &str,
    from: i64,
    to: i64,
) -> Result<Vec<Reading>> {
    let mut found = Vec::new();
    for (start, _, blob) in blobs_between(connection, level, station, from, to)? {
        found.extend(readable(block::unpack(&blob), station, start)?.into_iter().flatten());
    }
    Ok(found)
}

pub fn exists(connection: &Connection, level: Level, station: &str, start: i64) -> Result<bool> {
    let query = "SELECT 1 FROM block WHERE level = ?1 AND station = ?2 AND start = ?3";
    Ok(connection.prepare_cached(query)?.exists(params![level as i64, station, start])?)
}

pub fn set_rolled_up(connection: &Connection, station: &str, start: i64) -> Result<()> {
    let update = "UPDATE block SET state = 1 WHERE level = 0 AND station = ?1 AND start = ?2";
    connection.prepare_cached(update)?.execute(params![station, start])?;
    Ok(())
}

pub fn put_finding(connection: &Connection, revision: i64, finding: &Finding) -> Result<()> {
    let insert = "INSERT INTO finding (revision, station, ts, online) VALUES (?1, ?2, ?3, ?4)";
    let values = params![revision, finding.station.as_str(), finding.ts, finding.online];
    connection.prepare_cached(insert)?.execute(values)?;
    Ok(())
}

pub fn delete_findings(connection: &Connection, before: i64, limit: usize) -> Result<usize> {
    let delete =
        "DELETE FROM finding WHERE revision IN (SELECT revision FROM finding WHERE ts < ?1 LIMIT ?2)";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    Ok(connection.prepare_cached(delete)?.execute(params![before, limit])?)
}

/// Notes when a station was first heard and what it measures.
pub fn put_seen(connection: &Connection, station: &str, first_ms: i64, measures: i64) -> Result<()> {
    let insert = "INSERT INTO seen (station, first_ms, measures) VALUES (?1, ?2, ?3) \
                  ON CONFLICT (station) DO UPDATE SET first_ms = min(first_ms, excluded.first_ms), \
                  measures = measures | excluded.measures \
                  WHERE first_ms > excluded.first_ms OR measures | excluded.measures <> measures";
    connection.prepare_cached(insert)?.execute(params![station, first_ms, measures])?;
    Ok(())
}

/// Blocks of readings that wait for their roll-up and begin before `before`, oldest first.
pub fn to_roll_up(connection: &Connection, before: i64, limit: usize) -> Result<Vec<(String, i64)>> {
    let query = "SELECT station, start FROM block WHERE level = 0 AND state <> 1 AND start < ?1 \
                 ORDER BY start LIMIT ?2";
    let mut statement = connection.prepare_cached(query)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![before, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Deletes at most `limit` blocks of a level that begin before `before`; raw ones only when they are rolled up.
pub fn delete_blocks(connection: &Connection, level: Level, before: i64, limit: usize) -> Result<usize> {
    let delete = "DELETE FROM block WHERE rowid IN (SELECT rowid FROM block \
                  WHERE level = ?1 AND start < ?2 AND state = 1 LIMIT ?3)";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    Ok(connection.prepare_cached(delete)?.execute(params![level as i64, before, limit])?)
}

pub fn delete_hours(connection: &Connection, before: i64, limit: usize) -> Result<usize> {
    let delete = "DELETE FROM window_hour WHERE (station, start) IN (SELECT station, start FROM window_hour \
                  WHERE start < ?1 LIMIT ?2)";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    Ok(connection.prepare_cached(delete)?.execute(params![before, limit])?)
}

/// The station's hours that begin within `[from, to)`.
pub fn hours(connection: &Connection, station: &str, from: i64, to: i64) -> Result<Vec<(i64, Parts)>> {
    let query = "SELECT start, parts FROM window_hour WHERE station = ?1 AND start >= ?2 AND start < ?3 \
                 ORDER BY start";
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query(params![station, from, to])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push((row.get(0)?, parts_of(row.get_ref(1)?.as_blob().unwrap_or_default())));
    }
    Ok(found)
}

pub fn put_hour(
    connection: &Connection,
    station: &str,
    start: i64,
    revision: i64,
    parts: &Parts,
) -> Result<()> {
    let insert =
        "INSERT OR REPLACE INTO window_hour (station, start, revision, parts) VALUES (?1, ?2, ?3, ?4)";
    connection.prepare_cached(insert)?.execute(params![station, start, revision, bytes_of(parts)])?;
    Ok(())
}

pub fn put_day(
    connection: &Connection,
    station: &str,
    start: i64,
    revision: i64,
    parts: &Parts,
) -> Result<()> {
    let insert =
        "INSERT OR REPLACE INTO window_day (start, station, revision, parts) VALUES (?1, ?2, ?3, ?4)";
    connection.prepare_cached(insert)?.execute(params![start, station, revision, bytes_of(parts)])?;
    Ok(())
}

fn bytes_of(parts: &Parts) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(96);
    parts.encode(&mut bytes);
    bytes
}

/// Parts that cannot be read count as nothing; they are worked out again when samples of theirs arrive.
pub fn parts_of(bytes: &[u8]) -> Parts {
    Parts::decode(bytes).unwrap_or_default()
}
