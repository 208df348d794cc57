//! Readings that are not in `history.db` yet, by station and hour.
//!
//! Invariant: a reading is in here or committed, and for a moment both, never neither: readers look here first and
//! then into the file, and what they find twice replaces itself.

use crate::calendar::HOUR_MS;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use waystation_protocol::{Body, Reading, StationId};

/// Station and start of the hour, UTC.
pub type BlockKey = (StationId, i64);
/// A station that the hub itself found there or gone, and when, ms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub station: StationId,
    pub ts: i64,
    pub online: bool,
}

/// Findings that wait for a commit; more are left out, for presence is told by others too.
const FINDINGS_MAX: usize = 400_000;

/// Readings in the order of their arrival.
pub type Gathered = BTreeMap<BlockKey, Vec<Reading>>;

/// What is on its way into the file.
pub struct Leaving {
    pub gathered: Gathered,
    pub findings: Vec<Finding>,
    /// The last record of the log that is in here or was committed before.
    pub applied_seq: u64,
}

/// Shared between the thread that gathers and those who ask.
#[derive(Default)]
pub struct Gathering(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    open: Gathered,
    /// On its way into the file.
    leaving: Option<Arc<Leaving>>,
    bytes: usize,
    findings: Vec<Finding>,
}

impl Gathering {
    pub fn add(&self, station: &StationId, readings: Vec<Reading>) {
        let mut memory = self.lock();
        for reading in readings {
            memory.bytes += size_of_reading(&reading);
            let hour = reading.ts - reading.ts.rem_euclid(HOUR_MS);
            memory.open.entry((station.clone(), hour)).or_default().push(reading);
        }
    }

    /// Takes a finding; false if there is no room.
    pub fn note(&self, finding: Finding) -> bool {
        let mut memory = self.lock();
        let room = memory.findings.len() < FINDINGS_MAX;
        if room {
            memory.findings.push(finding);
        }
        room
    }

    /// Whether findings wait for a commit.
    pub fn has_findings(&self) -> bool {
        !self.lock().findings.is_empty()
    }

    /// Bytes gathered, roughly.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// Blocks gathered.
    pub fn blocks(&self) -> usize {
        self.lock().open.len()
    }

    /// Takes everything, to be committed; what an earlier commit failed to take comes first, alone. It can be read here
    /// until [`Self::committed`]. `applied_seq`: the last record that was added.
    pub fn take(&self, applied_seq: u64) -> Arc<Leaving> {
        let mut memory = self.lock();
        let memory = &mut *memory;
        let leaving = memory.leaving.get_or_insert_with(|| {
            memory.bytes = 0;
            let (gathered, findings) =
                (std::mem::take(&mut memory.open), std::mem::take(&mut memory.findings));
            Arc::new(Leaving { gathered, findings, applied_seq })
        });
        Arc::clone(leaving)
    }

    pub fn committed(&self) {
        self.lock().leaving = None;
    }

    /// Forgets everything.
    pub fn give_up(&self) {
        *self.lock() = Memory::default();
    }

    /// The station's readings of the hours that begin within `[from, to)`, in the order of their arrival.
    pub fn of_station(&self, station: &StationId, from: i64, to: i64) -> Vec<Reading> {
        let range = (station.clone(), from)..(station.clone(), to.max(from));
        let memory = self.lock();
        let leaving = memory.leaving.iter().flat_map(|leaving| leaving.gathered.range(range.clone()));
        leaving
            .chain(memory.open.range(range.clone()))
            .flat_map(|(_, readings)| readings.iter().cloned())
            .collect()
    }

    /// A vector that a panic left half-filled is as good as one that a crash did: the log has the rest.
    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn size_of_reading(reading: &Reading) -> usize {
    let slots = match &reading.body {
        Body::Cabinet(cabinet) => cabinet.slots.as_ref().map_or(0, Vec::len),
        _ => 0,
    };
    size_of::<Reading>() + slots * size_of::<waystation_protocol::Slot>() + 32
}
