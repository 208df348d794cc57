//! A station's state as a row of `state.db`, and back.

use super::alerts::StationAlerts;
use super::fold::{Fleet, StationState};
use super::latest::Latest;
use super::presence::{Presence, Saved};
use super::silences::Silence;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, Transaction, params};
use waystation_protocol::{PresenceState, Reading, StationId};

/// One station, ready to be written without the fleet's lock.
#[derive(Debug, Clone)]
pub struct StationRow {
    pub id: String,
    presence: Saved,
    agent: Option<String>,
    ledger: String,
    latest: Vec<u8>,
    alerts: Vec<u8>,
    /// Those that changed; in a table of their own.
    pub silences: Vec<Silence>,
}

impl StationRow {
    pub fn of(station: &StationState) -> Self {
        let mut latest = Vec::new();
        station.latest.readings().iter().for_each(|reading| reading.encode(&mut latest));
        Self {
            id: station.id.as_str().to_owned(),
            presence: station.presence.saved(),
            agent: station.agent.as_ref().map(ToString::to_string),
            // Ranges and ids as JSON: nothing in them can fail to be written.
            ledger: serde_json::to_string(&station.ledger).unwrap_or_else(|_| "[]".into()),
            latest,
            // Numbers and names: nothing in them can fail to be written either.
            alerts: rmp_serde::to_vec_named(&station.alerts).unwrap_or_default(),
            silences: station.silences.unsaved().cloned().collect(),
        }
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let said = row.get::<_, Option<String>>("said")?.map(|word| match word.as_str() {
            "online" => PresenceState::Online,
            _ => PresenceState::Offline,
        });
        Ok(Self {
            id: row.get("id")?,
            presence: Saved {
                had_session: row.get("connected")?,
                first_seen_ms: row.get("first_seen_ms")?,
                last_seen_ms: row.get("last_seen_ms")?,
                said: said.zip(row.get("said_ms")?),
            },
            agent: row.get("agent")?,
            ledger: row.get("ledger")?,
            latest: row.get("latest")?,
            alerts: match row.get_ref("alerts")? {
                ValueRef::Blob(bytes) => bytes.to_vec(),
                // As an earlier version wrote it, or nothing yet.
                _ => Vec::new(),
            },
            silences: Vec::new(),
        })
    }

    /// The station's state; `None` if its id or its ledger cannot be read.
    pub(super) fn restore(self) -> Option<StationState> {
        let id = StationId::try_from(self.id.as_str()).ok()?;
        let ledger = serde_json::from_str(&self.ledger).ok()?;
        let mut latest = Latest::default();
        let mut input = &self.latest[..];
        while !input.is_empty() {
            match Reading::decode(&mut input) {
                Ok(reading) => latest.update(reading),
                // Written by another version: the next readings replace what is left out here.
                Err(_) => break,
            }
        }
        let alerts = match &self.alerts[..] {
            [] => StationAlerts::default(),
            bytes => rmp_serde::from_slice(bytes).unwrap_or_else(|error| {
                tracing::error!(station = self.id, %error, "what its rules remembered cannot be read; they learn anew");
                StationAlerts::default()
            }),
        };
        let presence = Presence::restored(self.presence);
        Some(Fleet::restored(id, presence, self.agent.map(Into::into), ledger, latest, alerts))
    }
}

/// Writes stations over what was saved of them before.
pub fn save(transaction: &Transaction<'_>, rows: &[StationRow]) -> rusqlite::Result<()> {
    let mut upsert = transaction.prepare_cached(
        "INSERT OR REPLACE INTO station
             (id, connected, first_seen_ms, last_seen_ms, said, said_ms, agent, ledger, latest, alerts)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    for row in rows {
        let Saved { had_session, first_seen_ms, last_seen_ms, said } = row.presence;
        upsert.execute(params![
            row.id,
            had_session,
            first_seen_ms,
            last_seen_ms,
            said.map(|(word, _)| word.as_str()),
            said.map(|(_, at)| at),
            row.agent,
            row.ledger,
            row.latest,
            row.alerts
        ])?;
    }
    Ok(())
}

/// Reads all stations into the fleet.
pub fn load(connection: &Connection, fleet: &mut Fleet) -> rusqlite::Result<()> {
    let mut select = connection.prepare("SELECT * FROM station")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let row = StationRow::from_row(row)?;
        let id = row.id.clone();
        match row.restore() {
            Some(station) => fleet.restore(station),
            None => {
                tracing::error!(station = id, "state.db holds a station that cannot be read; it starts anew")
            }
        }
    }
    Ok(())
}
