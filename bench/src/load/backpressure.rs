//! Holds a closed loop back while too much of what was acknowledged has not reached its store, so that what is
//! measured can go on for ever: stations report at the rate that the whole way sustains.

use anyhow::Result;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// How often the store is asked.
const LOOK: Duration = Duration::from_millis(100);

/// What has been acknowledged and what is stored, in readings; shared by the generator and whoever watches the store.
#[derive(Debug)]
pub struct Backpressure {
    backlog_max: u64,
    acknowledged: AtomicU64,
    stored: AtomicU64,
    done: AtomicBool,
}

impl Backpressure {
    pub fn new(backlog_max: u64) -> Self {
        let (acknowledged, stored) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { backlog_max, acknowledged, stored, done: AtomicBool::new(false) }
    }

    /// Takes note of all readings acknowledged so far; true if no more may be sent now.
    pub fn holds(&self, acknowledged: u64) -> bool {
        self.acknowledged.store(acknowledged, Relaxed);
        acknowledged.saturating_sub(self.stored.load(Relaxed)) > self.backlog_max
    }

    /// Asks the store until [`Self::finish`] is called.
    ///
    /// # Errors
    /// If the store does not answer.
    pub fn watch(&self, stored: impl Fn() -> Result<u64>) -> Result<()> {
        while !self.done.load(Relaxed) {
            self.stored.store(stored()?, Relaxed);
            std::thread::park_timeout(LOOK);
        }
        Ok(())
    }

    pub fn finish(&self) {
        self.done.store(true, Relaxed);
    }
}
