//! What the simulated stations did, counted while they do it.

use serde::Serialize;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self, count: usize) {
        self.0.fetch_add(count as u64, Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Shared by all stations of a simulation.
#[derive(Debug, Default)]
pub struct Counters {
    /// Readings that the devices made.
    pub readings: Counter,
    /// Messages handed to the hub; a repeated one counts again.
    pub messages: Counter,
    /// Batches among them.
    pub batches: Counter,
    /// Readings that the hub acknowledged.
    pub acknowledged: Counter,
    /// Readings that an outbox dropped because it was full.
    pub dropped: Counter,
    pub connects: Counter,
    pub disconnects: Counter,
    /// Attempts that did not reach the hub.
    pub connect_failures: Counter,
    /// Attempts that the hub turned away.
    pub refusals: Counter,
    /// Readings left unacknowledged at the end.
    pub left: Counter,
    /// Stations whose task ended badly; a bug.
    pub failed: Counter,
}

/// The end of a simulation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub stations: usize,
    pub readings: u64,
    pub messages: u64,
    pub batches: u64,
    pub acknowledged: u64,
    pub dropped: u64,
    pub connects: u64,
    pub disconnects: u64,
    pub connect_failures: u64,
    pub refusals: u64,
    pub left: u64,
    pub failed: u64,
}

impl Counters {
    pub fn report(&self, stations: usize) -> Report {
        Report {
            stations,
            readings: self.readings.get(),
            messages: self.messages.get(),
            batches: self.batches.get(),
            acknowledged: self.acknowledged.get(),
            dropped: self.dropped.get(),
            connects: self.connects.get(),
            disconnects: self.disconnects.get(),
            connect_failures: self.connect_failures.get(),
            refusals: self.refusals.get(),
            left: self.left.get(),
            failed: self.failed.get(),
        }
    }
}

impl Report {
    /// Everything that the devices made and no outbox dropped is acknowledged, and nobody was turned away.
    pub fn is_clean(&self) -> bool {
        self.left == 0 && self.failed == 0 && self.refusals == 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} stations: {} readings, {} acknowledged, {} left, {} dropped by full outboxes; {} messages ({} batches); \
             {} connects, {} disconnects, {} failed attempts, {} refused",
            self.stations,
            self.readings,
            self.acknowledged,
            self.left,
            self.dropped,
            self.messages,
            self.batches,
            self.connects,
            self.disconnects,
            self.connect_failures,
            self.refusals,
        )
    }
}
