//! The table `outage` of `state.db`: one row a silence, with what is known about it; read back as outages.
//!
//! `unknown` and `worked` are lists of `[from, to]` in ms, absent when empty; a `to` of the largest integer is open. A
//! revision is of the last change, and at least the time of its save, ms: so it rises even over a file that was deleted
//! and rebuilt, and readers keep their place.

use super::availability::{Interval, Outage};
use super::fold::Fleet;
use super::silences::{CORRECTABLE_MS, Silence};
use rusqlite::{Connection, Row, Transaction, named_params, params};
use std::ops::ControlFlow;
use waystation_protocol::StationId;

/// The step of the schema that brings outages.
pub const MIGRATION: &str = "
    ALTER TABLE station ADD COLUMN connected INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE station ADD COLUMN first_seen_ms INTEGER;
    UPDATE station SET first_seen_ms = last_seen_ms;
    CREATE TABLE outage (
        station TEXT NOT NULL,
        starts_at INTEGER NOT NULL,
        ends_at INTEGER,
        unknown TEXT,
        worked TEXT,
        PRIMARY KEY (station, starts_at)
    );
    CREATE INDEX outage_by_end ON outage (ends_at);
";

/// The step of the schema that numbers changes, for readers that want what is new.
pub const REVISIONS: &str = "
    ALTER TABLE outage ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
    UPDATE outage SET revision = rowid;
    CREATE INDEX outage_by_revision ON outage (revision);
";

/// How long an outage is kept after its end, ms. [J] a year's report can be made, and compared, a month late.
const KEPT_MS: i64 = 400 * 86_400_000;
/// Rows dropped in one save, so that none takes long.
const DROPPED_MAX: u32 = 500;

/// Which outages are asked for: those that touch the period, of one station or of all.
#[derive(Debug, Clone)]
pub struct OutageFilter {
    pub station: Option<StationId>,
    /// ms since the Unix epoch; inclusive.
    pub from: i64,
    /// Exclusive.
    pub to: i64,
    /// Where the last page ended: only outages behind this station and start.
    pub after: Option<(StationId, i64)>,
}

/// Writes the silences of these stations that changed.
pub fn save<'a>(
    transaction: &Transaction<'_>,
    changed: impl IntoIterator<Item = (&'a str, &'a [Silence])>,
    now_ms: i64,
) -> rusqlite::Result<()> {
    let last: Option<i64> =
        transaction.prepare_cached("SELECT max(revision) FROM outage")?.query_row([], |row| row.get(0))?;
    let mut revision = last.unwrap_or(0).max(now_ms);
    let mut upsert = transaction.prepare_cached(
        "INSERT OR REPLACE INTO outage (station, starts_at, ends_at, unknown, worked, revision)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (station, silences) in changed {
        for silence in silences {
            revision += 1;
            upsert.execute(params![
                station,
                silence.starts_at(),
                silence.ends_at(),
                parts_json(silence.blind()),
                parts_json(silence.worked()),
                revision,
            ])?;
        }
    }
    Ok(())
}

/// Drops what nobody asks for any more.
pub fn drop_old(transaction: &Transaction<'_>, now_ms: i64) -> rusqlite::Result<()> {
    let drop = "DELETE FROM outage WHERE rowid IN
                (SELECT rowid FROM outage WHERE ends_at < ?1 ORDER BY ends_at LIMIT ?2)";
    transaction.prepare_cached(drop)?.execute(params![now_ms.saturating_sub(KEPT_MS), DROPPED_MAX])?;
    Ok(())
}

/// Reads the silences that can still change into the fleet, whose stations are there already.
pub fn load(connection: &Connection, fleet: &mut Fleet, now_ms: i64) -> rusqlite::Result<()> {
    let mut select = connection.prepare(
        "SELECT station, starts_at, ends_at, unknown, worked FROM outage
         WHERE ends_at IS NULL OR ends_at > ?1 ORDER BY station, starts_at",
    )?;
    let mut rows = select.query([now_ms.saturating_sub(CORRECTABLE_MS)])?;
    while let Some(row) = rows.next()? {
        let station = row.get_ref("station")?.as_str()?;
        fleet.restore_silence(station, silence(row)?);
    }
    Ok(())
}

/// Hands each outage to `visit`, by station and time, until it has seen enough.
pub fn each(
    connection: &Connection,
    filter: &OutageFilter,
    mut visit: impl FnMut(Outage) -> ControlFlow<()>,
) -> rusqlite::Result<()> {
    // A statement for each case, so that it finds its rows by an index.
    let of = match (&filter.station, &filter.after) {
        (Some(_), _) => "station = :station AND :after IS :after",
        (None, Some(_)) => ":station IS NULL AND station >= :after",
        (None, None) => ":station IS NULL AND :after IS NULL",
    };
    let mut select = connection.prepare_cached(&format!(
        "SELECT station, starts_at, ends_at, unknown, worked FROM outage
         WHERE {of} AND starts_at < :to AND (ends_at IS NULL OR ends_at > :from)
         ORDER BY station, starts_at",
    ))?;
    let parameters = named_params! {
        ":station": filter.station.as_ref().map(StationId::as_str),
        ":after": filter.after.as_ref().map(|(station, _)| station.as_str()),
        ":from": filter.from,
        ":to": filter.to,
    };
    let mut rows = select.query(parameters)?;
    while let Some(row) = rows.next()? {
        // Only valid ids are ever written.
        let Ok(station) = StationId::try_from(row.get_ref("station")?.as_str()?) else { continue };
        let mut flow = ControlFlow::Continue(());
        silence(row)?.outages(&station, |outage| {
            let touches = outage.starts_at < filter.to && outage.interval().1 > filter.from;
            let is_behind = |(station, starts_at): &(StationId, i64)| {
                (outage.station.as_str(), outage.starts_at) > (station.as_str(), *starts_at)
            };
            if touches && filter.after.as_ref().is_none_or(is_behind) && flow.is_continue() {
                flow = visit(outage);
            }
        });
        if flow.is_break() {
            break;
        }
    }
    Ok(())
}

/// Silences that changed after this revision, the oldest change first, each as it is now.
pub fn since(
    connection: &Connection,
    revision: i64,
    limit: u32,
) -> rusqlite::Result<Vec<(i64, StationId, Silence)>> {
    let mut select = connection.prepare_cached(
        "SELECT revision, station, starts_at, ends_at, unknown, worked FROM outage
         WHERE revision > ?1 ORDER BY revision LIMIT ?2",
    )?;
    let mut rows = select.query(params![revision, limit])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        // Only valid ids are ever written.
        let Ok(station) = StationId::try_from(row.get_ref("station")?.as_str()?) else { continue };
        found.push((row.get("revision")?, station, silence(row)?));
    }
    Ok(found)
}

fn silence(row: &Row<'_>) -> rusqlite::Result<Silence> {
    let parts = |column| -> rusqlite::Result<Vec<Interval>> {
        let text = row.get_ref(column)?.as_str_or_null()?;
        // Written below; were it damaged, the silence would be the station's own, the careful reading.
        Ok(text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default())
    };
    Ok(Silence::restored(row.get("starts_at")?, row.get("ends_at")?, parts("unknown")?, parts("worked")?))
}

fn parts_json(parts: &[Interval]) -> Option<String> {
    if parts.is_empty() { None } else { serde_json::to_string(parts).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::schema;

    fn page(connection: &Connection, filter: &OutageFilter, limit: usize) -> Vec<(String, i64)> {
        let mut found = Vec::new();
        let visit = |outage: Outage| {
            found.push((outage.station.to_string(), outage.starts_at));
            if found.len() == limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        each(connection, filter, visit).unwrap();
        found
    }

    #[test]
    fn a_page_goes_on_where_the_last_one_ended_whatever_came_or_went_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let connection = schema::open_writer(&folder.path().join("state.db")).unwrap();
        let insert = |station: &str, starts_at: i64, worked: Option<&str>| {
            let row = "INSERT INTO outage (station, starts_at, ends_at, worked) VALUES (?1, ?2, ?3, ?4)";
            connection.execute(row, params![station, starts_at, starts_at + 100, worked]).unwrap();
        };
        for station in ["jb-1", "jb-2", "jb-3"] {
            for starts_at in [1_000, 2_000] {
                // A silence of two parts: the link was down, then the station.
                let worked = format!("[[{starts_at},{}]]", starts_at + 50);
                insert(station, starts_at, Some(&worked));
            }
        }
        let all = OutageFilter { station: None, from: 0, to: i64::MAX, after: None };
        let expected = page(&connection, &all, usize::MAX);
        assert_eq!(expected.len(), 12);
        for limit in 1..=5 {
            let (mut seen, mut filter) = (Vec::new(), all.clone());
            loop {
                let items = page(&connection, &filter, limit);
                let Some((station, starts_at)) = items.last().cloned() else { break };
                filter.after = Some((station.parse().unwrap(), starts_at));
                seen.extend(items);
            }
            assert_eq!(seen, expected, "{limit}");
        }
        let after = Some(("jb-1".parse().unwrap(), 2_050));
        let rest = OutageFilter { after: after.clone(), ..all.clone() };
        insert("jb-0", 500, None);
        connection.execute("DELETE FROM outage WHERE station = 'jb-1' AND starts_at = 1000", []).unwrap();
        assert_eq!(page(&connection, &rest, 1), [("jb-2".to_owned(), 1_000)]);
        let of_one = OutageFilter { station: Some("jb-1".parse().unwrap()), after, ..all };
        assert_eq!(page(&connection, &of_one, 9), []);
    }
}
