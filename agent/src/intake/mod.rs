//! The way of readings from the sources into the outbox: checked as the hub would check them, given the right time,
//! then handed over.

mod doors;

pub use doors::{DoorState, Doors};

use crate::clock::{Clock, Stamp, is_recent};
use crate::outbox::{OutboxClosed, OutboxSender, Records, Ticket, write_record};
use crate::sources::{Refusal, Tally, read_line};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use tokio::sync::watch;
use waystation_protocol::{Decoded, Reading, Reason};

/// What every source feeds. Cheap to clone.
#[derive(Clone)]
pub struct Intake {
    outbox: OutboxSender,
    tally: Arc<Tally>,
    clock: Clock,
    boot_id: Arc<str>,
    doors: Arc<watch::Sender<Doors>>,
}

/// What became of the readings that a source offered.
pub struct Taken {
    /// Tells when they are on disk; `None` if nothing of them has to be.
    pub ticket: Option<Ticket>,
    /// Those that were refused, by their place among those offered.
    pub refused: Vec<(usize, Refusal)>,
}

impl Intake {
    pub fn new(outbox: OutboxSender, tally: Arc<Tally>, clock: Clock) -> Self {
        let boot_id = clock.boot_id().into();
        Self { outbox, tally, clock, boot_id, doors: Arc::new(watch::channel(Doors::default()).0) }
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

    /// Takes a reading of the agent itself, stamped now.
    ///
    /// # Errors
    /// The agent is stopping.
    pub async fn take_own(&self, reading: Reading) -> Result<Ticket, OutboxClosed> {
        let mut records = Records::default();
        self.record(reading, self.clock.stamp(None), &mut records);
        self.submit(records).await
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
            let stamp = self.stamp(device_ms)?;
            self.doors.send_if_modified(|doors| doors.note(&reading, self.clock.mono_ms()));
            self.record(reading, stamp, records);
            Ok(())
        });
        let count = if taken.is_ok() { &self.tally.accepted } else { &self.tally.refused };
        count.fetch_add(1, Relaxed);
        taken
    }

    /// Hands records over, waiting while the queue is full.
    ///
    /// # Errors
    /// The agent is stopping.
    pub async fn submit(&self, records: Records) -> Result<Ticket, OutboxClosed> {
        self.outbox.submit(records).await
    }

    /// A reading's time, refused if the hub would refuse it.
    fn stamp(&self, device_ms: Option<i64>) -> Result<Stamp, Refusal> {
        let stamp = self.clock.stamp(device_ms);
        match (stamp, self.clock.now_ms()) {
            (Stamp::Time(ms), Some(now_ms)) if !is_recent(ms, now_ms) => {
                let reason = if ms > now_ms { Reason::FutureTime } else { Reason::TooOld };
                Err(Refusal::new(reason, Some("ts")))
            }
            _ => Ok(stamp),
        }
    }

    fn record(&self, reading: Reading, stamp: Stamp, records: &mut Records) {
        records.push_with(|out| write_record(reading, stamp, &self.boot_id, out));
    }
}
