//! The outbox of a simulated station: in memory, bounded, and replayed as batches like the agent's on disk.
//!
//! Invariants: sequence numbers are dense; the front has number `first`; a dropped front extends `lost`, which goes
//! with every batch until one of them is acknowledged.

use crate::dice::Dice;
use std::collections::VecDeque;

/// Readings of one batch.
const BATCH_READINGS_MAX: usize = 200;
/// Bytes of one batch, well below the hub's limit of a packet.
const BATCH_BYTES_MAX: usize = 150_000;

pub struct MemoryOutbox {
    id: String,
    first: u64,
    waiting: VecDeque<Box<[u8]>>,
    bytes: usize,
    readings_max: usize,
    lost: Option<(u64, u64)>,
    lost_total: u64,
}

/// A batch on its way.
pub struct MemoryBatch {
    pub payload: Vec<u8>,
    /// Everything up to here is done with once the batch is acknowledged.
    pub last: u64,
    lost_to: Option<u64>,
}

impl MemoryOutbox {
    pub fn new(dice: &mut Dice, readings_max: usize) -> Self {
        Self {
            id: format!("sim-{:016x}", dice.draw()),
            first: 1,
            waiting: VecDeque::new(),
            bytes: 0,
            readings_max: readings_max.max(1),
            lost: None,
            lost_total: 0,
        }
    }

    /// Adds a reading's JSON; gives how many were dropped for it.
    pub fn push(&mut self, record: &[u8]) -> usize {
        self.bytes += record.len();
        self.waiting.push_back(record.into());
        if self.waiting.len() <= self.readings_max {
            return 0;
        }
        self.bytes -= self.waiting.pop_front().map_or(0, |dropped| dropped.len());
        let from = self.lost.map_or(self.first, |(from, _)| from);
        self.lost = Some((from, self.first));
        self.lost_total += 1;
        self.first += 1;
        1
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn lost_total(&self) -> u64 {
        self.lost_total
    }

    /// The next batch of what comes after `sent`; none when there is nothing.
    pub fn batch_after(&self, sent: u64) -> Option<MemoryBatch> {
        let from = (sent + 1).max(self.first);
        let skip = usize::try_from(from - self.first).ok()?;
        let mut payload = self.header(from);
        let mut last = from - 1;
        for record in self.waiting.iter().skip(skip).take(BATCH_READINGS_MAX) {
            if last >= from && payload.len() + record.len() > BATCH_BYTES_MAX {
                break;
            }
            if last >= from {
                payload.push(b',');
            }
            payload.extend_from_slice(record);
            last += 1;
        }
        payload.extend_from_slice(b"]}");
        (last >= from).then_some(MemoryBatch { payload, last, lost_to: self.lost.map(|(_, to)| to) })
    }

    /// The batch is on the hub's disk; gives how many readings were done with it.
    pub fn acknowledge(&mut self, batch: &MemoryBatch) -> usize {
        let mut done = 0;
        while self.first <= batch.last
            && let Some(record) = self.waiting.pop_front()
        {
            self.bytes -= record.len();
            self.first += 1;
            done += 1;
        }
        if let (Some((_, to)), Some(told)) = (self.lost, batch.lost_to) {
            self.lost = (to > told).then_some((told + 1, to));
        }
        done
    }

    fn header(&self, first_seq: u64) -> Vec<u8> {
        let lost = self.lost.map(|(from, to)| format!("[{from},{to}]")).unwrap_or_default();
        format!(r#"{{"outbox":"{}","first_seq":{first_seq},"lost":[{lost}],"readings":["#, self.id)
            .into_bytes()
    }
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
