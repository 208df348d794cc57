//! The gateway's own readings: its outbox, its uptime, its machine; and how each source fares, under the source's name.

use crate::clock::Clock;
use crate::config;
use crate::intake::{Intake, Reporting};
use crate::outbox::OutboxView;
use crate::sources::Machine;
use crate::sources::health::{Board, SourceHealth};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use waystation_protocol::{Body, DeviceId, Gateway, Kind, Reading, SourceState};

/// Between two readings about changes of sources: one that comes and goes tells of it this often at most [J].
const SOURCES_APART: Duration = Duration::from_secs(5);

/// What the readings are made of.
pub struct GatewayFacts {
    pub view: OutboxView,
    pub lost_told: Arc<AtomicU64>,
    pub horizon_s: watch::Receiver<Option<f64>>,
    pub data_dir: PathBuf,
    pub clock: Clock,
    pub started: Instant,
    pub machine: watch::Receiver<Machine>,
}

/// The task that makes them.
pub struct GatewaySource {
    pub config: config::Gateway,
    pub facts: GatewayFacts,
    pub intake: Intake,
    /// An interval for gateway readings there goes before the configured one.
    pub reporting: watch::Receiver<Reporting>,
    /// The hub asks for a reading at once.
    pub report_now: mpsc::Receiver<()>,
    pub board: Board,
}

/// What was told of the sources.
struct Told {
    board: Board,
    states: BTreeMap<String, SourceState>,
    /// Not before it is a change told. At the start, sources have a moment to be reached.
    not_before: Instant,
}

impl GatewaySource {
    /// Submits a reading now, then at every interval and on request, until `stop` is turned.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let Some(configured) = self.config.interval else { return };
        let mut told = Told::new(self.board.clone());
        let mut next = Instant::now();
        // The first one tells the hub that the agent is here.
        let mut is_urgent = true;
        loop {
            let interval = self.interval(configured);
            let readings = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                Some(()) = self.report_now.recv() => {
                    is_urgent = true;
                    self.all(&mut told)
                }
                // A power cut, or its end, is told at once.
                () = mains_changed(&mut self.facts.machine) => {
                    is_urgent = true;
                    vec![self.own()]
                }
                // So is a source that fails, or works again.
                changed = told.changed() => {
                    is_urgent = true;
                    changed
                }
                () = sleep_until(next) => {
                    next = Instant::now() + interval;
                    self.all(&mut told)
                }
                Ok(()) = self.reporting.changed() => {
                    let changed = self.interval(configured);
                    next = next.min(Instant::now() + changed);
                    continue;
                }
            };
            tokio::select! {
                // A disk that fails must not hold up a stop.
                _ = stop.wait_for(|stop| *stop) => return,
                submitted = self.intake.take_own(readings, is_urgent) => if let Err(error) = submitted {
                    return tracing::debug!(%error, "gateway readings ended");
                }
            }
            is_urgent = false;
        }
    }

    fn interval(&self, configured: Duration) -> Duration {
        let interval_s = self.reporting.borrow().intervals_s.get(&Kind::Gateway).copied();
        interval_s.map_or(configured, |interval_s| Duration::from_secs(interval_s.into()))
    }

    fn all(&self, told: &mut Told) -> Vec<Reading> {
        std::iter::once(self.own()).chain(told.all()).collect()
    }

    fn own(&self) -> Reading {
        let body = Body::Gateway(self.facts.reading());
        Reading { ts: 0, device: self.config.device.clone(), body }
    }
}

impl Told {
    fn new(board: Board) -> Self {
        Self { board, states: BTreeMap::new(), not_before: Instant::now() + SOURCES_APART }
    }

    /// A reading of each source; none at the very start.
    fn all(&mut self) -> Vec<Reading> {
        if self.states.is_empty() && Instant::now() < self.not_before {
            return Vec::new();
        }
        self.tell(|_, _| true)
    }

    /// Resolves with a reading of each source whose state is not the one that was told. Cancel-safe.
    async fn changed(&mut self) -> Vec<Reading> {
        loop {
            sleep_until(self.not_before).await;
            let changed = self.tell(|told, now| told != Some(now));
            if !changed.is_empty() {
                self.not_before = Instant::now() + SOURCES_APART;
                return changed;
            }
            self.board.changed().await;
        }
    }

    fn tell(&mut self, is_due: impl Fn(Option<SourceState>, SourceState) -> bool) -> Vec<Reading> {
        let mut readings = Vec::new();
        for health in self.board.list() {
            let before = self.states.insert(health.name.clone(), health.state);
            if is_due(before, health.state) {
                readings.extend(of_source(&health));
            }
        }
        readings
    }
}

/// The configuration lets no source have a name that is none of a device.
fn of_source(health: &SourceHealth) -> Option<Reading> {
    let device = DeviceId::try_from(health.name.as_str()).ok()?;
    let body = Body::Gateway(Gateway {
        source: Some(health.kind),
        source_state: Some(health.state),
        source_readings_total: Some(count(health.taken)),
        source_refused_total: Some(count(health.refused)),
        ..Gateway::default()
    });
    Some(Reading { ts: 0, device, body })
}

impl GatewayFacts {
    fn reading(&self) -> Gateway {
        let machine = *self.machine.borrow();
        let lost = self.lost_told.load(Relaxed) + self.view.lost_readings();
        Gateway {
            agent: Some(env!("CARGO_PKG_VERSION").into()),
            uptime_s: Some(self.started.elapsed().as_secs() as f64),
            outbox_records: Some(count(self.view.records())),
            outbox_bytes: Some(count(self.view.waiting_bytes())),
            outbox_horizon_s: *self.horizon_s.borrow(),
            lost_total: Some(count(lost)),
            clock_offset_ms: self.clock.offset_ms(),
            disk_free_mb: free_mb(&self.data_dir),
            cpu_pct: machine.cpu_pct,
            memory_mb: machine.memory_mb,
            rssi_dbm: machine.rssi_dbm,
            mains: machine.mains,
            ups_pct: machine.ups_pct,
            ..Gateway::default()
        }
    }
}

/// Resolves when the mains fail or come back. Cancel-safe.
async fn mains_changed(machine: &mut watch::Receiver<Machine>) {
    let before = machine.borrow().mains;
    // An error means that the app is gone.
    if machine.wait_for(|now| now.mains != before).await.is_err() {
        std::future::pending().await
    }
}

/// The protocol's largest integer bounds it.
fn count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX).min(9_007_199_254_740_991)
}

/// Free space of the file system that the outbox is on, MB, as an ordinary user sees it.
fn free_mb(path: &std::path::Path) -> Option<f64> {
    let found = rustix::fs::statvfs(path).ok()?;
    Some((found.f_bavail as f64 * found.f_frsize as f64 / 1e6).floor())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::Message;
    use waystation_protocol::SourceKind;

    fn check(readings: &[Reading], expected: &[(&str, SourceState)]) {
        let told = readings.iter().map(|reading| match &reading.body {
            Body::Gateway(gateway) => (reading.device.as_str(), gateway.source_state.unwrap()),
            other => panic!("{other:?}"),
        });
        assert_eq!(told.collect::<Vec<_>>(), expected);
    }

    #[tokio::test(start_paused = true)]
    async fn changes_of_sources_are_told_once_and_not_too_often() {
        let board = Board::default();
        let mut told = Told::new(board.clone());
        let began = Instant::now();
        let (meter, hall) =
            (board.register(SourceKind::Modbus, "meter"), board.register(SourceKind::Exec, "hall"));
        let failing = || Message::new("source_none");
        check(&told.all(), &[]);
        hall.ok();
        check(&told.changed().await, &[("meter", SourceState::Waiting), ("hall", SourceState::Ok)]);
        assert_eq!(began.elapsed(), SOURCES_APART);

        // It comes and goes: its state at the end of the pause counts.
        meter.ok();
        meter.failing(&failing());
        hall.failing(&failing());
        hall.ok();
        check(&told.changed().await, &[("meter", SourceState::Failing)]);
        assert_eq!(began.elapsed(), 2 * SOURCES_APART);
        check(&told.all(), &[("meter", SourceState::Failing), ("hall", SourceState::Ok)]);

        // What the interval has told already is no news.
        meter.ok();
        check(&told.all(), &[("meter", SourceState::Ok), ("hall", SourceState::Ok)]);
        let waiting = tokio::time::timeout(Duration::from_secs(3600), told.changed()).await;
        assert!(waiting.is_err(), "{waiting:?}");
    }
}
