//! Counts of the last hour (or another span), in twelve parts that pass away one by one.

use super::alert::EVIDENCE_MAX;
use serde::{Deserialize, Serialize};

const PARTS: usize = 12;
const PARTS_I64: i64 = 12;
pub const HOUR_PART_MS: i64 = 300_000;

/// How often something happened, and how often it went wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    newest: i64,
    parts: [(u16, u16); PARTS],
}

impl Tally {
    /// Counts `all` cases at `now`, `bad` of them bad. A part lasts `part_ms`.
    pub fn add(&mut self, now: i64, part_ms: i64, all: u16, bad: u16) {
        self.pass(now, part_ms);
        let part = &mut self.parts[index(self.newest)];
        *part = (part.0.saturating_add(all), part.1.saturating_add(bad));
    }

    /// All cases within the span that ends at `now`, and the bad ones.
    pub fn sum(&mut self, now: i64, part_ms: i64) -> (u32, u32) {
        self.pass(now, part_ms);
        let sum =
            |(all, bad): (u32, u32), part: &(u16, u16)| (all + u32::from(part.0), bad + u32::from(part.1));
        self.parts.iter().fold((0, 0), sum)
    }

    /// Percent of the cases that were bad, if there are at least so many.
    pub fn percent(&mut self, now: i64, part_ms: i64, count_min: u32) -> Option<f64> {
        let (all, bad) = self.sum(now, part_ms);
        (all > 0 && all >= count_min).then(|| 100.0 * f64::from(bad) / f64::from(all))
    }

    fn pass(&mut self, now: i64, part_ms: i64) {
        let part = now.div_euclid(part_ms.max(1));
        let gone = part.saturating_sub(self.newest).clamp(0, PARTS_I64);
        for step in 1..=gone {
            self.parts[index(part - gone + step)] = (0, 0);
        }
        self.newest = self.newest.max(part);
    }
}

/// The last cases that went wrong, newest last, at most [`EVIDENCE_MAX`], with how they did; nothing in a station where
/// all is well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrong<T>(Option<Box<Cases<T>>>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Cases<T>(Vec<(i64, T)>);

impl<T> Wrong<T> {
    pub fn add(&mut self, ts: i64, how: T) {
        let Cases(cases) = &mut **self.0.get_or_insert_with(|| Box::new(Cases(Vec::new())));
        if cases.len() >= EVIDENCE_MAX {
            cases.remove(0);
        }
        cases.push((ts, how));
    }

    /// Those since `from`, oldest first.
    pub fn since(&self, from: i64) -> impl Iterator<Item = &(i64, T)> {
        self.0.iter().flat_map(|cases| &cases.0).filter(move |case| case.0 >= from)
    }
}

impl<T> Default for Wrong<T> {
    fn default() -> Self {
        Self(None)
    }
}

fn index(part: i64) -> usize {
    usize::try_from(part.rem_euclid(PARTS_I64)).unwrap_or(0) // below PARTS
}
