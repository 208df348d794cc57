//! Samples of several devices over time: where each is valid, and what they say together.
//!
//! A sample is valid until the next one of its device, and at most for [`VALID_MS`] (slow devices:
//! [`SLOW_VALID_MS`]): there observed time ends.

use crate::calendar::HOUR_MS;

/// [J] six missed reports of a minute, or one of five minutes that is a minute late.
pub const VALID_MS: i64 = 6 * 60_000;
/// For what reports every five minutes [J]: three missed reports.
pub const SLOW_VALID_MS: i64 = 16 * 60_000;
/// Devices that were heard in the window or so long before it are expected in it.
pub const EXPECTED_MS: i64 = HOUR_MS;

/// A stretch of time, ms since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub start_ms: i64,
    /// Not included.
    pub end_ms: i64,
}

impl Window {
    #[must_use]
    pub fn contains(&self, ts_ms: i64) -> bool {
        (self.start_ms..self.end_ms).contains(&ts_ms)
    }

    #[must_use]
    pub fn len_ms(&self) -> i64 {
        self.end_ms - self.start_ms
    }
}

/// A value and the stretch in which it is valid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment<T> {
    pub from_ms: i64,
    pub to_ms: i64,
    pub value: T,
}

/// What one device says within the window, from its samples in the order of time.
pub fn track<T: Copy>(samples: &[(i64, T)], valid_ms: i64, window: Window) -> Vec<Segment<T>> {
    let mut segments = Vec::new();
    for (place, (ts, value)) in samples.iter().enumerate() {
        let next = samples.get(place + 1).map_or(i64::MAX, |(next, _)| *next);
        let from_ms = (*ts).max(window.start_ms);
        let to_ms = next.min(ts.saturating_add(valid_ms)).min(window.end_ms);
        if from_ms < to_ms {
            segments.push(Segment { from_ms, to_ms, value: *value });
        }
    }
    segments
}

/// Calls `visit(from, to, values)` for each stretch of the window in which every track is valid and no value changes;
/// no stretch crosses one of `cuts`. Values stand in the order of the tracks.
pub fn together<T: Copy>(tracks: &[Vec<Segment<T>>], cuts: &[i64], mut visit: impl FnMut(i64, i64, &[T])) {
    let mut edges: Vec<i64> = cuts.to_vec();
    for segment in tracks.iter().flatten() {
        edges.extend([segment.from_ms, segment.to_ms]);
    }
    edges.sort_unstable();
    edges.dedup();
    let mut places = vec![0; tracks.len()];
    let mut values = Vec::with_capacity(tracks.len());
    for edge in edges.windows(2) {
        let (from, to) = (edge[0], edge[1]);
        values.clear();
        for (track, place) in tracks.iter().zip(&mut places) {
            while track.get(*place).is_some_and(|segment| segment.to_ms <= from) {
                *place += 1;
            }
            match track.get(*place) {
                Some(segment) if segment.from_ms <= from => values.push(segment.value),
                _ => break,
            }
        }
        if !values.is_empty() && values.len() == tracks.len() {
            visit(from, to, &values);
        }
    }
}

/// How much of the window is covered by any of these stretches.
pub fn covered_ms(mut stretches: Vec<(i64, i64)>) -> i64 {
    stretches.sort_unstable();
    let (mut covered, mut reached) = (0, i64::MIN);
    for (from, to) in stretches {
        let from = from.max(reached);
        if from < to {
            covered += to - from;
            reached = to;
        }
    }
    covered
}
