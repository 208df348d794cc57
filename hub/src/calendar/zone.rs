//! Time zones of the IANA database.

use super::{DAY_MS, MINUTE_MS};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::fmt;

/// A time zone by its name, such as `Asia/Shanghai`. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone of this name.
    ///
    /// # Errors
    /// What a name looks like.
    pub fn parse(name: &str) -> Result<Self, String> {
        let named = name.contains('/') || name == "UTC";
        match TimeZone::get(name) {
            Ok(zone) if named => Ok(Self(zone)),
            _ => Err(format!("`{name}` is no time zone; write it like Asia/Shanghai or Asia/Urumqi")),
        }
    }

    #[must_use]
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// Local time minus UTC, ms.
    #[must_use]
    pub fn offset_ms(&self, ts_ms: i64) -> i64 {
        i64::from(self.0.to_offset(timestamp(ts_ms)).seconds()) * 1_000
    }

    /// The time as clocks here show it: `2026-11-22 18:05`.
    #[must_use]
    pub fn show(&self, ts_ms: i64) -> String {
        self.0.to_datetime(timestamp(ts_ms)).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// The same to the second: `2026-11-22 18:05:09`.
    #[must_use]
    pub fn show_seconds(&self, ts_ms: i64) -> String {
        self.0.to_datetime(timestamp(ts_ms)).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// Reads what these write, and RFC 3339.
    ///
    /// # Errors
    /// What a time looks like.
    pub fn read(&self, text: &str) -> Result<i64, String> {
        if let Ok(moment) = text.parse::<Timestamp>() {
            return Ok(moment.as_millisecond());
        }
        let local = text.parse::<DateTime>().ok().and_then(|shown| self.0.to_timestamp(shown).ok());
        local.map(Timestamp::as_millisecond).ok_or_else(|| {
            format!("`{text}` is no time; write it like \"2026-11-22 18:05\" or 2026-11-22T10:05:00Z")
        })
    }

    /// Start of the local day that is `days` after the one of `ts_ms`. A midnight that clocks leave out is the first
    /// moment after it.
    pub(super) fn day_start(&self, ts_ms: i64, days: i64) -> i64 {
        let local_ms = ts_ms + self.offset_ms(ts_ms);
        self.at_local(local_ms - local_ms.rem_euclid(DAY_MS) + days * DAY_MS)
    }

    /// The moment of the local day that begins at `day_ms` when clocks show this minute.
    pub(super) fn at_minute(&self, day_ms: i64, minute: u16) -> i64 {
        // Noon is within the day however clocks change, and a day that clocks begin at 01:00 still has its midnight.
        let noon_ms = day_ms + DAY_MS / 2;
        let local_ms = noon_ms + self.offset_ms(noon_ms);
        self.at_local(local_ms - local_ms.rem_euclid(DAY_MS) + i64::from(minute) * MINUTE_MS)
    }

    /// The moment when clocks here show what clocks in Greenwich show at `local_ms`.
    fn at_local(&self, local_ms: i64) -> i64 {
        let shown: DateTime = TimeZone::UTC.to_datetime(timestamp(local_ms));
        self.0.to_timestamp(shown).map_or(local_ms, Timestamp::as_millisecond)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Held within the years −9999 to 9999, which no reading leaves: its time is near the hub's.
fn timestamp(ts_ms: i64) -> Timestamp {
    let held = ts_ms.clamp(Timestamp::MIN.as_millisecond(), Timestamp::MAX.as_millisecond());
    Timestamp::from_millisecond(held).unwrap_or(Timestamp::UNIX_EPOCH)
}
