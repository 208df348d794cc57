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
  awaits INTEGER NOT NULL DEFAULT 0, confirmed_by TEXT,
  UNIQUE (station, id)
) STRICT;
";

/// What a file of an older hub lacks.
pub(super) const FROM_FORMAT_1: &str = "
ALTER TABLE command ADD COLUMN awaits INTEGER NOT NULL DEFAULT 0;
ALTER TABLE command ADD COLUMN confirmed_by TEXT;
";

const MINUTE_MS: i64 = 60_000;

/// What became of a command that was to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    Kept,
    /// The station was asked under this id before.
    Again,
    /// The station was asked too often; ms until the next may come.
    TooMany(i64),
}

/// What became of a confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmed {
    /// To be sent now, by whoever confirmed it, once.
    Good(Box<AskedCommand>),
    SamePerson,
    /// There is none, it was confirmed already, or it has expired.
    NotAwaiting,
}

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
    /// The second person, where one is needed.
    pub confirmed_by: Option<String>,
    /// Whether it waits for a second person.
    #[serde(skip)]
    pub awaits: bool,
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
    /// Keeps a command that is about to be sent or waits for a second person, with an entry in the audit log.
    /// `per_minute_max`: commands that a station may be asked for within a minute; 0: no limit.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn add_command(
        &self,
        command: &AskedCommand,
        role: &str,
        per_minute_max: u32,
    ) -> Result<Added, OperationsError> {
        let AskedCommand { station, id, action, device, expires, at, by, awaits, .. } = command;
        let device_text = device.as_deref().map(|device| format!(" device {device}")).unwrap_or_default();
        let detail = format!("id {id}{device_text} expires {expires}");
        let entry = Audit::new(*at, by, role, &format!("command.{action}"), station, &detail);
        self.write(|transaction| {
            let recent = "SELECT count(*), min(at) FROM command WHERE station = ?1 AND at > ?2";
            let (asked, first): (u32, Option<i64>) =
                transaction.query_row(recent, params![station, at - MINUTE_MS], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?;
            if per_minute_max > 0 && asked >= per_minute_max {
                return Ok(Added::TooMany(first.map_or(MINUTE_MS, |first| first + MINUTE_MS - at)));
            }
            let added = transaction.execute(
                "INSERT INTO command (station, id, action, device, expires, at, by, awaits) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
                params![station, id, action, device, expires, at, by, awaits],
            )?;
            if added == 0 {
                return Ok(Added::Again);
            }
            audit::append(transaction, &entry)?;
            transaction.execute(
                "DELETE FROM command WHERE at < ?1 OR number <= (SELECT max(number) FROM command) - ?2",
                params![at - KEEP_MS, KEPT_MAX],
            )?;
            Ok(Added::Kept)
        })
    }

    /// A second person confirms a command, with an entry in the audit log. Only one confirmation of a command is good.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn confirm_command(
        &self,
        station: &str,
        id: &str,
        (by, role): (&str, &str),
        now_ms: i64,
    ) -> Result<Confirmed, OperationsError> {
        self.write(|transaction| {
            let query = format!("{SELECT} WHERE station = ?1 AND id = ?2 AND awaits AND expires > ?3");
            let found = rows(transaction, &query, params![station, id, now_ms], command_of)?;
            let Some(mut command) = found.into_iter().next() else { return Ok(Confirmed::NotAwaiting) };
            if command.by == by {
                return Ok(Confirmed::SamePerson);
            }
            let confirm = "UPDATE command SET awaits = 0, confirmed_by = ?3 WHERE station = ?1 AND id = ?2";
            transaction.execute(confirm, params![station, id, by])?;
            let detail = format!("id {id} {} asked for by {}", command.action, command.by);
            audit::append(transaction, &Audit::new(now_ms, by, role, "command.confirm", station, &detail))?;
            (command.awaits, command.confirmed_by) = (false, Some(by.to_owned()));
            Ok(Confirmed::Good(Box::new(command)))
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
            for said in outcomes {
                if super::configurations::note_answer(transaction, said)?
                    || super::rotations::note_answer(transaction, said)?
                {
                    continue;
                }
                let CommandOutcome { station, id, at, outcome, detail } = said;
                if transaction.execute(note, params![station, id, outcome, detail, at])? > 0 {
                    let said = detail.as_deref().filter(|detail| !detail.is_empty());
                    let text = said.map_or_else(|| format!("id {id}"), |said| format!("id {id}: {said}"));
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
    let query = format!("{SELECT} WHERE station = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3");
    rows(connection, &query, params![station, before, limit], command_of)
}

const SELECT: &str = "SELECT number, station, id, action, device, expires, at, by, sent, outcome, \
     detail, answered_at, awaits, confirmed_by FROM command";

fn command_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<AskedCommand> {
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
        awaits: row.get(12)?,
        confirmed_by: row.get(13)?,
    })
}
