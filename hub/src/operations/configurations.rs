//! What was set at stations from afar, and what became of it.

use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::Serialize;
use waystation_protocol::{Configuration, Reporting};

use super::store::{damaged, rows};
use super::{Audit, CommandOutcome, Operations, OperationsError, audit};

pub(super) const TABLE: &str = "
CREATE TABLE configuration (
  station TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, report TEXT NOT NULL,
  at INTEGER NOT NULL, by TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending', detail TEXT, answered_at INTEGER
) STRICT, WITHOUT ROWID;
";

/// The last configuration of a station.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StationConfiguration {
    /// From 1; 0 if none was ever set.
    pub version: u32,
    pub report: Reporting,
    /// Ms since the Unix epoch.
    #[serde(rename = "set_at")]
    pub at: Option<i64>,
    #[serde(rename = "set_by")]
    pub by: Option<String>,
    /// unset, pending, acknowledged, refused or rolled_back.
    pub state: String,
    /// What the station said of it.
    pub detail: Option<String>,
    pub answered_at: Option<i64>,
}

impl StationConfiguration {
    /// Of a station for which nothing was ever set.
    #[must_use]
    pub fn unset() -> Self {
        Self {
            version: 0,
            report: Reporting::default(),
            at: None,
            by: None,
            state: "unset".into(),
            detail: None,
            answered_at: None,
        }
    }
}

const SELECT: &str = "SELECT version, report, at, by, state, detail, answered_at FROM configuration";

impl Operations {
    /// Sets a configuration, with an entry in the audit log; gives it with its version.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn configure(
        &self,
        station: &str,
        report: &Reporting,
        (by, role): (&str, &str),
        now_ms: i64,
    ) -> Result<StationConfiguration, OperationsError> {
        let text = text_of(report);
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO configuration (station, version, report, at, by) VALUES (?1, 1, ?2, ?3, ?4) \
                 ON CONFLICT (station) DO UPDATE SET version = version + 1, report = excluded.report, \
                 at = excluded.at, by = excluded.by, state = 'pending', detail = NULL, answered_at = NULL",
                params![station, text, now_ms, by],
            )?;
            let query = format!("{SELECT} WHERE station = ?1");
            let set = transaction.query_row(&query, [station], configuration_of)?;
            let detail = format!("version {} {text}", set.version);
            audit::append(transaction, &Audit::new(now_ms, by, role, "station.configure", station, &detail))?;
            Ok(set)
        })
    }

    /// The last configuration of a station, if one was set.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn configuration(&self, station: &str) -> Result<Option<StationConfiguration>, OperationsError> {
        let query = format!("{SELECT} WHERE station = ?1");
        self.read(|connection| connection.query_row(&query, [station], configuration_of).optional())
    }

    /// Those that their stations have not answered to.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn pending_configurations(&self) -> Result<Vec<(String, Configuration)>, OperationsError> {
        let query = "SELECT version, report, station FROM configuration WHERE state = 'pending'";
        self.read(|connection| {
            rows(connection, query, [], |row| {
                Ok((row.get(2)?, Configuration { version: row.get(0)?, report: report_of(row)? }))
            })
        })
    }
}

#[expect(clippy::expect_used, reason = "writing to a String cannot fail, and every key is a string")]
fn text_of(report: &Reporting) -> String {
    serde_json::to_string(report).expect("JSON into memory")
}

/// Notes what a station said of a configuration; false if it is about something else.
pub(super) fn note_answer(transaction: &Transaction<'_>, said: &CommandOutcome) -> rusqlite::Result<bool> {
    let Some(version) = Configuration::answered_version(&said.id) else { return Ok(false) };
    let state = match said.outcome {
        "done" => "acknowledged",
        "failed" => "rolled_back",
        _ => "refused",
    };
    let note = "UPDATE configuration SET state = ?3, detail = ?4, answered_at = ?5 \
                WHERE station = ?1 AND version = ?2 AND state <> ?3 AND state <> 'rolled_back'";
    let CommandOutcome { station, at, detail, .. } = said;
    if transaction.execute(note, params![station, version, state, detail, at])? > 0 {
        let said = detail.as_deref().filter(|detail| !detail.is_empty());
        let text =
            said.map_or_else(|| format!("version {version}"), |said| format!("version {version}: {said}"));
        let action = format!("configuration.{state}");
        audit::append(transaction, &Audit::new(*at, station, "station", &action, station, &text))?;
    }
    Ok(true)
}

fn configuration_of(row: &Row<'_>) -> rusqlite::Result<StationConfiguration> {
    Ok(StationConfiguration {
        version: row.get(0)?,
        report: report_of(row)?,
        at: row.get(2)?,
        by: row.get(3)?,
        state: row.get(4)?,
        detail: row.get(5)?,
        answered_at: row.get(6)?,
    })
}

fn report_of(row: &Row<'_>) -> rusqlite::Result<Reporting> {
    let text: String = row.get(1)?;
    serde_json::from_str(&text).map_err(|error| damaged(1, error))
}
