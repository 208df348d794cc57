//! The file `history.db`: SQLite, WAL, every commit synced to disk.
//!
//! ```text
//! progress     one row: the log's id, the number of its last record that is in here, the next revision
//! block        blobs by level, station and start; modules block and rollup
//!   level 0    readings as they came, by hour (UTC); kept raw_hours
//!         1    minutes of an hour (UTC); kept minute_days
//!         2    hours of a day (UTC); kept for ever
//!         3    what utilisation needs of the readings, by hour (UTC); kept USAGE_DAYS
//!   state      of level 0: 0 not rolled up since it changed, 1 rolled up, 2 only what came after the hour's readings
//!              had been deleted, to be added to its roll-ups
//! window_hour  utilisation's parts of a local hour; kept WINDOW_DAYS
//! window_day   the same of a local day; kept for ever
//! fact         what a station's windows were worked out with: opening hours, zone, capacity; module facts
//! uptime_day   availability of the days that are over; kept WINDOW_DAYS; module uptime_days
//! finding      what the hub itself found of stations' presence; kept WINDOW_DAYS
//! seen         when each station was first heard, and what it was seen to measure
//! ```
//!
//! Everything that one range of the log changed is committed together with the progress: a replay after a crash
//! starts exactly behind what is in here, and what is in here twice replaces itself. `revision` rises with each change
//! of a window, and begins at the time when the file was made, so that a file made anew is never behind an old one.

use super::{HistoryError, facts, uptime_days};
use rusqlite::{Connection, OpenFlags, params};
use std::path::Path;
use std::time::Duration;

/// Steps from one version of the file to the next.
const STEPS: &[&str] = &[TABLES, facts::TABLE, uptime_days::TABLE];
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

const TABLES: &str = "
    CREATE TABLE progress (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        log_id TEXT NOT NULL,
        applied_seq INTEGER NOT NULL,
        revision INTEGER NOT NULL
    );
    CREATE TABLE block (
        level INTEGER NOT NULL,
        station TEXT NOT NULL,
        start INTEGER NOT NULL,
        state INTEGER NOT NULL,
        blob BLOB NOT NULL,
        PRIMARY KEY (level, station, start)
    );
    CREATE INDEX block_by_age ON block (level, start);
    CREATE INDEX block_to_roll_up ON block (start) WHERE level = 0 AND state <> 1;
    CREATE TABLE window_hour (
        station TEXT NOT NULL,
        start INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        parts BLOB NOT NULL,
        PRIMARY KEY (station, start)
    ) WITHOUT ROWID;
    CREATE INDEX window_hour_by_age ON window_hour (start);
    CREATE INDEX window_hour_by_revision ON window_hour (revision);
    CREATE TABLE window_day (
        start INTEGER NOT NULL,
        station TEXT NOT NULL,
        revision INTEGER NOT NULL,
        parts BLOB NOT NULL,
        PRIMARY KEY (start, station)
    ) WITHOUT ROWID;
    CREATE INDEX window_day_by_revision ON window_day (revision);
    CREATE TABLE finding (
        revision INTEGER PRIMARY KEY,
        station TEXT NOT NULL,
        ts INTEGER NOT NULL,
        online INTEGER NOT NULL
    );
    CREATE TABLE seen (
        station TEXT PRIMARY KEY,
        first_ms INTEGER NOT NULL,
        measures INTEGER NOT NULL
    ) WITHOUT ROWID;
";

/// Opens the file to write, and makes it if it is not there.
pub fn open_writer(path: &Path, now_ms: i64) -> Result<Connection, HistoryError> {
    let failed = |source| HistoryError::sqlite("open", path, source);
    let mut connection = Connection::open(path).map_err(failed)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
    // FULL syncs the WAL at each commit: the log's cursor moves on the strength of it.
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX); // a handful
    let done = usize::try_from(found).ok().filter(|done| *done <= STEPS.len());
    let Some(done) = done else { return Err(HistoryError::Newer { path: path.to_owned(), found, known }) };
    if done < STEPS.len() {
        let transaction = connection.transaction().map_err(failed)?;
        for step in &STEPS[done..] {
            transaction.execute_batch(step).map_err(failed)?;
        }
        if done == 0 {
            let first = "INSERT INTO progress VALUES (1, '', 0, ?1)";
            transaction.execute(first, params![now_ms.saturating_mul(1_000)]).map_err(failed)?;
        }
        transaction.pragma_update(None, "user_version", known).map_err(failed)?;
        transaction.commit().map_err(failed)?;
    }
    Ok(connection)
}

/// Opens the file to read, next to the writer.
pub fn open_reader(path: &Path) -> Result<Connection, HistoryError> {
    let failed = |source| HistoryError::sqlite("open", path, source);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    Ok(connection)
}
