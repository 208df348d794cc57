//! How much of its time a station was there, and why it was not: outages as people see them, and their figures.
//!
//! - An outage is a silence that lasted at least as long as the hub's patience (`presence.offline_after_s`), counted
//!   from the last contact to the next one. Shorter silences are none, whatever their cause.
//! - *Station down*: nothing shows that the hut worked. *Link down*: readings that arrived later were made meanwhile.
//!   *Unknown*: the hub itself did not listen, and nothing that arrived later tells either.
//! - Outages of one station never overlap. An outage is corrected when late readings arrive; an alert is not.
//! - Planned maintenance is people's word, and may come before or after the fact: it is joined when figures are made.

use crate::operations::Maintenance;
use serde::{Deserialize, Serialize};
use waystation_protocol::StationId;

/// From (inclusive) and to (exclusive), ms since the Unix epoch.
pub type Interval = (i64, i64);

/// Why a station was not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutageKind {
    StationDown,
    LinkDown,
    Unknown,
}

impl OutageKind {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            OutageKind::StationDown => "station_down",
            OutageKind::LinkDown => "link_down",
            OutageKind::Unknown => "unknown",
        }
    }
}

/// A time without contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outage {
    pub station: StationId,
    /// ms since the Unix epoch, as is `ends_at`.
    pub starts_at: i64,
    /// `None` while it lasts.
    pub ends_at: Option<i64>,
    pub kind: OutageKind,
    /// Within a maintenance window; see [`with_planned`].
    pub planned: bool,
}

/// The figures of one station over one period. Shares are 0..=1, and `None` over a period without a moment to count.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Availability {
    /// As the hub saw it: 1 − (down + link down + unknown) ÷ (T − planned).
    pub availability: Option<f64>,
    /// Of the station itself, whose link is not its fault: 1 − (down + unknown) ÷ (T − planned).
    pub availability_station: Option<f64>,
    /// T − planned.
    pub observed_ms: i64,
    /// Outside of planned maintenance, as are the next two.
    pub down_ms: i64,
    pub link_down_ms: i64,
    pub unknown_ms: i64,
    pub planned_ms: i64,
}

/// The figures of one station between `from` and `to` (ms since the Unix epoch).
///
/// `outages` are those of this station that touch the period, in any order; `planned` its maintenance windows, sorted
/// and disjoint, as [`union`] gives them. Let `from` be no earlier than the station's first contact: before it
/// there was nothing to be available. Source of the formula: the definition of utilisation figures in docs/operations.md.
#[must_use]
pub fn figures(outages: &[Outage], planned: &[Interval], from: i64, to: i64) -> Availability {
    let planned_ms: i64 = planned.iter().map(|window| length(clip(*window, (from, to)))).sum();
    let observed_ms = length((from, to)) - planned_ms;
    let sum = |kind| -> i64 {
        let of_kind = outages.iter().filter(|outage| outage.kind == kind);
        of_kind.map(|outage| unplanned_ms(clip(outage.interval(), (from, to)), planned)).sum()
    };
    let (down_ms, link_down_ms, unknown_ms) =
        (sum(OutageKind::StationDown), sum(OutageKind::LinkDown), sum(OutageKind::Unknown));
    Availability {
        availability: share(observed_ms, down_ms + link_down_ms + unknown_ms),
        availability_station: share(observed_ms, down_ms + unknown_ms),
        observed_ms,
        down_ms,
        link_down_ms,
        unknown_ms,
        planned_ms,
    }
}

impl Outage {
    /// One that lasts has no end yet: it reaches past every period.
    #[must_use]
    pub fn interval(&self) -> Interval {
        (self.starts_at, self.ends_at.unwrap_or(i64::MAX))
    }
}

/// The maintenance windows of one station, which stands in this district: sorted and disjoint. Figures of the past want
/// windows of the past too.
#[must_use]
pub fn planned(maintenance: &[Maintenance], station: &str, district: Option<&str>) -> Vec<Interval> {
    let of_station = maintenance.iter().filter(|window| window.covers(station, district));
    union(of_station.map(|window| (window.starts_at, window.ends_at)).collect())
}

/// The outages that touch the period, of those of one station, sorted by time as they are read.
#[must_use]
pub fn within(outages: &[Outage], from: i64, to: i64) -> &[Outage] {
    let first = outages.partition_point(|outage| outage.interval().1 <= from);
    let end = outages.partition_point(|outage| outage.starts_at < to);
    outages.get(first..end).unwrap_or_default()
}

/// The same outages, cut at the edges of the maintenance windows (sorted and disjoint), each part marked.
#[must_use]
pub fn with_planned(outages: Vec<Outage>, planned: &[Interval]) -> Vec<Outage> {
    if planned.is_empty() {
        return outages;
    }
    outages.into_iter().flat_map(|outage| cut(&outage, planned)).collect()
}

fn cut(outage: &Outage, planned: &[Interval]) -> Vec<Outage> {
    let (mut at, end) = outage.interval();
    let mut parts = Vec::new();
    let mut part = |(from, to): Interval, planned: bool| {
        if from < to {
            let ends_at = (to < i64::MAX).then_some(to);
            parts.push(Outage { starts_at: from, ends_at, planned, ..outage.clone() });
        }
    };
    for window in planned {
        let (from, to) = clip(*window, (at, end));
        if from < to {
            part((at, from), false);
            part((from, to), true);
            at = to;
        }
    }
    part((at, end), false);
    parts
}

/// The union of windows in any order: sorted, disjoint.
#[must_use]
pub fn union(mut windows: Vec<Interval>) -> Vec<Interval> {
    windows.retain(|(from, to)| from < to);
    windows.sort_unstable();
    let mut united: Vec<Interval> = Vec::with_capacity(windows.len());
    for (from, to) in windows {
        match united.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => united.push((from, to)),
        }
    }
    united
}

fn unplanned_ms(interval: Interval, planned: &[Interval]) -> i64 {
    length(interval) - planned.iter().map(|window| length(clip(*window, interval))).sum::<i64>()
}

fn clip((from, to): Interval, (least, most): Interval) -> Interval {
    (from.max(least), to.min(most))
}

fn length((from, to): Interval) -> i64 {
    to.saturating_sub(from).max(0)
}

#[allow(clippy::cast_precision_loss)] // milliseconds are far below 2^53
fn share(of_ms: i64, missed_ms: i64) -> Option<f64> {
    (of_ms > 0).then(|| 1.0 - missed_ms as f64 / of_ms as f64)
}

#[cfg(test)]
mod tests;
