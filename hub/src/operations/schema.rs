//! The tables, and how the file is opened.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::{OperationsError, commands, configurations, rotations};
use crate::sqlite;

/// "WAYO", so that another program's database is not taken for ours.
const APPLICATION_ID: i64 = 0x5741_594f;
const FORMAT: i64 = 4;
/// Longest wait for another program's transaction; each is a few rows.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// All times are ms since the Unix epoch. `mark` says what a channel was told of an alert that still fires.
const TABLES: &str = "
CREATE TABLE acknowledgement (
  alert TEXT PRIMARY KEY NOT NULL, by TEXT NOT NULL, note TEXT NOT NULL, at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE silence (
  id TEXT PRIMARY KEY NOT NULL, matchers TEXT NOT NULL,
  starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, by TEXT NOT NULL, why TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE maintenance (
  id TEXT PRIMARY KEY NOT NULL, station TEXT, district TEXT,
  starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, by TEXT NOT NULL, why TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL, who TEXT NOT NULL, role TEXT NOT NULL,
  action TEXT NOT NULL, target TEXT NOT NULL, detail TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_role ON audit (role, id);
CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TABLE delivery (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  channel TEXT NOT NULL, rank INTEGER NOT NULL, created_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL,
  last_error TEXT, notice TEXT NOT NULL
) STRICT;
CREATE INDEX delivery_by_channel ON delivery (channel, next_at);
CREATE TABLE mark (
  alert TEXT NOT NULL, channel TEXT NOT NULL, first_at INTEGER NOT NULL, told_at INTEGER NOT NULL,
  severity TEXT NOT NULL, stations INTEGER NOT NULL, PRIMARY KEY (alert, channel)
) STRICT, WITHOUT ROWID;
CREATE TABLE handed (one INTEGER PRIMARY KEY CHECK (one = 1), revision INTEGER NOT NULL) STRICT;
INSERT INTO handed VALUES (1, 0);
";

/// Opens the file, and makes it, readable by its owner only, when it is not there.
pub(super) fn open(path: &Path) -> Result<Connection, OperationsError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)
        .and_then(|()| sqlite::make_private(path))
        .map_err(|source| OperationsError::Folder { path: path.to_owned(), source })?;
    let failed = |source| failed(path, source);
    let mut connection = sqlite::connect(path, BUSY_TIMEOUT).map_err(failed)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let number = |name| transaction.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let found = (number("application_id").map_err(failed)?, number("user_version").map_err(failed)?);
    match found {
        (APPLICATION_ID, FORMAT) => transaction.commit(),
        (0, 0) => transaction
            .execute_batch(&format!(
                "{TABLES} {} {} {} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT};",
                commands::TABLE,
                configurations::TABLE,
                rotations::TABLE
            ))
            .and_then(|()| transaction.commit()),
        (APPLICATION_ID, found @ 1..FORMAT) => {
            let lacking = [commands::FROM_FORMAT_1, configurations::TABLE, rotations::TABLE];
            let lacking = lacking.iter().zip(1..).filter(|(_, format)| *format >= found);
            let lacking: String = lacking.map(|(sql, _)| *sql).collect();
            transaction
                .execute_batch(&format!("{lacking} PRAGMA user_version = {FORMAT};"))
                .and_then(|()| transaction.commit())
        }
        (APPLICATION_ID, found) => {
            return Err(OperationsError::Newer { path: path.to_owned(), found, known: FORMAT });
        }
        _ => return Err(OperationsError::Foreign { path: path.to_owned() }),
    }
    .map_err(failed)?;
    Ok(connection)
}

/// The error of an SQLite call, in our words.
pub(super) fn failed(path: &Path, source: rusqlite::Error) -> OperationsError {
    use rusqlite::ErrorCode;
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            OperationsError::Busy { path, waited_s: BUSY_TIMEOUT.as_secs() }
        }
        _ if sqlite::is_damage(&source) => OperationsError::Damaged { path, what: source.to_string() },
        _ => OperationsError::Sqlite { path, source },
    }
}
