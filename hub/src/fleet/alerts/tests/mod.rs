//! Scripts of events at simulated times, and the exact list of alerts that they raise.

mod evidence;
mod gone;
mod late;
mod losses;
mod restart;
mod rules;
mod useless;

use super::{Alert, Settings};
use crate::config::Config;
use crate::entry::{Entry, What};
use crate::fleet::fold::{Effect, Event, Fleet};
use crate::fleet::snapshot::StationRow;
use crate::registry::{Directory, NewStation, TokenHash};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use waystation_protocol::{Decoded, Kind, Limits, Reading, StationId, decode_channel};

/// A Monday, 00:00 in Shanghai.
const START: i64 = 1_763_913_600_000;
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A fleet under simulated time; times are seconds after [`START`].
struct World {
    fleet: Fleet,
    settings: Settings,
    directory: Arc<Directory>,
    now: i64,
    /// Seconds between ticks.
    step: i64,
    alerts: BTreeMap<String, Alert>,
    /// Every change, as it was told.
    told: usize,
}

impl World {
    fn new(config: &Config, stations: &[NewStation]) -> Self {
        let station = |new: &NewStation| (new.check().unwrap(), TokenHash::of(b"token"));
        let directory = Arc::new(Directory::new(stations.iter().map(station).collect(), Vec::new()));
        let settings = Settings::from(config);
        let mut fleet = Fleet::new(settings.clone(), START);
        fleet.apply(Event::Directory(Arc::clone(&directory)), START);
        let alerts = BTreeMap::new();
        Self { fleet, settings, directory, now: 0, step: 1, alerts, told: 0 }
    }

    /// One station, open from eight to eight.
    fn one() -> Self {
        Self::new(&Config::default(), &[station("jb-001", "jiangbei", "g-1")])
    }

    fn until(&mut self, at: i64) {
        while self.now + self.step <= at {
            self.now += self.step;
            self.tick();
        }
    }

    fn tick(&mut self) {
        for effect in self.fleet.apply(Event::Tick, START + self.now * 1_000) {
            if let Effect::Alert(alert) = effect {
                self.told += 1;
                self.alerts.insert(alert.id.clone(), *alert);
            }
        }
    }

    fn event(&mut self, at: i64, event: Event) {
        self.until(at);
        assert_eq!(self.fleet.apply(event, START + at * 1_000), vec![]);
    }

    /// Readings as they would be published on their channel; `ts` is put in if it is not there.
    fn reading(&mut self, at: i64, name: &str, kind: Kind, json: &str) {
        self.late_reading(at, at, name, kind, json);
    }

    fn late_reading(&mut self, at: i64, measured: i64, name: &str, kind: Kind, json: &str) {
        let ts = START + measured * 1_000;
        let json = json.replacen('{', &format!("{{\"ts\":{ts},"), 1);
        let what = What::Readings(vec![parse(kind, &json, START + at * 1_000)]);
        self.entry(at, name, what);
    }

    fn entry(&mut self, at: i64, name: &str, what: What) {
        let entry = Entry { station: id(name), received_ms: START + at * 1_000, what };
        self.event(at, Event::Entry(entry));
    }

    fn connect(&mut self, at: i64, name: &str, address: &str) {
        let address: Option<IpAddr> = Some(address.parse().unwrap());
        self.event(at, Event::Connected { station: id(name), at_ms: START + at * 1_000, address });
    }

    fn disconnect(&mut self, at: i64, name: &str) {
        self.event(at, Event::Disconnected { station: id(name), at_ms: START + at * 1_000 });
    }

    /// The hub stops, and starts again at `at`.
    fn restart(&mut self, at: i64) {
        self.save();
        self.fleet = self.loaded(&self.fleet, START + at * 1_000);
        self.now = at;
    }

    /// What a save writes besides stations.
    fn save(&mut self) {
        let changed = self.fleet.take_alerts();
        self.told += changed.len();
        self.alerts.extend(changed.into_iter().map(|alert| (alert.id.clone(), alert)));
    }

    /// A fleet from what `state.db` would hold of this one.
    fn loaded(&self, fleet: &Fleet, listening_since_ms: i64) -> Fleet {
        let rows = fleet.stations().map(StationRow::of);
        let mut loaded = Fleet::new(self.settings.clone(), listening_since_ms);
        loaded.apply(Event::Directory(Arc::clone(&self.directory)), listening_since_ms);
        rows.for_each(|row| loaded.restore(row.restore().unwrap()));
        let book = serde_json::to_string(&fleet.saved_book()).unwrap();
        // As they were told: what is in the fleet alone, a crash takes away.
        let firing = self.alerts.values().filter(|alert| alert.ends_at.is_none());
        let firing = firing.map(|alert| serde_json::to_string(alert).unwrap());
        let firing: Vec<Alert> = firing.map(|json| serde_json::from_str(&json).unwrap()).collect();
        loaded.restore_alerts(serde_json::from_str(&book).unwrap(), firing);
        loaded
    }

    /// Compares the alerts, by start and rule, with lines like `door_forced critical jb-001/front 60..960`.
    fn check(&self, expected: &[&str]) {
        let mut alerts: Vec<&Alert> = self.alerts.values().collect();
        alerts.sort_by_key(|alert| (alert.starts_at, alert.rule, alert.station.clone(), alert.id.clone()));
        let found: Vec<String> = alerts.into_iter().map(shown).collect();
        assert_eq!(found, expected);
    }
}

fn shown(alert: &Alert) -> String {
    for lang in ["zh", "en"] {
        let (title, advice) = (alert.title(lang), alert.advice(lang));
        assert!(!title.is_empty() && !advice.is_empty(), "{} has no text", alert.rule);
        assert!(!title.contains(['{', '}']) && !advice.contains(['{', '}']), "{title} {advice}");
    }
    let device = alert.device.as_ref().map(|device| format!("/{device}")).unwrap_or_default();
    let subject = match (&alert.station, &alert.common) {
        (Some(station), _) => format!("{station}{device}"),
        (None, Some(common)) => {
            format!("{}={} ({})", common.factor.as_str(), common.value, alert.stations.len())
        }
        (None, None) => "?".into(),
    };
    let seconds = |at: i64| (at - START) / 1_000;
    let end = alert.ends_at.map(|at| seconds(at).to_string()).unwrap_or_default();
    let merged = if alert.values.contains_key("merged_into") { " merged" } else { "" };
    let (rule, severity) = (alert.rule, alert.severity.as_str());
    format!("{rule} {severity} {subject} {}..{end}{merged}", seconds(alert.starts_at))
}

fn id(text: &str) -> StationId {
    StationId::try_from(text).unwrap()
}

fn station(name: &str, district: &str, grid: &str) -> NewStation {
    NewStation {
        district: district.into(),
        grid: grid.into(),
        opening_hours: "08:00-20:00".into(),
        name_zh: "江北站".into(),
        ..NewStation::named(name)
    }
}

fn parse(kind: Kind, json: &str, now: i64) -> Reading {
    let mut decoded = Decoded::default();
    decode_channel(kind, json.as_bytes(), now, &Limits::default(), &mut decoded);
    assert_eq!(decoded.rejected, vec![], "{json}");
    decoded.accepted.remove(0).reading
}
