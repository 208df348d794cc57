//! Notices on their way to people: a queue a channel, on disk, so that a restart loses and repeats none.
//!
//! Handing over is one transaction: the notices, what each channel has now been told of each alert (`mark`), and the
//! revision up to which alerts were looked at. A channel's queue is bounded; a full one drops the least severe, then
//! the oldest, and says how many.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::store::rows;
use super::{Audit, HUB, Operations, OperationsError, audit};

/// Notices that may wait for one channel.
pub const PENDING_PER_CHANNEL_MAX: usize = 1_000;

/// A notice that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryDraft {
    pub channel: String,
    /// The more severe, the greater; a full queue drops small ones first.
    pub rank: i64,
    /// JSON.
    pub notice: String,
}

/// What a channel was last told of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeMark {
    pub alert: String,
    pub channel: String,
    /// When it was told first, ms since the Unix epoch.
    pub first_at: i64,
    /// When it was told last.
    pub told_at: i64,
    pub severity: String,
    /// How many stations the alert covered.
    pub stations: i64,
}

/// What one look at the alerts decided.
#[derive(Debug, Clone, Default)]
pub struct Handed {
    /// Alerts up to this revision have been looked at.
    pub revision: i64,
    pub drafts: Vec<DeliveryDraft>,
    pub marks: Vec<NoticeMark>,
    /// Alerts that are over: their marks go.
    pub over: Vec<String>,
}

/// A notice that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub id: i64,
    pub created_at: i64,
    pub attempts: u32,
    /// How often the service refused it, rather than being away.
    pub refused: u32,
    pub last_error: Option<String>,
    /// JSON.
    pub notice: String,
}

/// How an attempt failed.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub ids: Vec<i64>,
    /// When to try again, ms since the Unix epoch.
    pub next_at: i64,
    pub error: String,
    pub refused: bool,
}

impl Operations {
    /// Queues notices, at `at`. Gives the channels whose queue was full, with the number of notices dropped.
    ///
    /// # Errors
    /// If the file cannot be written: then nothing was queued.
    pub fn hand_over(&self, handed: &Handed, at: i64) -> Result<Vec<(String, usize)>, OperationsError> {
        self.write(|transaction| {
            for draft in &handed.drafts {
                transaction
                    .prepare_cached(
                        "INSERT INTO delivery (channel, rank, created_at, next_at, notice) VALUES (?1, ?2, ?3, ?3, ?4)",
                    )?
                    .execute(params![draft.channel, draft.rank, at, draft.notice])?;
            }
            for mark in &handed.marks {
                transaction
                    .prepare_cached("INSERT OR REPLACE INTO mark VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
                    .execute(params![
                        mark.alert,
                        mark.channel,
                        mark.first_at,
                        mark.told_at,
                        mark.severity,
                        mark.stations
                    ])?;
            }
            for alert in &handed.over {
                transaction.prepare_cached("DELETE FROM mark WHERE alert = ?1")?.execute([alert])?;
            }
            transaction.execute("UPDATE handed SET revision = ?1 WHERE one = 1", [handed.revision])?;
            let mut channels: Vec<&str> = handed.drafts.iter().map(|draft| draft.channel.as_str()).collect();
            channels.sort_unstable();
            channels.dedup();
            let mut dropped = Vec::new();
            for channel in channels {
                let count = drop_surplus(transaction, channel, at)?;
                if count > 0 {
                    dropped.push((channel.to_owned(), count));
                }
            }
            Ok(dropped)
        })
    }

    /// The revision up to which alerts were looked at, and what the channels were told.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn handed(&self) -> Result<(i64, Vec<NoticeMark>), OperationsError> {
        self.read(|connection| {
            let revision = connection.query_row("SELECT revision FROM handed", [], |row| row.get(0))?;
            let query = "SELECT alert, channel, first_at, told_at, severity, stations FROM mark";
            let marks = rows(connection, query, [], |row| {
                Ok(NoticeMark {
                    alert: row.get(0)?,
                    channel: row.get(1)?,
                    first_at: row.get(2)?,
                    told_at: row.get(3)?,
                    severity: row.get(4)?,
                    stations: row.get(5)?,
                })
            })?;
            Ok((revision, marks))
        })
    }

    /// Notices of a channel whose time has come, the oldest first.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn due(&self, channel: &str, now_ms: i64, limit: usize) -> Result<Vec<Delivery>, OperationsError> {
        let query = "SELECT id, created_at, attempts, refused, last_error, notice FROM delivery \
                     WHERE channel = ?1 AND next_at <= ?2 ORDER BY id LIMIT ?3";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|connection| {
            rows(connection, query, params![channel, now_ms, limit], |row| {
                Ok(Delivery {
                    id: row.get(0)?,
                    created_at: row.get(1)?,
                    attempts: row.get(2)?,
                    refused: row.get(3)?,
                    last_error: row.get(4)?,
                    notice: row.get(5)?,
                })
            })
        })
    }

    /// When the next notice of a channel is due, if one waits.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn next_due_at(&self, channel: &str) -> Result<Option<i64>, OperationsError> {
        self.read(|connection| {
            connection
                .query_row("SELECT min(next_at) FROM delivery WHERE channel = ?1", [channel], |row| {
                    row.get(0)
                })
                .optional()
                .map(Option::flatten)
        })
    }

    /// Forgets notices that were delivered or given up, with their entries in the audit log.
    ///
    /// # Errors
    /// If the file cannot be written: then they will be sent again.
    pub fn settle(&self, ids: &[i64], entries: &[Audit]) -> Result<(), OperationsError> {
        self.write(|transaction| {
            for id in ids {
                transaction.prepare_cached("DELETE FROM delivery WHERE id = ?1")?.execute([id])?;
            }
            entries.iter().try_for_each(|entry| audit::append(transaction, entry))
        })
    }

    /// Notes a failed attempt.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn postpone(&self, attempt: &Attempt, entry: Option<&Audit>) -> Result<(), OperationsError> {
        self.write(|transaction| {
            for id in &attempt.ids {
                transaction
                    .prepare_cached(
                        "UPDATE delivery SET attempts = attempts + 1, refused = refused + ?2, next_at = ?3, \
                         last_error = ?4 WHERE id = ?1",
                    )?
                    .execute(params![id, attempt.refused, attempt.next_at, attempt.error])?;
            }
            entry.into_iter().try_for_each(|entry| audit::append(transaction, entry))
        })
    }

    /// Forgets the notices and marks of channels that are configured no more; gives how many notices that were.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn keep_channels(&self, channels: &[String], at: i64) -> Result<usize, OperationsError> {
        self.write(|transaction| {
            let known: Vec<String> = rows(
                transaction,
                "SELECT DISTINCT channel FROM delivery UNION SELECT DISTINCT channel FROM mark",
                [],
                |row| row.get(0),
            )?;
            let mut dropped = 0;
            for gone in known.iter().filter(|known| !channels.contains(known)) {
                transaction.execute("DELETE FROM mark WHERE channel = ?1", [gone])?;
                let count = transaction.execute("DELETE FROM delivery WHERE channel = ?1", [gone])?;
                dropped += count;
                let detail = format!("{count} notices dropped: the channel is configured no more");
                audit::append(transaction, &Audit::new(at, gone, HUB, "notice.drop", gone, &detail))?;
            }
            Ok(dropped)
        })
    }

    /// How many notices wait, by channel.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn pending(&self) -> Result<Vec<(String, usize)>, OperationsError> {
        self.read(|connection| {
            rows(
                connection,
                "SELECT channel, count(*) FROM delivery GROUP BY channel ORDER BY channel",
                [],
                |row| Ok((row.get(0)?, counted(row.get(1)?))),
            )
        })
    }
}

fn drop_surplus(transaction: &Transaction<'_>, channel: &str, at: i64) -> rusqlite::Result<usize> {
    let waiting = count(transaction, channel)?;
    let surplus = waiting.saturating_sub(PENDING_PER_CHANNEL_MAX);
    if surplus == 0 {
        return Ok(0);
    }
    transaction.execute(
        "DELETE FROM delivery WHERE id IN \
         (SELECT id FROM delivery WHERE channel = ?1 ORDER BY rank, id LIMIT ?2)",
        params![channel, i64::try_from(surplus).unwrap_or(i64::MAX)],
    )?;
    let detail = format!("{surplus} notices dropped: {PENDING_PER_CHANNEL_MAX} wait already");
    audit::append(transaction, &Audit::new(at, channel, HUB, "notice.drop", channel, &detail))?;
    Ok(surplus)
}

fn count(connection: &Connection, channel: &str) -> rusqlite::Result<usize> {
    let query = "SELECT count(*) FROM delivery WHERE channel = ?1";
    connection.query_row(query, [channel], |row| row.get(0)).map(counted)
}

fn counted(count: i64) -> usize {
    usize::try_from(count).unwrap_or(0)
}
