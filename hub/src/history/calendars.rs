//! A station's calendar over time: hours and zone as they were when its windows were worked out.

use crate::calendar::Calendar;

/// The present calendar and those before it. Windows of a stretch part its time without gap or overlap: where one
/// calendar ends, a day ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendars {
    /// Each up to a time, ms, in order.
    before: Vec<(i64, Calendar)>,
    now: Calendar,
}

impl Calendars {
    #[must_use]
    pub fn new(before: Vec<(i64, Calendar)>, now: Calendar) -> Self {
        Self { before, now }
    }

    /// The calendar of a moment, and from when until when it holds.
    fn at(&self, ts_ms: i64) -> (i64, &Calendar, i64) {
        let place = self.before.partition_point(|(until_ms, _)| *until_ms <= ts_ms);
        let from_ms = place.checked_sub(1).map_or(i64::MIN, |before| self.before[before].0);
        match self.before.get(place) {
            Some((until_ms, calendar)) => (from_ms, calendar, *until_ms),
            None => (from_ms, &self.now, i64::MAX),
        }
    }

    #[must_use]
    pub fn day_start(&self, ts_ms: i64) -> i64 {
        let (from_ms, calendar, _) = self.at(ts_ms);
        calendar.day_start(ts_ms).max(from_ms)
    }

    #[must_use]
    pub fn next_day_start(&self, ts_ms: i64) -> i64 {
        let (_, calendar, until_ms) = self.at(ts_ms);
        calendar.next_day_start(ts_ms).min(until_ms)
    }

    #[must_use]
    pub fn hour_start(&self, ts_ms: i64) -> i64 {
        self.at(ts_ms).1.hour_start(ts_ms)
    }

    /// Scheduled opening time within `[from_ms, to_ms)`, ms.
    #[must_use]
    pub fn open_ms(&self, from_ms: i64, to_ms: i64) -> i64 {
        let (mut at, mut open_ms) = (from_ms, 0);
        while at < to_ms {
            let (_, calendar, until_ms) = self.at(at);
            let end = to_ms.min(until_ms);
            open_ms += calendar.open_ms(at, end);
            at = end;
        }
        open_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{DAY_MS, HOUR_MS, Hours, Zone};

    /// 2026-03-02 00:00 in Shanghai.
    const DAY: i64 = 1_772_380_800_000;

    fn calendar(zone: &str, hours: &str) -> Calendar {
        Calendar::new(Zone::parse(zone).unwrap(), Hours::parse(hours).unwrap())
    }

    #[test]
    fn each_time_has_the_calendar_that_held() {
        let (early, late) = (calendar("Asia/Shanghai", "08:00-18:00"), calendar("Asia/Shanghai", "24h"));
        let calendars = Calendars::new(vec![(DAY, early)], late);
        assert_eq!(calendars.open_ms(DAY - DAY_MS, DAY), 10 * HOUR_MS);
        assert_eq!(calendars.open_ms(DAY - DAY_MS, DAY + DAY_MS), 34 * HOUR_MS);
        assert_eq!(calendars.open_ms(DAY, DAY + DAY_MS), 24 * HOUR_MS);
        assert_eq!(calendars.next_day_start(DAY - 1), DAY);
    }

    #[test]
    fn a_day_ends_where_a_zone_does() {
        // From midnight in Shanghai on, a station has the clock of Urumqi, two hours behind.
        let (shanghai, urumqi) = (calendar("Asia/Shanghai", "24h"), calendar("Asia/Urumqi", "24h"));
        let calendars = Calendars::new(vec![(DAY, shanghai)], urumqi);
        let mut starts = vec![calendars.day_start(DAY - 1)];
        while starts.len() < 4 {
            starts.push(calendars.next_day_start(starts[starts.len() - 1]));
        }
        assert_eq!(starts, [DAY - DAY_MS, DAY, DAY + 2 * HOUR_MS, DAY + DAY_MS + 2 * HOUR_MS]);
        for start in starts {
            assert_eq!(calendars.day_start(start), start);
            assert_eq!(calendars.day_start(calendars.next_day_start(start) - 1), start);
        }
    }
}
