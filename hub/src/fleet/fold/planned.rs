//! Planned maintenance in the fold: people are at work, and know that the station is silent.
//!
//! Which stations are covered is worked out only when a window begins or ends, or the list of windows or stations changes;
//! so asking for one station costs next to nothing.

use super::Fleet;
use crate::fleet::State;
use crate::operations::Maintenance;
use std::collections::HashSet;
use std::sync::Arc;

/// The windows, and the places of the stations that are covered now.
#[derive(Debug, Default)]
pub(super) struct Planned {
    windows: Arc<[Maintenance]>,
    covered: HashSet<u32>,
    /// When it must be worked out again, ms since the Unix epoch.
    stale_at_ms: Option<i64>,
}

impl Planned {
    /// Stations were added, or are in another district now.
    pub fn stations_changed(&mut self) {
        if !self.windows.is_empty() {
            self.stale_at_ms = Some(i64::MIN);
        }
    }

    fn next_edge_ms(&self, now_ms: i64) -> Option<i64> {
        let edges = self.windows.iter().flat_map(|window| [window.starts_at, window.ends_at]);
        edges.filter(|edge| *edge > now_ms).min()
    }
}

impl Fleet {
    /// People changed the windows.
    pub(super) fn plan_maintenance(&mut self, windows: Arc<[Maintenance]>, now_ms: i64) {
        self.planned.windows = windows;
        self.planned.stale_at_ms = Some(now_ms);
    }

    /// Whether people work at a station now.
    pub(super) fn is_planned(&self, place: u32) -> bool {
        self.planned.covered.contains(&place)
    }

    /// Looks which windows have begun and ended. A station that is still gone when its window ends is missed from
    /// then on.
    pub(super) fn look_at_plans(&mut self, now_ms: i64) {
        if self.planned.stale_at_ms.is_none_or(|at| now_ms < at) {
            return;
        }
        let active: Vec<&Maintenance> =
            self.planned.windows.iter().filter(|window| window.is_active(now_ms)).collect();
        let mut covered = HashSet::new();
        if !active.is_empty() {
            for ((station, facts), place) in self.stations.iter().zip(&self.facts).zip(0..) {
                if active.iter().any(|window| window.covers(station.id.as_str(), facts.district())) {
                    covered.insert(place);
                }
            }
        }
        let before = std::mem::replace(&mut self.planned.covered, covered);
        self.planned.stale_at_ms = self.planned.next_edge_ms(now_ms);
        for place in before {
            let station = &mut self.stations[place as usize];
            if !self.planned.covered.contains(&place) && matches!(station.state, State::Late | State::Offline)
            {
                self.book.moved(place, station, station.state, false, now_ms);
            }
        }
    }
}
