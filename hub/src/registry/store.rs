//! `registry.db`: the stations and tokens, in SQLite.
//!
//! Format: SQLite, `application_id` and `user_version` as below, in write-ahead-log mode, one row a station and
//! one a token; of a token only the SHA-256 is kept. Invariants: every row passed [`super::NewStation::check`];
//! a token's text leaves the program only after its hash is on disk (`synchronous = FULL`); several programs may
//! have the file open, and each change is one transaction.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, ErrorCode, Row, ToSql, TransactionBehavior, params};
use waystation_protocol::StationId;

use super::claim::TABLE as CLAIM_TABLE;
use super::import::Existing;
use super::successor::{self, TABLE as SUCCESSOR_TABLE};
use super::{Directory, NewStation, Principal, RegistryError, Role, Station, Token, TokenHash, TokenName};
use crate::sqlite;

/// "WAYS", so that another program's database is not taken for ours.
const APPLICATION_ID: i64 = 0x5741_5953;
const FORMAT: i64 = 4;
/// Longest wait for another program's transaction; an import of the whole country takes a few seconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

const SCHEMA: &str = "
CREATE TABLE station (
  id TEXT PRIMARY KEY NOT NULL,
  name_zh TEXT NOT NULL, name_en TEXT NOT NULL,
  city TEXT, district TEXT, street TEXT, grid TEXT,
  latitude REAL, longitude REAL,
  kind TEXT NOT NULL, host_type TEXT, opening_hours TEXT, capacity INTEGER,
  token_sha256 BLOB NOT NULL,
  created_ms INTEGER NOT NULL, token_created_ms INTEGER NOT NULL,
  time_zone TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE token (
  name TEXT PRIMARY KEY NOT NULL,
  role TEXT NOT NULL,
  sha256 BLOB NOT NULL UNIQUE,
  created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

/// What a file of the oldest hub lacks, besides what later ones lack.
const FROM_FORMAT_1: &str = "ALTER TABLE station ADD COLUMN time_zone TEXT;";

const STATION_COLUMNS: &str = "id, name_zh, name_en, city, district, street, grid, latitude, longitude, kind, \
     host_type, opening_hours, capacity, token_sha256, time_zone";

/// The open registry. Calls block: on the async runtime, use a blocking thread.
#[derive(Debug)]
pub struct Registry {
    path: PathBuf,
    connection: Mutex<Connection>,
}

/// Differs whenever somebody, this program or another, changed the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataVersion {
    by_others: i64,
    by_us: u64,
}

/// One line of `token list`.
#[derive(Debug, Clone, serde::Serialize)]
pub struct TokenSummary {
    pub name: TokenName,
    pub role: Role,
    /// When it was made, milliseconds since the Unix epoch.
    pub created_ms: i64,
}

impl Registry {
    /// Opens `registry.db` in this folder, and makes both when they are not there.
    pub fn open(data_dir: &Path) -> Result<Self, RegistryError> {
        std::fs::create_dir_all(data_dir)
            .map_err(|source| RegistryError::Folder { path: data_dir.to_owned(), source })?;
        let path = data_dir.join("registry.db");
        sqlite::make_private(&path).map_err(|source| RegistryError::Folder { path: path.clone(), source })?;
        let connection =
            sqlite::connect(&path, BUSY_TIMEOUT).map_err(|source| match sqlite::is_damage(&source) {
                true => RegistryError::Damaged { path: path.clone(), what: source.to_string() },
                false => RegistryError::Open { path: path.clone(), source },
            })?;
        let registry = Self { path, connection: Mutex::new(connection) };
        registry.set_up()?;
        Ok(registry)
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Registers a station. The token is shown nowhere else, ever.
    pub fn add(&self, station: &NewStation) -> Result<Token, RegistryError> {
        let station = station.check().map_err(RegistryError::Mistakes)?;
        let token = Token::generate()?;
        let added = self.write(|connection| insert(connection, &station, &token.hash(), Existing::Refuse))?;
        if added == 0 {
            return Err(RegistryError::StationExists(station.id.to_string()));
        }
        Ok(token)
    }

    /// Registers many in one transaction. Gives each one's token; no token for one that existed and was updated.
    /// With [`Existing::Refuse`] one that exists fails the whole, naming it.
    pub(super) fn add_all(
        &self,
        stations: Vec<Station>,
        existing: Existing,
    ) -> Result<Vec<(StationId, Option<Token>)>, RegistryError> {
        let mut connection = self.lock();
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|source| self.failed(source))?;
        let mut made = Vec::with_capacity(stations.len());
        for station in stations {
            let known = transaction
                .prepare_cached("SELECT 1 FROM station WHERE id = ?1")
                .and_then(|mut query| query.exists([station.id.as_str()]))
                .map_err(|source| self.failed(source))?;
            if known && existing == Existing::Refuse {
                return Err(RegistryError::StationExists(station.id.to_string()));
            }
            let token = Token::generate()?;
            insert(&transaction, &station, &token.hash(), existing).map_err(|source| self.failed(source))?;
            made.push((station.id, (!known).then_some(token)));
        }
        transaction.commit().map_err(|source| self.failed(source))?;
        Ok(made)
    }

    /// Replaces a station by what `change` makes of it; its token stays. Gives both.
    pub(super) fn change(
        &self,
        id: &StationId,
        change: impl FnOnce(&Station) -> Result<Station, RegistryError>,
    ) -> Result<(Station, Station), RegistryError> {
        let mut connection = self.lock();
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|source| self.failed(source))?;
        let found = one(&transaction, id).map_err(|error| self.unreadable(error))?;
        let (before, hash) = found.ok_or_else(|| RegistryError::NoSuchStation(id.to_string()))?;
        let after = change(&before)?;
        insert(&transaction, &after, &hash, Existing::Update).map_err(|source| self.failed(source))?;
        transaction.commit().map_err(|source| self.failed(source))?;
        Ok((before, after))
    }

    /// Every station, sorted by id.
    pub fn list(&self) -> Result<Vec<Station>, RegistryError> {
        Ok(self.stations()?.into_iter().map(|(station, _)| station).collect())
    }

    /// Forgets a station: it can log in no more. Its data stays.
    pub fn remove(&self, id: &StationId) -> Result<(), RegistryError> {
        let removed =
            self.write(|connection| connection.execute("DELETE FROM station WHERE id = ?1", [id.as_str()]))?;
        if removed == 0 { Err(RegistryError::NoSuchStation(id.to_string())) } else { Ok(()) }
    }

    /// Gives a station a new token; the old one is worth nothing from then on.
    pub fn rotate_token(&self, id: &StationId) -> Result<Token, RegistryError> {
        let token = Token::generate()?;
        let mut connection = self.lock();
        let mut rotate = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let changed = successor::put(&transaction, id.as_str(), &token.hash(), now_ms())?;
            transaction.commit().map(|()| changed)
        };
        let changed = rotate().map_err(|source| self.failed(source))?;
        if changed == 0 { Err(RegistryError::NoSuchStation(id.to_string())) } else { Ok(token) }
    }

    /// Makes a token for a person or a program. It is shown nowhere else, ever.
    pub fn add_token(&self, name: &TokenName, role: Role) -> Result<Token, RegistryError> {
        let token = Token::generate()?;
        let added = self.write(|connection| {
            connection.execute(
                "INSERT INTO token (name, role, sha256, created_ms) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (name) DO NOTHING",
                params![name.as_str(), role.as_str(), token.hash().as_bytes(), now_ms()],
            )
        })?;
        if added == 0 { Err(RegistryError::TokenExists(name.to_string())) } else { Ok(token) }
    }

    /// Every token of a person or a program, sorted by name.
    pub fn list_tokens(&self) -> Result<Vec<TokenSummary>, RegistryError> {
        Ok(self.tokens()?.into_iter().map(|(summary, _)| summary).collect())
    }

    /// Forgets a token: it is worth nothing from then on.
    pub fn remove_token(&self, name: &TokenName) -> Result<(), RegistryError> {
        let removed = self
            .write(|connection| connection.execute("DELETE FROM token WHERE name = ?1", [name.as_str()]))?;
        if removed == 0 { Err(RegistryError::NoSuchToken(name.to_string())) } else { Ok(()) }
    }

    /// The whole registry as a snapshot for the hot path.
    pub fn load(&self) -> Result<Directory, RegistryError> {
        let stations = self.stations()?;
        let tokens = self.tokens()?.into_iter();
        let owners = tokens.map(|(token, hash)| (Principal { name: token.name, role: token.role }, hash));
        Ok(Directory::new(stations, owners.collect()).with_successors(self.successors()?))
    }

    /// Cheap; compare it with an earlier one to learn whether to [`Registry::load`] again.
    pub fn data_version(&self) -> Result<DataVersion, RegistryError> {
        let connection = self.lock();
        let by_others = connection
            .pragma_query_value(None, "data_version", |row| row.get(0))
            .map_err(|source| self.failed(source))?;
        Ok(DataVersion { by_others, by_us: connection.total_changes() })
    }

    fn stations(&self) -> Result<Vec<(Station, TokenHash)>, RegistryError> {
        self.read(&format!("SELECT {STATION_COLUMNS} FROM station ORDER BY id"), station_of)
    }

    fn tokens(&self) -> Result<Vec<(TokenSummary, TokenHash)>, RegistryError> {
        self.read("SELECT name, role, created_ms, sha256 FROM token ORDER BY name", token_of)
    }

    /// The second tokens of stations.
    pub fn successors(&self) -> Result<HashMap<StationId, TokenHash>, RegistryError> {
        Ok(self.read("SELECT station, sha256 FROM successor", successor_of)?.into_iter().collect())
    }

    fn set_up(&self) -> Result<(), RegistryError> {
        let mut connection = self.lock();
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|source| self.failed(source))?;
        let number = |name| transaction.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let application = number("application_id").map_err(|source| self.failed(source))?;
        let format = number("user_version").map_err(|source| self.failed(source))?;
        match (application, format) {
            (APPLICATION_ID, FORMAT) => return Ok(()),
            (0, 0) => transaction.execute_batch(&format!(
                "{SCHEMA} {CLAIM_TABLE} {SUCCESSOR_TABLE} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT};"
            )),
            (APPLICATION_ID, found @ 1..FORMAT) => {
                let lacking = [FROM_FORMAT_1, CLAIM_TABLE, SUCCESSOR_TABLE];
                let lacking = lacking.iter().zip(1..).filter(|(_, format)| *format >= found);
                let lacking: String = lacking.map(|(sql, _)| *sql).collect();
                transaction.execute_batch(&format!("{lacking} PRAGMA user_version = {FORMAT};"))
            }
            (APPLICATION_ID, found) => {
                return Err(RegistryError::Newer { path: self.path.clone(), found, known: FORMAT });
            }
            _ => return Err(RegistryError::Foreign { path: self.path.clone() }),
        }
        .and_then(|()| transaction.commit())
        .map_err(|source| self.failed(source))
    }

    fn read<T>(
        &self,
        query: &str,
        row: fn(&Row<'_>) -> Result<T, RowError>,
    ) -> Result<Vec<T>, RegistryError> {
        let connection = self.lock();
        let rows = || -> Result<Vec<T>, RowError> {
            let mut statement = connection.prepare_cached(query)?;
            let mut rows = statement.query([])?;
            let mut items = Vec::new();
            while let Some(found) = rows.next()? {
                items.push(row(found)?);
            }
            Ok(items)
        };
        rows().map_err(|error| self.unreadable(error))
    }

    fn unreadable(&self, error: RowError) -> RegistryError {
        match error {
            RowError::Sqlite(source) => self.failed(source),
            RowError::Damaged(what) => RegistryError::Damaged { path: self.path.clone(), what },
        }
    }

    pub(super) fn write(
        &self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<usize>,
    ) -> Result<usize, RegistryError> {
        change(&self.lock()).map_err(|source| self.failed(source))
    }

    /// A panic while the lock was held rolled its transaction back: the connection is as good as before.
    pub(super) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn failed(&self, source: rusqlite::Error) -> RegistryError {
        let path = self.path.clone();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                RegistryError::Busy { path, waited_s: BUSY_TIMEOUT.as_secs() }
            }
            _ if sqlite::is_damage(&source) => RegistryError::Damaged { path, what: source.to_string() },
            _ => RegistryError::Sqlite { path, source },
        }
    }
}

/// Rows changed: 0 when the station exists and is to be left alone. An updated one keeps its token.
fn insert(
    connection: &Connection,
    station: &Station,
    hash: &TokenHash,
    existing: Existing,
) -> rusqlite::Result<usize> {
    let on_conflict = match existing {
        Existing::Refuse => "NOTHING",
        Existing::Update => {
            "UPDATE SET name_zh = excluded.name_zh, name_en = excluded.name_en, city = excluded.city, \
             district = excluded.district, street = excluded.street, grid = excluded.grid, \
             latitude = excluded.latitude, longitude = excluded.longitude, kind = excluded.kind, \
             host_type = excluded.host_type, opening_hours = excluded.opening_hours, capacity = excluded.capacity, \
             time_zone = excluded.time_zone"
        }
    };
    let mut statement = connection.prepare_cached(&format!(
        "INSERT INTO station ({STATION_COLUMNS}, created_ms, token_created_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?16) \
         ON CONFLICT (id) DO {on_conflict}"
    ))?;
    let now_ms = now_ms();
    let values: [&dyn ToSql; 16] = [
        &station.id.as_str(),
        &station.name_zh.as_str(),
        &station.name_en.as_str(),
        &station.city.as_deref(),
        &station.district.as_deref(),
        &station.street.as_deref(),
        &station.grid.as_deref(),
        &station.latitude,
        &station.longitude,
        &station.kind.as_str(),
        &station.host_type.as_deref(),
        &station.opening_hours.as_deref(),
        &station.capacity,
        &hash.as_bytes(),
        &station.time_zone.as_deref(),
        &now_ms,
    ];
    statement.execute(values)
}

enum RowError {
    Sqlite(rusqlite::Error),
    Damaged(String),
}

impl From<rusqlite::Error> for RowError {
    fn from(error: rusqlite::Error) -> Self {
        RowError::Sqlite(error)
    }
}

impl From<rusqlite::types::FromSqlError> for RowError {
    fn from(error: rusqlite::types::FromSqlError) -> Self {
        RowError::Damaged(error.to_string())
    }
}

fn one(connection: &Connection, id: &StationId) -> Result<Option<(Station, TokenHash)>, RowError> {
    let query = format!("SELECT {STATION_COLUMNS} FROM station WHERE id = ?1");
    let mut statement = connection.prepare_cached(&query)?;
    let mut rows = statement.query([id.as_str()])?;
    rows.next()?.map(station_of).transpose()
}

fn station_of(row: &Row<'_>) -> Result<(Station, TokenHash), RowError> {
    let text = |column| Ok::<_, RowError>(row.get_ref(column)?.as_str_or_null()?);
    let damaged = |what: String| RowError::Damaged(format!("a station's row: {what}"));
    let station = Station {
        id: StationId::try_from(text(0)?.unwrap_or("")).map_err(|error| damaged(error.to_string()))?,
        name_zh: text(1)?.unwrap_or("").into(),
        name_en: text(2)?.unwrap_or("").into(),
        city: text(3)?.map(Into::into),
        district: text(4)?.map(Into::into),
        street: text(5)?.map(Into::into),
        grid: text(6)?.map(Into::into),
        latitude: row.get(7)?,
        longitude: row.get(8)?,
        kind: text(9)?.unwrap_or("").parse().map_err(damaged)?,
        host_type: text(10)?.map(Into::into),
        opening_hours: text(11)?.map(Into::into),
        capacity: row.get(12)?,
        time_zone: text(14)?.map(Into::into),
    };
    let hash = TokenHash::from_bytes(row.get_ref(13)?.as_blob()?)
        .ok_or_else(|| damaged("a token's hash has another length than 32 bytes".into()))?;
    Ok((station, hash))
}

fn token_of(row: &Row<'_>) -> Result<(TokenSummary, TokenHash), RowError> {
    let damaged = |what: String| RowError::Damaged(format!("a token's row: {what}"));
    let summary = TokenSummary {
        name: row.get_ref(0)?.as_str()?.parse().map_err(damaged)?,
        role: row.get_ref(1)?.as_str()?.parse().map_err(damaged)?,
        created_ms: row.get(2)?,
    };
    let hash = TokenHash::from_bytes(row.get_ref(3)?.as_blob()?)
        .ok_or_else(|| damaged("its hash has another length than 32 bytes".into()))?;
    Ok((summary, hash))
}

fn successor_of(row: &Row<'_>) -> Result<(StationId, TokenHash), RowError> {
    let damaged = |what: String| RowError::Damaged(format!("a second token's row: {what}"));
    let id = StationId::try_from(row.get_ref(0)?.as_str()?).map_err(|error| damaged(error.to_string()))?;
    let hash = TokenHash::from_bytes(row.get_ref(1)?.as_blob()?)
        .ok_or_else(|| damaged("its hash has another length than 32 bytes".into()))?;
    Ok((id, hash))
}

/// Milliseconds since the Unix epoch; 0 when the clock stands before it.
pub(super) fn now_ms() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}
