//! How much of the log waits to be read, and since when.

use crate::shared::{Segment, Shared, locked};

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

    pub fn unread_records(&self) -> u64 {
        let (from, to) = {
            let state = self.state();
            ((state.passed_by_all().unwrap_or(0) + 1).max(state.first()), state.durable)
        };
        let gone = locked(&self.losses).within(from, to);
        let gone: u64 = gone.iter().map(|(first, last)| last - first + 1).sum();
        (to + 1).saturating_sub(from).saturating_sub(gone)
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
