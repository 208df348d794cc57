//! The thread that reads the log into the fleet's state, and saves that state.
//!
//! Invariants
//! - Entries are applied in the log's order, each once. The state in `state.db` and the number of the last record in
//!   it are committed together; the log's cursor `state` moves only after that commit.
//! - What is read ahead of a save is bounded: while saving fails, at most [`PENDING_ITEMS_MAX`] items and
//!   [`PENDING_BYTES_MAX`] bytes of quarantine wait in memory, then reading stops until the disk takes them.

use super::SharedFleet;
use super::alert_store::{AlertBell, AlertSave};
use super::alerts::{Alert, Settings, Severity};
use super::fold::{Effect, Event, Fleet};
use super::ledger::{Ledger, Totals};
use super::quarantine::QuarantineItem;
use super::sessions::SessionEvents;
use super::snapshot::StationRow;
use super::store::{Save, Store, StoreError};
use crate::entry::{Entry, What};
use crate::health::Health;
use crate::metrics::Metrics;
use crate::operations::{CommandOutcome, Maintenance, Operations};
use crate::priority;
use crate::registry::{Directory, SharedDirectory};
use crate::shutdown::Shutdown;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use waystation_durable_log::{Cursor, Log, Reader, Seq};
use waystation_protocol::{CommandResult, StationId};

const CURSOR: &str = "state";
/// Records and bytes applied under one lock.
const BATCH_RECORDS: usize = 512;
const BATCH_BYTES: usize = 1 << 20;
/// Stations copied for saving under one lock.
const ROWS_PER_LOCK: usize = 256;
const PENDING_ITEMS_MAX: usize = 20_000;
const PENDING_BYTES_MAX: usize = 32 << 20;
/// A hub with nothing to save says at least this often that it is alive, ms.
const ALIVE_MS: i64 = 30_000;
const TICK: Duration = Duration::from_secs(1);
/// Age of the next record from which on the state counts as behind [J]: well below the shortest patience with a
/// silent station, well above the time between two looks.
const BEHIND_MS: i64 = 5_000;
const SAVE: Duration = Duration::from_secs(1);
/// A save may take at most this share of the time, one in ten.
const SAVE_REST: u32 = 9;
/// How long the thread waits for records before it looks at session events, and for more of them once one is there.
const WAIT: Duration = Duration::from_millis(100);
const GATHER: Duration = Duration::from_millis(10);
/// How long a part of the log that the disk does not give is tried again before it is passed over.
const UNREADABLE_PATIENCE: Duration = Duration::from_secs(60);

/// What a start finds.
pub struct Recovered {
    pub fleet: SharedFleet,
    pub store: Arc<Store>,
    /// What each station has on disk, for intake.
    pub ledgers: HashMap<StationId, Ledger>,
    /// Rings when alerts were saved.
    pub bell: AlertBell,
    pub projector: Projector,
}

/// Opens `state.db` and replays the rest of the log into it, so that the state and the ledgers are those of the last
/// durable record. Blocks; run it before the listener starts.
///
/// # Errors
/// If `state.db` or the log cannot be read.
#[allow(clippy::too_many_arguments)] // once, from the start's parts
pub fn recover(
    data_dir: &Path,
    log: &Log,
    settings: impl Into<Settings>,
    directory: SharedDirectory,
    metrics: Metrics,
    health: Health,
    now_ms: fn() -> i64,
    operations: Operations,
) -> Result<Recovered, StoreError> {
    let store = Arc::new(Store::open(data_dir, now_ms)?);
    let mut fleet = Fleet::new(settings, now_ms());
    let directory_seen = directory.load_full();
    fleet.apply(Event::Directory(Arc::clone(&directory_seen)), now_ms());
    let applied = store.load(log.id(), &mut fleet)?.min(log.durable());
    let cursor = log.cursor(CURSOR).map_err(|error| StoreError::Log(error.to_string()))?;
    let fleet = SharedFleet::new(fleet);
    let bell = AlertBell::default();
    let mut projector = Projector {
        log: log.clone(),
        reader: log.reader(applied + 1),
        cursor,
        fleet: fleet.clone(),
        store: Arc::clone(&store),
        metrics,
        health,
        now_ms,
        applied,
        saved: applied,
        applied_received_ms: now_ms(),
        quarantined: Vec::new(),
        quarantined_bytes: 0,
        outcomes: Vec::new(),
        operations,
        lost: Totals::default(),
        unreadable_since: None,
        directory,
        directory_seen,
        maintenance_seen: Arc::default(),
        alerts: BTreeMap::new(),
        bell: bell.clone(),
        alive_saved_ms: 0,
    };
    projector.replay()?;
    fleet.lock().apply(Event::Listening, now_ms());
    projector.lost = fleet.lock().totals();
    let ledgers =
        fleet.lock().stations().map(|station| (station.id.clone(), station.ledger.clone())).collect();
    Ok(Recovered { fleet, store, ledgers, bell, projector })
}

/// Reads the log into the fleet's state. It does nothing until it is spawned.
pub struct Projector {
    log: Log,
    reader: Reader,
    cursor: Cursor,
    fleet: SharedFleet,
    store: Arc<Store>,
    metrics: Metrics,
    health: Health,
    now_ms: fn() -> i64,
    /// Number of the last record in the fleet's state, and in `state.db`.
    applied: Seq,
    saved: Seq,
    /// When the hub took in the last record that is in the fleet's state.
    applied_received_ms: i64,
    quarantined: Vec<QuarantineItem>,
    quarantined_bytes: usize,
    /// What stations said became of commands; not yet in `operations.db`.
    outcomes: Vec<CommandOutcome>,
    operations: Operations,
    /// Losses that the metrics show already.
    lost: Totals,
    unreadable_since: Option<Instant>,
    directory: SharedDirectory,
    /// The registry as the fleet's state knows it.
    directory_seen: Arc<Directory>,
    maintenance_seen: Arc<[Maintenance]>,
    /// Alerts that changed and are not saved yet, by id, each as it is now.
    alerts: BTreeMap<String, Alert>,
    bell: AlertBell,
    /// When `state.db` last learned that the hub is alive.
    alive_saved_ms: i64,
}

#[derive(Default)]
struct Batch {
    records: usize,
    bytes: usize,
    entries: Vec<Entry>,
}

/// The running thread.
#[derive(Debug)]
pub struct ProjectorHandle(JoinHandle<()>);

impl ProjectorHandle {
    /// Waits for the thread, which ends after the shutdown switch is turned and everything durable is saved.
    pub fn join(self) {
        if self.0.join().is_err() {
            tracing::error!(
                "the thread that keeps the stations' state panicked; it resumes from its last save"
            );
        }
    }
}

impl Projector {
    /// Starts the thread. Each effect is handed to `on_effect` on that thread, which must not block.
    ///
    /// The switch must be turned after the last record was committed; the thread then reads to the end and saves.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn spawn(
        self,
        sessions: SessionEvents,
        on_effect: impl FnMut(Effect) + Send + 'static,
        shutdown: Shutdown,
    ) -> std::io::Result<ProjectorHandle> {
        let run = move || self.run(&sessions, on_effect, &shutdown);
        std::thread::Builder::new().name("state".into()).spawn(run).map(ProjectorHandle)
    }

    fn run(mut self, sessions: &SessionEvents, mut on_effect: impl FnMut(Effect), shutdown: &Shutdown) {
        priority::give_way(priority::STATE_NICE);
        let started = Instant::now();
        let (mut tick_at, mut save_at, mut save_failed) = (started, started + SAVE, false);
        let mut behind_since = None;
        loop {
            let stopping = shutdown.stopping();
            self.take_sessions(sessions);
            let more = self.take_batch();
            if self.is_behind() {
                behind_since.get_or_insert_with(Instant::now);
            } else if Instant::now() >= tick_at {
                behind_since.take().into_iter().for_each(|since| self.was_busy(since));
                tick_at = Instant::now() + TICK;
                self.tick().into_iter().for_each(&mut on_effect);
            }
            let save_early = self.pending_full() && !save_failed;
            if Instant::now() >= save_at || save_early {
                let begun = Instant::now();
                save_failed = !self.save_or_report();
                self.was_busy(begun);
                save_at = Instant::now() + SAVE.max(begun.elapsed() * SAVE_REST);
            }
            match (more, stopping) {
                (true, _) => {}
                (false, true) => break,
                (false, false) => self.wait(shutdown),
            }
        }
        self.save_or_report();
    }

    /// Waits until records are there, and a little longer for company; or, while something fails, for a while.
    fn wait(&self, shutdown: &Shutdown) {
        if self.stuck() {
            self.log.wait_durable(Seq::MAX, WAIT);
        } else if self.log.wait_durable(self.applied, WAIT) > self.applied && !shutdown.stopping() {
            self.log.wait_durable(self.applied + BATCH_RECORDS as Seq, GATHER);
        }
    }

    fn stuck(&self) -> bool {
        self.unreadable_since.is_some() || self.pending_full()
    }

    fn take_sessions(&self, sessions: &SessionEvents) {
        let now_ms = (self.now_ms)();
        let mut fleet = None;
        for event in sessions.take() {
            fleet.get_or_insert_with(|| self.fleet.lock()).apply(event, now_ms);
        }
    }

    /// Applies a batch of records; false if there is nothing more to read now.
    fn take_batch(&mut self) -> bool {
        if self.pending_full() {
            return false;
        }
        match self.read_batch() {
            Ok(Batch { records: 0, .. }) => false,
            Ok(batch) => {
                if self.unreadable_since.take().is_some() {
                    self.health.set("state_log", Ok::<_, String>(()));
                }
                self.apply(batch.entries);
                true
            }
            Err(reason) => {
                self.unreadable(reason);
                false
            }
        }
    }

    fn unreadable(&mut self, reason: String) {
        let since = *self.unreadable_since.get_or_insert_with(Instant::now);
        if since.elapsed() > UNREADABLE_PATIENCE {
            tracing::error!(
                reason,
                "the log stays unreadable; what the disk does not give is counted as lost"
            );
            self.reader.skip_unreadable();
        }
        self.health.set("state_log", Err(reason));
    }

    fn read_batch(&mut self) -> Result<Batch, String> {
        let mut batch = Batch::default();
        while batch.records < BATCH_RECORDS && batch.bytes < BATCH_BYTES {
            let (seq, record) = match self.reader.next() {
                Ok(Some(next)) => next,
                Ok(None) => break,
                // The error comes again at the next call, when nothing waits to be applied.
                Err(_) if batch.records > 0 => break,
                Err(error) => return Err(error.to_string()),
            };
            batch.records += 1;
            batch.bytes += record.len();
            match Entry::decode(record) {
                Ok(entry) => batch.entries.push(entry),
                Err(error) => tracing::error!(seq, %error, "a record of the log was left out of the state"),
            }
        }
        self.applied = self.reader.position();
        for (from, to) in self.reader.skipped() {
            tracing::error!(from, to, "records of the log are damaged on disk and lost");
            self.metrics.readings_lost.with_label_values(&["damaged"]).inc_by(to - from + 1);
        }
        Ok(batch)
    }

    fn apply(&mut self, entries: Vec<Entry>) {
        let now_ms = (self.now_ms)();
        self.take_decisions(now_ms);
        let fleet = self.fleet.clone();
        let mut fleet = fleet.lock();
        for mut entry in entries {
            self.applied_received_ms = entry.received_ms;
            if let What::Quarantined(item) = &mut entry.what {
                // The fold needs to know that something came, not what it was.
                let item = std::mem::replace(item, empty_item());
                self.quarantined_bytes += item.payload.len();
                self.quarantined.push(QuarantineItem::received(&entry.station, entry.received_ms, item));
            }
            if let What::Result(json) = &entry.what {
                self.outcomes.extend(outcome(&entry, json));
            }
            fleet.apply(Event::Entry(entry), now_ms);
        }
    }

    /// Tells the fold that it got no tick for a good reason.
    fn was_busy(&self, since: Instant) {
        let ms = i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.fleet.lock().apply(Event::Busy { ms }, (self.now_ms)());
    }

    /// Whether the state lags so far behind the log that its silence says nothing: no verdict is reached until it has
    /// caught up.
    fn is_behind(&self) -> bool {
        let lag_ms = (self.now_ms)().saturating_sub(self.applied_received_ms);
        self.applied < self.log.durable() && lag_ms > BEHIND_MS
    }

    /// Tells the fold what people have changed in the registry and planned since. It comes before the records that
    /// follow it: nothing is judged of a station that is not registered, and the first word of a new one may be smoke.
    fn take_decisions(&mut self, now_ms: i64) {
        let directory = self.directory.load_full();
        let maintenance = self.operations.maintenance_now();
        if !Arc::ptr_eq(&directory, &self.directory_seen) {
            self.directory_seen = Arc::clone(&directory);
            self.fleet.lock().apply(Event::Directory(directory), now_ms);
        }
        if !Arc::ptr_eq(&maintenance, &self.maintenance_seen) {
            self.maintenance_seen = Arc::clone(&maintenance);
            self.fleet.lock().apply(Event::Maintenance(maintenance), now_ms);
        }
    }

    fn tick(&mut self) -> Vec<Effect> {
        let now_ms = (self.now_ms)();
        self.take_decisions(now_ms);
        let (effects, totals, firing) = {
            let mut fleet = self.fleet.lock();
            let effects = fleet.apply(Event::Tick, now_ms);
            let firing = Severity::ALL.map(|severity| (severity, fleet.alerts_firing(severity)));
            (effects, fleet.totals(), firing)
        };
        for (severity, count) in firing {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.metrics.alerts_firing.with_label_values(&[severity.as_str()]).set(count);
        }
        self.alerts.extend(effects.iter().filter_map(|effect| match effect {
            Effect::Alert(alert) => Some((alert.id.clone(), Alert::clone(alert))),
            Effect::PresencePublish { .. } => None,
        }));
        self.count_losses(totals);
        effects
    }

    /// Counters only rise: what was missing and arrived late was counted if it was missing at a tick.
    fn count_losses(&mut self, totals: Totals) {
        for (cause, shown, now) in [
            ("dropped", &mut self.lost.dropped, totals.dropped),
            ("missing", &mut self.lost.missing, totals.missing),
        ] {
            if now > *shown {
                self.metrics.readings_lost.with_label_values(&[cause]).inc_by(now - *shown);
                *shown = now;
            }
        }
    }

    fn pending_full(&self) -> bool {
        self.quarantined.len() + self.outcomes.len() >= PENDING_ITEMS_MAX
            || self.quarantined_bytes >= PENDING_BYTES_MAX
    }

    /// Whether it could be saved.
    fn save_or_report(&mut self) -> bool {
        let result = self.save().map_err(|error| error.to_string());
        let saved = result.is_ok();
        self.health.set("state", result);
        saved
    }

    fn save(&mut self) -> Result<(), StoreError> {
        // First, and harmless when it is done again: a replay begins behind the save below.
        self.operations.command_outcomes(&self.outcomes)?;
        self.outcomes.clear();
        let now_ms = (self.now_ms)();
        let (stations_changed, book) = {
            let mut fleet = self.fleet.lock();
            // What happened since the last tick, so that no station is saved without its alerts.
            self.alerts.extend(fleet.take_alerts().into_iter().map(|alert| (alert.id.clone(), alert)));
            (fleet.has_unsaved(), fleet.saved_book())
        };
        let something = stations_changed || !self.quarantined.is_empty() || !self.alerts.is_empty();
        let alive = now_ms - self.alive_saved_ms >= ALIVE_MS;
        if !something && !alive && self.saved == self.applied {
            return Ok(());
        }
        let save = Save {
            log_id: self.log.id(),
            applied_seq: self.applied,
            stations: &mut changed_rows(self.fleet.clone()),
            quarantined: &self.quarantined,
            alerts: AlertSave { alerts: self.alerts.values().collect(), book: Some(&book), now_ms },
        };
        let saved = self.store.save(save);
        self.fleet.lock().saved(saved.is_ok());
        saved?;
        self.quarantined.clear();
        self.quarantined_bytes = 0;
        self.alive_saved_ms = now_ms;
        if !self.alerts.is_empty() {
            self.alerts.clear();
            self.bell.ring();
        }
        self.saved = self.applied;
        self.cursor.advance(self.saved);
        self.cursor.save().map_err(|error| StoreError::Log(error.to_string()))
    }

    /// Applies everything that is durable now, saving on the way as often as memory asks for it.
    fn replay(&mut self) -> Result<(), StoreError> {
        let (from, to) = (self.applied, self.log.durable());
        while self.applied < to {
            let batch = self.read_batch().map_err(StoreError::Log)?;
            self.apply(batch.entries);
            if self.pending_full() {
                self.save()?;
            }
        }
        if to > from {
            tracing::info!(records = to - from, "replayed the log into the stations' state");
        }
        self.save()
    }
}

/// The stations that changed, some at a time: a country's rows need not fit into memory, and nobody waits long for the
/// fleet. Only the thread that saves changes what a save must hold together.
fn changed_rows(fleet: SharedFleet) -> impl Iterator<Item = Vec<StationRow>> {
    let take = move || fleet.lock().take_unsaved(ROWS_PER_LOCK, StationRow::of);
    std::iter::from_fn(move || Some(take())).take_while(|rows| !rows.is_empty())
}

/// What a station said about a command; intake lets nothing else in.
fn outcome(entry: &Entry, json: &[u8]) -> Option<CommandOutcome> {
    let result = CommandResult::parse(json).ok()?;
    Some(CommandOutcome {
        station: entry.station.to_string(),
        id: result.id.to_string(),
        at: entry.received_ms,
        outcome: result.outcome.as_str(),
        detail: result.detail.map(|detail| detail.to_string()),
    })
}

fn empty_item() -> crate::entry::Quarantined {
    crate::entry::Quarantined {
        channel: String::new(),
        reason: String::new(),
        member: None,
        payload: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
