//! The thread that reads the log into the history.
//!
//! Invariants
//! - Every reading of the log is gathered once and committed once; the progress is committed with it, and the log's
//!   cursor `history` moves only after that. So a crash repeats nothing and loses nothing.
//! - What is gathered is bounded by [`GATHERED_BYTES_MAX`]; while commits fail, reading stops there and the log keeps
//!   the rest.
//! - What acknowledges readings does not wait for it: when the log is three quarters full and nobody is further behind,
//!   it passes over what it cannot keep up with, and counts that.
//! - The thread runs at a higher nice value: what acknowledges readings goes first.

use super::commit::Commit;
use super::corrections::Corrections;
use super::gather::Gathering;
use super::upkeep::{self, Retention};
use super::uptime_days::UptimeRound;
use super::{History, HistoryError};
use crate::entry::{Entry, What};
use crate::fleet::Uptimes;
use crate::health::Health;
use crate::metrics::Metrics;
use crate::priority;
use crate::shutdown::Shutdown;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use waystation_durable_log::{Cursor, Log, Reader, Seq};
use waystation_protocol::Reading;

/// Name of the log's cursor of this stage.
pub const CURSOR: &str = "history";

const BATCH_RECORDS: usize = 512;
const GATHERED_BYTES_MAX: usize = 64 << 20;
/// Between commits; what is gathered can be asked for all the same. A small fleet is written often, a large one
/// rarely, so that no more than some ten blocks a second are written again.
const COMMIT_MIN: Duration = Duration::from_secs(2);
const COMMIT_MAX: Duration = Duration::from_secs(120);
const COMMIT_PER_BLOCK: Duration = Duration::from_millis(100);
/// A commit may take at most this share of the time, one in five.
const COMMIT_REST: u32 = 4;
const UPKEEP: Duration = Duration::from_secs(1);
const WAIT: Duration = Duration::from_millis(200);
/// How long a part of the log that the disk does not give is tried again before it is passed over.
const UNREADABLE_PATIENCE: Duration = Duration::from_secs(60);

/// Reads the log into the history. It does nothing until it is spawned.
pub struct Consumer {
    history: History,
    log: Log,
    reader: Reader,
    cursor: Cursor,
    retention: Retention,
    metrics: Metrics,
    health: Health,
    /// Bytes of the log from which on this consumer gives way.
    log_bytes_most: u64,
    /// Number of the last record gathered, and of the last one in `history.db`.
    applied: Seq,
    saved: Seq,
    /// The newest receipt that was read, ms; `i64::MIN` before the first.
    log_time_ms: i64,
    unreadable_since: Option<Instant>,
    corrections: Corrections,
    uptimes: Option<UptimeRound>,
}

/// The running thread.
#[derive(Debug)]
pub struct ConsumerHandle(JoinHandle<()>);

impl ConsumerHandle {
    /// Waits for the thread, which ends after the shutdown switch is turned and everything durable is committed.
    pub fn join(self) {
        if self.0.join().is_err() {
            tracing::error!("the thread that keeps the history panicked; it resumes from its last commit");
        }
    }
}

impl Consumer {
    /// `log_bytes_max`: what the log may take, as configured.
    ///
    /// # Errors
    /// If the cursor cannot be made or `history.db` not be read.
    pub fn new(
        history: History,
        log: Log,
        retention: Retention,
        metrics: Metrics,
        health: Health,
        log_bytes_max: u64,
    ) -> Result<Self, HistoryError> {
        let cursor = log.cursor(CURSOR).map_err(|error| HistoryError::Log(error.to_string()))?;
        let applied = history.progress(log.id())?.min(log.durable());
        let reader = log.reader(applied + 1);
        Ok(Self {
            history,
            reader,
            log,
            cursor,
            retention,
            metrics,
            health,
            log_bytes_most: log_bytes_max / 4 * 3,
            applied,
            saved: applied,
            log_time_ms: i64::MIN,
            unreadable_since: None,
            corrections: Corrections::default(),
            uptimes: None,
        })
    }

    /// Keeps the availability of days that are over, too.
    #[must_use]
    pub fn with_uptimes(self, uptimes: Uptimes) -> Self {
        Self { uptimes: Some(UptimeRound::new(uptimes)), ..self }
    }

    /// Starts the thread. The switch must be turned after the last record was committed to the log.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn spawn(self, shutdown: Shutdown) -> std::io::Result<ConsumerHandle> {
        let run = move || self.run(&shutdown);
        std::thread::Builder::new().name("history".into()).spawn(run).map(ConsumerHandle)
    }

    fn run(mut self, shutdown: &Shutdown) {
        priority::give_way(priority::HISTORY_NICE);
        let (mut commit_at, mut upkeep_at) = (Instant::now() + COMMIT_MIN, Instant::now());
        let mut failed = false;
        loop {
            let stopping = shutdown.stopping();
            let full = self.gathering().bytes() >= GATHERED_BYTES_MAX;
            let more = !full && self.gather();
            if Instant::now() >= commit_at || (full && !failed) {
                let (begun, blocks) = (Instant::now(), self.gathering().blocks());
                failed = !self.commit_or_report();
                let rest = begun.elapsed() * COMMIT_REST;
                let spread = COMMIT_PER_BLOCK * u32::try_from(blocks).unwrap_or(u32::MAX).min(10_000);
                commit_at = Instant::now() + spread.max(rest).clamp(COMMIT_MIN, COMMIT_MAX);
            }
            if Instant::now() >= upkeep_at {
                self.give_way();
                let busy = !failed && self.upkeep();
                upkeep_at = Instant::now() + if busy && !more { Duration::ZERO } else { UPKEEP };
            }
            match (more, stopping) {
                (true, _) => {}
                (false, true) => break,
                (false, false) if full || self.unreadable_since.is_some() => {
                    self.log.wait_durable(Seq::MAX, WAIT);
                }
                (false, false) => drop(self.log.wait_durable(self.applied, WAIT)),
            }
        }
        self.commit_or_report();
    }

    fn gathering(&self) -> &Gathering {
        self.history.gathering()
    }

    /// Gathers a batch of records; false if there is nothing more to read now.
    fn gather(&mut self) -> bool {
        match self.read_batch() {
            Ok(records) => {
                if self.unreadable_since.take().is_some() {
                    self.health.set("history_log", Ok::<_, String>(()));
                }
                records == BATCH_RECORDS
            }
            Err(reason) => {
                let since = *self.unreadable_since.get_or_insert_with(Instant::now);
                if since.elapsed() > UNREADABLE_PATIENCE {
                    self.reader.skip_unreadable();
                }
                self.health.set("history_log", Err(reason));
                false
            }
        }
    }

    fn read_batch(&mut self) -> Result<usize, String> {
        let mut records = 0;
        while records < BATCH_RECORDS {
            match self.reader.next() {
                Ok(Some((seq, record))) => {
                    records += 1;
                    match Entry::decode(record) {
                        Ok(entry) => self.take(entry),
                        Err(error) => {
                            tracing::error!(seq, %error, "a record of the log was left out of the history");
                        }
                    }
                }
                Ok(None) => break,
                // The error comes again at the next call.
                Err(_) if records > 0 => break,
                Err(error) => return Err(error.to_string()),
            }
        }
        self.applied = self.reader.position();
        for (from, to) in self.reader.skipped() {
            tracing::error!(from, to, "records of the log are damaged or gone and not in the history");
        }
        Ok(records)
    }

    fn take(&mut self, entry: Entry) {
        // A clock that once stood in the future must not make everything look old.
        self.log_time_ms = self.log_time_ms.max(entry.received_ms.min(self.history.now_ms()));
        let readings: Vec<Reading> = match entry.what {
            What::Readings(readings) | What::Batch(_, readings) => readings,
            What::Quarantined(_) | What::Presence(_) | What::Result(_) => return,
        };
        self.gathering().add(&entry.station, readings);
    }

    /// Whether it could be committed.
    fn commit_or_report(&mut self) -> bool {
        let result = self.commit().map_err(|error| error.to_string());
        let committed = result.is_ok();
        self.health.set("history", result);
        let lag = self.log.durable().saturating_sub(self.saved);
        self.metrics.history_lag_records.set(i64::try_from(lag).unwrap_or(i64::MAX));
        committed
    }

    fn commit(&mut self) -> Result<(), HistoryError> {
        while self.saved < self.applied || self.gathering().has_findings() {
            // What a failed commit left comes first, and then the rest.
            let leaving = self.gathering().take(self.applied);
            self.history.commit(&Commit {
                gathered: &leaving.gathered,
                findings: &leaving.findings,
                log_id: self.log.id(),
                applied_seq: leaving.applied_seq,
                facts: &|station| self.history.facts(station),
            })?;
            self.gathering().committed();
            self.saved = leaving.applied_seq;
        }
        self.cursor.advance(self.saved);
        self.cursor.save().map_err(|error| HistoryError::Log(error.to_string()))
    }

    /// Passes over what keeps the log from being freed, when it is nearly full and all others are further.
    fn give_way(&mut self) {
        if self.log.bytes() < self.log_bytes_most {
            return;
        }
        let others =
            self.log.cursors().into_iter().filter(|(name, _)| name != CURSOR).map(|(_, position)| position);
        let target = others.min().unwrap_or(Seq::MAX).min(self.log.durable());
        if target <= self.saved {
            return;
        }
        let (gathered, unread) = (self.applied - self.saved, target.saturating_sub(self.applied));
        if unread > 0 {
            tracing::error!(
                records = unread,
                "the log is nearly full and the history is the last to need it: it passes over what it has not read"
            );
            self.reader = self.log.reader(target + 1);
            self.applied = target;
            self.metrics.history_skipped_records.inc_by(unread);
        }
        if !self.commit_or_report() {
            tracing::error!(
                records = gathered,
                "the log is nearly full and history.db takes nothing: what was gathered for it is given up"
            );
            self.metrics.history_skipped_records.inc_by(gathered);
            self.gathering().give_up();
            self.saved = self.applied;
            self.cursor.advance(self.saved);
            if let Err(error) = self.cursor.save() {
                tracing::error!(%error, "the history's place in the log cannot be saved; the log keeps growing");
            }
        }
    }

    /// True if there is more to do.
    fn upkeep(&mut self) -> bool {
        self.corrections.look(self.history.0.directory.load_full());
        let corrected = self.corrections.step(&self.history);
        let looked = self.uptimes.as_mut().map_or(Ok(false), |round| round.step(&self.history));
        let mut more = false;
        for step in [corrected, looked] {
            match step {
                Ok(unfinished) => more |= unfinished,
                Err(error) => self.health.set("history", Err(error.to_string())),
            }
        }
        more | self.thin_out()
    }

    /// Rolls up and deletes; true if there is more to do.
    fn thin_out(&mut self) -> bool {
        if self.log_time_ms == i64::MIN {
            return false;
        }
        let (log_time_ms, retention) = (self.log_time_ms, self.retention);
        let done = self.history.write(|connection| {
            let more = upkeep::roll_up(connection, log_time_ms)?;
            Ok(more | upkeep::retain(connection, retention, log_time_ms)?)
        });
        match done {
            Ok(more) => more,
            Err(error) => {
                self.health.set("history", Err(error.to_string()));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests;
