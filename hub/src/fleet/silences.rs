//! What the fold remembers of a station's silences, and what late readings later say about them.
//!
//! ```text
//!        from                                     to
//! contact │·········· silence ··············│ contact
//!              [ blind ]                          the hub did not listen: nothing is known
//!         [worked]      [worked]                  late readings show that the hut worked
//! ```
//!
//! Invariants
//! - Silences are disjoint and sorted; only the last one can be open. `blind` and `worked` are sorted, disjoint, and lie
//!   within their silence; only the last blind one can be open, which means: until the next contact, or until the
//!   patience is over.
//! - `worked` depends on which readings came, not on their order: a reading joins with its neighbours in time, the
//!   silence's two ends among them, when they are at most [`WORKING_GAP_MS`] apart.
//! - Bounded: at most [`SILENCES_MAX`] silences (the oldest go first; they stay in `state.db`) with at most
//!   [`PARTS_MAX`] parts each. Past that a blind part is joined to the one before, and a stretch of work that would
//!   be a part of its own is left out: the figure stays on the careful side.

use super::availability::{Interval, Outage, OutageKind};
use waystation_protocol::StationId;

/// A hut whose readings are further apart than this may have been down between them, ms. [J] two reports of the
/// device that reports least often (a door, every 300 s).
pub const WORKING_GAP_MS: i64 = 600_000;
/// Silences remembered for a station.
pub const SILENCES_MAX: usize = 64;
/// Parts remembered for a silence, of either sort.
pub const PARTS_MAX: usize = 32;
/// Readings are taken in when they are up to 7 days old, so silences that ended before that are past correction, ms.
pub const CORRECTABLE_MS: i64 = 8 * 86_400_000;

/// The end of what has not ended yet.
const OPEN: i64 = i64::MAX;

/// One time without contact, ms since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    from: i64,
    to: i64,
    blind: Vec<Interval>,
    worked: Vec<Interval>,
    saved: bool,
}

/// The silences of one station that can still change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Silences(Vec<Silence>);

impl Silence {
    fn new(from: i64, to: i64) -> Self {
        Self { from, to, blind: Vec::new(), worked: Vec::new(), saved: false }
    }

    pub(super) fn restored(from: i64, to: Option<i64>, blind: Vec<Interval>, worked: Vec<Interval>) -> Self {
        Self { from, to: to.unwrap_or(OPEN), blind, worked, saved: true }
    }

    #[must_use]
    pub fn starts_at(&self) -> i64 {
        self.from
    }

    /// `None` while it lasts.
    #[must_use]
    pub fn ends_at(&self) -> Option<i64> {
        (self.to < OPEN).then_some(self.to)
    }

    pub(super) fn blind(&self) -> &[Interval] {
        &self.blind
    }

    pub(super) fn worked(&self) -> &[Interval] {
        &self.worked
    }

    /// Calls `visit` with each outage that this silence is, in order.
    pub fn outages(&self, station: &StationId, mut visit: impl FnMut(Outage)) {
        let mut edges: Vec<i64> = vec![self.from, self.to];
        edges.extend(self.blind.iter().chain(&self.worked).flat_map(|(from, to)| [*from, *to]));
        edges.retain(|edge| (self.from..=self.to).contains(edge));
        edges.sort_unstable();
        edges.dedup();
        let kinds = edges.windows(2).map(|pair| (pair[0], pair[1], self.kind(pair[0])));
        let mut parts: Vec<(i64, i64, OutageKind)> = Vec::new();
        for (from, to, kind) in kinds {
            match parts.last_mut() {
                Some(last) if last.2 == kind => last.1 = to,
                _ => parts.push((from, to, kind)),
            }
        }
        for (from, to, kind) in parts {
            let ends_at = (to < OPEN).then_some(to);
            visit(Outage { station: station.clone(), starts_at: from, ends_at, kind, planned: false });
        }
    }

    fn kind(&self, at: i64) -> OutageKind {
        let within = |parts: &[Interval]| parts.iter().any(|(from, to)| (*from..*to).contains(&at));
        if within(&self.worked) {
            OutageKind::LinkDown
        } else if within(&self.blind) {
            OutageKind::Unknown
        } else {
            OutageKind::StationDown
        }
    }

    fn go_blind(&mut self, since: i64) {
        let since = since.max(self.from);
        let full = self.blind.len() >= PARTS_MAX;
        match self.blind.last_mut() {
            Some(last) if full || last.1 >= since => last.1 = OPEN,
            _ => self.blind.push((since, OPEN)),
        }
    }

    /// Gives up waiting: from `at` on the silence is the station's own.
    fn see_again(&mut self, at: i64) {
        if let Some(last) = self.blind.last_mut().filter(|last| last.1 == OPEN) {
            last.1 = at.max(last.0);
        }
        self.blind.retain(|(from, to)| from < to);
    }

    fn end(&mut self, at: i64) {
        self.to = at;
        self.see_again(at);
        if let Some(last) = self.worked.last_mut().filter(|last| near(last.1, at)) {
            last.1 = at;
        }
    }

    /// Whether the reading says something new.
    fn work_shown(&mut self, at: i64) -> bool {
        if !(self.from < at && at < self.to) {
            return false;
        }
        let next = self.worked.partition_point(|(from, _)| *from <= at);
        let before = next.checked_sub(1).map(|index| self.worked[index].1);
        if before.is_some_and(|to| at <= to) {
            return false;
        }
        // Neighbours in time: readings of before, or the contacts at both ends.
        let from = Some(before.unwrap_or(self.from)).filter(|from| near(*from, at)).unwrap_or(at);
        let following = self.worked.get(next).map_or(self.to, |(from, _)| *from);
        let to = Some(following).filter(|to| near(at, *to)).unwrap_or(at);
        self.join(next, (from, to))
    }

    /// Puts a stretch at `next`, joined to those that it touches.
    fn join(&mut self, next: usize, (from, to): Interval) -> bool {
        let joins_before = next > 0 && self.worked[next - 1].1 == from;
        let joins_after = self.worked.get(next).is_some_and(|after| after.0 == to);
        match (joins_before, joins_after) {
            (true, true) => self.worked[next - 1].1 = self.worked.remove(next).1,
            (true, false) => self.worked[next - 1].1 = to,
            (false, true) => self.worked[next].0 = from,
            (false, false) if self.worked.len() >= PARTS_MAX => return false,
            (false, false) => self.worked.insert(next, (from, to)),
        }
        true
    }
}

impl Silences {
    /// Whether the station is silent now, longer than anybody waits, or unwatched.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.0.last().is_some_and(|last| last.to == OPEN)
    }

    /// Whether the silence is the station's own now.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.is_open() && !self.is_blind()
    }

    fn is_blind(&self) -> bool {
        self.0.last().and_then(|last| last.blind.last()).is_some_and(|blind| blind.1 == OPEN)
    }

    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Silence> {
        self.0.iter()
    }

    /// The patience is over: silent since `last_contact`, by a hub that has listened since `listening_since`.
    pub fn down(&mut self, last_contact: i64, listening_since: i64) {
        match self.0.last_mut().filter(|last| last.to == OPEN) {
            Some(last) => {
                last.see_again(listening_since);
                last.saved = false;
            }
            None => self.push(Silence::new(last_contact, OPEN)),
        }
    }

    /// The hub was away: nothing is known since `since`, nor will be until the station is heard again.
    pub fn blind(&mut self, last_contact: i64, since: i64) {
        if self.is_blind() {
            return;
        }
        if !self.is_open() {
            self.push(Silence::new(last_contact, OPEN));
        }
        // An open one is there now.
        if let Some(last) = self.0.last_mut() {
            last.go_blind(since);
            last.saved = false;
        }
    }

    /// A silence that nobody watched, found when it was over: `known` if the hub listened all the time.
    pub fn found(&mut self, from: i64, to: i64, known: bool) {
        let mut silence = Silence::new(from, to);
        if !known {
            silence.blind.push((from, to));
        }
        self.push(silence);
    }

    /// The station was heard. Contact from before the silence says that a clock was set back: then there was none.
    pub fn contact(&mut self, at: i64) {
        if let Some(last) = self.0.last_mut().filter(|last| last.to == OPEN) {
            last.end(at.max(last.from));
            last.saved = false;
        }
    }

    /// A reading of the station was made at this time, whenever it arrived.
    pub fn work_shown(&mut self, at: i64) {
        for silence in self.0.iter_mut().rev() {
            if at > silence.from {
                if silence.work_shown(at) {
                    silence.saved = false;
                }
                return;
            }
        }
    }

    /// The ones that changed since they were last saved.
    pub(super) fn unsaved(&self) -> impl Iterator<Item = &Silence> {
        self.0.iter().filter(|silence| !silence.saved)
    }

    /// All are saved; those past correction are forgotten.
    pub(super) fn mark_saved(&mut self, now_ms: i64) {
        self.0.iter_mut().for_each(|silence| silence.saved = true);
        self.0.retain(|silence| now_ms.saturating_sub(silence.to) < CORRECTABLE_MS);
    }

    pub(super) fn mark_unsaved(&mut self) {
        self.0.iter_mut().for_each(|silence| silence.saved = false);
    }

    pub(super) fn restore(&mut self, silence: Silence) {
        self.push(silence);
    }

    fn push(&mut self, silence: Silence) {
        if self.0.len() >= SILENCES_MAX {
            self.0.remove(0);
        }
        self.0.push(silence);
    }
}

/// Whether a hut that gave a sign of life at both times worked in between.
fn near(earlier: i64, later: i64) -> bool {
    later.saturating_sub(earlier) <= WORKING_GAP_MS
}

#[cfg(test)]
mod tests;
