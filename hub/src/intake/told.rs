//! Which readings that were set aside get a line in the log: the first of its sort from a station in an hour, and not
//! so many that a firmware's mistake fills the disk. The quarantine holds them all.

use std::collections::HashSet;
use waystation_protocol::{Reason, StationId};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Lines a minute of one connection thread [J]: enough to see what is wrong with whom.
const LINES_MAX: u32 = 20;
/// Sorts remembered; past that all are forgotten, and may be told of again.
const SORTS_MAX: usize = 10_000;

type Sort = (StationId, Reason, Option<String>);

/// What was told lately.
#[derive(Debug, Default)]
pub struct Told {
    hour: i64,
    sorts: HashSet<Sort>,
    minute: i64,
    lines: u32,
    untold: u64,
}

impl Told {
    /// Notes one that was set aside at `now_ms`. If it gets a line: how many since the last line got none.
    pub fn note(
        &mut self,
        station: &StationId,
        reason: Reason,
        member: Option<&str>,
        now_ms: i64,
    ) -> Option<u64> {
        let (hour, minute) = (now_ms.div_euclid(HOUR_MS), now_ms.div_euclid(MINUTE_MS));
        if std::mem::replace(&mut self.hour, hour) != hour || self.sorts.len() >= SORTS_MAX {
            self.sorts.clear();
        }
        if std::mem::replace(&mut self.minute, minute) != minute {
            self.lines = 0;
        }
        let sort = (station.clone(), reason, member.map(str::to_owned));
        if self.lines >= LINES_MAX || !self.sorts.insert(sort) {
            self.untold += 1;
            return None;
        }
        self.lines += 1;
        Some(std::mem::take(&mut self.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_sort_is_told_and_the_rest_counted() {
        let mut told = Told::default();
        let mut note = |station: &str, member, now_ms| {
            let station = StationId::try_from(station).unwrap();
            told.note(&station, Reason::UnknownMember, Some(member), now_ms)
        };
        assert_eq!(note("jb-001", "phone", 0), Some(0));
        assert_eq!(note("jb-001", "phone", 1_000), None);
        assert_eq!(note("jb-001", "name", 2_000), Some(1));
        assert_eq!(note("jb-002", "phone", 2_000), Some(0));
        assert_eq!(note("jb-001", "phone", HOUR_MS), Some(0), "once an hour");
    }

    #[test]
    fn a_minute_has_a_bounded_number_of_lines() {
        let mut told = Told::default();
        let mut lines = |now_ms| {
            let station = |number: u32| StationId::try_from(format!("jb-{number:03}").as_str()).unwrap();
            let told = (0..100)
                .filter_map(|number| told.note(&station(number), Reason::UnknownMember, None, now_ms));
            told.collect::<Vec<_>>()
        };
        assert_eq!(lines(0), vec![0; 20]);
        assert_eq!(lines(MINUTE_MS).len(), 20);
        assert_eq!(lines(2 * MINUTE_MS)[0], 100, "those that got no line are told of");
    }
}
