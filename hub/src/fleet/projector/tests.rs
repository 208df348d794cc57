use super::*;
use crate::entry::{Place, PresenceChange, Quarantined};
use crate::fleet::{
    AlertFilter, AlertState, Outage, OutageFilter, OutageKind, QuarantineFilter, SessionEvents, State,
    Thresholds,
};
use crate::influx::{QuarantineSink, RefusedLine};
use crate::operations::Operations;
use crate::shutdown;
use tempfile::TempDir;
use waystation_durable_log::{Options, Writer};
use waystation_protocol::{Decoded, Kind, Limits, OutboxId, PresenceState, Reading, decode_channel};

const NOW: i64 = 1_763_800_000_000;
const THRESHOLDS: Thresholds = Thresholds { warn_after_ms: 180_000, offline_after_ms: 900_000 };

/// A data folder with a log in it.
struct Folder {
    dir: TempDir,
    writer: Writer,
    log: Log,
    directory: Arc<Directory>,
}

impl Folder {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let (writer, log) = Self::open(&dir);
        Self { dir, writer, log, directory: Arc::default() }
    }

    fn open(dir: &TempDir) -> (Writer, Log) {
        let options = Options { segment_bytes: 64 << 10, max_bytes: 64 << 20, ..Options::default() };
        let (writer, log, _) = waystation_durable_log::open(&dir.path().join("log"), options).unwrap();
        (writer, log)
    }

    fn write(&mut self, whats: impl IntoIterator<Item = (&'static str, What)>) {
        for (station, what) in whats {
            let mut record = Vec::new();
            Entry { station: id(station), received_ms: NOW, what }.encode(&mut record);
            self.writer.append(&record).unwrap();
        }
        self.writer.commit().unwrap();
    }

    fn recover(&self) -> Recovered {
        let (metrics, health) = (Metrics::new(), Health::default());
        let directory: SharedDirectory = Arc::new(self.directory.clone().into());
        let operations = Operations::open(self.dir.path(), NOW).unwrap();
        recover(self.dir.path(), &self.log, THRESHOLDS, directory, metrics, health, || NOW, operations)
            .unwrap()
    }

    fn reopened(self) -> Self {
        let Self { dir, writer, log, directory } = self;
        drop((writer, log));
        let (writer, log) = Self::open(&dir);
        Self { dir, writer, log, directory }
    }
}

fn id(text: &str) -> StationId {
    StationId::try_from(text).unwrap()
}

fn reading(ts: i64) -> Reading {
    let json = format!(r#"{{"ts":{ts},"device":"env-1","temperature_c":20.5}}"#);
    let mut decoded = Decoded::default();
    decode_channel(Kind::Environment, json.as_bytes(), NOW, &Limits::default(), &mut decoded);
    decoded.accepted.remove(0).reading
}

fn batch(first_seq: u64, count: u32) -> What {
    let outbox = OutboxId::try_from("outbox").unwrap();
    let place = Place { outbox, first_seq, count, lost: vec![] };
    What::Batch(place, (0..count).map(|index| reading(NOW - 1_000 + i64::from(index))).collect())
}

fn quarantined(number: usize) -> What {
    What::Quarantined(Quarantined {
        channel: "environment".into(),
        reason: "out_of_range".into(),
        member: Some("temperature_c".into()),
        payload: format!("payload {number}").into_bytes(),
    })
}

fn online() -> What {
    What::Presence(PresenceChange { state: PresenceState::Online, ts: NOW, agent: Some("1.2.0".into()) })
}

fn quarantine(store: &Store, limit: u32) -> Vec<String> {
    let page = store.quarantine_page(&QuarantineFilter { limit, ..QuarantineFilter::default() }).unwrap();
    page.items.into_iter().map(|item| String::from_utf8(item.payload).unwrap()).collect()
}

/// What must be the same after every restart.
fn check(folder: &Folder, received: u64, in_quarantine: usize) {
    let recovered = folder.recover();
    let fleet = recovered.fleet.lock();
    let station = fleet.station("jb-001").unwrap();
    assert_eq!(station.ledger.totals().received, received);
    assert_eq!(recovered.ledgers[&id("jb-001")], station.ledger);
    assert_eq!(station.latest.readings().len(), 1);
    assert_eq!(station.agent.as_deref(), Some("1.2.0"));
    assert_eq!(station.retained().map(|said| said.state), Some(PresenceState::Online));
    assert_eq!(quarantine(&recovered.store, 1_000).len(), in_quarantine);
}

#[test]
fn a_restart_finds_everything_once_however_often_it_happens() {
    let mut folder = Folder::new();
    folder.write([("jb-001", online()), ("jb-001", batch(1, 5)), ("jb-001", quarantined(1))]);
    check(&folder, 5, 1);
    check(&folder, 5, 1); // from state.db alone
    let mut folder = folder.reopened();
    folder.write([("jb-001", batch(6, 5)), ("jb-001", quarantined(2)), ("jb-002", batch(1, 1))]);
    check(&folder, 10, 2);
    check(&folder.reopened(), 10, 2);
}

#[test]
fn without_state_db_the_log_is_replayed_from_its_beginning() {
    let mut folder = Folder::new();
    folder.write([("jb-001", online()), ("jb-001", batch(1, 5)), ("jb-001", quarantined(1))]);
    check(&folder, 5, 1);
    for file in ["state.db", "state.db-wal", "state.db-shm"] {
        let path = folder.dir.path().join(file);
        if path.exists() {
            std::fs::remove_file(path).unwrap();
        }
    }
    check(&folder, 5, 1);
}

#[test]
fn a_record_that_cannot_be_read_is_passed_over() {
    let mut folder = Folder::new();
    folder.writer.append(b"\xffnot an entry").unwrap();
    folder.write([("jb-001", online()), ("jb-001", batch(1, 5))]);
    check(&folder, 5, 0);
}

#[test]
fn the_thread_follows_the_log_and_the_sessions_and_saves_when_it_stops() {
    let mut folder = Folder::new();
    let recovered = folder.recover();
    let (fleet, sessions) = (recovered.fleet.clone(), SessionEvents::default());
    let (trigger, shutdown) = shutdown::switch();
    let thread = recovered.projector.spawn(sessions.clone(), |_| {}, shutdown).unwrap();
    sessions.connected(&id("jb-002"), NOW, None);
    folder.write([("jb-001", online()), ("jb-001", batch(1, 5)), ("jb-001", quarantined(1))]);
    trigger.stop();
    thread.join();
    assert_eq!(fleet.lock().station("jb-002").map(|station| station.state()), Some(State::Online));
    assert_eq!(fleet.lock().station("jb-001").map(|station| station.ledger.totals().received), Some(5));
    check(&folder, 5, 1);
}

#[test]
fn lines_that_influxdb_refused_are_kept_once() {
    let folder = Folder::new();
    let store = folder.recover().store;
    let line = |text: &str| RefusedLine { line: text.into(), reason: "field type conflict".into() };
    let lines = [line("environment,station=jb-007,device=env-1 temperature_c=1 1"), line("door x=1 1")];
    store.quarantine(&lines).unwrap();
    store.quarantine(&lines).unwrap();
    let page = store.quarantine_page(&QuarantineFilter { limit: 10, ..QuarantineFilter::default() }).unwrap();
    let stations: Vec<&str> = page.items.iter().map(|item| item.station.as_str()).collect();
    assert_eq!(stations, ["", "jb-007"]);
    assert!(page.items.iter().all(|item| item.detail.as_deref() == Some("field type conflict")));
}

#[test]
fn the_quarantine_is_listed_newest_first_in_pages() {
    let mut folder = Folder::new();
    folder
        .write((0..5).map(|number| (if number % 2 == 0 { "jb-001" } else { "jb-002" }, quarantined(number))));
    let store = folder.recover().store;
    let page = |station: Option<&str>, before| {
        let filter =
            QuarantineFilter { station: station.map(str::to_owned), before, limit: 2, ..Default::default() };
        let page = store.quarantine_page(&filter).unwrap();
        let payloads: Vec<String> =
            page.items.into_iter().map(|item| String::from_utf8(item.payload).unwrap()).collect();
        (payloads, page.next)
    };
    let (first, next) = page(None, None);
    assert_eq!(first, ["payload 4", "payload 3"]);
    let (second, next) = page(None, next);
    assert_eq!(second, ["payload 2", "payload 1"]);
    assert_eq!(page(None, next), (vec!["payload 0".into()], None));
    assert_eq!(page(Some("jb-002"), None).0, ["payload 3", "payload 1"]);
}

#[test]
fn the_quarantine_is_bounded_and_counts_what_gave_way() {
    let mut folder = Folder::new();
    let items = usize::try_from(crate::fleet::QUARANTINE_ITEMS_MAX).unwrap();
    folder.write((0..items + 7).map(|number| ("jb-001", quarantined(number))));
    let store = folder.recover().store;
    let page = store.quarantine_page(&QuarantineFilter { limit: 1, ..QuarantineFilter::default() }).unwrap();
    assert_eq!(page.dropped_total, 7);
    assert_eq!(page.items[0].payload, format!("payload {}", items + 6).into_bytes());
    let store = folder.recover().store;
    assert_eq!(quarantine(&store, u32::MAX - 1).len(), items);
}

#[test]
fn what_the_hub_did_not_see_is_kept_as_an_outage_over_restarts() {
    let mut folder = Folder::new();
    folder.write([("jb-001", online()), ("jb-001", batch(1, 5))]);
    check(&folder, 5, 0);
    let later = || NOW + 1_200_000;
    let of_all = OutageFilter { station: None, from: 0, to: i64::MAX, after: None };
    for _ in 0..2 {
        let (metrics, health) = (Metrics::new(), Health::default());
        let directory = Directory::default().shared();
        let operations = Operations::open(folder.dir.path(), NOW).unwrap();
        let path = folder.dir.path();
        let recovered =
            recover(path, &folder.log, THRESHOLDS, directory, metrics, health, later, operations).unwrap();
        assert_eq!(
            recovered.fleet.lock().station("jb-001").map(|station| station.state()),
            Some(State::Unknown)
        );
        let store = recovered.store;
        let (trigger, shutdown) = shutdown::switch();
        let thread = recovered.projector.spawn(SessionEvents::default(), |_| {}, shutdown).unwrap();
        trigger.stop();
        thread.join();
        let outages = store.outages(&of_all).unwrap();
        let unknown = Outage {
            station: id("jb-001"),
            starts_at: NOW,
            ends_at: None,
            kind: OutageKind::Unknown,
            planned: false,
        };
        assert_eq!(outages, [unknown]);
        assert_eq!(store.outages(&OutageFilter { to: NOW, ..of_all.clone() }).unwrap(), []);
        let of_another = OutageFilter { station: Some(id("jb-002")), ..of_all.clone() };
        assert_eq!(store.outages(&of_another).unwrap(), []);
    }
}

#[test]
fn no_verdict_is_reached_while_the_state_is_behind_the_log() {
    let mut folder = Folder::new();
    folder.write([("jb-001", online())]);
    let mut projector = folder.recover().projector;
    assert!(!projector.is_behind());
    folder.write([("jb-001", batch(1, 1))]);
    assert!(!projector.is_behind(), "what came just now does not count yet");
    projector.applied_received_ms = NOW - BEHIND_MS - 1;
    assert!(projector.is_behind());
    assert!(projector.take_batch());
    assert!(!projector.is_behind());
    projector.applied_received_ms = NOW - BEHIND_MS - 1;
    assert!(!projector.is_behind(), "nothing new has come, and that is a silence");
}

fn smoke(alarm: bool, ts: i64) -> What {
    let json = format!(r#"{{"ts":{ts},"device":"cab-1","smoke":{alarm}}}"#);
    let mut decoded = Decoded::default();
    decode_channel(Kind::Cabinet, json.as_bytes(), NOW, &Limits::default(), &mut decoded);
    What::Readings(vec![decoded.accepted.remove(0).reading])
}

#[test]
fn alerts_are_saved_with_the_stations_and_fire_on_after_a_restart() {
    let mut folder = Folder::new();
    let registered = crate::registry::NewStation::named("jb-001").check().unwrap();
    let token = crate::registry::TokenHash::of(b"token");
    folder.directory = Arc::new(Directory::new(vec![(registered, token)], vec![]));
    folder.write([("jb-001", smoke(true, NOW - 2_000)), ("jb-002", smoke(true, NOW - 2_000))]);
    let recovered = folder.recover();
    let page = |store: &Store, state| {
        let filter = AlertFilter { state, limit: 10, ..AlertFilter::default() };
        store.alert_page(&filter).unwrap().items
    };
    let firing = page(&recovered.store, Some(AlertState::Firing));
    // What is not in the registry raises nothing.
    assert_eq!(firing.iter().map(|alert| alert.station.clone()).collect::<Vec<_>>(), [Some(id("jb-001"))]);
    assert_eq!(recovered.store.alert(&firing[0].id).unwrap().as_ref(), Some(&firing[0]));
    let seen = recovered.store.alerts_since(0, 10).unwrap();
    assert_eq!(seen.len(), 1);
    drop(recovered);
    let recovered = folder.recover();
    assert_eq!(recovered.fleet.lock().alerts().cloned().collect::<Vec<_>>(), firing);
    drop(recovered);
    folder.write([("jb-001", smoke(false, NOW - 1_000))]);
    let recovered = folder.recover();
    assert_eq!(page(&recovered.store, Some(AlertState::Firing)), []);
    let resolved = page(&recovered.store, None);
    assert_eq!(resolved.iter().map(|alert| alert.ends_at).collect::<Vec<_>>(), [Some(NOW)]);
    assert_eq!(resolved[0].id, firing[0].id);
    let later = recovered.store.alerts_since(seen[0].0, 10).unwrap();
    assert_eq!(later.into_iter().map(|(_, alert)| alert).collect::<Vec<_>>(), resolved);
}

#[test]
fn alerts_are_listed_newest_first_in_pages() {
    let folder = Folder::new();
    let store = folder.recover().store;
    let alert = |number: i64, station: &str| -> Alert {
        let json = serde_json::json!({
            "id": format!("{number:016x}"), "fingerprint": "0", "rule": "offline", "severity": "warning",
            "station": null, "district": null, "device": null, "stations": [station], "common": null,
            "starts_at": NOW + number, "ends_at": null, "evidence": [], "values": {}
        });
        serde_json::from_value(json).unwrap()
    };
    let alerts: Vec<Alert> =
        (0..5).map(|number| alert(number, if number % 2 == 0 { "jb-001" } else { "jb-002" })).collect();
    let save = Save {
        log_id: folder.log.id(),
        applied_seq: 0,
        stations: &mut std::iter::empty(),
        quarantined: &[],
        alerts: AlertSave { alerts: alerts.iter().collect(), book: None, now_ms: NOW },
    };
    store.save(save).unwrap();
    let page = |station: Option<&str>, after| {
        let station = station.map(id);
        let page = store.alert_page(&AlertFilter { station, after, limit: 2, ..Default::default() }).unwrap();
        (page.items.into_iter().map(|alert| alert.starts_at - NOW).collect::<Vec<_>>(), page.next)
    };
    let (first, next) = page(None, None);
    assert_eq!(first, [4, 3]);
    let (second, next) = page(None, next);
    assert_eq!(second, [2, 1]);
    assert_eq!(page(None, next), (vec![0], None));
    assert_eq!(page(Some("jb-002"), None), (vec![3, 1], None));
}
