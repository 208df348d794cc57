//! The embedded store: what every station sent, thinned out as it ages, and what was made of it.
//!
//! ```text
//! log ─▶ consumer (thread: gather by station and hour) ─▶ commit: blocks of readings · utilisation of touched hours
//!                                                    └─▶ upkeep: roll-ups of hours that are over, retention
//! query: memory + blocks → series          report: windows of hours and days → figures
//! ```
//! The format and what it promises stand in `schema`; formulas in `utilisation`.

mod block;
mod bytes;
mod calendars;
mod commit;
mod consumer;
mod corrections;
mod derived;
mod facts;
mod gather;
mod low_use;
mod query;
mod report;
mod rollup;
mod schema;
mod stars;
mod table;
mod upkeep;
mod uptime_days;
pub mod utilisation;

pub use consumer::{CURSOR, Consumer, ConsumerHandle};
pub use derived::Findings;
pub use low_use::LowUse;
pub use query::{Point, Query, STEP_MAX_MS, Series, Values};
pub use report::{By, Resolution, UptimeOf, UtilisationItem, UtilisationQuery};
pub use stars::{OpenAlerts, StarProposal, StarWeight};
pub use upkeep::Retention;
pub use uptime_days::DailyUptime;
pub use utilisation::{Figure, Figures, Uptime};

use crate::calendar::Zone;
use crate::registry::SharedDirectory;
use crate::sqlite;
use crate::texts::Said;
use commit::Commit;
use gather::{Finding, Gathering};
use rusqlite::{Connection, OptionalExtension};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use table::TableError;
use thiserror::Error;
use utilisation::Facts;
use waystation_protocol::StationId;

/// What can go wrong with the history.
#[derive(Debug, Error)]
pub enum HistoryError {
    #[error(
        "cannot {doing} {}: {source}; check that the disk has room and that the folder belongs to the hub's user. If \
         the file is damaged, move it away: the hub begins a new one", .path.display()
    )]
    Table { doing: &'static str, path: PathBuf, source: TableError },
    #[error(
        "{} was written by a newer hub (version {found} of the file, this hub knows {known}); run that hub, or move \
         the file away to begin a new one", .path.display()
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("cannot read the log into the history: {0}")]
    Log(String),
    #[error("the availability of days that are over cannot be worked out: {0}")]
    Uptimes(String),
    #[error("{0}")]
    TooMuch(Said),
}

impl HistoryError {
    /// Whether the file itself is damaged.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Table { source: TableError::Sqlite(source), .. } if sqlite::is_damage(source))
    }

    fn sqlite(doing: &'static str, path: &Path, source: rusqlite::Error) -> Self {
        Self::Table { doing, path: path.to_owned(), source: source.into() }
    }
}

/// The history of all stations. Cheap to clone; its calls block on the disk.
#[derive(Clone)]
pub struct History(Arc<Shared>);

struct Shared {
    path: PathBuf,
    writer: Mutex<Connection>,
    /// Connections that nobody reads with at present.
    readers: Mutex<Vec<Connection>>,
    gathering: Gathering,
    directory: SharedDirectory,
    zone: Zone,
    now_ms: fn() -> i64,
    low_use: Mutex<low_use::LastList>,
}

/// Connections that are kept for the next who asks.
const READERS_KEPT: usize = 4;

impl History {
    /// Opens `history.db` in the data folder, or makes it. `zone` is that of stations without one of their own.
    ///
    /// # Errors
    /// If the file cannot be opened or belongs to a newer hub.
    pub fn open(
        data_dir: &Path,
        directory: SharedDirectory,
        zone: Zone,
        now_ms: fn() -> i64,
    ) -> Result<Self, HistoryError> {
        let path = data_dir.join("history.db");
        let writer = Mutex::new(schema::open_writer(&path, now_ms())?);
        let readers = Mutex::default();
        let gathering = Gathering::default();
        Ok(Self(Arc::new(Shared {
            path,
            writer,
            readers,
            gathering,
            directory,
            zone,
            now_ms,
            low_use: Mutex::default(),
        })))
    }

    /// Takes in what the hub itself found of a station's presence; it does not block. Findings go to InfluxDB
    /// ([`Findings`]), for the log does not hold them.
    pub fn note_presence(&self, station: &StationId, online: bool, ts_ms: i64) {
        if !self.gathering().note(Finding { station: station.clone(), ts: ts_ms, online }) {
            tracing::debug!(station = %station, "a finding on presence was left out: too many wait");
        }
    }

    /// The last record of this log that is in here.
    fn progress(&self, log_id: &str) -> Result<u64, HistoryError> {
        let query = "SELECT applied_seq FROM progress WHERE log_id = ?1";
        let applied = self
            .read(|reader| Ok(reader.query_row(query, [log_id], |row| row.get::<_, i64>(0)).optional()?))?;
        Ok(applied.and_then(|applied| u64::try_from(applied).ok()).unwrap_or(0))
    }

    fn commit(&self, commit: &Commit<'_>) -> Result<(), HistoryError> {
        self.write(|writer| commit.run(writer))
    }

    /// What a station's figures depend on, as the registry has it now.
    fn facts(&self, station: &StationId) -> Facts {
        let directory = self.0.directory.load();
        match directory.station(station.as_str()) {
            Some(station) => Facts { calendar: station.calendar(&self.0.zone), capacity: station.capacity },
            None => Facts::unknown(self.0.zone.clone()),
        }
    }

    fn now_ms(&self) -> i64 {
        (self.0.now_ms)()
    }

    fn gathering(&self) -> &Gathering {
        &self.0.gathering
    }

    fn write<T>(&self, work: impl FnOnce(&mut Connection) -> table::Result<T>) -> Result<T, HistoryError> {
        // A transaction that a panic cut short was rolled back when it was dropped.
        let mut writer = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut writer).map_err(|source| self.failed("write", source))
    }

    fn read<T>(&self, work: impl FnOnce(&Connection) -> table::Result<T>) -> Result<T, HistoryError> {
        let kept = self.readers(Vec::pop);
        let reader = match kept {
            Some(reader) => reader,
            None => schema::open_reader(&self.0.path)?,
        };
        let result = work(&reader).map_err(|source| self.failed("read", source));
        self.readers(|kept| {
            if kept.len() < READERS_KEPT {
                kept.push(reader);
            }
        });
        result
    }

    fn readers<T>(&self, work: impl FnOnce(&mut Vec<Connection>) -> T) -> T {
        work(&mut self.0.readers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn failed(&self, doing: &'static str, source: TableError) -> HistoryError {
        HistoryError::Table { doing, path: self.0.path.clone(), source }
    }
}

#[cfg(test)]
mod tests;
