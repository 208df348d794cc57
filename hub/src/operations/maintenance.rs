//! Maintenance windows: a station, or all of a district, may be silent on purpose.

use std::sync::Arc;

use rusqlite::{Connection, params};
use serde::Serialize;
use waystation_protocol::StationId;

use super::store::{damaged, rows};
use super::{Audit, KEEP_MS, Operations, OperationsError};
use crate::texts::Said;

/// Planned work within `[starts_at, ends_at)`, ms since the Unix epoch, at one station or in one district.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Maintenance {
    pub id: String,
    pub station: Option<StationId>,
    pub district: Option<String>,
    pub starts_at: i64,
    pub ends_at: i64,
    pub by: String,
    pub why: String,
}

impl Maintenance {
    /// Whether it is in force.
    #[must_use]
    pub fn is_active(&self, now_ms: i64) -> bool {
        self.starts_at <= now_ms && now_ms < self.ends_at
    }

    /// Whether it is about this station, which stands in this district.
    #[must_use]
    pub fn covers(&self, station: &str, district: Option<&str>) -> bool {
        match (&self.station, &self.district) {
            (Some(id), _) => id.as_str() == station,
            (None, Some(name)) => district == Some(name.as_str()),
            (None, None) => false,
        }
    }

    fn check(&self) -> Result<(), OperationsError> {
        if self.station.is_some() == self.district.is_some() {
            return Err(OperationsError::Refused(Said::new("refusal.maintenance_place")));
        }
        if self.ends_at <= self.starts_at {
            return Err(OperationsError::Refused(Said::new("refusal.maintenance_end")));
        }
        Ok(())
    }

    fn whom(&self) -> String {
        match (&self.station, &self.district) {
            (Some(id), _) => format!("station {id}"),
            (None, district) => format!("district {}", district.as_deref().unwrap_or_default()),
        }
    }
}

impl Operations {
    /// Adds a window, with an entry in the audit log.
    ///
    /// # Errors
    /// If it is for nobody, ends before it begins, or the file cannot be written.
    pub fn add_maintenance(&self, window: &Maintenance, role: &str, at: i64) -> Result<(), OperationsError> {
        window.check()?;
        let detail = format!("{} {}..{}: {}", window.whom(), window.starts_at, window.ends_at, window.why);
        let entry = Audit::new(at, &window.by, role, "maintenance.add", &window.id, &detail);
        self.decide(&entry, |transaction| {
            transaction.execute("DELETE FROM maintenance WHERE ends_at < ?1", [at - KEEP_MS])?;
            transaction.execute(
                "INSERT INTO maintenance (id, station, district, starts_at, ends_at, by, why) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    window.id,
                    window.station.as_ref().map(StationId::as_str),
                    window.district,
                    window.starts_at,
                    window.ends_at,
                    window.by,
                    window.why
                ],
            )?;
            Ok(true)
        })?;
        Ok(())
    }

    /// Every window that is kept, also ended ones; the latest first.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn maintenance(&self) -> Result<Vec<Maintenance>, OperationsError> {
        self.read(|connection| load(connection, None))
    }

    /// Those that have not ended, future ones too; from memory. The pointer is a new one only when something changed.
    #[must_use]
    pub fn maintenance_now(&self) -> Arc<[Maintenance]> {
        self.mirror().maintenance.clone()
    }

    /// Ends a window now; false if there is none of this id that has not ended. One that had not begun is forgotten.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn end_maintenance(&self, id: &str, by: &str, role: &str, at: i64) -> Result<bool, OperationsError> {
        let entry = Audit::new(at, by, role, "maintenance.end", id, "");
        self.decide(&entry, |transaction| {
            let forgotten = transaction
                .execute("DELETE FROM maintenance WHERE id = ?1 AND starts_at >= ?2", params![id, at])?;
            let end = "UPDATE maintenance SET ends_at = ?2 WHERE id = ?1 AND ends_at > ?2";
            Ok(forgotten + transaction.execute(end, params![id, at])? > 0)
        })
    }
}

/// Those that end after `ends_after`, if given.
pub(super) fn load(connection: &Connection, ends_after: Option<i64>) -> rusqlite::Result<Vec<Maintenance>> {
    let query = "SELECT id, station, district, starts_at, ends_at, by, why FROM maintenance WHERE ends_at > ?1 \
                 ORDER BY starts_at DESC, id";
    rows(connection, query, [ends_after.unwrap_or(i64::MIN)], |row| {
        let station: Option<String> = row.get(1)?;
        let station = station.as_deref().map(StationId::try_from).transpose();
        Ok(Maintenance {
            id: row.get(0)?,
            station: station.map_err(|error| damaged(1, error))?,
            district: row.get(2)?,
            starts_at: row.get(3)?,
            ends_at: row.get(4)?,
            by: row.get(5)?,
            why: row.get(6)?,
        })
    })
}
