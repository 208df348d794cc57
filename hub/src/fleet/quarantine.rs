//! What could not be taken, kept for people to look at: newest first, bounded, the oldest dropped and counted.

use crate::entry::Quarantined;
use crate::influx::RefusedLine;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params, params};
use sha2::{Digest, Sha256};
use waystation_protocol::StationId;

/// Most items kept.
pub const QUARANTINE_ITEMS_MAX: i64 = 100_000;
/// Most bytes of payloads kept.
pub const QUARANTINE_BYTES_MAX: i64 = 256 << 20;

/// Channel and reason of the lines that InfluxDB refused.
const REFUSED_CHANNEL: &str = "influx";
const REFUSED_REASON: &str = "influx_refused";

/// Something set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantineItem {
    /// Rises with time; 0 before it is saved.
    pub id: i64,
    pub received_ms: i64,
    /// Empty if it is not known.
    pub station: String,
    /// Where it came from: a channel of the wire, or `influx` for a line that InfluxDB refused.
    pub channel: String,
    pub reason: String,
    pub member: Option<String>,
    /// InfluxDB's own words.
    pub detail: Option<String>,
    pub payload: Vec<u8>,
    /// Equal for two items that are the same one, reported twice.
    pub(super) fingerprint: Option<[u8; 32]>,
}

impl QuarantineItem {
    pub(super) fn received(station: &StationId, received_ms: i64, item: Quarantined) -> Self {
        Self {
            id: 0,
            received_ms,
            station: station.as_str().to_owned(),
            channel: item.channel,
            reason: item.reason,
            member: item.member,
            detail: None,
            payload: item.payload,
            fingerprint: None,
        }
    }

    pub(super) fn refused(line: &RefusedLine, now_ms: i64) -> Self {
        Self {
            id: 0,
            received_ms: now_ms,
            station: station_tag(&line.line).to_owned(),
            channel: REFUSED_CHANNEL.into(),
            reason: REFUSED_REASON.into(),
            member: None,
            detail: Some(line.reason.clone()),
            payload: line.line.clone().into_bytes(),
            fingerprint: Some(Sha256::digest(line.line.as_bytes()).into()),
        }
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            received_ms: row.get("received_ms")?,
            station: row.get("station")?,
            channel: row.get("channel")?,
            reason: row.get("reason")?,
            member: row.get("member")?,
            detail: row.get("detail")?,
            payload: row.get("payload")?,
            fingerprint: None,
        })
    }
}

/// The station that a line of line protocol speaks of; an id needs no escaping there.
fn station_tag(line: &str) -> &str {
    let value = line.split_once(",station=").map_or("", |(_, rest)| rest);
    value.split([',', ' ']).next().unwrap_or("")
}

/// Which items are asked for.
#[derive(Debug, Clone, Default)]
pub struct QuarantineFilter {
    pub station: Option<String>,
    pub reason: Option<String>,
    /// Only items older than this one.
    pub before: Option<i64>,
    pub limit: u32,
}

/// One page of items, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinePage {
    pub items: Vec<QuarantineItem>,
    /// For the next page's `before`.
    pub next: Option<i64>,
    /// Items that gave way to newer ones since the file was made.
    pub dropped_total: i64,
}

/// How much is kept now.
#[derive(Debug, Clone, Copy, Default)]
pub struct Kept {
    items: i64,
    bytes: i64,
}

impl Kept {
    pub fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let sums = "SELECT count(*), coalesce(sum(length(payload)), 0) FROM quarantine";
        connection.query_row(sums, [], |row| Ok(Self { items: row.get(0)?, bytes: row.get(1)? }))
    }

    /// Adds items, and drops the oldest while there are too many. On an error the transaction must be given up, and
    /// this value with it.
    pub fn insert<'a>(
        mut self,
        transaction: &Transaction<'_>,
        items: impl Iterator<Item = &'a QuarantineItem>,
    ) -> rusqlite::Result<Self> {
        let mut insert = transaction.prepare_cached(
            "INSERT OR IGNORE INTO quarantine
                 (received_ms, station, channel, reason, member, detail, payload, fingerprint)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        for item in items {
            let inserted = insert.execute(params![
                item.received_ms,
                item.station,
                item.channel,
                item.reason,
                item.member,
                item.detail,
                item.payload,
                item.fingerprint,
            ])?;
            if inserted > 0 {
                self.items += 1;
                self.bytes += i64::try_from(item.payload.len()).unwrap_or(i64::MAX);
            }
        }
        self.drop_oldest(transaction)
    }

    fn drop_oldest(mut self, transaction: &Transaction<'_>) -> rusqlite::Result<Self> {
        let mut dropped = 0_i64;
        let mut last = None;
        {
            let mut oldest =
                transaction.prepare_cached("SELECT id, length(payload) FROM quarantine ORDER BY id")?;
            let mut rows = oldest.query([])?;
            while self.items > QUARANTINE_ITEMS_MAX || self.bytes > QUARANTINE_BYTES_MAX {
                let Some(row) = rows.next()? else { break };
                last = Some(row.get::<_, i64>(0)?);
                self.items -= 1;
                self.bytes -= row.get::<_, i64>(1)?;
                dropped += 1;
            }
        }
        if let Some(last) = last {
            transaction.execute("DELETE FROM quarantine WHERE id <= ?1", [last])?;
            transaction.execute("UPDATE quarantine_dropped SET items = items + ?1", [dropped])?;
        }
        Ok(self)
    }
}

/// Reads one page.
pub fn page(connection: &Connection, filter: &QuarantineFilter) -> rusqlite::Result<QuarantinePage> {
    let mut select = connection.prepare_cached(
        "SELECT id, received_ms, station, channel, reason, member, detail, payload FROM quarantine
         WHERE id < :before AND (:station IS NULL OR station = :station) AND (:reason IS NULL OR reason = :reason)
         ORDER BY id DESC LIMIT :limit",
    )?;
    let parameters = named_params! {
        ":before": filter.before.unwrap_or(i64::MAX),
        ":station": filter.station,
        ":reason": filter.reason,
        // One more than asked for tells whether there is a next page.
        ":limit": i64::from(filter.limit) + 1,
    };
    let mut items: Vec<QuarantineItem> =
        select.query_map(parameters, QuarantineItem::from_row)?.collect::<Result<_, _>>()?;
    let more = items.len() > filter.limit as usize;
    items.truncate(filter.limit as usize);
    let next = items.last().filter(|_| more).map(|item| item.id);
    let dropped =
        connection.query_row("SELECT items FROM quarantine_dropped", [], |row| row.get(0)).optional()?;
    Ok(QuarantinePage { items, next, dropped_total: dropped.unwrap_or(0) })
}
