//! How much of the log waits to be read, and since when.

use crate::shared::{Segment, Shared};

impl Shared {
    pub fn unread_bytes(&self) -> u64 {
        let state = self.state();
        let passed = state.passed_by_all().unwrap_or(0);
        let unread = |index: usize, segment: &Segment| {
            let last = state.last_seq(index);
            let records = (last + 1).saturating_sub(segment.first_seq);
            let left = (last + 1).saturating_sub(segment.first_seq.max(passed + 1));
            let share = u128::from(segment.end) * u128::from(left);
            share.checked_div(u128::from(records)).unwrap_or(0) as u64
        };
        state.segments.iter().enumerate().map(|(index, segment)| unread(index, segment)).sum()
    }

    pub fn oldest_unread_ms(&self) -> Option<u64> {
        let state = self.state();
        let oldest = (state.passed_by_all().unwrap_or(0) + 1).max(state.first());
        if oldest > state.durable {
            return None;
        }
        state.time_marks.at(oldest).or_else(|| Some(state.segment_of(oldest)?.0.created_ms))
    }
}
