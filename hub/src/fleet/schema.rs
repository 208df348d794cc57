//! The file `state.db`: SQLite, WAL, every commit synced to disk.
//!
//! ```text
//! progress    one row: the log's id, and the number of its last record that is in here
//! station     presence and ledger (JSON) of every station, its rules' memory (MessagePack with names, so that versions
//!             read each other's), its latest readings (the log's binary form)
//! outage      silences of stations, and what is known about them; a change gives it a higher revision
//! alert       every alert, firing or resolved, as JSON; a change gives it a higher revision
//! fleet       one row: what alerts remember of all stations together (JSON)
//! quarantine  what could not be taken, newest 100,000 items or 256 MiB
//! ```
//!
//! Everything that one range of the log changed is committed together with the progress, so that a replay after a
//! crash starts exactly behind what is in here. The file is derived: without it, the hub rebuilds what the log still
//! holds.

use super::outage_rows;
use super::store::StoreError;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// The file's versions: entry n leads from version n to n + 1. Append only.
const MIGRATIONS: &[&str] = &[TABLES, ALERTS, outage_rows::MIGRATION, outage_rows::REVISIONS];

/// Another connection of this process may hold the file for one transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

const TABLES: &str = "
    CREATE TABLE progress (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        log_id TEXT NOT NULL,
        applied_seq INTEGER NOT NULL
    );
    CREATE TABLE station (
        id TEXT PRIMARY KEY,
        last_seen_ms INTEGER,
        said TEXT,
        said_ms INTEGER,
        agent TEXT,
        ledger TEXT NOT NULL,
        latest BLOB NOT NULL
    );
    CREATE TABLE quarantine (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        received_ms INTEGER NOT NULL,
        station TEXT NOT NULL,
        channel TEXT NOT NULL,
        reason TEXT NOT NULL,
        member TEXT,
        detail TEXT,
        payload BLOB NOT NULL,
        fingerprint BLOB UNIQUE
    );
    CREATE INDEX quarantine_by_station ON quarantine (station, id);
    CREATE TABLE quarantine_dropped (one INTEGER PRIMARY KEY CHECK (one = 1), items INTEGER NOT NULL);
    INSERT INTO quarantine_dropped VALUES (1, 0);
";

const ALERTS: &str = "
    ALTER TABLE station ADD COLUMN alerts TEXT NOT NULL DEFAULT '{}';
    CREATE TABLE fleet (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL);
    CREATE TABLE alert (
        id TEXT PRIMARY KEY,
        revision INTEGER NOT NULL UNIQUE,
        rule TEXT NOT NULL,
        severity TEXT NOT NULL,
        state TEXT NOT NULL,
        station TEXT,
        district TEXT,
        starts_at INTEGER NOT NULL,
        ends_at INTEGER,
        body TEXT NOT NULL
    );
    CREATE INDEX alert_by_start ON alert (starts_at, id);
    CREATE INDEX alert_firing ON alert (starts_at, id) WHERE state = 'firing';
    CREATE INDEX alert_by_station ON alert (station, starts_at, id);
";

/// Opens the file to write, and makes it if it is not there.
pub fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    let failed = |source| StoreError::sqlite("open", path, source);
    let mut connection = Connection::open(path).map_err(failed)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
    // FULL syncs the WAL at each commit: the log's cursor moves on the strength of it.
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let done = usize::try_from(found).ok().filter(|done| *done <= MIGRATIONS.len());
    let Some(done) = done else { return Err(StoreError::Newer { path: path.to_owned(), found, known }) };
    if done < MIGRATIONS.len() {
        let transaction = connection.transaction().map_err(failed)?;
        MIGRATIONS[done..].iter().try_for_each(|step| transaction.execute_batch(step)).map_err(failed)?;
        transaction.pragma_update(None, "user_version", known).map_err(failed)?;
        transaction.commit().map_err(failed)?;
    }
    Ok(connection)
}

/// Opens the file to read, next to the writer.
pub fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let failed = |source| StoreError::sqlite("open", path, source);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    Ok(connection)
}
