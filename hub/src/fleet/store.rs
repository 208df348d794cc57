//! `state.db`: what the fold made of the log so far, and the quarantine.

use super::alert_store::{self, AlertFilter, AlertPage, AlertSave};
use super::alerts::Alert;
use super::availability::Outage;
use super::fold::Fleet;
use super::outage_rows::{self, OutageFilter};
use super::quarantine::{self, Kept, QuarantineFilter, QuarantineItem, QuarantinePage};
use super::schema;
use super::silences::Silence;
use super::snapshot::{self, StationRow};
use crate::influx::{QuarantineError, QuarantineSink, RefusedLine};
use crate::operations::OperationsError;
use crate::sqlite;
use rusqlite::{Connection, OptionalExtension, params};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use thiserror::Error;
use waystation_protocol::StationId;

/// What can go wrong with `state.db`.
#[derive(Debug, Error)]
pub enum StoreError {
    #[error(
        "cannot {doing} {}: {source}; check that the disk has room and that the folder belongs to the hub's user. If \
         the file is damaged, move it away: the hub rebuilds it from the log", .path.display()
    )]
    Sqlite { doing: &'static str, path: PathBuf, source: rusqlite::Error },
    #[error(
        "{} was written by a newer hub (version {found} of the file, this hub knows {known}); run that hub, or move \
         the file away to have it rebuilt from the log", .path.display()
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error(transparent)]
    Operations(#[from] OperationsError),
    #[error("cannot read the log to rebuild the stations' state: {0}")]
    Log(String),
}

impl StoreError {
    /// Whether the file itself is damaged.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Sqlite { source, .. } if sqlite::is_damage(source))
    }

    pub(super) fn sqlite(doing: &'static str, path: &Path, source: rusqlite::Error) -> Self {
        Self::Sqlite { doing, path: path.to_owned(), source }
    }
}

/// The open file. Writing and reading have a connection each, so that a long list never delays a commit.
pub struct Store {
    path: PathBuf,
    writer: Mutex<Writer>,
    reader: Mutex<Connection>,
    /// For what may take long: nobody who waits for an alert waits for a report.
    reports: Mutex<Connection>,
    now_ms: fn() -> i64,
}

struct Writer {
    connection: Connection,
    kept: Kept,
}

/// What one save writes, in one transaction.
pub struct Save<'a> {
    pub log_id: &'a str,
    pub applied_seq: u64,
    /// Some at a time.
    pub stations: &'a mut dyn Iterator<Item = Vec<StationRow>>,
    pub quarantined: &'a [QuarantineItem],
    pub alerts: AlertSave<'a>,
}

impl Store {
    /// Opens `state.db` in the data folder, or makes it.
    ///
    /// # Errors
    /// If the file cannot be opened or belongs to a newer hub.
    pub fn open(data_dir: &Path, now_ms: fn() -> i64) -> Result<Self, StoreError> {
        let path = data_dir.join("state.db");
        let connection = schema::open_writer(&path)?;
        let kept = Kept::load(&connection).map_err(|source| StoreError::sqlite("read", &path, source))?;
        let reader = Mutex::new(schema::open_reader(&path)?);
        let reports = Mutex::new(schema::open_reader(&path)?);
        Ok(Self { writer: Mutex::new(Writer { connection, kept }), reader, reports, path, now_ms })
    }

    /// Reads all stations into the fleet; gives the number of the last record of this log that they contain (0: none).
    pub(super) fn load(&self, log_id: &str, fleet: &mut Fleet) -> Result<u64, StoreError> {
        let writer = self.writer();
        let mut read = || {
            snapshot::load(&writer.connection, fleet)?;
            outage_rows::load(&writer.connection, fleet, (self.now_ms)())?;
            let (book, firing) = alert_store::load(&writer.connection)?;
            fleet.restore_alerts(book, firing);
            let progress = "SELECT applied_seq FROM progress WHERE log_id = ?1";
            writer.connection.query_row(progress, [log_id], |row| row.get::<_, i64>(0)).optional()
        };
        let applied = read().map_err(|source| StoreError::sqlite("read", &self.path, source))?;
        Ok(applied.and_then(|applied| u64::try_from(applied).ok()).unwrap_or(0))
    }

    /// Saves what changed, durably.
    pub(super) fn save(&self, save: Save<'_>) -> Result<(), StoreError> {
        let write = |transaction: &rusqlite::Transaction<'_>, kept: Kept| {
            for rows in save.stations {
                snapshot::save(transaction, &rows)?;
                let silences = rows.iter().map(|row| (row.id.as_str(), row.silences.as_slice()));
                outage_rows::save(transaction, silences, (self.now_ms)())?;
            }
            outage_rows::drop_old(transaction, (self.now_ms)())?;
            alert_store::save(transaction, &save.alerts)?;
            let kept = kept.insert(transaction, save.quarantined.iter())?;
            let progress = "INSERT OR REPLACE INTO progress (one, log_id, applied_seq) VALUES (1, ?1, ?2)";
            let applied = i64::try_from(save.applied_seq).unwrap_or(i64::MAX); // 2^63 records are never written
            transaction.execute(progress, params![save.log_id, applied])?;
            Ok(kept)
        };
        self.commit(write)
    }

    /// One page of the quarantine. Blocks on the disk.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn quarantine_page(&self, filter: &QuarantineFilter) -> Result<QuarantinePage, StoreError> {
        self.read(|connection| quarantine::page(connection, filter))
    }

    /// One page of the alerts, the newest start first. Blocks on the disk, as all of these do.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn alert_page(&self, filter: &AlertFilter) -> Result<AlertPage, StoreError> {
        self.read(|connection| alert_store::page(connection, filter))
    }

    /// The alert of this id, firing or resolved.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn alert(&self, id: &str) -> Result<Option<Alert>, StoreError> {
        self.read(|connection| alert_store::one(connection, id))
    }

    /// Alerts that changed after this revision, oldest change first, each as it is now.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn alerts_since(&self, revision: i64, limit: u32) -> Result<Vec<(i64, Alert)>, StoreError> {
        self.read(|connection| alert_store::since(connection, revision, limit))
    }

    /// The outages that touch a period, by station and time. What happened within the last second or so may not be
    /// there yet.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn outages(&self, filter: &OutageFilter) -> Result<Vec<Outage>, StoreError> {
        let mut found = Vec::new();
        self.each_outage(filter, |outage| {
            found.push(outage);
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }

    /// The same, one at a time, until `visit` has seen enough: a month of a country need not fit into memory.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn each_outage(
        &self,
        filter: &OutageFilter,
        visit: impl FnMut(Outage) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        outage_rows::each(&reports, filter, visit)
            .map_err(|source| StoreError::sqlite("read", &self.path, source))
    }

    /// Times without contact that changed after this revision, the oldest change first, each as it is now.
    pub(super) fn silences_since(
        &self,
        revision: i64,
        limit: u32,
    ) -> Result<Vec<(i64, StationId, Silence)>, StoreError> {
        self.read(|connection| outage_rows::since(connection, revision, limit))
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        read(&reader).map_err(|source| StoreError::sqlite("read", &self.path, source))
    }

    fn commit(
        &self,
        write: impl FnOnce(&rusqlite::Transaction<'_>, Kept) -> rusqlite::Result<Kept>,
    ) -> Result<(), StoreError> {
        let mut writer = self.writer();
        let before = writer.kept;
        let run = || {
            let transaction = writer.connection.transaction()?;
            let kept = write(&transaction, before)?;
            transaction.commit()?;
            Ok(kept)
        };
        let kept = run().map_err(|source| StoreError::sqlite("write", &self.path, source))?;
        writer.kept = kept;
        Ok(())
    }

    /// A transaction that a panic cut short was rolled back when it was dropped, so the lock's poison says nothing.
    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl QuarantineSink for Store {
    fn quarantine(&self, lines: &[RefusedLine]) -> Result<(), QuarantineError> {
        let now_ms = (self.now_ms)();
        let items: Vec<QuarantineItem> =
            lines.iter().map(|line| QuarantineItem::refused(line, now_ms)).collect();
        self.commit(|transaction, kept| kept.insert(transaction, items.iter()))
            .map_err(|error| QuarantineError(error.to_string()))
    }
}
