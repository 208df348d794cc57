//! What the time is, from two clocks and what the hub said. Pure.

/// 2025-01-01: no agent of this kind ran before.
pub const PLAUSIBLE_FROM_MS: i64 = 1_735_689_600_000;
/// A smaller difference is left alone [J].
const LEFT_ALONE_MS: i64 = 1000;
/// As far ahead as the hub takes readings, and as far back (domain.md, "Time").
const AHEAD_MS_MAX: i64 = 120_000;
const BACK_MS_MAX: i64 = 7 * 24 * 3_600_000;

/// Both clocks at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Since the boot, time asleep included.
    pub mono_ms: i64,
    /// Since the Unix epoch, as far as the machine knows.
    pub system_ms: i64,
}

/// When a reading was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// Corrected milliseconds since the Unix epoch, UTC.
    Time(i64),
    /// The same by a system clock that the hub has not confirmed: it may turn out to be wrong, and then the uptime, as
    /// below, tells the time.
    Unconfirmed { ms: i64, uptime_ms: i64 },
    /// The time is unknown: milliseconds since this boot; negative for what was measured before.
    Uptime(i64),
}

#[derive(Debug)]
pub struct Timeline {
    /// Corrected time minus the boot clock; `None`: the system clock counts.
    zero_ms: Option<i64>,
    /// The hub's time minus the boot clock, as last measured.
    hub_zero_ms: Option<i64>,
    /// A system clock behind this is wrong.
    plausible_from_ms: i64,
    /// There is nobody to tell the time: the system clock is as good as it gets.
    unanswered: bool,
}

impl Timeline {
    pub fn new(kept_ms: i64) -> Self {
        Self {
            zero_ms: None,
            hub_zero_ms: None,
            plausible_from_ms: kept_ms.max(PLAUSIBLE_FROM_MS),
            unanswered: false,
        }
    }

    pub fn now_ms(&self, look: Look) -> Option<i64> {
        match self.zero_ms {
            Some(zero_ms) => Some(look.mono_ms + zero_ms),
            None => (look.system_ms >= self.plausible_from_ms).then_some(look.system_ms),
        }
    }

    pub fn offset_ms(&self, look: Look) -> Option<i64> {
        Some(look.system_ms - look.mono_ms - self.hub_zero_ms?)
    }

    /// Gives by how much the time moved; `None` if it was unknown.
    pub fn sync(&mut self, look: Look, t0_mono: i64, hub_ms: i64, t1_mono: i64) -> Option<i64> {
        // The hub looked half-way between question and answer, as well as one can know.
        let hub_zero_ms = hub_ms - (t0_mono + (t1_mono - t0_mono) / 2);
        let before_ms = self.now_ms(look);
        let moved_ms = before_ms.map(|before_ms| look.mono_ms + hub_zero_ms - before_ms);
        let moved_ms = moved_ms.map(|moved| if moved.abs() < LEFT_ALONE_MS { 0 } else { moved });
        self.hub_zero_ms = Some(hub_zero_ms);
        self.zero_ms = Some(match (before_ms, moved_ms) {
            (Some(before_ms), Some(0)) => before_ms - look.mono_ms,
            _ => hub_zero_ms,
        });
        moved_ms
    }

    /// What a reading that was stamped `ms` is to carry when its uptime says `told_ms`.
    pub fn confirmed(&self, look: Look, ms: i64, told_ms: i64) -> i64 {
        let is_same = (told_ms - ms).abs() < LEFT_ALONE_MS;
        let is_good = self.now_ms(look).is_some_and(|now_ms| is_recent(told_ms, now_ms));
        if is_same || !is_good { ms } else { told_ms }
    }

    pub fn unanswered(&mut self) {
        self.plausible_from_ms = PLAUSIBLE_FROM_MS;
        self.unanswered = true;
    }

    /// The hub has told the time, or is known not to.
    pub fn is_settled(&self) -> bool {
        self.zero_ms.is_some() || self.unanswered
    }

    pub fn stamp(&self, look: Look, device_ms: Option<i64>) -> Stamp {
        match self.settled_stamp(look, device_ms) {
            Stamp::Time(ms) if !self.is_settled() && self.now_ms(look).is_some() => {
                Stamp::Unconfirmed { ms, uptime_ms: look.mono_ms + ms - look.system_ms }
            }
            stamp => stamp,
        }
    }

    fn settled_stamp(&self, look: Look, device_ms: Option<i64>) -> Stamp {
        match (self.now_ms(look), device_ms) {
            (Some(now_ms), None) => Stamp::Time(now_ms),
            (Some(now_ms), Some(device_ms)) => {
                let off_ms = now_ms - look.system_ms;
                // Two clocks in ms differ by one now and then: moving by that would give two readings one moment.
                let off_ms = if off_ms.abs() < LEFT_ALONE_MS { 0 } else { off_ms };
                let moved = device_ms.saturating_add(off_ms);
                // A device with a time of its own, by GPS or radio, is right where ours was wrong.
                let off_now = |ms: i64| ms.saturating_sub(now_ms).saturating_abs();
                let is_right = off_now(device_ms) <= AHEAD_MS_MAX && off_now(device_ms) < off_now(moved);
                let both = if is_right { [device_ms, moved] } else { [moved, device_ms] };
                let good = both.into_iter().find(|ms| is_recent(*ms, now_ms));
                Stamp::Time(good.unwrap_or(device_ms))
            }
            (None, None) => Stamp::Uptime(look.mono_ms),
            (None, Some(device_ms)) => {
                if is_recent(device_ms, look.system_ms) {
                    Stamp::Uptime(look.mono_ms + device_ms - look.system_ms)
                } else if device_ms >= self.plausible_from_ms {
                    Stamp::Time(device_ms)
                } else {
                    Stamp::Uptime(look.mono_ms)
                }
            }
        }
    }
}

/// The hub would take a reading of `ms` at `now_ms`.
pub fn is_recent(ms: i64, now_ms: i64) -> bool {
    (now_ms.saturating_sub(BACK_MS_MAX)..=now_ms.saturating_add(AHEAD_MS_MAX)).contains(&ms)
}
