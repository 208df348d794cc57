//! A station's own time: its zone, its opening hours, its days.
//!
//! Everything here is pure: instants are ms since the Unix epoch, UTC, and come as arguments. Zones are those of the
//! IANA database that is built into the program, so that two hubs of one version agree whatever their machines hold.
//! Local hours and days part time without gap or overlap: a day has 23 or 25 hours where clocks change.

mod hours;
mod zone;

pub use hours::Hours;
pub use zone::Zone;

const MINUTE_MS: i64 = 60_000;
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// When a station's staff is there, local hours from and to (domain: staffed 08:00–18:00).
const STAFFED: (i64, i64) = (8, 18);

/// When a station is open, in its own time. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    zone: Zone,
    hours: Hours,
}

impl Calendar {
    #[must_use]
    pub fn new(zone: Zone, hours: Hours) -> Self {
        Self { zone, hours }
    }

    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    #[must_use]
    pub fn hours(&self) -> Hours {
        self.hours
    }

    /// Whether the station is open by its opening hours.
    #[must_use]
    pub fn is_open(&self, ts_ms: i64) -> bool {
        self.hours.contains(self.ms_of_day(ts_ms))
    }

    /// Whether staff is there: 08:00–18:00 local. Outside it the door is controlled, and it is night for the figures.
    #[must_use]
    pub fn is_staffed(&self, ts_ms: i64) -> bool {
        (STAFFED.0 * HOUR_MS..STAFFED.1 * HOUR_MS).contains(&self.ms_of_day(ts_ms))
    }

    /// Scheduled opening time within `[from_ms, to_ms)`, ms.
    #[must_use]
    pub fn open_ms(&self, from_ms: i64, to_ms: i64) -> i64 {
        if self.hours.is_all_day() {
            return (to_ms - from_ms).max(0);
        }
        self.open_spans(from_ms, to_ms).iter().map(|(from, to)| to - from).sum()
    }

    /// The opening times within `[from_ms, to_ms)`, in order, none of them empty.
    #[must_use]
    pub fn open_spans(&self, from_ms: i64, to_ms: i64) -> Vec<(i64, i64)> {
        if from_ms >= to_ms {
            return Vec::new();
        }
        if self.hours.is_all_day() {
            return vec![(from_ms, to_ms)];
        }
        let mut spans = Vec::new();
        // Hours past midnight belong to the day before.
        let mut day_ms = self.day_start(self.day_start(from_ms) - 1);
        while day_ms < to_ms {
            let (opens, closes) = self.hours.of_day(&self.zone, day_ms);
            let span = (opens.max(from_ms), closes.min(to_ms));
            if span.0 < span.1 {
                spans.push(span);
            }
            day_ms = self.next_day_start(day_ms);
        }
        spans
    }

    /// Start of the local hour.
    #[must_use]
    pub fn hour_start(&self, ts_ms: i64) -> i64 {
        ts_ms - (ts_ms + self.zone.offset_ms(ts_ms)).rem_euclid(HOUR_MS)
    }

    /// Start of the local day.
    #[must_use]
    pub fn day_start(&self, ts_ms: i64) -> i64 {
        self.zone.day_start(ts_ms, 0)
    }

    /// Start of the local day after the one of `ts_ms`.
    #[must_use]
    pub fn next_day_start(&self, ts_ms: i64) -> i64 {
        self.zone.day_start(ts_ms, 1)
    }

    /// Hour of the local day, 0–23.
    #[must_use]
    pub fn local_hour(&self, ts_ms: i64) -> u32 {
        // Below 24 by `ms_of_day`.
        u32::try_from(self.ms_of_day(ts_ms) / HOUR_MS).unwrap_or(0)
    }

    /// Hour of the local week, 0–167, from Monday midnight.
    #[must_use]
    pub fn hour_of_week(&self, ts_ms: i64) -> u32 {
        // 1970-01-01 was a Thursday, three days after a Monday.
        let days = (ts_ms + self.zone.offset_ms(ts_ms)).div_euclid(DAY_MS) + 3;
        u32::try_from(days.rem_euclid(7)).unwrap_or(0) * 24 + self.local_hour(ts_ms)
    }

    /// ms since local midnight by the clock on the wall, below 24 hours.
    fn ms_of_day(&self, ts_ms: i64) -> i64 {
        (ts_ms + self.zone.offset_ms(ts_ms)).rem_euclid(DAY_MS)
    }
}

#[cfg(test)]
mod tests;
