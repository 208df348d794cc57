//! When to look at which station again, so that a tick visits only those for which time changes something.
//!
//! Invariant: a station's `queued` is the earliest of its entries here; a later entry of its own is passed over when it
//! comes up. So a deadline that moves into the future, as with every reading, costs nothing until the old one is due.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// No entry at all.
pub const NONE: i64 = i64::MAX;

/// Deadlines by time.
#[derive(Debug, Default)]
pub struct Deadlines(BinaryHeap<Reverse<(i64, u32)>>);

impl Deadlines {
    /// Looks at the station at `place` again at `at`, unless it is looked at before.
    pub fn add(&mut self, place: u32, queued: &mut i64, at: i64) {
        if at < *queued {
            *queued = at;
            self.0.push(Reverse((at, place)));
        }
    }

    /// The next place that is due, with its time.
    pub fn pop(&mut self, now: i64) -> Option<(i64, u32)> {
        let Reverse((at, _)) = self.0.peek()?;
        if *at > now {
            return None;
        }
        self.0.pop().map(|Reverse(due)| due)
    }
}
