//! Who did what, when: an entry is added and never changed.

use rusqlite::{Connection, params};
use serde::Serialize;

use super::store::rows;
use super::{KEEP_MS, Operations, OperationsError};

/// The role under which the hub notes what it did by itself, such as a message that it sent.
pub const HUB: &str = "hub";

/// Entries kept of people, and as many of the hub itself: its own never push a person's out.
const KEPT_MAX: i64 = if cfg!(test) { 1_000 } else { 100_000 };
/// Longest detail, bytes.
const DETAIL_BYTES_MAX: usize = 2_000;
/// Largest page.
const PAGE_MAX: usize = 1_000;

/// One act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// Ms since the Unix epoch.
    pub at: i64,
    /// Name of the token, of the system's user, or of the channel.
    pub who: String,
    /// `viewer`, `operator`, `admin`; `cli` for the command line; [`HUB`].
    pub role: String,
    /// Like `maintenance.add`.
    pub action: String,
    /// What it was done to: an id.
    pub target: String,
    pub detail: String,
}

impl Audit {
    #[must_use]
    pub fn new(at: i64, who: &str, role: &str, action: &str, target: &str, detail: &str) -> Self {
        let mut end = detail.len().min(DETAIL_BYTES_MAX);
        while !detail.is_char_boundary(end) {
            end -= 1;
        }
        Self {
            at,
            who: who.into(),
            role: role.into(),
            action: action.into(),
            target: target.into(),
            detail: detail[..end].into(),
        }
    }
}

/// One act with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    /// Grows with time.
    pub id: i64,
    #[serde(flatten)]
    pub audit: Audit,
}

/// Which entries; what is left out matches all.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    pub who: Option<String>,
    pub role: Option<String>,
    /// An action, or the beginning of several, such as `maintenance.`.
    pub action: Option<String>,
    pub target: Option<String>,
    /// Ms since the Unix epoch; inclusive.
    pub from: Option<i64>,
    /// Exclusive.
    pub to: Option<i64>,
}

/// Some entries, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    pub items: Vec<AuditEntry>,
    /// To be passed as `before` for the following page.
    pub next: Option<i64>,
}

impl Operations {
    /// Adds an entry.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn audit(&self, entry: &Audit) -> Result<(), OperationsError> {
        self.write(|transaction| append(transaction, entry))
    }

    /// At most `limit` (1,000) entries that are older than entry `before`, the newest first.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn audit_page(
        &self,
        before: Option<i64>,
        limit: usize,
        filter: &AuditFilter,
    ) -> Result<AuditPage, OperationsError> {
        let limit = limit.clamp(1, PAGE_MAX);
        let query = "SELECT id, at, who, role, action, target, detail FROM audit WHERE id < ?1 \
                     AND (?2 IS NULL OR who = ?2) AND (?3 IS NULL OR role = ?3) AND (?4 IS NULL OR target = ?4) \
                     AND (?5 IS NULL OR substr(action, 1, length(?5)) = ?5) \
                     AND (?6 IS NULL OR at >= ?6) AND (?7 IS NULL OR at < ?7) ORDER BY id DESC LIMIT ?8";
        let AuditFilter { who, role, action, target, from, to } = filter;
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let parameters =
            params![before.unwrap_or(i64::MAX), who, role, target, action, from, to, most.saturating_add(1)];
        let mut items = self.read(|connection| {
            rows(connection, query, parameters, |row| {
                let audit = Audit {
                    at: row.get(1)?,
                    who: row.get(2)?,
                    role: row.get(3)?,
                    action: row.get(4)?,
                    target: row.get(5)?,
                    detail: row.get(6)?,
                };
                Ok(AuditEntry { id: row.get(0)?, audit })
            })
        })?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|entry| entry.id);
        Ok(AuditPage { items, next })
    }
}

/// Adds an entry; the oldest give way.
pub(super) fn append(connection: &Connection, entry: &Audit) -> rusqlite::Result<()> {
    let Audit { at, who, role, action, target, detail } = entry;
    connection
        .prepare_cached(
            "INSERT INTO audit (at, who, role, action, target, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![at, who, role, action, target, detail])?;
    // The bound is looked at now and then: an exact one would cost a scan an entry.
    if connection.last_insert_rowid() % 128 == 0 {
        prune(connection, *at)?;
    }
    Ok(())
}

fn prune(connection: &Connection, now_ms: i64) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM audit WHERE at < ?1", [now_ms - KEEP_MS])?;
    for comparison in ["=", "<>"] {
        let query = format!(
            "DELETE FROM audit WHERE role {comparison} ?1 AND id <= \
             (SELECT id FROM audit WHERE role {comparison} ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)"
        );
        connection.execute(&query, params![HUB, KEPT_MAX])?;
    }
    Ok(())
}
