use super::*;
use crate::calendar::{DAY_MS, Zone};
use crate::config;
use crate::history::Query;
use crate::history::table;
use crate::history::utilisation::Part;
use crate::registry::{Directory, NewStation, TokenHash};
use crate::shutdown;
use std::sync::Arc;
use waystation_durable_log::{Options, Writer};
use waystation_protocol::{Body, Environment, Kind, Occupancy, Reading, StationId};

const START: i64 = 1_790_000_000_000;

fn now() -> i64 {
    START + DAY_MS
}

struct Case {
    folder: tempfile::TempDir,
    writer: Writer,
    log: Log,
    metrics: Metrics,
}

impl Case {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (writer, log, _) =
            waystation_durable_log::open(&folder.path().join("log"), Options::default()).unwrap();
        Self { folder, writer, log, metrics: Metrics::new() }
    }

    fn append(&mut self, numbers: std::ops::Range<i64>) {
        let body = Environment { temperature_c: Some(20.0), ..Environment::default() };
        self.append_at(numbers.map(|number| (number, body.clone().into())).collect());
    }

    fn append_bodies(&mut self, bodies: Vec<Body>) {
        self.append_at((0..).zip(bodies).collect());
    }

    fn append_at(&mut self, bodies: Vec<(i64, Body)>) {
        for (number, body) in bodies {
            let reading = Reading { ts: START + number, device: "device-1".try_into().unwrap(), body };
            let station = station();
            let entry = Entry { station, received_ms: START + number, what: What::Readings(vec![reading]) };
            let mut record = Vec::new();
            entry.encode(&mut record);
            self.writer.append(&record).unwrap();
        }
        self.writer.commit().unwrap();
    }

    fn consumer(&self, log_bytes_max: u64) -> Consumer {
        let zone = Zone::parse("Asia/Shanghai").unwrap();
        let history = History::open(self.folder.path(), Directory::default().shared(), zone, now).unwrap();
        let retention = Retention::from(&config::History::default());
        let (log, metrics) = (self.log.clone(), self.metrics.clone());
        Consumer::new(history, log, retention, metrics, Health::default(), log_bytes_max).unwrap()
    }

    /// Runs a consumer to the end of the log; gives how many readings there are then.
    fn run(&self) -> usize {
        let consumer = self.consumer(u64::MAX);
        let history = consumer.history.clone();
        let (stop, stopping) = shutdown::switch();
        let running = consumer.spawn(stopping).unwrap();
        stop.stop();
        running.join();
        count(&history)
    }
}

fn station() -> StationId {
    "a".try_into().unwrap()
}

fn count(history: &History) -> usize {
    let query = Query {
        kind: Kind::Environment,
        device: None,
        slot: None,
        from: START,
        to: now(),
        step_ms: None,
        limit: usize::MAX,
    };
    history.readings(&station(), &query).unwrap().items.len()
}

#[test]
fn a_restart_goes_on_where_the_last_commit_was() {
    let mut case = Case::new();
    case.append(0..1_000);
    assert_eq!(case.run(), 1_000);
    assert_eq!(case.log.cursors(), [(CURSOR.to_owned(), 1_000)]);
    case.append(1_000..1_500);
    assert_eq!(case.run(), 1_500);
    assert_eq!(case.run(), 1_500);
    // Without the file, the log gives what it still has.
    std::fs::remove_file(case.folder.path().join("history.db")).unwrap();
    assert_eq!(case.run(), 1_500);
}

#[test]
fn what_is_gathered_can_be_asked_for_and_survives_a_crash_in_the_log() {
    let mut case = Case::new();
    case.append(0..10);
    let mut consumer = case.consumer(u64::MAX);
    assert!(!consumer.gather());
    assert_eq!(count(&consumer.history), 10);
    drop(consumer); // as a crash would: nothing is committed
    assert_eq!(case.log.cursors(), [(CURSOR.to_owned(), 0)]);
    assert_eq!(case.run(), 10);
}

#[test]
fn a_changed_registry_is_noticed_by_the_thread_also_after_a_restart() {
    let directory = |capacity: &str| {
        let new = NewStation { id: "a".into(), capacity: capacity.into(), ..NewStation::default() };
        Arc::new(Directory::new(vec![(new.check().unwrap(), TokenHash::of(b"a"))], Vec::new()))
    };
    let capacity = |history: &History| {
        let hours = history.read(|reader| table::hours(reader, "a", 0, i64::MAX)).unwrap();
        hours.iter().map(|(_, parts)| parts.get(Part::Capacity)).sum::<i64>()
    };
    let mut case = Case::new();
    case.append_bodies(vec![Occupancy { people: Some(5), ..Occupancy::default() }.into()]);
    let mut consumer = case.consumer(u64::MAX);
    consumer.history.0.directory.store(directory("10"));
    while consumer.gather() {}
    assert!(consumer.commit_or_report());
    let first = capacity(&consumer.history);
    assert!(first > 0);
    while consumer.upkeep() {}
    assert_eq!(capacity(&consumer.history), first);
    consumer.history.0.directory.store(directory("20"));
    while consumer.upkeep() {}
    assert_eq!(capacity(&consumer.history), 2 * first);
    drop(consumer);
    let mut restarted = case.consumer(u64::MAX);
    restarted.history.0.directory.store(directory("30"));
    while restarted.upkeep() {}
    assert_eq!(capacity(&restarted.history), 3 * first);
}

#[test]
fn it_gives_way_when_the_log_is_nearly_full() {
    let mut case = Case::new();
    case.append(0..100);
    let mut other = case.log.cursor("other").unwrap();
    let mut consumer = case.consumer(0);
    consumer.give_way();
    assert_eq!(case.metrics.history_skipped_records.get(), 0, "another one is as far behind");
    other.advance(60);
    consumer.give_way();
    assert_eq!(case.metrics.history_skipped_records.get(), 60);
    assert!(!consumer.gather());
    assert_eq!(count(&consumer.history), 40);
    let position = case.log.cursors().into_iter().find(|(name, _)| name == CURSOR);
    assert_eq!(position, Some((CURSOR.to_owned(), 60)));
}

#[test]
fn it_gives_way_even_if_its_file_takes_nothing() {
    let mut case = Case::new();
    case.append(0..100);
    let mut other = case.log.cursor("other").unwrap();
    let mut consumer = case.consumer(0);
    assert!(!consumer.gather());
    let broken = rusqlite::Connection::open(case.folder.path().join("history.db")).unwrap();
    broken.execute_batch("DROP TABLE block").unwrap();
    assert!(!consumer.commit_or_report());
    other.advance(100);
    consumer.give_way();
    assert_eq!(case.metrics.history_skipped_records.get(), 100);
    assert!(case.log.cursors().contains(&(CURSOR.to_owned(), 100)));
}
