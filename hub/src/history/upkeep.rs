//! What is done between commits, a little at a time: roll-ups of hours that are over, and retention.
//!
//! Ages are measured against the log's own time, the newest receipt that was read, so that a hub which catches up
//! after a week does not delete what it still needs.

use super::rollup::Rollup;
use super::table::{self, BlockState, Level, Result};
use super::uptime_days;
use crate::calendar::{DAY_MS, HOUR_MS};
use crate::config;
use rusqlite::Connection;

const MINUTE_MS: i64 = 60_000;
/// Stragglers of an hour come within this time, mostly [J].
const ROLL_UP_AFTER_MS: i64 = 5 * MINUTE_MS;
/// Blocks of one transaction: some milliseconds, between which others may write and the thread may stop.
const BLOCKS_AT_ONCE: usize = 64;
const DELETED_AT_ONCE: usize = 500;
/// Backfill may be seven days old, and is compared with the day before it.
pub const USAGE_DAYS: i64 = 9;
/// Hourly utilisation is looked at for a quarter of a year [J]; the daily one is kept.
pub const WINDOW_DAYS: i64 = 92;

/// How long what is kept, ms.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    pub raw_ms: i64,
    pub minute_ms: i64,
}

impl From<&config::History> for Retention {
    fn from(config: &config::History) -> Self {
        Self {
            raw_ms: i64::from(config.raw_hours) * HOUR_MS,
            minute_ms: i64::from(config.minute_days) * DAY_MS,
        }
    }
}

/// Rolls up some hours; true if there may be more.
pub fn roll_up(connection: &mut Connection, log_time_ms: i64) -> Result<bool> {
    let before = log_time_ms - HOUR_MS - ROLL_UP_AFTER_MS;
    let waiting = table::to_roll_up(connection, before, BLOCKS_AT_ONCE)?;
    if waiting.is_empty() {
        return Ok(false);
    }
    let transaction = connection.transaction()?;
    for (station, hour) in &waiting {
        roll_up_block(&transaction, station, *hour)?;
    }
    transaction.commit()?;
    Ok(waiting.len() == BLOCKS_AT_ONCE)
}

fn roll_up_block(connection: &Connection, station: &str, hour: i64) -> Result<()> {
    let Some((state, readings)) = table::readings(connection, Level::Raw, station, hour)? else {
        return table::remove_block(connection, Level::Raw, station, hour);
    };
    let mut minutes = Rollup::of(&readings, hour, MINUTE_MS);
    let (day, place) = place_in_day(hour);
    let mut hours = table::rollup(connection, Level::Hour, station, day)?.unwrap_or_default();
    let condensed = minutes.condensed(place);
    if state == BlockState::Additions {
        minutes.merge(table::rollup(connection, Level::Minute, station, hour)?.unwrap_or_default());
        table::remove_block(connection, Level::Raw, station, hour)?;
    } else {
        hours.clear(place);
        table::set_rolled_up(connection, station, hour)?;
    }
    hours.merge(condensed);
    table::put_rollup(connection, Level::Minute, station, hour, &minutes)?;
    table::put_rollup(connection, Level::Hour, station, day, &hours)
}

/// The day of an hour, UTC, and its place in it.
pub fn place_in_day(hour: i64) -> (i64, u8) {
    let within = hour.rem_euclid(DAY_MS);
    (hour - within, u8::try_from(within / HOUR_MS).unwrap_or(0)) // below 24
}

/// Deletes some of what is old; true if there may be more.
pub fn retain(connection: &Connection, retention: Retention, log_time_ms: i64) -> Result<bool> {
    let mut more = false;
    for (level, kept_ms) in [
        (Level::Raw, retention.raw_ms),
        (Level::Minute, retention.minute_ms),
        (Level::Usage, USAGE_DAYS * DAY_MS),
    ] {
        let before = log_time_ms - kept_ms - HOUR_MS;
        more |= table::delete_blocks(connection, level, before, DELETED_AT_ONCE)? == DELETED_AT_ONCE;
    }
    let before = log_time_ms - WINDOW_DAYS * DAY_MS;
    more |= table::delete_hours(connection, before, DELETED_AT_ONCE)? == DELETED_AT_ONCE;
    more |= uptime_days::delete(connection, before, DELETED_AT_ONCE)? == DELETED_AT_ONCE;
    more |= table::delete_findings(connection, before, DELETED_AT_ONCE)? == DELETED_AT_ONCE;
    Ok(more)
}
