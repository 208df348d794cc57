//! How wrong a station's clock is, so that its readings are not taken for late ones.
//!
//! A gateway may say it. Else it shows: what comes from a clock that is slow is behind by the same amount after ten
//! minutes, while an outbox that is replayed catches up. Only what is behind by more than the contract allows is
//! looked at; a clock that is fast by so much has its readings in quarantine.
//!
//! What endangers people cannot wait for ten minutes: for that, half a minute of the same lag is enough
//! ([`Clock::present_ms`]).

use serde::{Deserialize, Serialize};

/// Behind by less is travel, ms.
const LEAST_MS: i64 = 120_000;
/// Behind by more is no clock that is believed, ms [J].
const MOST_MS: i64 = 6 * 3_600_000;
/// Time over which it must stay the same, ms, and by how much it may differ.
const WATCHED_MS: i64 = 600_000;
const STEADY_MS: i64 = 10_000;
/// The same for what endangers people [J]: an outbox that is replayed loses more lag in this time, unless it drains
/// hardly faster than it fills; then nothing newer can be had anyway.
const PACE_WATCHED_MS: i64 = 30_000;
const PACE_STEADY_MS: i64 = 2_000;
/// A lag that grew by more is another one, ms: such travel is rare.
const GROWN_MS: i64 = 60_000;

/// What is known of a station's clock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Clock {
    /// What is to be taken off the times of readings, as the gateway said it: nothing if it corrects them itself.
    said_ms: Option<i64>,
    /// The same, as it was found.
    found_ms: i64,
    /// A message to measure from: when it was heard, and how far it was behind.
    heard_ms: i64,
    behind_ms: i64,
    /// Whether the last look changed what was found, so that rules must hear of it.
    looked: bool,
    /// The lag of late readings, while it stays the same. Readings in time leave it alone: they may come from another
    /// device, whose clock is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    late: Option<Box<Lag>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Lag {
    since_ms: i64,
    behind_ms: i64,
}

impl Clock {
    /// When a reading was measured, by the hub's clock. A time that may be true as it stands is: some gateways correct
    /// what they send.
    #[must_use]
    pub fn measured_ms(&self, ts: i64, now: i64, live_ms: i64) -> i64 {
        if (now.saturating_sub(ts)).abs() <= live_ms {
            return ts;
        }
        ts.saturating_sub(self.said_ms.unwrap_or(self.found_ms))
    }

    /// Takes note of a late reading. When it was measured, by the hub's clock, if it comes as late as others did for a
    /// while: then the clock is slow, and it is the device's present word.
    pub fn present_ms(&mut self, ts: i64, now: i64) -> Option<i64> {
        let behind_ms = now.saturating_sub(ts);
        let lag = self.late.get_or_insert_with(|| Box::new(Lag { since_ms: now, behind_ms }));
        if !(-STEADY_MS..=GROWN_MS).contains(&(behind_ms - lag.behind_ms)) {
            **lag = Lag { since_ms: now, behind_ms };
        }
        let watched = now - lag.since_ms >= PACE_WATCHED_MS && behind_ms <= MOST_MS;
        let steady = (behind_ms - lag.behind_ms).abs() <= PACE_STEADY_MS;
        (watched && steady).then(|| ts.saturating_add(lag.behind_ms).min(now))
    }

    /// The gateway says it, in a reading with this time; one that was kept for long speaks of another day. A reading
    /// that comes in time from a clock that is far off has been corrected by the gateway, and so are all the others.
    pub fn says(&mut self, offset_ms: i64, ts: i64, now: i64, live_ms: i64) {
        let is_live = |ts: i64| now.saturating_sub(ts).abs() <= live_ms;
        match (is_live(ts), is_live(ts.saturating_sub(offset_ms))) {
            (true, false) => self.said_ms = Some(0),
            (true, true) if self.is_corrected() => {}
            (_, true) => self.said_ms = Some(offset_ms),
            (false, false) => {}
        }
    }

    /// Whether the gateway corrects the times of its readings, as far as it had to show.
    #[must_use]
    pub fn is_corrected(&self) -> bool {
        self.said_ms == Some(0)
    }

    /// What was found is given up: a new session, or an outbox that catches up, which is behind for a reason.
    pub fn begin_again(&mut self, now: i64) {
        self.looked = self.found_ms != 0;
        (self.found_ms, self.heard_ms, self.behind_ms) = (0, now, 0);
        self.late = None;
    }

    /// A message came whose newest reading has this time.
    pub fn heard(&mut self, newest_ms: i64, now: i64) {
        self.looked = false;
        let behind_ms = now.saturating_sub(newest_ms);
        if behind_ms < LEAST_MS {
            self.looked = self.found_ms != 0;
            (self.found_ms, self.heard_ms, self.behind_ms) = (0, now, behind_ms);
        } else if now - self.heard_ms >= WATCHED_MS || now < self.heard_ms {
            let steady =
                (behind_ms - self.behind_ms).abs() <= STEADY_MS && now - self.heard_ms < 3 * WATCHED_MS;
            if steady && behind_ms <= MOST_MS && self.behind_ms >= LEAST_MS {
                self.found_ms = -behind_ms;
                self.looked = true;
            }
            (self.heard_ms, self.behind_ms) = (now, behind_ms);
        } else if self.behind_ms < LEAST_MS {
            // The first that is behind: measured from here on.
            (self.heard_ms, self.behind_ms) = (now, behind_ms);
        }
    }

    /// How far off the clock was found just now, s, unless the gateway says it itself.
    #[must_use]
    pub fn found_s(&self) -> Option<f64> {
        #[allow(clippy::cast_precision_loss)] // hours at most
        (self.said_ms.is_none() && self.looked).then_some(self.found_ms as f64 / 1_000.0)
    }
}
