//! The gateway's own readings: its outbox, its uptime, its machine.

use crate::clock::Clock;
use crate::config;
use crate::intake::{Intake, Reporting};
use crate::outbox::{OutboxClosed, OutboxView};
use crate::sources::Machine;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use waystation_protocol::{Body, Gateway, Kind, Reading};

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
}

impl GatewaySource {
    /// Submits a reading now, then at every interval and on request, until `stop` is turned.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let Some(configured) = self.config.interval else { return };
        let mut next = Instant::now();
        // The first one tells the hub that the agent is here.
        let mut is_urgent = true;
        loop {
            let interval = self.interval(configured);
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                Some(()) = self.report_now.recv() => is_urgent = true,
                // A power cut, or its end, is told at once.
                () = mains_changed(&mut self.facts.machine) => is_urgent = true,
                () = sleep_until(next) => next = Instant::now() + interval,
                Ok(()) = self.reporting.changed() => {
                    let changed = self.interval(configured);
                    next = next.min(Instant::now() + changed);
                    continue;
                }
            }
            tokio::select! {
                // A disk that fails must not hold up a stop.
                _ = stop.wait_for(|stop| *stop) => return,
                submitted = self.submit(is_urgent) => if let Err(error) = submitted {
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

    async fn submit(&self, is_urgent: bool) -> Result<(), OutboxClosed> {
        let body = Body::Gateway(self.facts.reading());
        let reading = Reading { ts: 0, device: self.config.device.clone(), body };
        self.intake.take_own(reading, is_urgent).await.map(drop)
    }
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
