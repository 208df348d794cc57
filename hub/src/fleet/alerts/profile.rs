//! What is usual at a device in each hour of the week, learned from its own past.
//!
//! For each of the 168 hours of the local week the last seven weeks, a bit each: whether the device was busy in that
//! hour. A leading one marks how many weeks are known. An hour in which the device was not heard from beginning to
//! end teaches nothing. 168 bytes a device.

use crate::calendar::{Calendar, HOUR_MS};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Weeks that must be known before anything is judged.
const WEEKS_MIN: u32 = 3;
/// Weeks looked at: an hour is busy every week if it was in all of these, as far as they are known.
const WEEKS_MAX: u32 = 4;

const NOTHING_KNOWN: u8 = 1;
/// A device that is silent for longer is not observed, ms: three of a door's reports.
pub const UNHEARD_MS: i64 = 900_000;

/// The usual week of one device, and the present hour.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    week: Week,
    /// Start of the present hour; 0 before the first.
    hour: i64,
    of_week: u8,
    /// What happened in the present hour.
    events: u16,
    /// Whether the present hour was seen from its beginning, without a break.
    whole: bool,
    #[serde(default)]
    heard: i64,
    /// Hours in a row, of those that are busy every week, without an event.
    pub idle: u8,
    /// When the first of them began.
    pub idle_since: i64,
}

#[derive(Debug, Clone, PartialEq)]
struct Week([u8; 168]);

impl Default for Week {
    fn default() -> Self {
        Self([NOTHING_KNOWN; 168])
    }
}

impl Profile {
    /// The device was heard at `now`, with so many events; `events_busy` make an hour a busy one. True if an hour
    /// ended without an event that should have been busy.
    pub fn heard(&mut self, now: i64, events: u16, events_busy: u16, calendar: &Calendar) -> bool {
        let mut idle = false;
        let seen = now - std::mem::replace(&mut self.heard, now) <= UNHEARD_MS;
        if !seen {
            (self.whole, self.idle) = (false, 0);
        }
        if now >= self.hour + HOUR_MS || now < self.hour {
            let whole = seen && now < self.hour + 2 * HOUR_MS && now >= self.hour;
            if whole {
                idle = self.close(events_busy);
            } else {
                self.idle = 0;
            }
            self.hour = calendar.hour_start(now);
            self.of_week = u8::try_from(calendar.hour_of_week(now)).unwrap_or(0); // below 168
            self.whole = whole;
            self.events = 0;
        }
        self.events = self.events.saturating_add(events);
        if events > 0 {
            self.idle = 0;
        }
        idle
    }

    /// Ends the present hour: judges it by the past, then learns from it.
    fn close(&mut self, events_busy: u16) -> bool {
        if !self.whole {
            return false;
        }
        let known = &mut self.week.0[usize::from(self.of_week)];
        let weeks = 7 - known.leading_zeros();
        let looked_at = weeks.min(WEEKS_MAX);
        let all = (1_u16 << looked_at) - 1;
        let busy_every_week = weeks >= WEEKS_MIN && u16::from(*known) & all == all;
        let busy = u8::from(self.events >= events_busy.max(1));
        *known = if weeks == 7 { 0x80 | (*known << 1 | busy) & 0x7f } else { *known << 1 | busy };
        if !busy_every_week || self.events > 0 {
            return false;
        }
        if self.idle == 0 {
            self.idle_since = self.hour;
        }
        self.idle = self.idle.saturating_add(1);
        true
    }
}

impl Serialize for Week {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if *self == Self::default() {
            return serializer.serialize_bytes(&[]);
        }
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Week {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(WeekVisitor)
    }
}

/// An hour a byte; what is absent is not known.
struct WeekVisitor;

impl Visitor<'_> for WeekVisitor {
    type Value = Week;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("at most 168 bytes")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Week, E> {
        let mut week = Week::default();
        for (hour, byte) in week.0.iter_mut().zip(bytes) {
            *hour = (*byte).max(NOTHING_KNOWN);
        }
        Ok(week)
    }
}
