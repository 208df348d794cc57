//! What every station's outboxes have on disk, shared by all connection threads.

use crate::entry::Place;
use crate::fleet::{Ledger, New};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use waystation_protocol::{OutboxId, StationId};

/// Locks, so that two threads seldom want the same one.
const SHARDS: usize = 64;

/// Ledgers by station.
#[derive(Debug)]
pub struct Ledgers {
    shards: [Mutex<HashMap<StationId, Ledger>>; SHARDS],
    hasher: RandomState,
}

impl Ledgers {
    /// Starts from what recovery found on disk.
    pub fn new(recovered: impl IntoIterator<Item = (StationId, Ledger)>) -> Self {
        let ledgers = Self { shards: std::array::from_fn(|_| Mutex::default()), hasher: RandomState::new() };
        for (station, ledger) in recovered {
            ledgers.shard(&station).insert(station, ledger);
        }
        ledgers
    }

    /// Which readings of a batch are not on disk yet.
    #[must_use]
    pub fn new_in(&self, station: &StationId, outbox: &OutboxId, first_seq: u64, count: u32) -> New {
        self.shard(station).get(station).map_or(New::All, |ledger| ledger.new_in(outbox, first_seq, count))
    }

    /// Notes that a batch is on disk.
    pub fn record(&self, station: StationId, place: &Place) {
        self.shard(&station).entry(station).or_default().record(place);
    }

    #[allow(clippy::cast_possible_truncation)] // reduced below SHARDS
    fn shard(&self, station: &StationId) -> MutexGuard<'_, HashMap<StationId, Ledger>> {
        let shard = self.hasher.hash_one(station) as usize % SHARDS;
        // Every change of a ledger is complete when it returns: a panic elsewhere leaves it whole.
        self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
