//! What the registry says about a station, as far as alerts need it.

use super::alert::Factor;
use crate::calendar::{Calendar, HOUR_MS, Hours, Zone};
use crate::registry::{Directory, Station};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Step by which an opening time is looked for, ms: no station is closed for less.
const STEP_MS: i64 = 15 * 60_000;

/// Facts of one station.
#[derive(Debug, Clone)]
pub struct Facts {
    station: Option<Arc<Station>>,
    calendar: Calendar,
}

impl Facts {
    /// Those of a station; without a directory nothing is known, and it counts as open all day.
    #[must_use]
    pub fn of(directory: Option<&Directory>, id: &str, zone: &Zone) -> Self {
        let station = directory.and_then(|directory| directory.station(id)).cloned();
        let calendar = match &station {
            Some(station) => station.calendar(zone),
            None => Calendar::new(zone.clone(), Hours::default()),
        };
        Self { station, calendar }
    }

    #[must_use]
    pub fn registered(&self) -> bool {
        self.station.is_some()
    }

    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    #[must_use]
    pub fn district(&self) -> Option<&str> {
        self.factor(Factor::District)
    }

    #[must_use]
    pub fn factor(&self, factor: Factor) -> Option<&str> {
        let station = self.station.as_ref()?;
        match factor {
            Factor::District => station.district.as_deref(),
            Factor::Grid => station.grid.as_deref(),
            Factor::Host => station.host_type.as_deref(),
            Factor::Address | Factor::Hub => None,
        }
    }

    /// People that the whole station is made for.
    #[must_use]
    pub fn capacity(&self) -> Option<i64> {
        self.station.as_ref()?.capacity.map(i64::from)
    }

    /// The station's names, for texts.
    pub fn names(&self, values: &mut BTreeMap<String, String>) {
        let Some(station) = &self.station else { return };
        for (key, name) in [("name_zh", &station.name_zh), ("name_en", &station.name_en)] {
            if !name.is_empty() {
                values.insert(key.to_owned(), name.to_string());
            }
        }
    }

    /// Whether the door is free to everybody by the calendar: open, with staff there.
    #[must_use]
    pub fn is_free(&self, at: i64) -> bool {
        self.calendar.is_open(at) && self.calendar.is_staffed(at)
    }

    /// When the door is next free after a time when it is not; not looked for beyond a day, but again then.
    #[must_use]
    pub fn next_free(&self, from: i64) -> i64 {
        let last = from + 24 * HOUR_MS;
        let (mut closed, mut at) = (!self.is_free(from), from);
        while at < last {
            let next = at + STEP_MS;
            match (closed, self.is_free(next)) {
                (true, true) => return self.free_since(at, next).unwrap_or(next),
                (_, free) => closed = !free,
            }
            at = next;
        }
        last
    }

    /// Since when the door is free, if it is at `at` and was not at `from`.
    #[must_use]
    pub fn free_since(&self, from: i64, at: i64) -> Option<i64> {
        if !self.is_free(at) || from >= at {
            return None;
        }
        let from = from.max(at - 24 * HOUR_MS);
        let (mut closed, mut free) = (at, at);
        while self.is_free(closed) {
            free = closed;
            if closed <= from {
                return None;
            }
            closed = (closed - STEP_MS).max(from);
        }
        while free - closed > 1 {
            let middle = closed + (free - closed) / 2;
            if self.is_free(middle) { free = middle } else { closed = middle }
        }
        Some(free)
    }
}
