//! `(state, event, now) → (state, effects)`.

mod deadlines;
mod planned;
mod saved;
mod silent;
mod tick;

use super::alerts::{Alert, Book, Change, Facts, Judge, Settings, Severity, StationAlerts};
use super::latest::Latest;
use super::ledger::{Ledger, Totals};
use super::presence::{Presence, State};
use super::silences::Silences;
use crate::entry::{Entry, PresenceChange, What};
use crate::operations::Maintenance;
use crate::registry::Directory;
use compact_str::CompactString;
use deadlines::Deadlines;
use planned::Planned;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use waystation_protocol::{Body, Reading, StationId};

/// How often a station is looked at whose state may not get worse, ms.
const FROZEN_MS: i64 = 30_000;

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// A record of the log.
    Entry(Entry),
    /// A session of a station began, from this address.
    Connected { station: StationId, at_ms: i64, address: Option<IpAddr> },
    /// A session of a station ended, taken over or not; it was last heard on it at `at_ms`.
    Disconnected { station: StationId, at_ms: i64 },
    /// The registry changed.
    Directory(Arc<Directory>),
    /// The log is replayed, and from now on the hub listens; comes once, before the first tick.
    Listening,
    /// No tick could come for so long, because the state was being saved, or caught up with the log.
    Busy { ms: i64 },
    /// The windows of planned maintenance that have not ended.
    Maintenance(Arc<[Maintenance]>),
    /// Time passed; expected about once a second.
    Tick,
}

/// What the hub must do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The retained presence of the station is not what the hub knows: publish this.
    PresencePublish { station: StationId, change: PresenceChange },
    /// An alert fires, changed while it fires, or is over.
    Alert(Box<Alert>),
}

/// The state of all stations that were ever heard of.
pub struct Fleet {
    listening_since_ms: i64,
    /// The end of the last time in which the hub was away for so long that silences of that time say nothing.
    blind_until_ms: i64,
    last_tick_ms: Option<i64>,
    /// When the hub last looked before it was started, if it ran before.
    alive_ms: Option<i64>,
    /// When the newest record came in.
    newest_received_ms: Option<i64>,
    stations: Vec<StationState>,
    /// What the registry says of the station at the same place.
    facts: Vec<Facts>,
    places: HashMap<StationId, u32>,
    directory: Option<Arc<Directory>>,
    deadlines: Deadlines,
    planned: Planned,
    /// Stations by state, in the order of [`State::ALL`].
    counts: [usize; State::ALL.len()],
    book: Book,
    /// What the rules found within one event; empty between events.
    changes: Vec<Change>,
    version: u64,
    totals: Totals,
    /// Places of the stations that changed since they were last taken for saving.
    unsaved: Vec<u32>,
    /// Places of the stations that were taken for the save that runs.
    saving: Vec<u32>,
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
    pub(super) silences: Silences,
    pub(super) alerts: StationAlerts,
    state: State,
    version: u64,
    unsaved: bool,
    /// See [`Deadlines`].
    queued: i64,
}

impl StationState {
    fn new(id: StationId) -> Self {
        Self {
            id,
            latest: Latest::default(),
            ledger: Ledger::default(),
            agent: None,
            presence: Presence::default(),
            silences: Silences::default(),
            alerts: StationAlerts::default(),
            state: State::NeverSeen,
            version: 0,
            unsaved: false,
            queued: deadlines::NONE,
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

    /// When the hub first heard of it, ms since the Unix epoch.
    #[must_use]
    pub fn first_seen_ms(&self) -> Option<i64> {
        self.presence.first_seen_ms()
    }

    /// Whether it has a session now.
    #[must_use]
    pub fn connected(&self) -> bool {
        self.presence.connected()
    }

    /// How severe each alert is that fires here, those of groups among them.
    pub fn alerts_firing(&self) -> impl Iterator<Item = Severity> {
        self.alerts.firing()
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
    pub fn new(settings: impl Into<Settings>, listening_since_ms: i64) -> Self {
        Self {
            listening_since_ms,
            blind_until_ms: i64::MIN,
            last_tick_ms: None,
            alive_ms: None,
            newest_received_ms: None,
            stations: Vec::new(),
            facts: Vec::new(),
            places: HashMap::new(),
            directory: None,
            deadlines: Deadlines::default(),
            planned: Planned::default(),
            counts: [0; State::ALL.len()],
            book: Book::new(settings.into()),
            changes: Vec::new(),
            version: 0,
            totals: Totals::default(),
            unsaved: Vec::new(),
            saving: Vec::new(),
        }
    }

    /// Takes an event in. Effects come from ticks only: what the log and the sessions tell within one moment is
    /// first seen whole.
    pub fn apply(&mut self, event: Event, now_ms: i64) -> Vec<Effect> {
        match event {
            Event::Entry(entry) => self.entry(entry, now_ms),
            Event::Connected { station, at_ms, address } => {
                self.change(&station, at_ms, now_ms, |station, judge| {
                    station.presence.connect(at_ms);
                    station.alerts.connected(judge, address);
                });
            }
            Event::Disconnected { station, at_ms } => {
                self.change(&station, at_ms, now_ms, |station, _| station.presence.disconnect(at_ms));
            }
            Event::Directory(directory) => self.directory(directory, now_ms),
            Event::Listening => self.listen(now_ms),
            Event::Busy { ms } => self.was_busy(ms, now_ms),
            Event::Maintenance(windows) => self.plan_maintenance(windows, now_ms),
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

    /// Whether the hub cannot see its stations now: it says so, and nothing about single ones.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        self.book.is_blind()
    }

    /// The alerts that fire.
    pub fn alerts(&self) -> impl ExactSizeIterator<Item = &Alert> {
        self.book.firing()
    }

    /// How many alerts of this severity fire.
    #[must_use]
    pub fn alerts_firing(&self, severity: Severity) -> usize {
        self.book.count(severity)
    }

    fn entry(&mut self, entry: Entry, now_ms: i64) {
        let Entry { station, received_ms, what } = entry;
        self.newest_received_ms = self.newest_received_ms.max(Some(received_ms));
        let (mut before, mut after) = (Totals::default(), Totals::default());
        self.change(&station, received_ms, now_ms, |station, judge| match what {
            What::Readings(readings) => {
                station.presence.heard(received_ms);
                station.take_readings(readings, judge);
            }
            What::Batch(place, readings) => {
                station.presence.heard(received_ms);
                before = station.ledger.totals();
                station.ledger.record(&place);
                after = station.ledger.totals();
                station.alerts.ledger(judge, &station.ledger, before);
                station.note_work(&readings);
                station.take_readings(readings, judge);
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

    /// Changes a station by what happened at `at_ms`.
    fn change(
        &mut self,
        id: &StationId,
        at_ms: i64,
        now_ms: i64,
        change: impl FnOnce(&mut StationState, &mut Judge<'_>),
    ) {
        let place = match self.places.get(id) {
            Some(place) => *place,
            None => self.add(id),
        };
        let before = self.stations[place as usize].before();
        self.judge(place, at_ms, |station, judge| {
            // What was due before this happened comes before it, whenever the last tick was.
            station.alerts.pass(judge, &station.ledger, at_ms);
            change(station, judge);
        });
        self.note_contact(place, &before);
        self.settle(place, now_ms);
        let station = &mut self.stations[place as usize];
        self.version += 1;
        station.version = self.version;
        mark(station, &mut self.unsaved, place);
    }

    /// Runs `with` on a station and the judge of its rules, and enters what they found into the book.
    fn judge(&mut self, place: u32, at_ms: i64, with: impl FnOnce(&mut StationState, &mut Judge<'_>)) {
        let planned = self.is_planned(place);
        let Self { stations, facts, book, changes, directory, .. } = self;
        let (station, facts) = (&mut stations[place as usize], &facts[place as usize]);
        let (id, heard) = (station.id.clone(), station.state == State::Online);
        let mut judge = Judge {
            settings: &book.settings,
            station: &id,
            facts,
            registered: directory.is_none() || facts.registered(),
            planned,
            heard,
            only_danger: false,
            now: at_ms,
            changes,
        };
        with(station, &mut judge);
        if !changes.is_empty() {
            book.take_in(changes);
        }
    }

    /// Finds a station's state, says so if it is another one, and plans when to look again.
    fn settle(&mut self, place: u32, now_ms: i64) {
        let station = &self.stations[place as usize];
        let presence = &self.book.settings.presence;
        let found = station.presence.state(now_ms, self.listening_since_ms, presence);
        let state = match (found, station.state) {
            (State::Offline, State::Offline) => State::Offline,
            (State::Late | State::Offline, _) if self.book.is_frozen() => State::Unknown,
            (found, _) => found,
        };
        if state != station.state {
            self.moved(place, state, now_ms);
        }
        self.plan(place, now_ms);
    }

    /// A station's state changes.
    fn moved(&mut self, place: u32, to: State, now_ms: i64) {
        let station = &mut self.stations[place as usize];
        let from = std::mem::replace(&mut station.state, to);
        self.counts[from as usize] -= 1;
        self.counts[to as usize] += 1;
        if to == State::Offline {
            station.note_down(self.listening_since_ms);
        }
        if to == State::Online && matches!(from, State::Late | State::Offline) {
            self.judge(place, now_ms, |station, judge| station.alerts.was_silent(judge));
        }
        let known = self.directory.is_none() || self.facts[place as usize].registered();
        let quiet = !known || self.is_planned(place);
        self.book.moved(place, &mut self.stations[place as usize], to, quiet, now_ms);
    }

    /// Plans when time alone changes something about a station.
    fn plan(&mut self, place: u32, now_ms: i64) {
        let station = &mut self.stations[place as usize];
        let presence = &self.book.settings.presence;
        let by_presence = station.presence.deadline(station.state, self.listening_since_ms, presence);
        let by_presence =
            by_presence.map(|at| if self.book.is_frozen() { at.max(now_ms + FROZEN_MS) } else { at });
        if let Some(at) = by_presence.into_iter().chain(station.alerts.next_due()).min() {
            self.deadlines.add(place, &mut station.queued, at);
        }
    }

    fn add(&mut self, id: &StationId) -> u32 {
        let place = place(self.stations.len());
        self.stations.push(StationState::new(id.clone()));
        self.facts.push(self.facts_of(id));
        self.counts[State::NeverSeen as usize] += 1;
        self.places.insert(id.clone(), place);
        self.planned.stations_changed();
        place
    }

    fn facts_of(&self, id: &StationId) -> Facts {
        Facts::of(self.directory.as_deref(), id.as_str(), &self.book.settings.zone)
    }

    fn directory(&mut self, directory: Arc<Directory>, now_ms: i64) {
        self.directory = Some(directory);
        self.planned.stations_changed();
        for place in 0..place(self.stations.len()) {
            let facts = self.facts_of(&self.stations[place as usize].id);
            let gone = self.facts[place as usize].registered() && !facts.registered();
            self.facts[place as usize] = facts;
            if gone {
                self.judge(place, now_ms, |station, judge| station.alerts.clear(judge));
                self.book.forget_station(&mut self.stations[place as usize], now_ms);
                mark(&mut self.stations[place as usize], &mut self.unsaved, place);
            }
        }
    }
}

impl StationState {
    fn take_readings(&mut self, readings: Vec<Reading>, judge: &mut Judge<'_>) {
        self.alerts.message(judge, &readings);
        readings.into_iter().for_each(|reading| self.take_reading(reading, judge));
    }

    fn take_reading(&mut self, reading: Reading, judge: &mut Judge<'_>) {
        self.alerts.observe(judge, &reading);
        let cabinet = matches!(reading.body, Body::Cabinet(_)).then(|| reading.device.clone());
        self.latest.update(reading);
        if let Some(cabinet) = cabinet {
            self.alerts.stock(judge, &self.latest, &cabinet);
        }
    }
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
impl Fleet {
    /// This fleet, loaded from what was saved, as if no time had passed for `before`: sessions go on.
    pub(super) fn continuing(mut self, before: &Fleet) -> Self {
        self.last_tick_ms = before.last_tick_ms;
        self.counts = before.counts;
        for place in 0..place(self.stations.len()) {
            let known = &before.stations[place as usize];
            let station = &mut self.stations[place as usize];
            (station.presence, station.state) = (known.presence.clone(), known.state);
            self.plan(place, before.listening_since_ms);
        }
        self
    }
}

#[cfg(test)]
mod tests;
