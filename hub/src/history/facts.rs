//! The table `fact`: what a station's windows were worked out with, so that a correction of the registry is noticed,
//! also one that was made while the hub was down.
//!
//! Of each station one row that holds now (`until_ms` is [`NOW`]), and one for each earlier time: windows that begin
//! before its `until_ms`, and not before that of the row before it, were worked out with it.

use super::calendars::Calendars;
use super::table::Result;
use super::utilisation::Facts;
use crate::calendar::{Calendar, Hours, Zone};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::HashMap;

/// `until_ms` of what holds now.
const NOW: i64 = i64::MAX;

/// The step of the schema that brings the table.
pub const TABLE: &str = "
    CREATE TABLE fact (
        station TEXT NOT NULL,
        until_ms INTEGER NOT NULL,
        hours TEXT NOT NULL,
        zone TEXT NOT NULL,
        capacity INTEGER,
        PRIMARY KEY (station, until_ms)
    ) WITHOUT ROWID;
    CREATE INDEX fact_past ON fact (until_ms) WHERE until_ms < 9223372036854775807;
";

/// Notes what a station's windows are worked out with, unless that is known.
pub fn note(connection: &Connection, station: &str, facts: &Facts) -> Result<()> {
    put(connection, "INSERT OR IGNORE", station, NOW, facts)
}

/// What a station's windows were worked out with; `None` for one without any.
pub fn known(connection: &Connection, station: &str) -> Result<Option<Facts>> {
    let query = "SELECT hours, zone, capacity FROM fact WHERE station = ?1 AND until_ms = ?2";
    Ok(connection.prepare_cached(query)?.query_row(params![station, NOW], facts_of).optional()?)
}

/// From `from_ms` on windows are worked out with these facts; those before it, if there are any, keep theirs.
pub fn change(
    connection: &Connection,
    station: &str,
    from_ms: i64,
    any_before: bool,
    facts: &Facts,
) -> Result<()> {
    let query = "SELECT hours, zone, capacity FROM fact WHERE station = ?1 AND until_ms >= ?2 \
                 ORDER BY until_ms LIMIT 1";
    let before =
        connection.prepare_cached(query)?.query_row(params![station, from_ms], facts_of).optional()?;
    let replaced = "DELETE FROM fact WHERE station = ?1 AND until_ms >= ?2";
    connection.prepare_cached(replaced)?.execute(params![station, from_ms])?;
    if let Some(before) = before.filter(|_| any_before) {
        put(connection, "INSERT", station, from_ms, &before)?;
    }
    put(connection, "INSERT", station, NOW, facts)
}

/// The earlier calendars of the stations that had others, by station; few ever do.
pub fn past(connection: &Connection) -> Result<HashMap<String, Vec<(i64, Calendar)>>> {
    let query = "SELECT hours, zone, capacity, station, until_ms FROM fact INDEXED BY fact_past \
                 WHERE until_ms < 9223372036854775807 ORDER BY until_ms";
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query([])?;
    let mut found: HashMap<String, Vec<(i64, Calendar)>> = HashMap::new();
    while let Some(row) = rows.next()? {
        found.entry(row.get(3)?).or_default().push((row.get(4)?, facts_of(row)?.calendar));
    }
    Ok(found)
}

/// The same of one station, with the one that holds now.
pub fn calendars(connection: &Connection, station: &str, now: Calendar) -> Result<Calendars> {
    let query = "SELECT hours, zone, capacity, until_ms FROM fact WHERE station = ?1 AND until_ms < ?2 \
                 ORDER BY until_ms";
    let mut statement = connection.prepare_cached(query)?;
    let rows =
        statement.query_map(params![station, NOW], |row| Ok((row.get(3)?, facts_of(row)?.calendar)))?;
    Ok(Calendars::new(rows.collect::<rusqlite::Result<_>>()?, now))
}

fn put(connection: &Connection, insert: &str, station: &str, until_ms: i64, facts: &Facts) -> Result<()> {
    let insert =
        format!("{insert} INTO fact (station, until_ms, hours, zone, capacity) VALUES (?1, ?2, ?3, ?4, ?5)");
    let Facts { calendar, capacity } = facts;
    let values = params![station, until_ms, calendar.hours().to_string(), calendar.zone().name(), capacity];
    connection.prepare_cached(&insert)?.execute(values)?;
    Ok(())
}

/// Written by [`put`]; what a hand wrote into the file counts as all day, UTC.
fn facts_of(row: &Row<'_>) -> rusqlite::Result<Facts> {
    let text = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_str().unwrap_or_default());
    let hours = Hours::parse(text(0)?).unwrap_or_default();
    let zone = Zone::parse(text(1)?).unwrap_or_else(|_| Zone::utc());
    Ok(Facts { calendar: Calendar::new(zone, hours), capacity: row.get(2)? })
}
