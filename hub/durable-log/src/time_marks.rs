//! When records were committed, to the second, in bounded memory.

use crate::Seq;

/// From `first_seq` on, records are at least as young as `ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    first_seq: Seq,
    ms: u64,
}

/// Marks at least a second apart; when there are too many, every second one goes.
#[derive(Debug, Default)]
pub(crate) struct TimeMarks(Vec<Mark>);

const MARKS_MAX: usize = 1024;
const APART_MS_MIN: u64 = 1000;

impl TimeMarks {
    /// Notes a commit at `ms` (since 1970) whose first record was `first_seq`.
    pub fn note(&mut self, first_seq: Seq, ms: u64) {
        if self.0.last().is_some_and(|last| ms < last.ms.saturating_add(APART_MS_MIN)) {
            return;
        }
        if self.0.len() >= MARKS_MAX {
            let mut index = 0;
            self.0.retain(|_| {
                index += 1;
                index % 2 == 1
            });
        }
        self.0.push(Mark { first_seq, ms });
    }

    /// The time of the last mark at or before `seq`, if `seq` was committed since this process started.
    pub fn at(&self, seq: Seq) -> Option<u64> {
        let after = self.0.partition_point(|mark| mark.first_seq <= seq);
        Some(self.0[after.checked_sub(1)?].ms)
    }
}
