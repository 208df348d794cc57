//! Plays a script to the fold, and to `state.db`, as the hub would: events in their order, a tick each step, a save
//! now and then, and a restart whenever the script stops the hub.

use super::script::{
    DAY_S, HOUR_S, Happening, HubStop, KEEP_ALIVE_S, READING_S, STEP_S, Script, Trouble, has_outbox, phase_s,
    reconnect_s,
};
use crate::entry::{Entry, Place, PresenceChange, What};
use crate::fleet::alert_store::AlertSave;
use crate::fleet::fold::{Effect, Event, Fleet};
use crate::fleet::silences::Silence;
use crate::fleet::snapshot::StationRow;
use crate::fleet::store::{Save, Store};
use crate::fleet::{Alert, AlertFilter, Outage, OutageFilter, State, StationState, Thresholds};
use crate::operations::Maintenance;
use std::net::Ipv4Addr;
use tempfile::TempDir;
use waystation_protocol::{
    Decoded, Kind, Limits, OutboxId, PresenceState, Reading, StationId, decode_channel,
};

/// 1 November 2025, 00:00 in Shanghai.
pub const BEGIN_MS: i64 = 1_761_926_400_000;
pub const THRESHOLDS: Thresholds = Thresholds { warn_after_ms: 180_000, offline_after_ms: 900_000 };
const LOG: &str = "log";
const BATCH_MAX: usize = 100;

pub fn at_ms(at_s: i64) -> i64 {
    BEGIN_MS + at_s * 1_000
}

pub fn station_id(station: usize) -> StationId {
    StationId::try_from(format!("jb-{station:03}").as_str()).unwrap()
}

/// Some address of a range.
fn address(range: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, range, 17)
}

fn maintenance((station, from_s, to_s): (usize, i64, i64)) -> Maintenance {
    Maintenance {
        id: format!("{station}-{from_s}"),
        station: Some(station_id(station)),
        district: None,
        starts_at: at_ms(from_s),
        ends_at: at_ms(to_s),
        by: "li".into(),
        why: "new cabinet".into(),
    }
}

/// One station as it behaves, whatever the hub thinks of it.
struct Hut {
    id: StationId,
    number: usize,
    range: u8,
    happenings: Vec<Happening>,
    connected: bool,
    /// The link is gone, and the listener will know then.
    session_ends_s: Option<i64>,
    waiting: Vec<Reading>,
    next_seq: u64,
    /// It does nothing before this second.
    wakes_s: i64,
    /// The hub was away: it tries again then.
    connects_s: i64,
}

/// A hub without its threads: fold, `state.db`, and what its log holds behind the last save.
pub struct Player {
    script: Script,
    huts: Vec<Hut>,
    hub: Hub,
    folder: TempDir,
    now_s: i64,
}

struct Hub {
    fleet: Fleet,
    store: Store,
    replayed: Vec<Entry>,
    /// Not saved yet.
    alerts: Vec<Alert>,
    now_s: i64,
}

impl Player {
    pub fn new(script: Script) -> Self {
        let folder = TempDir::new().unwrap();
        let windows = script.planned.iter().map(|window| maintenance(*window)).collect();
        let mut hub = Hub::start(&folder, 0, Vec::new());
        hub.apply(Event::Maintenance(windows));
        let huts = (0..script.stations).map(|number| Hut::new(number, &script)).collect();
        Self { hub, huts, script, folder, now_s: 0 }
    }

    /// Plays on until then, and saves.
    pub fn play_until(&mut self, until_s: i64) {
        while self.now_s < until_s {
            let stop = self.script.hub_stops.iter().find(|stop| stop.from_s == self.now_s).copied();
            if let Some(stop) = stop {
                self.stop_hub(&stop);
                self.now_s = stop.to_s;
            }
            self.step();
            self.now_s += STEP_S;
        }
        self.hub.save();
    }

    fn step(&mut self) {
        let now_s = self.now_s;
        self.hub.now_s = now_s;
        for hut in self.huts.iter_mut().filter(|hut| hut.wakes_s <= now_s) {
            hut.live(now_s, &mut self.hub);
        }
        self.hub.apply(Event::Tick);
        if now_s % HOUR_S == 0 {
            self.hub.save();
        }
    }

    /// Every outage so far, as `state.db` has it.
    pub fn outages(&self) -> Vec<Outage> {
        let (from, to) = (at_ms(-DAY_S), at_ms(400 * DAY_S));
        self.hub.store.outages(&OutageFilter { station: None, from, to, after: None }).unwrap()
    }

    /// Every alert so far, as `state.db` has it.
    pub fn alerts(&self) -> Vec<Alert> {
        let filter = AlertFilter { limit: 100_000, ..AlertFilter::default() };
        self.hub.store.alert_page(&filter).unwrap().items
    }

    pub fn state(&self, station: usize) -> State {
        self.hub.fleet.station(station_id(station).as_str()).unwrap().state()
    }

    /// What is loaded from `state.db` must be what is in memory.
    pub fn check_saved(&self) {
        let loaded = Hub::start(&self.folder, self.now_s, Vec::new());
        for station in self.hub.fleet.stations() {
            let other = loaded.fleet.station(station.id.as_str()).unwrap();
            assert_eq!(other.latest, station.latest);
            assert_eq!(other.ledger, station.ledger);
            assert_eq!(other.agent, station.agent);
            assert_eq!(other.presence.first_seen_ms(), station.presence.first_seen_ms());
            assert_eq!(other.presence.said(), station.presence.said());
            // Those past correction stay in the file alone.
            let recent =
                |silence: &&Silence| silence.ends_at().is_none_or(|to| to > at_ms(self.now_s - 7 * DAY_S));
            let parts = |of: &StationState| of.silences.iter().filter(recent).cloned().collect::<Vec<_>>();
            assert_eq!(parts(other), parts(station));
        }
        assert_eq!(loaded.fleet.totals(), self.hub.fleet.totals());
    }

    fn stop_hub(&mut self, stop: &HubStop) {
        self.hub.now_s = stop.from_s;
        for hut in &mut self.huts {
            if std::mem::take(&mut hut.connected) && !stop.killed {
                self.hub.apply(disconnected(&hut.id, stop.from_s));
            }
            hut.session_ends_s = None;
            hut.connects_s = stop.to_s + reconnect_s(hut.number);
            hut.make_readings_alone(stop.from_s, stop.to_s);
            hut.wakes_s = stop.to_s;
        }
        if !stop.killed {
            self.hub.save();
        }
        let replay = std::mem::take(&mut self.hub.replayed);
        self.hub = Hub::start(&self.folder, stop.to_s, replay);
    }
}

impl Hub {
    /// Opens `state.db`, replays what the log holds behind it, and listens.
    fn start(folder: &TempDir, now_s: i64, log: Vec<Entry>) -> Self {
        let store = Store::open(folder.path(), || BEGIN_MS).unwrap();
        let mut fleet = Fleet::new(THRESHOLDS, at_ms(now_s));
        store.load(LOG, &mut fleet).unwrap();
        let mut hub = Self { fleet, store, replayed: Vec::new(), alerts: Vec::new(), now_s };
        log.into_iter().for_each(|entry| hub.apply(Event::Entry(entry)));
        hub.apply(Event::Listening);
        hub
    }

    fn apply(&mut self, event: Event) {
        let effects = self.fleet.apply(event, at_ms(self.now_s));
        self.alerts.extend(effects.into_iter().filter_map(|effect| match effect {
            Effect::Alert(alert) => Some(*alert),
            Effect::PresencePublish { .. } => None,
        }));
    }

    fn take_in(&mut self, station: &StationId, what: What) {
        let entry = Entry { station: station.clone(), received_ms: at_ms(self.now_s), what };
        self.replayed.push(entry.clone());
        self.apply(Event::Entry(entry));
    }

    fn save(&mut self) {
        let rows = self.fleet.take_unsaved(usize::MAX, StationRow::of);
        self.alerts.extend(self.fleet.take_alerts());
        let book = self.fleet.saved_book();
        let alerts =
            AlertSave { alerts: self.alerts.iter().collect(), book: Some(&book), now_ms: at_ms(self.now_s) };
        let save = Save {
            log_id: LOG,
            applied_seq: 0,
            stations: &mut std::iter::once(rows),
            quarantined: &[],
            alerts,
        };
        self.store.save(save).unwrap();
        self.fleet.saved(true);
        self.replayed.clear();
        self.alerts.clear();
    }
}

impl Hut {
    fn new(number: usize, script: &Script) -> Self {
        Self {
            id: station_id(number),
            number,
            range: script.range(number),
            happenings: script.of(number),
            connected: false,
            session_ends_s: None,
            waiting: Vec::new(),
            next_seq: 1,
            wakes_s: 0,
            connects_s: 0,
        }
    }

    fn live(&mut self, now_s: i64, hub: &mut Hub) {
        self.make_readings(now_s);
        if self.happenings.iter().any(|happening| happening.cuts_off(now_s)) {
            self.lose(now_s, hub);
        } else {
            self.deliver(now_s, hub);
        }
        self.wakes_s = self.next_wake_s(now_s);
    }

    /// The listener notices later.
    fn lose(&mut self, now_s: i64, hub: &mut Hub) {
        if !self.connected {
            return;
        }
        let ends_s = *self.session_ends_s.get_or_insert(now_s + KEEP_ALIVE_S);
        if now_s >= ends_s {
            hub.take_in(&self.id, says(PresenceState::Offline, now_s));
            hub.apply(disconnected(&self.id, ends_s - KEEP_ALIVE_S));
            (self.connected, self.session_ends_s) = (false, None);
        }
    }

    fn deliver(&mut self, now_s: i64, hub: &mut Hub) {
        self.session_ends_s = None;
        if !self.connected && now_s >= self.connects_s {
            hub.apply(self.connects(now_s));
            hub.take_in(&self.id, says(PresenceState::Online, now_s));
            self.connected = true;
        } else if self.happenings.iter().any(|now| now.trouble == Trouble::TakeOvers && now.during(now_s)) {
            // The new session is there before the old one is told; its will comes last.
            hub.apply(self.connects(now_s));
            hub.take_in(&self.id, says(PresenceState::Online, now_s));
            hub.take_in(&self.id, says(PresenceState::Offline, now_s));
            hub.apply(disconnected(&self.id, now_s));
        }
        if self.connected {
            self.send(hub);
        }
    }

    fn connects(&self, at_s: i64) -> Event {
        let address = Some(address(self.range).into());
        Event::Connected { station: self.id.clone(), at_ms: at_ms(at_s), address }
    }

    fn send(&mut self, hub: &mut Hub) {
        let waiting = std::mem::take(&mut self.waiting);
        for readings in waiting.chunks(BATCH_MAX).map(<[Reading]>::to_vec) {
            if !has_outbox(self.number) {
                hub.take_in(&self.id, What::Readings(readings));
                continue;
            }
            let outbox = OutboxId::try_from("outbox").unwrap();
            let (first_seq, count) = (self.next_seq, readings.len() as u32);
            self.next_seq += u64::from(count);
            let place = Place { outbox, first_seq, count, lost: vec![] };
            hub.take_in(&self.id, What::Batch(place, readings));
        }
    }

    fn make_readings(&mut self, now_s: i64) {
        let dark = self.happenings.iter().any(|happening| happening.is_dark(now_s));
        if now_s % READING_S != phase_s(self.number) || dark {
            return;
        }
        if !has_outbox(self.number) {
            self.waiting.clear();
        }
        let offset_ms = self.happenings.iter().find_map(|now| now.clock_offset_ms(now_s)).unwrap_or(0);
        let ts = at_ms(now_s) + offset_ms;
        let gateway = format!(r#"{{"ts":{ts},"device":"gateway","clock_offset_ms":{offset_ms}}}"#);
        let room =
            format!(r#"{{"ts":{ts},"device":"env-1","temperature_c":{}}}"#, 20 + now_s / READING_S % 3);
        self.waiting.extend([reading(Kind::Gateway, &gateway), reading(Kind::Environment, &room)]);
    }

    /// What it does while no hub is there.
    fn make_readings_alone(&mut self, from_s: i64, to_s: i64) {
        let mut at_s = from_s;
        while at_s < to_s {
            self.make_readings(at_s);
            at_s += STEP_S;
        }
        if !has_outbox(self.number) {
            self.waiting.clear();
        }
    }

    fn next_wake_s(&self, now_s: i64) -> i64 {
        let phase_s = phase_s(self.number);
        let reading_s = now_s + READING_S - (now_s - phase_s).rem_euclid(READING_S);
        let edges = self.happenings.iter().flat_map(|happening| match happening.trouble {
            Trouble::TakeOvers if happening.during(now_s) => [now_s + STEP_S, happening.to_s],
            _ => [happening.from_s, happening.to_s],
        });
        let others = edges.chain(self.session_ends_s).chain([self.connects_s]);
        others.filter(|at_s| *at_s > now_s).chain([reading_s]).min().unwrap_or(now_s + STEP_S)
    }
}

fn disconnected(station: &StationId, at_s: i64) -> Event {
    Event::Disconnected { station: station.clone(), at_ms: at_ms(at_s) }
}

fn says(state: PresenceState, at_s: i64) -> What {
    What::Presence(PresenceChange { state, ts: at_ms(at_s), agent: None })
}

fn reading(kind: Kind, json: &str) -> Reading {
    let mut decoded = Decoded::default();
    let limits = Limits { past_ms: i64::MAX / 4, future_ms: i64::MAX / 4, ..Limits::default() };
    decode_channel(kind, json.as_bytes(), BEGIN_MS, &limits, &mut decoded);
    decoded.accepted.pop().unwrap().reading
}
