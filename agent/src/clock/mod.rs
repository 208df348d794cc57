//! The time that readings carry: the hub's, running on a clock that nobody can set.
//!
//! Invariants
//! - Once the hub has told the time, it runs on the boot clock (it counts through sleep, and no setting of the system
//!   clock moves it). Until then the system clock counts, if it is plausible: not before 2025, and not behind the last
//!   time that was kept in `data_dir/clock`. Otherwise the time is unknown.
//! - What is stamped by a system clock that the hub has not confirmed keeps boot and uptime as well, and is looked at
//!   again before it is sent: see [`Clock::confirmed`].
//! - A reading taken while the time is unknown keeps its boot and the uptime, and gets its time before it is sent: see
//!   [`Clock::time_at`].
//! - A time that is less than a second off the hub's is left alone: what the round trip says is no more exact [J].

mod boots;
mod timeline;

use crate::files;
use boots::Boots;
use timeline::Timeline;
pub use timeline::{Look, PLAUSIBLE_FROM_MS, Stamp, is_recent};

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::interval;

/// The file under `data_dir`.
const FILE: &str = "clock";
/// How often the uptime is kept while the time is unknown.
const KEEP_UNKNOWN: Duration = Duration::from_secs(60);
/// Every so many of these the time is kept while it is known: hourly, to spare a flash card.
const KEEP_KNOWN_EVERY: u32 = 60;

/// Milliseconds since the Unix epoch by the system clock, UTC; 0 for a clock before it.
pub fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The corrected time. Cheap to clone.
#[derive(Clone)]
pub struct Clock(Arc<Shared>);

struct Shared {
    look: Box<dyn Fn() -> Look + Send + Sync>,
    state: Mutex<State>,
    path: Option<PathBuf>,
    /// What is kept is wrong: the hub said so.
    moved: AtomicBool,
    /// Told when the time may have become known.
    settled: watch::Sender<()>,
}

struct State {
    timeline: Timeline,
    boots: Boots,
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Clock").field("now_ms", &self.now_ms()).finish_non_exhaustive()
    }
}

impl Clock {
    /// With what is kept in `data_dir`. A file that cannot be read or written costs only that: it is logged.
    pub fn open(data_dir: &Path) -> Self {
        let path = data_dir.join(FILE);
        let clock = Self::with(Box::new(Look::now), &boot_id(), Some(path));
        clock.keep_now();
        clock
    }

    /// Without a file: for a program that keeps nothing.
    pub fn unkept() -> Self {
        Self::with(Box::new(Look::now), &boot_id(), None)
    }

    /// On any clocks: for tests.
    pub fn with(look: Box<dyn Fn() -> Look + Send + Sync>, boot_id: &str, path: Option<PathBuf>) -> Self {
        let boots = path.as_deref().map(read_boots).unwrap_or_default().beginning(boot_id);
        let timeline = Timeline::new(boots.last_ms());
        Self(Arc::new(Shared {
            look,
            state: Mutex::new(State { timeline, boots }),
            path,
            moved: AtomicBool::new(false),
            settled: watch::Sender::new(()),
        }))
    }

    /// Milliseconds of the boot clock, for [`Self::sync`] and for measuring spans.
    pub fn mono_ms(&self) -> i64 {
        (self.0.look)().mono_ms
    }

    /// Corrected milliseconds since the Unix epoch, UTC; `None` while the time is unknown.
    pub fn now_ms(&self) -> Option<i64> {
        let look = (self.0.look)();
        self.state().timeline.now_ms(look)
    }

    /// The time that certificates are judged by: while it is unknown, the last one that was known. A certificate that
    /// was valid then most likely is still, and without a connection the time would never be known.
    pub fn now_or_last_ms(&self) -> i64 {
        let look = (self.0.look)();
        let state = self.state();
        state.timeline.now_ms(look).unwrap_or_else(|| state.boots.last_ms().max(look.system_ms))
    }

    /// The system clock minus the hub's, ms; `None` before the hub has told the time.
    pub fn offset_ms(&self) -> Option<i64> {
        let look = (self.0.look)();
        self.state().timeline.offset_ms(look)
    }

    /// The hub's time `hub_ms` came at `t1_mono`, asked for at `t0_mono` (both by [`Self::mono_ms`]). Of several
    /// samples, hand in the one with the shortest way.
    pub fn sync(&self, t0_mono: i64, hub_ms: i64, t1_mono: i64) {
        let look = (self.0.look)();
        let moved_ms = self.state().timeline.sync(look, t0_mono, hub_ms, t1_mono);
        if moved_ms != Some(0) {
            self.0.moved.store(true, Relaxed);
            let offset_ms = self.offset_ms();
            tracing::info!(moved_ms, system_clock_off_ms = offset_ms, "the hub's time counts now");
        }
        self.0.settled.send_replace(());
    }

    /// The broker does not tell the time: from now on the system clock counts even if it is behind what was kept.
    pub fn unanswered(&self) {
        self.state().timeline.unanswered();
        self.0.settled.send_replace(());
    }

    /// Changes whenever the hub has told the time, or turned out not to.
    pub fn settled(&self) -> watch::Receiver<()> {
        self.0.settled.subscribe()
    }

    /// The time of a reading: now, or the time that its device gave it. A device's time is moved as the system clock
    /// is, because devices of the station take theirs from the gateway; one that is right already is left alone.
    pub fn stamp(&self, device_ms: Option<i64>) -> Stamp {
        let look = (self.0.look)();
        self.state().timeline.stamp(look, device_ms)
    }

    /// The boot that [`Stamp::Uptime`] refers to.
    pub fn boot_id(&self) -> String {
        self.state().boots.current().to_owned()
    }

    /// The time of a moment of a boot, this or an earlier one; `None` while it cannot be known.
    ///
    /// Of an earlier boot that ended without knowing the time, only its order is known: it counts as ended when the
    /// next one began, so that its readings are late by the time that the power was off.
    pub fn time_at(&self, boot_id: &str, uptime_ms: i64) -> Option<i64> {
        let look = (self.0.look)();
        let state = &mut *self.state();
        let zero_ms = state.timeline.now_ms(look)? - look.mono_ms;
        state.boots.time_at(boot_id, uptime_ms, zero_ms)
    }

    /// The time of a reading that was stamped `ms` before the hub had told the time: `ms`, or what it turned out to be.
    /// `None` until the hub has told the time or is known not to.
    pub fn confirmed(&self, boot_id: &str, uptime_ms: i64, ms: i64) -> Option<i64> {
        let look = (self.0.look)();
        let state = self.state();
        if !state.timeline.is_settled() {
            return None;
        }
        let zero_ms = state.timeline.now_ms(look)? - look.mono_ms;
        let told_ms = state.boots.zero_of(boot_id, zero_ms).map(|zero_ms| zero_ms + uptime_ms);
        Some(told_ms.map_or(ms, |told_ms| state.timeline.confirmed(look, ms, told_ms)))
    }

    /// Keeps the time on disk now and then, until `stop` is turned, and once more then.
    pub async fn keep(self, mut stop: watch::Receiver<bool>) {
        let mut ticks = interval(KEEP_UNKNOWN);
        let (mut quiet, mut knew) = (0, false);
        loop {
            let stopped = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => true,
                _ = ticks.tick() => false,
            };
            let knows = self.now_ms().is_some();
            quiet += 1;
            let moved = self.0.moved.swap(false, Relaxed);
            if stopped || moved || !knows || !knew || quiet >= KEEP_KNOWN_EVERY {
                (quiet, knew) = (0, knows);
                let clock = self.clone();
                if let Err(error) = spawn_blocking(move || clock.keep_now()).await {
                    return tracing::error!(%error, "the time is not kept any more");
                }
            }
            if stopped {
                return;
            }
        }
    }

    fn keep_now(&self) {
        let Some(path) = &self.0.path else { return };
        let look = (self.0.look)();
        let text = {
            let state = &mut *self.state();
            state.boots.note(look.mono_ms, state.timeline.now_ms(look));
            state.boots.to_text()
        };
        if let Err(error) = files::replace(path, text.as_bytes()) {
            tracing::warn!(%error, path = %path.display(), "the time cannot be kept");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Look {
    /// Both clocks of this machine.
    pub fn now() -> Self {
        let boot = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Self { mono_ms: boot.tv_sec * 1000 + boot.tv_nsec / 1_000_000, system_ms: now_ms() }
    }
}

/// Drawn by the kernel at each boot.
fn boot_id() -> String {
    let read = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    let id: String = read.unwrap_or_default().chars().filter(char::is_ascii_hexdigit).take(16).collect();
    if id.is_empty() { "unknown".to_owned() } else { id }
}

fn read_boots(path: &Path) -> Boots {
    match std::fs::read_to_string(path) {
        Ok(text) => Boots::from_text(&text),
        Err(error) => {
            if error.kind() != std::io::ErrorKind::NotFound {
                tracing::warn!(%error, path = %path.display(), "the kept time cannot be read");
            }
            Boots::default()
        }
    }
}

#[cfg(test)]
mod tests;
