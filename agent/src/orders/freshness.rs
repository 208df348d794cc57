//! Whether a command is fresh: a door must not open because a link came back.

use crate::clock::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

/// The hub has not told the time in this session.
const UNTOLD: i64 = -1;
/// A time that is off by less is left alone by the clock.
const LEFT_ALONE_MS: i64 = 1_000;
/// A command is good for so long at most, ms, as the hub has it: 120 s to open a door, an hour for the others. One
/// that is good for longer could come again when its id is forgotten.
const STRICTLY_AHEAD_MAX_MS: i64 = 120_000;
const LENIENTLY_AHEAD_MAX_MS: i64 = 3_600_000;

/// The corrected time, and how far it may be off. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Freshness {
    clock: Clock,
    doubt_ms: Arc<AtomicI64>,
}

/// What is to be thought of a command's expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Fresh,
    Expired,
    /// Good for longer than any command is.
    TooLong,
    /// The time is not known well enough.
    Unknown,
}

impl Freshness {
    pub fn new(clock: Clock) -> Self {
        Self { clock, doubt_ms: Arc::new(AtomicI64::new(UNTOLD)) }
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// A session begins: the clock may have drifted for days.
    pub fn begin_session(&self) {
        self.doubt_ms.store(UNTOLD, SeqCst);
    }

    /// The hub told the time; its question and answer were `way_ms` on their way, in whatever parts.
    pub fn told(&self, way_ms: i64) {
        self.doubt_ms.store(way_ms.max(0), SeqCst);
    }

    /// For what opens a door: only by a time that the hub told in this session, and with the doubt against it.
    pub fn strictly(&self, expires_ms: i64) -> Verdict {
        let doubt_ms = self.doubt_ms.load(SeqCst);
        match self.clock.now_ms() {
            Some(now_ms) if doubt_ms != UNTOLD => {
                judge(now_ms, doubt_ms + LEFT_ALONE_MS, expires_ms, STRICTLY_AHEAD_MAX_MS)
            }
            _ => Verdict::Unknown,
        }
    }

    /// For what does no harm: by the time as far as it is known.
    pub fn leniently(&self, expires_ms: i64) -> Verdict {
        let judge = |now_ms| judge(now_ms, 0, expires_ms, LENIENTLY_AHEAD_MAX_MS);
        self.clock.now_ms().map_or(Verdict::Unknown, judge)
    }
}

/// The doubt counts against a command that is about to expire, and for one that seems good for too long.
fn judge(now_ms: i64, doubt_ms: i64, expires_ms: i64, ahead_max_ms: i64) -> Verdict {
    let ahead_ms = expires_ms.saturating_sub(now_ms);
    match ahead_ms {
        _ if ahead_ms <= doubt_ms => Verdict::Expired,
        _ if ahead_ms > ahead_max_ms.saturating_add(doubt_ms).saturating_add(LEFT_ALONE_MS) => {
            Verdict::TooLong
        }
        _ => Verdict::Fresh,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Look;

    const NOW: i64 = 1_763_800_000_000;

    #[test]
    fn doubt_counts_against_a_command() {
        let clock = Clock::with(Box::new(|| Look { mono_ms: 5_000, system_ms: NOW }), "ab12", None);
        let freshness = Freshness::new(clock);
        let check = |told: Option<i64>, expires_in_ms: i64, strictly: Verdict, leniently: Verdict| {
            freshness.begin_session();
            told.into_iter().for_each(|way_ms| freshness.told(way_ms));
            let expires = NOW + expires_in_ms;
            assert_eq!((freshness.strictly(expires), freshness.leniently(expires)), (strictly, leniently));
        };
        check(None, 30_000, Verdict::Unknown, Verdict::Fresh);
        check(Some(0), 30_000, Verdict::Fresh, Verdict::Fresh);
        check(Some(0), 1_001, Verdict::Fresh, Verdict::Fresh);
        check(Some(0), 1_000, Verdict::Expired, Verdict::Fresh);
        check(Some(9_000), 10_000, Verdict::Expired, Verdict::Fresh);
        check(Some(0), 0, Verdict::Expired, Verdict::Expired);
        check(Some(0), 122_000, Verdict::Fresh, Verdict::Fresh);
        check(Some(0), 122_001, Verdict::TooLong, Verdict::Fresh);
        check(Some(5_000), 127_000, Verdict::Fresh, Verdict::Fresh);
        check(Some(0), 3_601_001, Verdict::TooLong, Verdict::TooLong);
        check(Some(0), i64::MAX - NOW, Verdict::TooLong, Verdict::TooLong);
        let clock = Clock::with(Box::new(|| Look { mono_ms: 5_000, system_ms: 0 }), "ab12", None);
        let in_1970 = Freshness::new(clock);
        in_1970.told(0);
        assert_eq!(in_1970.strictly(NOW), Verdict::Unknown);
        assert_eq!(in_1970.leniently(NOW), Verdict::Unknown);
    }
}
