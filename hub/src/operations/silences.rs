//! Silences: alerts that match are not sent until an hour that somebody chose.

use std::sync::Arc;

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::store::{damaged, rows};
use super::{Audit, KEEP_MS, Operations, OperationsError};
use crate::texts::Said;

/// One condition: the member of an alert and the value that it must have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matcher {
    /// One of [`Silence::NAMES`].
    pub name: String,
    pub value: String,
}

/// No notices for alerts that meet every matcher, within `[starts_at, ends_at)`, ms since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Silence {
    pub id: String,
    /// At least one: a silence of everything must be said matcher by matcher.
    pub matchers: Vec<Matcher>,
    pub starts_at: i64,
    pub ends_at: i64,
    pub by: String,
    pub why: String,
}

impl Silence {
    /// What a matcher may ask for.
    pub const NAMES: [&'static str; 4] = ["rule", "severity", "station", "district"];

    /// Whether it is in force.
    #[must_use]
    pub fn is_active(&self, now_ms: i64) -> bool {
        self.starts_at <= now_ms && now_ms < self.ends_at
    }

    /// Whether an alert with these members is meant; `value` gives the member of a name.
    pub fn matches(&self, value: impl Fn(&str) -> Option<String>) -> bool {
        !self.matchers.is_empty()
            && self
                .matchers
                .iter()
                .all(|matcher| value(&matcher.name).as_deref() == Some(matcher.value.as_str()))
    }

    fn check(&self) -> Result<(), OperationsError> {
        let refused = |said: Said| Err(OperationsError::Refused(said));
        if self.matchers.is_empty() {
            return refused(Said::new("refusal.matchers_none"));
        }
        if let Some(unknown) =
            self.matchers.iter().find(|matcher| !Self::NAMES.contains(&matcher.name.as_str()))
        {
            let said = Said::new("refusal.matchers_name").with("name", &unknown.name);
            return refused(said.with("names", Self::NAMES.join(", ")));
        }
        if self.ends_at <= self.starts_at {
            return refused(Said::new("refusal.silence_end"));
        }
        Ok(())
    }
}

impl Operations {
    /// Adds a silence, with an entry in the audit log.
    ///
    /// # Errors
    /// If it matches nothing that there is, ends before it begins, or the file cannot be written.
    pub fn add_silence(&self, silence: &Silence, role: &str, at: i64) -> Result<(), OperationsError> {
        silence.check()?;
        let conditions: Vec<String> =
            silence.matchers.iter().map(|matcher| format!("{}={}", matcher.name, matcher.value)).collect();
        let detail = format!("{} until {}: {}", conditions.join(" "), silence.ends_at, silence.why);
        let entry = Audit::new(at, &silence.by, role, "silence.add", &silence.id, &detail);
        let matchers = serde_json::to_string(&silence.matchers)
            .map_err(|error| OperationsError::Refused(Said::both(error.to_string(), error.to_string())))?;
        self.decide(&entry, |transaction| {
            transaction.execute("DELETE FROM silence WHERE ends_at < ?1", [at - KEEP_MS])?;
            transaction.execute(
                "INSERT INTO silence (id, matchers, starts_at, ends_at, by, why) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![silence.id, matchers, silence.starts_at, silence.ends_at, silence.by, silence.why],
            )?;
            Ok(true)
        })?;
        Ok(())
    }

    /// All silences that are kept, or only those that have not ended; the latest first.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn silences(&self, active_only: bool, now_ms: i64) -> Result<Vec<Silence>, OperationsError> {
        self.read(|connection| load(connection, active_only.then_some(now_ms)))
    }

    /// Those that had not ended at the last change; from memory. The reader asks [`Silence::is_active`].
    #[must_use]
    pub fn silences_now(&self) -> Arc<[Silence]> {
        self.mirror().silences.clone()
    }

    /// Ends a silence now; false if there is none of this id that has not ended.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn end_silence(&self, id: &str, by: &str, role: &str, at: i64) -> Result<bool, OperationsError> {
        let entry = Audit::new(at, by, role, "silence.end", id, "");
        self.decide(&entry, |transaction| {
            let end = "UPDATE silence SET ends_at = max(starts_at, ?2) WHERE id = ?1 AND ends_at > ?2";
            Ok(transaction.execute(end, params![id, at])? > 0)
        })
    }
}

/// Those that end after `ends_after`, if given.
pub(super) fn load(connection: &Connection, ends_after: Option<i64>) -> rusqlite::Result<Vec<Silence>> {
    let query = "SELECT id, matchers, starts_at, ends_at, by, why FROM silence WHERE ends_at > ?1 \
                 ORDER BY starts_at DESC, id";
    rows(connection, query, [ends_after.unwrap_or(i64::MIN)], |row| {
        let matchers: String = row.get(1)?;
        Ok(Silence {
            id: row.get(0)?,
            matchers: serde_json::from_str(&matchers).map_err(|error| damaged(1, error))?,
            starts_at: row.get(2)?,
            ends_at: row.get(3)?,
            by: row.get(4)?,
            why: row.get(5)?,
        })
    })
}
