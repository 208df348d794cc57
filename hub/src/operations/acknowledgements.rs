//! "I have seen it": stops the repeats and the escalation of one alert.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use serde::Serialize;

use super::store::rows;
use super::{Audit, KEEP_MS, Operations, OperationsError};

/// Who took an alert on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Acknowledgement {
    /// Name of the token.
    pub by: String,
    pub note: String,
    /// Ms since the Unix epoch.
    pub at: i64,
}

impl Operations {
    /// Notes that somebody has seen the alert, with an entry in the audit log; false if it had been acknowledged
    /// before (then the first one stands).
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn acknowledge(
        &self,
        alert: &str,
        by: &str,
        role: &str,
        note: &str,
        at: i64,
    ) -> Result<bool, OperationsError> {
        let entry = Audit::new(at, by, role, "alert.acknowledge", alert, note);
        self.decide(&entry, |transaction| {
            transaction.execute("DELETE FROM acknowledgement WHERE at < ?1", [at - KEEP_MS])?;
            let added = transaction.execute(
                "INSERT INTO acknowledgement (alert, by, note, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                params![alert, by, note, at],
            )?;
            Ok(added > 0)
        })
    }

    /// Of this alert, if there is one; from memory.
    #[must_use]
    pub fn acknowledgement(&self, alert: &str) -> Option<Acknowledgement> {
        self.mirror().acknowledgements.get(alert).cloned()
    }
}

pub(super) fn load(connection: &Connection) -> rusqlite::Result<HashMap<String, Acknowledgement>> {
    let row = |row: &rusqlite::Row<'_>| {
        Ok((row.get(0)?, Acknowledgement { by: row.get(1)?, note: row.get(2)?, at: row.get(3)? }))
    };
    Ok(rows(connection, "SELECT alert, by, note, at FROM acknowledgement", [], row)?.into_iter().collect())
}
