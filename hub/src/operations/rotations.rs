//! New tokens that stations are to be given without a visit, and how far each has come. The tokens themselves stand
//! nowhere here.

use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::Serialize;
use waystation_protocol::TokenOffer;

use super::store::rows;
use super::{Audit, CommandOutcome, Operations, OperationsError, audit};

pub(super) const TABLE: &str = "
CREATE TABLE rotation (
  station TEXT PRIMARY KEY NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending', detail TEXT, offers INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
";

/// A rotation that somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rotation {
    pub station: String,
    /// When it was asked for, ms since the Unix epoch.
    #[serde(rename = "asked_at")]
    pub at: i64,
    #[serde(rename = "asked_by")]
    pub by: String,
    /// `pending`: no session of the station listens. `insecure`: one does, but neither over TLS nor from this machine.
    /// `sent`: it was sent a token that it has not logged in with. `refused`: see `detail`. `done`.
    pub state: String,
    /// What the station said.
    pub detail: Option<String>,
}

const SELECT: &str = "SELECT station, at, by, state, detail FROM rotation";

impl Operations {
    /// Asks for a rotation, with an entry in the audit log; one that is under way goes on.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn ask_rotation(
        &self,
        station: &str,
        (by, role): (&str, &str),
        now_ms: i64,
    ) -> Result<Rotation, OperationsError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO rotation (station, at, by) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (station) DO UPDATE SET at = excluded.at, by = excluded.by, state = 'pending', detail = NULL \
                 WHERE state IN ('refused', 'done')",
                params![station, now_ms, by],
            )?;
            let entry = Audit::new(now_ms, by, role, "station.rotate_token", station, "online");
            audit::append(transaction, &entry)?;
            transaction.query_row(&format!("{SELECT} WHERE station = ?1"), [station], rotation_of)
        })
    }

    /// The last rotation of a station that was asked for.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn rotation(&self, station: &str) -> Result<Option<Rotation>, OperationsError> {
        let query = format!("{SELECT} WHERE station = ?1");
        self.read(|connection| connection.query_row(&query, [station], rotation_of).optional())
    }

    /// Those that are neither done nor refused.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn rotations_under_way(&self) -> Result<Vec<Rotation>, OperationsError> {
        let query = format!("{SELECT} WHERE state IN ('pending', 'insecure', 'sent')");
        self.read(|connection| rows(connection, &query, [], rotation_of))
    }

    /// Notes that a token is about to be sent; gives the number of the offer.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn rotation_offered(&self, station: &str) -> Result<u32, OperationsError> {
        let offer =
            "UPDATE rotation SET state = 'sent', offers = offers + 1 WHERE station = ?1 RETURNING offers";
        self.write(|transaction| transaction.query_row(offer, [station], |row| row.get(0)))
    }

    /// Notes whether the sessions of a station that has no token yet are such that it could be sent one.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn rotation_waits(&self, station: &str, is_insecure: bool) -> Result<(), OperationsError> {
        let state = if is_insecure { "insecure" } else { "pending" };
        let note = "UPDATE rotation SET state = ?2 WHERE station = ?1 AND state IN ('pending', 'insecure')";
        self.write(|transaction| transaction.execute(note, params![station, state]).map(drop))
    }

    /// The station has logged in with its new token, whatever another client of it may have said before.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn rotation_done(&self, station: &str, now_ms: i64) -> Result<(), OperationsError> {
        let done = "UPDATE rotation SET state = 'done', detail = NULL WHERE station = ?1 AND state IN ('sent', 'refused')";
        self.write(|transaction| {
            if transaction.execute(done, [station])? > 0 {
                let entry = Audit::new(now_ms, station, "station", "station.token_rotated", station, "");
                audit::append(transaction, &entry)?;
            }
            Ok(())
        })
    }

    /// Somebody gave the station a token by another way, which ended the one that was sent.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn rotation_overtaken(&self, station: &str) -> Result<(), OperationsError> {
        let done = "UPDATE rotation SET state = 'done', detail = NULL WHERE station = ?1";
        self.write(|transaction| transaction.execute(done, [station]).map(drop))
    }

    /// There is no such station any more: one that comes under its id has nothing to do with what was set for it.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn forget_station(&self, station: &str) -> Result<(), OperationsError> {
        self.write(|transaction| {
            transaction.execute("DELETE FROM rotation WHERE station = ?1", [station])?;
            transaction.execute("DELETE FROM configuration WHERE station = ?1", [station]).map(drop)
        })
    }
}

/// Notes what a station said of a token; false if it is about something else. That it has it, its next login shows.
pub(super) fn note_answer(transaction: &Transaction<'_>, said: &CommandOutcome) -> rusqlite::Result<bool> {
    let Some(offer) = TokenOffer::answered_offer(&said.id) else { return Ok(false) };
    let CommandOutcome { station, at, outcome, detail, .. } = said;
    if *outcome == "done" {
        return Ok(true);
    }
    let note = "UPDATE rotation SET state = 'refused', detail = ?3 WHERE station = ?1 AND offers = ?2 AND state = 'sent'";
    if transaction.execute(note, params![station, offer, detail])? > 0 {
        let text = detail.as_deref().unwrap_or_default();
        let entry = Audit::new(*at, station, "station", "station.token_refused", station, text);
        audit::append(transaction, &entry)?;
    }
    Ok(true)
}

fn rotation_of(row: &Row<'_>) -> rusqlite::Result<Rotation> {
    Ok(Rotation {
        station: row.get(0)?,
        at: row.get(1)?,
        by: row.get(2)?,
        state: row.get(3)?,
        detail: row.get(4)?,
    })
}
