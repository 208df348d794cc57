//! The way of readings from the sources into the outbox: checked as the hub would check them, then handed over.

use crate::clock::now_ms;
use crate::outbox::{OutboxClosed, OutboxSender, Records, Ticket};
use crate::sources::{Refusal, Tally, take_line};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use waystation_protocol::Decoded;

/// What every source feeds. Cheap to clone.
#[derive(Clone)]
pub struct Intake {
    outbox: OutboxSender,
    tally: Arc<Tally>,
}

/// What became of the readings that a source offered.
pub struct Taken {
    /// Tells when they are on disk; `None` if nothing of them has to be.
    pub ticket: Option<Ticket>,
    /// Those that were refused, by their place among those offered.
    pub refused: Vec<(usize, Refusal)>,
}

impl Intake {
    pub fn new(outbox: OutboxSender, tally: Arc<Tally>) -> Self {
        Self { outbox, tally }
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
            if let Err(refusal) = take_line(reading, now_ms(), &mut scratch, &mut records) {
                refused.push((place, refusal));
            }
        }
        self.tally.accepted.fetch_add(records.len() as u64, Relaxed);
        self.tally.refused.fetch_add(refused.len() as u64, Relaxed);
        let ticket = if records.is_empty() { None } else { Some(self.outbox.submit(records).await?) };
        Ok(Taken { ticket, refused })
    }
}
