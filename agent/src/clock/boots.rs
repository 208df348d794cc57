//! Which boots there were and when each began: what readings of unknown time wait for.
//!
//! Kept as text, a line for the last known time and one for each boot, oldest first, the present one last:
//! ```text
//! time 1763800000000
//! boot 5f0c2a… 3600000 -                 it ran for an hour and never learned the time
//! boot 09ab17… 7200000 1763800000000     and this one began at that time
//! ```

use std::fmt::Write;

/// Older boots are forgotten: what they left was sent or is too old for the hub.
const BOOTS_MAX: usize = 32;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Boots {
    last_ms: i64,
    boots: Vec<Boot>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Boot {
    id: String,
    /// As far as it is known to have run.
    uptime_ms: i64,
    /// The time at uptime 0.
    zero_ms: Option<i64>,
}

impl Boots {
    /// A line that makes no sense, after damage, is passed over.
    pub fn from_text(text: &str) -> Self {
        let mut boots = Self::default();
        for line in text.lines() {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["time", ms] => boots.last_ms = ms.parse().unwrap_or(0),
                ["boot", id, uptime_ms, zero_ms] => {
                    let Ok(uptime_ms) = uptime_ms.parse() else { continue };
                    boots.boots.push(Boot { id: id.to_owned(), uptime_ms, zero_ms: zero_ms.parse().ok() });
                }
                _ => tracing::warn!("a line of the kept time makes no sense"),
            }
        }
        boots
    }

    pub fn to_text(&self) -> String {
        let mut text = format!("time {}\n", self.last_ms);
        for boot in &self.boots {
            let zero = boot.zero_ms.map_or_else(|| "-".to_owned(), |ms| ms.to_string());
            // Writing into a String cannot fail.
            writeln!(text, "boot {} {} {zero}", boot.id, boot.uptime_ms).ok();
        }
        text
    }

    /// With this boot as the present one.
    pub fn beginning(mut self, id: &str) -> Self {
        if self.boots.last().is_none_or(|last| last.id != id) {
            self.boots.push(Boot { id: id.to_owned(), uptime_ms: 0, zero_ms: None });
        }
        let too_many = self.boots.len().saturating_sub(BOOTS_MAX);
        self.boots.drain(..too_many);
        self
    }

    pub fn current(&self) -> &str {
        self.boots.last().map_or("", |boot| &boot.id)
    }

    /// The last time that was known, ms since the Unix epoch; 0 if none was.
    pub fn last_ms(&self) -> i64 {
        self.last_ms
    }

    /// Notes how long this boot runs, and what time it is.
    pub fn note(&mut self, mono_ms: i64, now_ms: Option<i64>) {
        self.last_ms = now_ms.unwrap_or(self.last_ms);
        if let Some(boot) = self.boots.last_mut() {
            boot.uptime_ms = boot.uptime_ms.max(mono_ms);
            boot.zero_ms = now_ms.map(|now_ms| now_ms - mono_ms).or(boot.zero_ms);
        }
    }

    /// The time at uptime 0 of a boot, as far as it was ever known; `zero_ms` is that of the present one.
    pub fn zero_of(&self, id: &str, zero_ms: i64) -> Option<i64> {
        if id == self.current() {
            return Some(zero_ms);
        }
        self.boots.iter().find(|boot| boot.id == id)?.zero_ms
    }

    /// The time of a moment of a boot; `zero_ms` is when the present one began.
    pub fn time_at(&self, id: &str, uptime_ms: i64, zero_ms: i64) -> Option<i64> {
        if id == self.current() {
            return Some(zero_ms + uptime_ms);
        }
        let mut next_zero_ms = zero_ms;
        for boot in self.boots.iter().rev().skip(1) {
            let boot_zero_ms = boot.zero_ms.unwrap_or(next_zero_ms - boot.uptime_ms);
            if boot.id == id {
                // What came after the last note of the uptime was still before the next boot.
                let latest_ms = if boot.zero_ms.is_some() { i64::MAX } else { next_zero_ms - 1 };
                return Some((boot_zero_ms + uptime_ms).min(latest_ms));
            }
            next_zero_ms = boot_zero_ms;
        }
        // A boot that the file has forgotten: it ended before all that it remembers.
        Some(next_zero_ms - 1)
    }
}
