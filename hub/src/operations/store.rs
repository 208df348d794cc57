//! The open file, and the mirror of it in memory.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior};

use super::{Acknowledgement, Audit, Maintenance, OperationsError, Silence, audit, schema};

/// How long decisions of people are kept after they ended, ms: 400 days.
pub const KEEP_MS: i64 = 400 * 86_400_000;

/// Everything in `operations.db`. Cheap to clone. Calls that touch the file block: on the async runtime use a blocking
/// thread; those of the mirror (`acknowledgement`, `maintenance_now`, `silences_now`) do not.
#[derive(Debug, Clone)]
pub struct Operations(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    connection: Mutex<Connection>,
    mirror: ArcSwap<Mirror>,
    /// Held from reading to storing the mirror: an older one must not come to lie over a newer one.
    reloading: Mutex<()>,
}

/// What is asked for often, as of the last change.
#[derive(Debug, Default)]
pub(super) struct Mirror {
    pub acknowledgements: HashMap<String, Acknowledgement>,
    /// Not ended when the mirror was made.
    pub silences: Arc<[Silence]>,
    /// Not ended when the mirror was made.
    pub maintenance: Arc<[Maintenance]>,
}

/// Differs whenever another connection changed the file; what changes through this one reloads the mirror itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DataVersion(i64);

impl Operations {
    /// Opens `operations.db` in the data folder, or makes it. `now_ms`: the wall clock.
    ///
    /// # Errors
    /// If it cannot be opened, or is not ours.
    pub fn open(data_dir: &Path, now_ms: i64) -> Result<Self, OperationsError> {
        let path = data_dir.join("operations.db");
        let connection = Mutex::new(schema::open(&path)?);
        let operations = Self(Arc::new(Inner {
            path,
            connection,
            mirror: ArcSwap::default(),
            reloading: Mutex::default(),
        }));
        operations.reload(now_ms)?;
        Ok(operations)
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Reads what is mirrored again. A part that did not change keeps its pointer.
    pub(super) fn reload(&self, now_ms: i64) -> Result<(), OperationsError> {
        let _reloading = self.0.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = self.read(|connection| {
            Ok(Mirror {
                acknowledgements: super::acknowledgements::load(connection)?,
                silences: super::silences::load(connection, Some(now_ms))?.into(),
                maintenance: super::maintenance::load(connection, Some(now_ms))?.into(),
            })
        })?;
        let old = self.mirror();
        let keep = |fresh: Arc<[Maintenance]>| {
            if fresh == old.maintenance { old.maintenance.clone() } else { fresh }
        };
        self.0.mirror.store(Arc::new(Mirror { maintenance: keep(fresh.maintenance), ..fresh }));
        Ok(())
    }

    pub(super) fn mirror(&self) -> Arc<Mirror> {
        self.0.mirror.load_full()
    }

    pub(super) fn data_version(&self) -> Result<DataVersion, OperationsError> {
        self.read(|connection| {
            connection.pragma_query_value(None, "data_version", |row| row.get(0)).map(DataVersion)
        })
    }

    pub(super) fn read<T>(
        &self,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, OperationsError> {
        run(&self.lock()).map_err(|source| schema::failed(&self.0.path, source))
    }

    /// One transaction: all of it, or nothing.
    pub(super) fn write<T>(
        &self,
        run: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, OperationsError> {
        let mut connection = self.lock();
        let commit = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = run(&transaction)?;
            transaction.commit()?;
            Ok(done)
        };
        commit().map_err(|source| schema::failed(&self.0.path, source))
    }

    /// A decision of a person with its entry in the audit log, in one transaction; then the mirror shows it.
    pub(super) fn decide(
        &self,
        entry: &Audit,
        run: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<bool>,
    ) -> Result<bool, OperationsError> {
        let done = self.write(|transaction| {
            let done = run(transaction)?;
            if done {
                audit::append(transaction, entry)?;
            }
            Ok(done)
        })?;
        if done {
            self.reload(entry.at)?;
        }
        Ok(done)
    }

    /// A panic while the lock was held rolled its transaction back: the connection is as good as before.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All rows of a query.
pub(super) fn rows<T>(
    connection: &Connection,
    query: &str,
    parameters: impl rusqlite::Params,
    row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare_cached(query)?.query_map(parameters, row)?.collect()
}

/// A column that does not hold what was written there.
pub(super) fn damaged(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
}

/// A new id: 16 hexadecimal digits.
///
/// # Errors
/// If the system gives no random numbers.
pub fn new_id() -> Result<String, OperationsError> {
    getrandom::u64().map(|number| format!("{number:016x}")).map_err(OperationsError::Random)
}
