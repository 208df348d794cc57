//! How far InfluxDB has come. Invariant: the position is the last record of the longest run of finished batches
//! without a gap; a batch that finishes early waits for those before it, however long they take.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use waystation_durable_log::Seq;

/// Shared by the thread that reads the log and the task that writes.
#[derive(Debug)]
pub struct Progress(Mutex<Window>);

#[derive(Debug)]
struct Window {
    position: Seq,
    /// The order of the first batch that is not finished.
    next: u64,
    /// Batches that finished early. Never more than are under way at once.
    early: BTreeMap<u64, Seq>,
}

impl Progress {
    /// Nothing after `position` is written.
    #[must_use]
    pub fn new(position: Seq) -> Self {
        Self(Mutex::new(Window { position, next: 0, early: BTreeMap::new() }))
    }

    /// The batch `order`, which ends with record `last`, needs nothing more.
    pub fn finish(&self, order: u64, last: Seq) {
        let mut window = self.window();
        window.early.insert(order, last);
        while let Some(last) = {
            let next = window.next;
            window.early.remove(&next)
        } {
            window.position = last;
            window.next += 1;
        }
    }

    /// Everything up to here is in InfluxDB or in the quarantine.
    #[must_use]
    pub fn position(&self) -> Seq {
        self.window().position
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        // No code that holds the lock can panic half-way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Progress;

    fn check(finished: &[(u64, u64)], position: u64) {
        let progress = Progress::new(10);
        finished.iter().for_each(|(order, last)| progress.finish(*order, *last));
        assert_eq!(progress.position(), position, "{finished:?}");
    }

    #[test]
    fn the_position_is_the_end_of_the_first_run_without_a_gap() {
        check(&[], 10);
        check(&[(0, 15)], 15);
        check(&[(1, 20)], 10);
        check(&[(1, 20), (0, 15)], 20);
        check(&[(2, 30), (0, 15)], 15);
        check(&[(2, 30), (0, 15), (3, 31), (1, 20)], 31);
    }
}
