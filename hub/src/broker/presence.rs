//! The retained message of every station's presence topic.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::ops::Bound;
use std::sync::Mutex;

use bytes::Bytes;
use waystation_protocol::{Channel, StationId, filter_matches, topic_name};

use super::lock;
use super::session::Queued;

/// Stations looked up under one lock.
const CHUNK: usize = 64;

#[derive(Default)]
pub(super) struct PresenceTable(Mutex<BTreeMap<StationId, Bytes>>);

impl PresenceTable {
    pub fn set(&self, station: &StationId, payload: Bytes) {
        let mut table = lock(&self.0);
        if payload.is_empty() {
            table.remove(station);
        } else {
            table.insert(station.clone(), payload);
        }
    }
}

/// Which stations' presence a filter selects.
#[derive(Debug, PartialEq, Eq)]
enum Selection {
    None,
    One(StationId),
    All,
}

impl Selection {
    fn of(filter: &str) -> Self {
        let station = filter.split('/').nth(2).and_then(|level| StationId::try_from(level).ok());
        if let Some(station) = station {
            return match filter_matches(filter, &topic_name(&station, Channel::Presence)) {
                true => Self::One(station),
                false => Self::None,
            };
        }
        // The station's level is a wildcard or no station's name: any station stands for all.
        match filter_matches(filter, "v1/stations/x/presence") {
            true => Self::All,
            false => Self::None,
        }
    }
}

/// The retained messages that a new subscription still has to get, read from the table as they are asked for.
pub(super) struct RetainedStream {
    filter: String,
    qos: u8,
    rest: Rest,
    chunk: VecDeque<(StationId, Bytes)>,
}

enum Rest {
    One(StationId),
    After(Bound<StationId>),
    Nothing,
}

impl RetainedStream {
    /// `None` if the filter selects no presence topic.
    pub fn new(filter: &str, qos: u8) -> Option<Self> {
        let rest = match Selection::of(filter) {
            Selection::None => return None,
            Selection::One(station) => Rest::One(station),
            Selection::All => Rest::After(Bound::Unbounded),
        };
        Some(Self { filter: filter.to_owned(), qos, rest, chunk: VecDeque::new() })
    }

    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// The next station's message; each station present for the whole time comes once.
    pub fn next(&mut self, table: &PresenceTable) -> Option<Queued> {
        if self.chunk.is_empty() {
            self.fill(table);
        }
        let (station, payload) = self.chunk.pop_front()?;
        let mut message = Queued::new(topic_name(&station, Channel::Presence).into(), payload);
        (message.qos, message.retain) = (self.qos, true);
        Some(message)
    }

    fn fill(&mut self, table: &PresenceTable) {
        let table = lock(&table.0);
        self.rest = match std::mem::replace(&mut self.rest, Rest::Nothing) {
            Rest::Nothing => return,
            Rest::One(station) => {
                self.chunk.extend(table.get(&station).map(|payload| (station, payload.clone())));
                return;
            }
            Rest::After(start) => {
                let found = table.range((start, Bound::Unbounded)).take(CHUNK);
                self.chunk.extend(found.map(|(station, payload)| (station.clone(), payload.clone())));
                match self.chunk.back() {
                    Some((last, _)) => Rest::After(Bound::Excluded(last.clone())),
                    None => Rest::Nothing,
                }
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(filter: &str, expected: &Selection) {
        assert_eq!(Selection::of(filter), *expected, "{filter}");
    }

    #[test]
    fn a_filter_selects_no_station_one_or_all() {
        let one = Selection::One(StationId::try_from("jb-001").unwrap());
        for filter in ["#", "+/#", "v1/#", "v1/stations/#", "v1/stations/+/#", "v1/stations/+/presence"] {
            check(filter, &Selection::All);
        }
        for filter in ["v1/stations/jb-001/presence", "v1/stations/jb-001/#", "v1/+/jb-001/+"] {
            check(filter, &one);
        }
        for filter in
            ["v1/stations/+/door", "v1/stations/jb-001", "v1/stations/NO/presence", "$SYS/#", "a/b/c"]
        {
            check(filter, &Selection::None);
        }
    }
}
