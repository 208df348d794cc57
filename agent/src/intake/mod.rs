//! The way of readings from the sources into the outbox: checked as the hub would check them, given the right time,
//! then handed over; those of sources that are polled only when they say something new.

mod doors;
mod exception;
mod moments;

pub use doors::{DoorState, Doors};
pub use exception::{Exception, Sample};
pub use waystation_protocol::{INTERVAL_S_MAX, MIN_INTERVAL_S_MAX, Reporting, ReportingError};

use crate::clock::{Clock, Stamp, is_recent};
use crate::outbox::{OutboxClosed, OutboxSender, Records, Ticket, write_record};
use crate::sources::{Refusal, Tally, read_line};
use moments::Moments;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;
use waystation_protocol::{Decoded, Reading, Reason};

/// A reading whose device gave it an older time is a replay, ms [J]: by less, devices' clocks differ.
const REPLAYED_AFTER_MS: i64 = 5_000;

/// What every source feeds. Cheap to clone.
#[derive(Clone)]
pub struct Intake {
    outbox: OutboxSender,
    tally: Arc<Tally>,
    clock: Clock,
    boot_id: Arc<str>,
    doors: Arc<watch::Sender<Doors>>,
    reporting: watch::Receiver<Reporting>,
    /// What was told, shared by all sources: two may speak for one device.
    told: Arc<Told>,
    by_exception: bool,
}

#[derive(Default)]
struct Told {
    exception: Mutex<Exception>,
    moments: Mutex<Moments>,
    /// Something is held since the last look.
    holds: Notify,
}

/// What became of the readings that a source offered.
pub struct Taken {
    /// Tells when they are on disk; `None` if nothing of them has to be.
    pub ticket: Option<Ticket>,
    /// Those that were refused, by their place among those offered.
    pub refused: Vec<(usize, Refusal)>,
}

impl Intake {
    pub fn new(
        outbox: OutboxSender,
        tally: Arc<Tally>,
        clock: Clock,
        reporting: watch::Receiver<Reporting>,
    ) -> Self {
        let boot_id = clock.boot_id().into();
        let doors = Arc::new(watch::channel(Doors::default()).0);
        Self { outbox, tally, clock, boot_id, doors, reporting, told: Arc::default(), by_exception: false }
    }

    /// For a source that is polled or says its state again and again: only what is new is reported.
    pub fn by_exception(&self) -> Self {
        Self { by_exception: true, ..self.clone() }
    }

    /// Every device reports with its next reading, new or not.
    pub fn report_all(&self) {
        self.exception(|exception, _, _| exception.forget());
    }

    /// Takes readings, each a JSON object with its `kind`; one without `ts` is stamped now. Waits while the outbox's
    /// queue is full. A source that answers for what it read waits for the ticket before it does.
    ///
    /// # Errors
    /// The agent is stopping.
    pub async fn take(&self, readings: &[Vec<u8>]) -> Result<Taken, OutboxClosed> {
        let (mut records, mut scratch) = (Records::default(), Decoded::default());
        let mut refused = Vec::new();
        for (place, reading) in readings.iter().enumerate() {
            if let Err(refusal) = self.accept(reading, &mut scratch, &mut records) {
                refused.push((place, refusal));
            }
        }
        let ticket = if records.is_empty() { None } else { Some(self.submit(records).await?) };
        Ok(Taken { ticket, refused })
    }

    /// Takes readings of the agent itself, stamped now; urgent ones do not wait to share an fsync.
    ///
    /// # Errors
    /// The agent is stopping.
    pub async fn take_own(&self, readings: Vec<Reading>, is_urgent: bool) -> Result<(), OutboxClosed> {
        let mut records = Records::default();
        let stamp = self.clock.stamp(None);
        for reading in readings {
            self.record(Sample { reading, stamp, is_urgent }, &mut records);
        }
        self.submit_some(records).await
    }

    /// What is told how often.
    pub fn reporting(&self) -> watch::Receiver<Reporting> {
        self.reporting.clone()
    }

    /// The last contact and lock of each door that a source told of.
    pub fn doors(&self) -> watch::Receiver<Doors> {
        self.doors.subscribe()
    }

    /// Checks a reading and adds it to `records`, for a source that submits them itself.
    pub fn accept(
        &self,
        reading: &[u8],
        scratch: &mut Decoded,
        records: &mut Records,
    ) -> Result<(), Refusal> {
        let taken = read_line(reading, scratch).and_then(|(reading, device_ms)| {
            let mut stamp = self.stamp(device_ms)?;
            if device_ms.is_none() {
                let mut moments = self.told.moments.lock().unwrap_or_else(PoisonError::into_inner);
                stamp = moments.apart(reading.body.kind(), &reading.device, stamp);
            }
            let told_of_ms = self.told_of_ms(device_ms.and(Some(stamp)));
            self.doors.send_if_modified(|doors| doors.note(&reading, told_of_ms));
            self.report(Sample { reading, stamp, is_urgent: false }, records);
            Ok(())
        });
        let count = if taken.is_ok() { &self.tally.accepted } else { &self.tally.refused };
        count.fetch_add(1, Relaxed);
        taken
    }

    /// Counts what a source could not even make a reading of.
    pub fn refuse(&self) {
        self.tally.refused.fetch_add(1, Relaxed);
    }

    /// Hands records over, waiting while the queue is full.
    ///
    /// # Errors
    /// The agent is stopping.
    pub async fn submit(&self, records: Records) -> Result<Ticket, OutboxClosed> {
        self.outbox.submit(records).await
    }

    /// The moment that a reading tells of, by the boot clock: the one that its device gave it if that is clearly over,
    /// for a device may replay what it said before.
    fn told_of_ms(&self, given: Option<Stamp>) -> i64 {
        let mono_ms = self.clock.mono_ms();
        let age_ms = match (given, self.clock.now_ms()) {
            (Some(Stamp::Time(ms)), Some(now_ms)) => now_ms - ms,
            (Some(Stamp::Uptime(ms) | Stamp::Unconfirmed { uptime_ms: ms, .. }), _) => mono_ms - ms,
            _ => 0,
        };
        if age_ms > REPLAYED_AFTER_MS { mono_ms - age_ms } else { mono_ms }
    }

    /// A reading's time, refused if the hub would refuse it.
    fn stamp(&self, device_ms: Option<i64>) -> Result<Stamp, Refusal> {
        let stamp = self.clock.stamp(device_ms);
        match (stamp, self.clock.now_ms()) {
            (Stamp::Time(ms) | Stamp::Unconfirmed { ms, .. }, Some(now_ms)) if !is_recent(ms, now_ms) => {
                let reason = if ms > now_ms { Reason::FutureTime } else { Reason::TooOld };
                Err(Refusal::new(reason, Some("ts")))
            }
            _ => Ok(stamp),
        }
    }

    fn report(&self, sample: Sample, records: &mut Records) {
        if !self.by_exception {
            return self.record(sample, records);
        }
        self.exception(|exception, reporting, now| {
            exception.take(sample, reporting, now, &mut |sample| self.record(sample, records));
        });
        self.told.holds.notify_one();
    }

    fn record(&self, Sample { reading, stamp, is_urgent }: Sample, records: &mut Records) {
        if is_urgent {
            records.hurry();
        }
        records.push_with(|out| write_record(reading, stamp, &self.boot_id, out));
    }

    /// Hands on what the minimum interval held, when it is over, until `stop` is turned.
    pub async fn release_held(mut self, mut stop: watch::Receiver<bool>) {
        loop {
            let due = self.exception(|exception, reporting, now| {
                exception.next_due(reporting).map(|due| due.saturating_sub(now))
            });
            let due = async {
                match due {
                    Some(wait) => sleep(wait).await,
                    None => std::future::pending().await,
                }
            };
            let told = Arc::clone(&self.told);
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = due => {}
                () = told.holds.notified() => continue,
                Ok(()) = self.reporting.changed() => continue,
            }
            let mut records = Records::default();
            self.exception(|exception, reporting, now| {
                exception.release(reporting, now, &mut |sample| self.record(sample, &mut records));
            });
            tokio::select! {
                // A disk that fails must not hold up a stop.
                _ = stop.wait_for(|stop| *stop) => return,
                submitted = self.submit_some(records) => if let Err(error) = submitted {
                    return tracing::debug!(%error, "held readings ended");
                }
            }
        }
    }

    /// Hands on all that is held: the sources have ended.
    ///
    /// # Errors
    /// The outbox is closed.
    pub async fn finish(self) -> Result<(), OutboxClosed> {
        let mut records = Records::default();
        self.exception(|exception, _, now| {
            exception.release_all(now, &mut |sample| self.record(sample, &mut records));
        });
        self.submit_some(records).await
    }

    async fn submit_some(&self, records: Records) -> Result<(), OutboxClosed> {
        if records.is_empty() { Ok(()) } else { self.submit(records).await.map(drop) }
    }

    fn exception<T>(&self, look: impl FnOnce(&mut Exception, &Reporting, Duration) -> T) -> T {
        let now = Duration::from_millis(self.clock.mono_ms().max(0).unsigned_abs());
        let mut exception = self.told.exception.lock().unwrap_or_else(PoisonError::into_inner);
        look(&mut exception, &self.reporting.borrow(), now)
    }
}

#[cfg(test)]
mod tests;
