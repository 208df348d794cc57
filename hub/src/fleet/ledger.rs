//! What one station has delivered, by outbox and sequence number: what is on disk, what the agent says it had to
//! drop, and what is missing without a word.
//!
//! Invariants
//! - The base of an outbox is the smallest sequence number ever mentioned; nothing before it is called missing.
//! - `received` and `dropped` are disjoint: what arrives after it was declared dropped counts as received, and what
//!   is declared dropped after it arrived stays received.
//! - Bounded: at most [`OUTBOXES_MAX`] outboxes (the one not used for longest goes first) and at most
//!   [`RANGES_MAX`] ranges in each. Past that the oldest ranges are closed: `floor` moves up over them, a gap below it
//!   is counted as missing for good, and only the totals remain. What arrives below the floor is taken as new: to
//!   store a reading twice is harmless (the store overwrites it), to lose one is not.
//! - A pure function of the sequence of [`Place`]s, so that a replay of the log gives the same ledger. Recording a
//!   place a second time changes nothing.

use super::ranges::{Range, RangeSet};
use crate::entry::Place;
use serde::{Deserialize, Serialize};
use waystation_protocol::OutboxId;

/// Outboxes remembered for a station: a new disk is a new outbox, so more than a few in use is a mistake.
pub const OUTBOXES_MAX: usize = 16;
/// Ranges remembered for an outbox.
pub const RANGES_MAX: usize = 1_000;

/// The ledger of one station.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ledger {
    /// The one used last stands last.
    outboxes: Vec<Outbox>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Outbox {
    id: OutboxId,
    base: u64,
    /// Everything from `base` up to here is closed; absent while nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    floor: Option<u64>,
    #[serde(default)]
    received: RangeSet,
    #[serde(default)]
    dropped: RangeSet,
    /// Numbers below the floor, by what had become of them.
    #[serde(default, skip_serializing_if = "Totals::is_zero")]
    closed: Totals,
}

/// How many readings were received, dropped by the agent, and are missing without a word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub received: u64,
    pub dropped: u64,
    pub missing: u64,
}

/// Which readings of a batch are not on disk yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum New {
    All,
    None,
    /// Ranges of indexes into the batch, lowest first.
    Some(Vec<std::ops::Range<u32>>),
}

impl New {
    /// Whether the reading at `index` is new.
    #[must_use]
    pub fn contains(&self, index: u32) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Some(ranges) => ranges.iter().any(|range| range.contains(&index)),
        }
    }
}

/// What the API shows of one outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutboxView {
    pub outbox: String,
    /// Every number from the first ever mentioned up to here is on disk or declared dropped.
    pub durable_up_to: u64,
    /// Missing without a word so far, lowest first.
    pub gaps: Vec<Range>,
    /// Declared lost by the agent, lowest first.
    pub dropped: Vec<Range>,
    pub received: u64,
    pub missing_total: u64,
    pub dropped_total: u64,
}

impl Ledger {
    /// Which of the `count` readings from `first_seq` on are not on disk yet.
    #[must_use]
    pub fn new_in(&self, outbox: &OutboxId, first_seq: u64, count: u32) -> New {
        let Some(range) = batch_range(first_seq, count) else { return New::None };
        match self.outboxes.iter().rev().find(|known| known.id == *outbox) {
            Some(known) => known.new_in(range),
            None => New::All,
        }
    }

    /// Notes that a batch is on disk, and what the agent says was lost before it.
    pub fn record(&mut self, place: &Place) {
        let batch = batch_range(place.first_seq, place.count);
        let lost = place.lost.iter().copied().filter(|(from, to)| from <= to);
        let Some(lowest) = batch.into_iter().chain(lost.clone()).map(|range| range.0).min() else { return };
        let outbox = self.outbox(&place.outbox, lowest);
        for range in lost {
            outbox.drop_range(range);
            outbox.bound();
        }
        batch.into_iter().for_each(|range| outbox.receive(range));
        outbox.bound();
    }

    /// The outboxes, the one used last at the end.
    pub fn outboxes(&self) -> impl ExactSizeIterator<Item = OutboxView> + '_ {
        self.outboxes.iter().map(Outbox::view)
    }

    /// The sums over all outboxes.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.outboxes.iter().map(Outbox::totals).fold(Totals::default(), Totals::plus)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.outboxes.is_empty()
    }

    /// The outbox, moved to the end of the list as the one used last, and made if it is new.
    fn outbox(&mut self, id: &OutboxId, lowest: u64) -> &mut Outbox {
        let last = match self.outboxes.iter().rposition(|known| known.id == *id) {
            Some(at) => {
                self.outboxes[at..].rotate_left(1);
                self.outboxes.len() - 1
            }
            None => {
                if self.outboxes.len() == OUTBOXES_MAX {
                    self.outboxes.remove(0);
                }
                // Most stations have one for years: room to grow would cost more than all that it holds.
                self.outboxes.reserve_exact(1);
                self.outboxes.push(Outbox::new(id.clone(), lowest));
                self.outboxes.len() - 1
            }
        };
        let outbox = &mut self.outboxes[last];
        outbox.base = outbox.base.min(lowest);
        outbox
    }
}

impl Outbox {
    fn new(id: OutboxId, base: u64) -> Self {
        let (received, dropped) = (RangeSet::default(), RangeSet::default());
        Self { id, base, floor: None, received, dropped, closed: Totals::default() }
    }

    fn new_in(&self, (from, to): Range) -> New {
        let absent = self.received.absent_in((from, to));
        match absent[..] {
            [] => New::None,
            [all] if all == (from, to) => New::All,
            _ => New::Some(absent.into_iter().map(|range| indexes(range, from)).collect()),
        }
    }

    fn receive(&mut self, range: Range) {
        let Some(range) = self.above_floor(range) else { return };
        self.received.insert(range);
        self.dropped.remove(range);
    }

    fn drop_range(&mut self, range: Range) {
        let Some(range) = self.above_floor(range) else { return };
        let absent = self.received.absent_in(range);
        absent.into_iter().for_each(|range| self.dropped.insert(range));
    }

    fn above_floor(&self, (from, to): Range) -> Option<Range> {
        let Some(floor) = self.floor else { return Some((from, to)) };
        (to > floor).then(|| (from.max(floor + 1), to)) // to > floor, so floor < MAX
    }

    /// Closes the oldest ranges when there are too many: a quarter of them at once, so that a long list of losses
    /// costs no more than its length.
    fn bound(&mut self) {
        let all = self.received.ranges().iter().chain(self.dropped.ranges());
        let mut ends: Vec<u64> = match self.received.ranges().len() + self.dropped.ranges().len() {
            0..=RANGES_MAX => return,
            _ => all.map(|range| range.1).collect(),
        };
        ends.sort_unstable();
        self.close_up_to(ends[ends.len() - RANGES_MAX / 4 * 3]);
    }

    fn close_up_to(&mut self, floor: u64) {
        let before = (self.received.count(), self.dropped.count(), self.open_missing());
        self.received.remove((0, floor));
        self.dropped.remove((0, floor));
        self.floor = Some(floor);
        self.closed = self.closed.plus(Totals {
            received: before.0.saturating_sub(self.received.count()),
            dropped: before.1.saturating_sub(self.dropped.count()),
            missing: before.2.saturating_sub(self.open_missing()),
        });
    }

    /// The first number that is not closed.
    fn open_from(&self) -> u64 {
        self.floor.map_or(self.base, |floor| floor.saturating_add(1))
    }

    fn highest(&self) -> u64 {
        let last = self.received.last().max(self.dropped.last()).map(|range| range.1);
        last.or(self.floor).unwrap_or(self.base)
    }

    /// How many numbers between the floor and the highest one are neither received nor dropped.
    fn open_missing(&self) -> u64 {
        if self.received.is_empty() && self.dropped.is_empty() {
            return 0;
        }
        let span = u128::from(self.highest()) + 1 - u128::from(self.open_from());
        let known = u128::from(self.received.count()) + u128::from(self.dropped.count());
        u64::try_from(span.saturating_sub(known)).unwrap_or(u64::MAX)
    }

    fn totals(&self) -> Totals {
        self.closed.plus(Totals {
            received: self.received.count(),
            dropped: self.dropped.count(),
            missing: self.open_missing(),
        })
    }

    fn gaps(&self) -> Vec<Range> {
        if self.received.is_empty() && self.dropped.is_empty() {
            return Vec::new();
        }
        let mut known = self.received.clone();
        self.dropped.ranges().iter().for_each(|range| known.insert(*range));
        known.absent_in((self.open_from(), self.highest()))
    }

    fn view(&self) -> OutboxView {
        let gaps = self.gaps();
        let totals = self.totals();
        OutboxView {
            outbox: self.id.as_str().to_owned(),
            durable_up_to: gaps.first().map_or_else(|| self.highest(), |gap| gap.0.saturating_sub(1)),
            gaps,
            dropped: self.dropped.ranges().to_vec(),
            received: totals.received,
            missing_total: totals.missing,
            dropped_total: totals.dropped,
        }
    }
}

impl Totals {
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            received: self.received.saturating_add(other.received),
            dropped: self.dropped.saturating_add(other.dropped),
            missing: self.missing.saturating_add(other.missing),
        }
    }

    /// The difference, never below zero.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            received: self.received.saturating_sub(other.received),
            dropped: self.dropped.saturating_sub(other.dropped),
            missing: self.missing.saturating_sub(other.missing),
        }
    }

    fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

/// The numbers of a batch; none if it is empty. A batch past the end of all numbers is cut there.
fn batch_range(first_seq: u64, count: u32) -> Option<Range> {
    let more = u64::from(count.checked_sub(1)?);
    Some((first_seq, first_seq.saturating_add(more)))
}

fn indexes((from, to): Range, first_seq: u64) -> std::ops::Range<u32> {
    // Both ends lie within a batch, whose length is a u32.
    let index = |seq: u64| u32::try_from(seq - first_seq).unwrap_or(u32::MAX);
    index(from)..index(to).saturating_add(1)
}

#[cfg(test)]
mod tests;
