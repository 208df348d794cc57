//! `(state, event, now) → (state, effects)`.

use super::latest::Latest;
use super::ledger::{Ledger, Totals};
use super::presence::{Presence, State, Thresholds};
use crate::entry::{Entry, PresenceChange, What};
use compact_str::CompactString;
use std::collections::HashMap;
use waystation_protocol::{PresenceState, StationId};

/// Longest time between two ticks that a hub which works well lets pass, ms. After a longer one (a suspended
/// machine, a stalled disk) the hub has been blind, and silence is counted anew. [J] ten missed ticks.
const BLIND_AFTER_MS: i64 = 10_000;

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// A record of the log.
    Entry(Entry),
    /// A session of a station began.
    Connected { station: StationId, at_ms: i64 },
    /// A session of a station ended, taken over or not; it was last heard on it at `at_ms`.
    Disconnected { station: StationId, at_ms: i64 },
    /// Time passed; expected about once a second.
    Tick,
}

/// What the hub must do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The retained presence of the station is not what the hub knows: publish this.
    PresencePublish { station: StationId, change: PresenceChange },
}

/// The state of all stations that were ever heard of.
pub struct Fleet {
    thresholds: Thresholds,
    listening_since_ms: i64,
    last_tick_ms: Option<i64>,
    stations: Vec<StationState>,
    places: HashMap<StationId, u32>,
    version: u64,
    totals: Totals,
    /// Places of the stations that changed since they were last taken for saving.
    unsaved: Vec<u32>,
}

/// The state of one station.
#[derive(Debug, Clone, PartialEq)]
pub struct StationState {
    pub id: StationId,
    pub latest: Latest,
    pub ledger: Ledger,
    /// Version of its agent, as it said in its last presence.
    pub agent: Option<CompactString>,
    pub(super) presence: Presence,
    state: State,
    version: u64,
    unsaved: bool,
}

impl StationState {
    fn new(id: StationId) -> Self {
        Self {
            id,
            latest: Latest::default(),
            ledger: Ledger::default(),
            agent: None,
            presence: Presence::default(),
            state: State::NeverSeen,
            version: 0,
            unsaved: false,
        }
    }

    /// The state as of the last event or tick.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// When the hub last heard of it, ms since the Unix epoch.
    #[must_use]
    pub fn last_seen_ms(&self) -> Option<i64> {
        self.presence.last_seen_ms()
    }

    /// Whether it has a session now.
    #[must_use]
    pub fn connected(&self) -> bool {
        self.presence.connected()
    }

    /// Rises with every change.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What is retained on its presence topic, if anything.
    #[must_use]
    pub fn retained(&self) -> Option<PresenceChange> {
        let agent = self.agent.as_ref().map(ToString::to_string);
        self.presence.said().map(|(state, ts)| PresenceChange { state, ts, agent })
    }
}

impl Fleet {
    /// An empty fleet of a hub that listens since `listening_since_ms`.
    #[must_use]
    pub fn new(thresholds: Thresholds, listening_since_ms: i64) -> Self {
        Self {
            thresholds,
            listening_since_ms,
            last_tick_ms: None,
            stations: Vec::new(),
            places: HashMap::new(),
            version: 0,
            totals: Totals::default(),
            unsaved: Vec::new(),
        }
    }

    /// Takes an event in. Effects come from ticks only: what the log and the sessions tell within one moment is
    /// first seen whole.
    pub fn apply(&mut self, event: Event, now_ms: i64) -> Vec<Effect> {
        match event {
            Event::Entry(entry) => self.entry(entry, now_ms),
            Event::Connected { station, at_ms } => {
                self.change(&station, now_ms, |station| station.presence.connect(at_ms));
            }
            Event::Disconnected { station, at_ms } => {
                self.change(&station, now_ms, |station| station.presence.disconnect(at_ms));
            }
            Event::Tick => return self.tick(now_ms),
        }
        Vec::new()
    }

    /// The state of a station, if it was ever heard of.
    #[must_use]
    pub fn station(&self, id: &str) -> Option<&StationState> {
        self.places.get(id).map(|place| &self.stations[*place as usize])
    }

    /// Every station that was ever heard of, registered or not, in no order.
    pub fn stations(&self) -> impl ExactSizeIterator<Item = &StationState> {
        self.stations.iter()
    }

    /// The version of the newest change.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The ledgers' sums over all stations.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Since when the hub has listened without a break, ms since the Unix epoch.
    #[must_use]
    pub fn listening_since_ms(&self) -> i64 {
        self.listening_since_ms
    }

    /// Puts a saved station back; the fleet must not know it yet.
    pub(super) fn restore(&mut self, mut station: StationState) {
        station.state =
            station.presence.state(self.listening_since_ms, self.listening_since_ms, &self.thresholds);
        self.totals = self.totals.plus(station.ledger.totals());
        self.places.insert(station.id.clone(), place(self.stations.len()));
        self.stations.push(station);
    }

    pub(super) fn restored(
        id: StationId,
        presence: Presence,
        agent: Option<CompactString>,
        ledger: Ledger,
        latest: Latest,
    ) -> StationState {
        StationState { presence, agent, ledger, latest, ..StationState::new(id) }
    }

    /// Hands each station that changed since the last call to `save`, at most `stations_max` of them; false when
    /// there are no more.
    pub(super) fn take_unsaved(&mut self, stations_max: usize, mut save: impl FnMut(&StationState)) -> bool {
        let from = self.unsaved.len().saturating_sub(stations_max);
        for place in self.unsaved.drain(from..) {
            let station = &mut self.stations[place as usize];
            station.unsaved = false;
            save(station);
        }
        !self.unsaved.is_empty()
    }

    /// Marks stations as changed again, after they could not be saved.
    pub(super) fn put_back_unsaved<'a>(&mut self, ids: impl Iterator<Item = &'a str>) {
        for id in ids {
            if let Some(place) = self.places.get(id).copied() {
                mark(&mut self.stations[place as usize], &mut self.unsaved, place);
            }
        }
    }

    fn entry(&mut self, entry: Entry, now_ms: i64) {
        let Entry { station, received_ms, what } = entry;
        let (mut before, mut after) = (Totals::default(), Totals::default());
        self.change(&station, now_ms, |station| match what {
            What::Readings(readings) => {
                station.presence.heard(received_ms);
                readings.into_iter().for_each(|reading| station.latest.update(reading));
            }
            What::Batch(place, readings) => {
                station.presence.heard(received_ms);
                before = station.ledger.totals();
                station.ledger.record(&place);
                after = station.ledger.totals();
                readings.into_iter().for_each(|reading| station.latest.update(reading));
            }
            What::Presence(change) => {
                station.presence.says(change.state, received_ms);
                if let Some(agent) = change.agent {
                    station.agent = Some(agent.into());
                }
            }
            What::Quarantined(_) | What::Result(_) => station.presence.heard(received_ms),
        });
        self.totals = self.totals.minus(before).plus(after);
    }

    fn change(&mut self, id: &StationId, now_ms: i64, change: impl FnOnce(&mut StationState)) {
        let place = match self.places.get(id) {
            Some(place) => *place,
            None => self.add(id),
        };
        let station = &mut self.stations[place as usize];
        change(station);
        station.state = station.presence.state(now_ms, self.listening_since_ms, &self.thresholds);
        self.version += 1;
        station.version = self.version;
        mark(station, &mut self.unsaved, place);
    }

    fn add(&mut self, id: &StationId) -> u32 {
        let place = place(self.stations.len());
        self.stations.push(StationState::new(id.clone()));
        self.places.insert(id.clone(), place);
        place
    }

    fn tick(&mut self, now_ms: i64) -> Vec<Effect> {
        let last_tick_ms = self.last_tick_ms.replace(now_ms).unwrap_or(now_ms);
        if now_ms - last_tick_ms > BLIND_AFTER_MS {
            tracing::warn!(
                seconds = (now_ms - last_tick_ms) / 1_000,
                "the hub itself stood still; the silence of stations is counted from now on"
            );
            self.listening_since_ms = now_ms;
        }
        // A clock that was set back must not make the hub listen from the future on.
        self.listening_since_ms = self.listening_since_ms.min(now_ms);
        let mut effects = Vec::new();
        for (station, place) in self.stations.iter_mut().zip(0..) {
            let state = station.presence.state(now_ms, self.listening_since_ms, &self.thresholds);
            let word = station.presence.correct(state, now_ms);
            if state != station.state || word.is_some() {
                station.state = state;
                self.version += 1;
                station.version = self.version;
                mark(station, &mut self.unsaved, place);
            }
            effects.extend(word.map(|word| publish(station, word, now_ms)));
        }
        effects
    }
}

fn publish(station: &StationState, state: PresenceState, ts: i64) -> Effect {
    let agent = station.agent.as_ref().map(ToString::to_string);
    Effect::PresencePublish { station: station.id.clone(), change: PresenceChange { state, ts, agent } }
}

fn mark(station: &mut StationState, unsaved: &mut Vec<u32>, place: u32) {
    if !std::mem::replace(&mut station.unsaved, true) {
        unsaved.push(place);
    }
}

/// A fleet has far fewer than 2^32 stations: each takes some 200 bytes.
fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
