//! The whole stage, from a log on disk into real servers and into one that answers as it is told.

mod derived;
mod influxd;
mod real_influxdb;
mod real_victoria;
mod scripted;
mod scripted_server;

use super::*;
use crate::entry::{Entry, Place, PresenceChange, What};
use crate::registry::{Directory, Station, StationKind, TokenHash};
use crate::shutdown::{Trigger, switch};
use crate::{config, registry};
use std::sync::Mutex;
use tempfile::TempDir;
use waystation_durable_log::{Options, Writer};
use waystation_protocol::{Body, Environment, PresenceState, Reading};

/// Now and then: readings a second apart, in a time that no retention has passed.
const START: i64 = 1_790_000_000_000;

#[derive(Default)]
struct Kept {
    lines: Mutex<Vec<RefusedLine>>,
    /// How many calls fail before one succeeds.
    failures: Mutex<usize>,
}

impl QuarantineSink for Kept {
    fn quarantine(&self, lines: &[RefusedLine]) -> Result<(), QuarantineError> {
        let mut failures = self.failures.lock().unwrap();
        if *failures > 0 {
            *failures -= 1;
            return Err(QuarantineError("the disk is full".into()));
        }
        self.lines.lock().unwrap().extend_from_slice(lines);
        Ok(())
    }
}

/// A log, and the stage that drains it into the server of `config`.
struct Rig {
    writer: Writer,
    log: Log,
    dir: TempDir,
    config: config::Influx,
    directory: registry::SharedDirectory,
    kept: Arc<Kept>,
    metrics: Metrics,
    derived: Vec<Arc<dyn DerivedSource>>,
    running: Option<(Influx, Trigger)>,
}

impl Rig {
    fn new(config: config::Influx) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (writer, log, _) = waystation_durable_log::open(dir.path(), Options::default()).unwrap();
        Self {
            writer,
            log,
            dir,
            config,
            directory: Directory::new(vec![(station("hp-001"), TokenHash::of(b""))], vec![]).shared(),
            kept: Arc::new(Kept::default()),
            metrics: Metrics::new(),
            derived: Vec::new(),
            running: None,
        }
    }

    fn start(&mut self) {
        let (trigger, shutdown) = switch();
        let hasty = Duration::from_millis(20);
        let pauses = Pauses { first: hasty, longest: 4 * hasty, held: hasty };
        let (log, directory, kept) = (self.log.clone(), self.directory.clone(), self.kept.clone());
        let metrics = self.metrics.clone();
        let spawned = spawn_with(&self.config, log, directory, kept, metrics, shutdown.clone(), pauses);
        let running = spawned.unwrap().with_derived(self.derived.clone(), self.dir.path(), shutdown);
        self.running = Some((running, trigger));
    }

    async fn stop(&mut self) {
        let (running, trigger) = self.running.take().unwrap();
        trigger.stop();
        running.join().await.unwrap();
    }

    fn append(&mut self, what: What) {
        let entry = Entry { station: "hp-001".try_into().unwrap(), received_ms: START, what };
        let mut record = Vec::new();
        entry.encode(&mut record);
        self.writer.append(&record).unwrap();
        self.writer.commit().unwrap();
    }

    /// Readings of these numbers, in one record.
    fn append_readings(&mut self, numbers: std::ops::Range<i64>) {
        self.append(What::Readings(numbers.map(environment).collect()));
    }

    fn status(&self) -> Status {
        self.running.as_ref().unwrap().0.status()
    }

    /// Returns once everything in the log is written or set aside.
    async fn drained(&self) {
        self.reached("everything is written", |status| status.position == self.log.durable()).await;
        assert_eq!(self.status().trouble, None);
    }

    /// Returns once the trouble is of this class, with its advice.
    async fn troubled(&self, class: &str) -> Option<&'static str> {
        let is = |status: &Status| status.trouble.as_ref().is_some_and(|trouble| trouble.class == class);
        self.reached(class, is).await;
        self.status().trouble.and_then(|trouble| trouble.advice)
    }

    async fn reached(&self, what: &str, condition: impl Fn(&Status) -> bool) {
        let reached = async {
            while !condition(&self.status()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        // No timed assertion: it only turns a hang into a message, on the busiest machine too.
        let patience = Duration::from_secs(120);
        assert!(tokio::time::timeout(patience, reached).await.is_ok(), "not {what}: {:?}", self.status());
    }

    fn kept_lines(&self) -> Vec<String> {
        self.kept.lines.lock().unwrap().iter().map(|refused| refused.line.clone()).collect()
    }

    fn errors(&self, class: &str) -> u64 {
        self.metrics.influx_errors.with_label_values(&[class]).get()
    }
}

fn environment(number: i64) -> Reading {
    #[allow(clippy::cast_precision_loss)]
    let body = Environment { temperature_c: Some(number as f64 / 10.0), ..Environment::default() };
    Reading { ts: START + number * 1000, device: "env-1".try_into().unwrap(), body: Body::Environment(body) }
}

fn station(id: &str) -> Station {
    Station {
        id: id.try_into().unwrap(),
        name_zh: "".into(),
        name_en: "".into(),
        city: None,
        district: Some("黄浦 区".into()),
        street: None,
        grid: None,
        latitude: None,
        longitude: None,
        kind: StationKind::Rest,
        host_type: None,
        opening_hours: None,
        time_zone: None,
        capacity: None,
    }
}
