//! The time-weighted mean of a measurement over a sliding window, in bounded memory.
//!
//! The window is a ring of parts, each with the integral of the value over its time. A value holds until the next
//! one, at most [`HOLD_MS`]: what nobody measured is not observed. Only the newest part changes; the others' sum is
//! kept, so that a reading costs the same however long the window is.

use serde::{Deserialize, Serialize};

/// How long a value stands for what came after it, ms: five of the usual intervals.
const HOLD_MS: i64 = 300_000;
/// Least share of the window that must be observed [J].
const COVERAGE_MIN: f32 = 0.75;

/// What a window is: parts and the length of one.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub parts: u8,
    pub part_ms: i64,
}

impl Span {
    pub const HOUR: Span = Span { parts: 12, part_ms: 300_000 };
    pub const EIGHT_HOURS: Span = Span { parts: 8, part_ms: 3_600_000 };
    pub const DAY: Span = Span { parts: 12, part_ms: 7_200_000 };
}

/// The mean over one window.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    /// The last value and when it was measured.
    last: Option<(i64, f32)>,
    newest: i64,
    /// Sum of value × seconds, and milliseconds, by part.
    parts: Vec<(f32, u32)>,
    /// The same of all parts but the newest; worked out again after a restart.
    #[serde(skip)]
    closed: Option<(f32, u32)>,
}

impl Mean {
    /// Takes a value measured at `ts` in; the mean, if enough of the window is observed.
    pub fn add(&mut self, span: Span, ts: i64, value: f32) -> Option<f32> {
        self.parts.resize(usize::from(span.parts), (0.0, 0));
        self.pass(span, ts);
        if let Some((since, held)) = self.last.replace((ts, value)) {
            let held_ms = u32::try_from((ts - since).clamp(0, HOLD_MS)).unwrap_or(0); // at most HOLD_MS
            let part = &mut self.parts[place(span, self.newest)];
            part.0 += held * held_ms as f32 / 1_000.0;
            part.1 = part.1.saturating_add(held_ms);
        }
        self.mean(span)
    }

    fn mean(&mut self, span: Span) -> Option<f32> {
        let newest = place(span, self.newest);
        let (sum, milliseconds) = *self.closed.get_or_insert_with(|| {
            let closed = self.parts.iter().enumerate().filter(|(at, _)| *at != newest);
            closed.fold((0.0, 0), |sum, (_, part)| (sum.0 + part.0, sum.1 + part.1))
        });
        let part = self.parts[newest];
        let seconds = (milliseconds + part.1) as f32 / 1_000.0;
        let whole = f32::from(span.parts) * span.part_ms as f32 / 1_000.0;
        (seconds >= COVERAGE_MIN * whole).then(|| (sum + part.0) / seconds)
    }

    fn pass(&mut self, span: Span, ts: i64) {
        let part = ts.div_euclid(span.part_ms);
        let gone = part.saturating_sub(self.newest).clamp(0, i64::from(span.parts));
        if gone > 0 {
            self.closed = None;
        }
        for step in 1..=gone {
            let at = place(span, part - gone + step);
            self.parts[at] = (0.0, 0);
        }
        self.newest = self.newest.max(part);
    }
}

fn place(span: Span, part: i64) -> usize {
    usize::try_from(part.rem_euclid(i64::from(span.parts))).unwrap_or(0) // below the number of parts
}
