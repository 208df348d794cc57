//! The ranges of records that are gone, and which of them somebody has been told about.
//!
//! Kept in the file `lost`, one range a line: `lost FROM TO` (not yet told) or `told FROM TO`. A told range stays for
//! as long as its records would still be in the log, because a second reader may run into the same damage.

use crate::Seq;

/// Ranges that neither overlap nor touch, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ranges(Vec<(Seq, Seq)>);

impl Ranges {
    pub fn add(&mut self, from: Seq, to: Seq) {
        let begin = self.0.partition_point(|&(_, last)| last.saturating_add(1) < from);
        let end = self.0.partition_point(|&(first, _)| first <= to.saturating_add(1));
        let joined =
            self.0[begin..end].iter().fold((from, to), |(first, last), &(other_first, other_last)| {
                (first.min(other_first), last.max(other_last))
            });
        self.0.splice(begin..end, [joined]);
    }

    /// Takes everything up to `to` out, and returns it.
    pub fn take_upto(&mut self, to: Seq) -> Vec<(Seq, Seq)> {
        let whole = self.0.partition_point(|&(_, last)| last <= to);
        let mut taken: Vec<_> = self.0.drain(..whole).collect();
        if let Some((first, _)) = self.0.first_mut().filter(|(first, _)| *first <= to) {
            taken.push((*first, to));
            *first = to + 1;
        }
        taken
    }

    /// The parts of `from..=to` that are not in here.
    pub fn missing(&self, from: Seq, to: Seq) -> Vec<(Seq, Seq)> {
        let mut parts = Vec::new();
        let mut next = from;
        for &(first, last) in &self.0 {
            if last < next {
                continue;
            }
            if first > to {
                break;
            }
            if first > next {
                parts.push((next, first - 1));
            }
            next = last + 1;
        }
        if next <= to {
            parts.push((next, to));
        }
        parts
    }

    pub fn as_slice(&self) -> &[(Seq, Seq)] {
        &self.0
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Losses {
    pub lost: Ranges,
    told: Ranges,
    /// In memory only so far.
    pub unsaved: bool,
}

impl Losses {
    /// Remembers that `from..=to` is gone, unless that was told before.
    pub fn add(&mut self, from: Seq, to: Seq) {
        for (from, to) in self.told.missing(from, to) {
            if !self.lost.missing(from, to).is_empty() {
                self.lost.add(from, to);
                self.unsaved = true;
            }
        }
    }

    /// As `add`, but nobody has to be told of what lies up to `passed`.
    pub fn give_up(&mut self, from: Seq, to: Seq, passed: Seq) {
        for (from, to) in self.lost.missing(from, to.min(passed)) {
            self.told.add(from, to);
            self.unsaved = true;
        }
        if to > passed {
            self.add(from.max(passed + 1), to);
        }
    }

    /// Counts everything up to `upto` as told; what lies before `first`, the oldest record kept, needs no memory.
    pub fn tell(&mut self, upto: Seq, first: Seq) {
        for (from, to) in self.lost.take_upto(upto) {
            self.told.add(from, to);
            self.unsaved = true;
        }
        self.told.take_upto(first.saturating_sub(1));
    }

    pub fn cover(&self, from: Seq, to: Seq) -> bool {
        self.told.missing(from, to).iter().all(|&(from, to)| self.lost.missing(from, to).is_empty())
    }

    /// What is gone of `from..=to`, told or not, in order.
    pub fn within(&self, from: Seq, to: Seq) -> Vec<(Seq, Seq)> {
        let mut gone = Ranges::default();
        let ranges = [&self.lost, &self.told].map(Ranges::as_slice);
        for &(first, last) in ranges.iter().flat_map(|ranges| ranges.iter()) {
            if first <= to && last >= from {
                gone.add(first.max(from), last.min(to));
            }
        }
        gone.0
    }

    pub fn last(&self) -> Seq {
        let ends = [&self.lost, &self.told].map(|ranges| ranges.as_slice().last().map_or(0, |&(_, to)| to));
        ends[0].max(ends[1])
    }

    pub fn to_text(&self) -> String {
        let lines = |word: &str, ranges: &Ranges| {
            ranges.as_slice().iter().map(|(from, to)| format!("{word} {from} {to}\n")).collect::<String>()
        };
        lines("lost", &self.lost) + &lines("told", &self.told)
    }

    pub fn from_text(text: &str) -> Option<Self> {
        let mut losses = Self::default();
        for line in text.lines() {
            let mut words = line.split(' ');
            let ranges = match words.next()? {
                "lost" => &mut losses.lost,
                "told" => &mut losses.told,
                _ => return None,
            };
            let (from, to) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
            if from > to || words.next().is_some() {
                return None;
            }
            ranges.add(from, to);
        }
        Some(losses)
    }
}
