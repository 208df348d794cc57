//! Commands that somebody asked for, and what became of them.

use rusqlite::{Connection, params};
use serde::Serialize;

use super::audit;
use super::store::rows;
use super::{Audit, KEEP_MS, Operations, OperationsError};

/// Commands kept, of all stations together.
const KEPT_MAX: i64 = 100_000;

pub(super) const TABLE: &str = "
CREATE TABLE command (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  station TEXT NOT NULL, id TEXT NOT NULL,
  action TEXT NOT NULL, device TEXT, expires INTEGER NOT NULL,
  at INTEGER NOT NULL, by TEXT NOT NULL, sent INTEGER NOT NULL DEFAULT 0,
  outcome TEXT, detail TEXT, answered_at INTEGER,
  UNIQUE (station, id)
) STRICT;
";

/// A command, and who asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AskedCommand {
    /// Grows with time; 0 before it is kept.
    #[serde(skip)]
    pub number: i64,
    pub station: String,
    pub id: String,
    pub action: String,
    pub device: Option<String>,
    /// Ms since the Unix epoch, as `at`.
    pub expires: i64,
    #[serde(rename = "asked_at")]
    pub at: i64,
    #[serde(rename = "asked_by")]
    pub by: String,
    /// Whether a session of the station took it.
    #[serde(skip)]
    pub sent: bool,
    /// What the station said: done, refused, failed or expired.
    #[serde(skip)]
    pub outcome: Option<String>,
    pub detail: Option<String>,
    /// When the hub heard of it.
    pub answered_at: Option<i64>,
}

/// A station's word on a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandOutcome {
    pub station: String,
    pub id: String,
    /// Ms since the Unix epoch.
    pub at: i64,
    pub outcome: &'static str,
    pub detail: Option<String>,
}

impl Operations {
    /// Keeps a command that is about to be sent, with an entry in the audit log; false if the station was asked under
    /// this id before.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn add_command(&self, command: &AskedCommand, role: &str) -> Result<bool, OperationsError> {
        let AskedCommand { station, id, action, device, expires, at, by, .. } = command;
        let device_text = device.as_deref().map(|device| format!(" device {device}")).unwrap_or_default();
        let detail = format!("id {id}{device_text} expires {expires}");
        let entry = Audit::new(*at, by, role, &format!("command.{action}"), station, &detail);
        self.decide(&entry, |transaction| {
            let added = transaction.execute(
                "INSERT INTO command (station, id, action, device, expires, at, by) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
                params![station, id, action, device, expires, at, by],
            )?;
            transaction.execute(
                "DELETE FROM command WHERE at < ?1 OR number <= (SELECT max(number) FROM command) - ?2",
                params![at - KEEP_MS, KEPT_MAX],
            )?;
            Ok(added > 0)
        })
    }

    /// Notes that a session of the station took the command.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn command_sent(&self, station: &str, id: &str) -> Result<(), OperationsError> {
        let sent = "UPDATE command SET sent = 1 WHERE station = ?1 AND id = ?2";
        self.write(|transaction| transaction.execute(sent, params![station, id]).map(drop))
    }

    /// Notes what stations said, with entries in the audit log. The first word on a command stands, and one on a
    /// command that nobody asked for is passed over: told twice is the same as told once.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn command_outcomes(&self, outcomes: &[CommandOutcome]) -> Result<(), OperationsError> {
        if outcomes.is_empty() {
            return Ok(());
        }
        let note = "UPDATE command SET outcome = ?3, detail = ?4, answered_at = ?5 \
                    WHERE station = ?1 AND id = ?2 AND outcome IS NULL";
        self.write(|transaction| {
            for CommandOutcome { station, id, at, outcome, detail } in outcomes {
                if transaction.execute(note, params![station, id, outcome, detail, at])? > 0 {
                    let text = format!("id {id}: {}", detail.as_deref().unwrap_or_default());
                    let action = format!("command.{outcome}");
                    audit::append(
                        transaction,
                        &Audit::new(*at, station, "station", &action, station, &text),
                    )?;
                }
            }
            Ok(())
        })
    }

    /// At most `limit` commands to a station that are older than number `before`, the newest first.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn commands(
        &self,
        station: &str,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<AskedCommand>, OperationsError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|connection| load(connection, station, before.unwrap_or(i64::MAX), limit))
    }
}

fn load(
    connection: &Connection,
    station: &str,
    before: i64,
    limit: i64,
) -> rusqlite::Result<Vec<AskedCommand>> {
    let query = "SELECT number, station, id, action, device, expires, at, by, sent, outcome, \
                 detail, answered_at FROM command \
                 WHERE station = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3";
    rows(connection, query, params![station, before, limit], |row| {
        Ok(AskedCommand {
            number: row.get(0)?,
            station: row.get(1)?,
            id: row.get(2)?,
            action: row.get(3)?,
            device: row.get(4)?,
            expires: row.get(5)?,
            at: row.get(6)?,
            by: row.get(7)?,
            sent: row.get(8)?,
            outcome: row.get(9)?,
            detail: row.get(10)?,
            answered_at: row.get(11)?,
        })
    })
}
