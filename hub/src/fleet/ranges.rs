//! A set of sequence numbers, kept as ranges.
//!
//! Invariants: ranges are inclusive at both ends, sorted, disjoint, and never adjacent; `count` is how many numbers
//! they hold. So a run without gaps is one range however long it is.

use serde::{Deserialize, Serialize};

/// The two ends of a range, both inclusive.
pub type Range = (u64, u64);

/// A set of sequence numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Range>", into = "Vec<Range>")]
pub struct RangeSet {
    ranges: Vec<Range>,
    count: u64,
}

impl RangeSet {
    /// The ranges, lowest first.
    #[must_use]
    pub fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    /// How many numbers the set holds, saturating.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    #[must_use]
    pub fn first(&self) -> Option<Range> {
        self.ranges.first().copied()
    }

    #[must_use]
    pub fn last(&self) -> Option<Range> {
        self.ranges.last().copied()
    }

    /// Adds `from..=to`; nothing if `from > to`.
    pub fn insert(&mut self, (from, to): Range) {
        if from > to {
            return;
        }
        let start = self.ranges.partition_point(|range| range.1.saturating_add(1) < from);
        let end = self.ranges.partition_point(|range| range.0 <= to.saturating_add(1));
        let touched = &self.ranges[start..end];
        let merged = (
            touched.first().map_or(from, |range| range.0.min(from)),
            touched.last().map_or(to, |range| range.1.max(to)),
        );
        self.replace(start, end, &[merged]);
    }

    /// Takes `from..=to` out.
    pub fn remove(&mut self, (from, to): Range) {
        if from > to {
            return;
        }
        let start = self.ranges.partition_point(|range| range.1 < from);
        let end = self.ranges.partition_point(|range| range.0 <= to);
        if start == end {
            return;
        }
        let (first, last) = (self.ranges[start].0, self.ranges[end - 1].1);
        let left = (first < from).then(|| (first, from - 1)); // first < from, so from > 0
        let right = (last > to).then(|| (to + 1, last)); // last > to, so to < MAX
        let rest: Vec<Range> = left.into_iter().chain(right).collect();
        self.replace(start, end, &rest);
    }

    /// The parts of `from..=to` that are not in the set, lowest first.
    #[must_use]
    pub fn absent_in(&self, (from, to): Range) -> Vec<Range> {
        let mut absent = Vec::new();
        let mut next = Some(from);
        let start = self.ranges.partition_point(|range| range.1 < from);
        for (low, high) in self.ranges[start..].iter().copied().take_while(|range| range.0 <= to) {
            if let Some(next) = next.filter(|next| *next < low) {
                absent.push((next, low - 1));
            }
            next = high.checked_add(1);
        }
        absent.extend(next.filter(|next| *next <= to).map(|next| (next, to)));
        absent
    }

    fn replace(&mut self, start: usize, end: usize, with: &[Range]) {
        // Counted in 128 bits: two ranges of a hostile client may hold more than a u64 between them.
        let gone: u128 = self.ranges[start..end].iter().map(|range| length(*range)).sum();
        let come: u128 = with.iter().map(|range| length(*range)).sum();
        let count = u128::from(self.count).saturating_sub(gone) + come;
        self.count = u64::try_from(count).unwrap_or(u64::MAX);
        if let ([one], 1) = (with, end - start) {
            self.ranges[start] = *one; // the usual case: the last range grows
        } else {
            if self.ranges.is_empty() {
                self.ranges.reserve_exact(with.len()); // and stays the only one
            }
            self.ranges.splice(start..end, with.iter().copied());
        }
    }
}

fn length((from, to): Range) -> u128 {
    u128::from(to) - u128::from(from) + 1
}

impl From<Vec<Range>> for RangeSet {
    fn from(ranges: Vec<Range>) -> Self {
        let mut set = Self::default();
        ranges.into_iter().for_each(|range| set.insert(range));
        set
    }
}

impl From<RangeSet> for Vec<Range> {
    fn from(set: RangeSet) -> Self {
        set.ranges
    }
}
