//! Stations of low use: the bottom tenth of the same kind and host over eight weeks, with the evidence. A person
//! decides whether to rectify, merge or delist; a fixed cut-off would mislead.

use super::report::UptimeOf;
use super::utilisation::{Basis, Figure, Figures};
use super::{History, HistoryError};
use crate::calendar::DAY_MS;
use crate::registry::{Station, StationKind};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

const WEEK_MS: i64 = 7 * DAY_MS;
const WEEKS: i64 = 8;

/// A station of low use, and why it is on the list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LowUse {
    pub station: String,
    pub district: Option<String>,
    pub kind: StationKind,
    pub host: Option<String>,
    /// Of the eight weeks.
    pub visits_per_day: Figure,
    pub seat_utilisation: Figure,
    /// Visits per day of each week, oldest first; null where there was not enough data.
    pub weeks: Vec<Option<f64>>,
    /// Its place among those of the same kind and host, from 1, the least used first, and how many there are.
    pub rank: usize,
    pub compared_with: usize,
    pub median_visits_per_day: f64,
    /// The stretch, ms since the Unix epoch.
    pub from: i64,
    pub to: i64,
}

impl History {
    /// The list as of the local midnight before `now_ms`. Stations without enough data are not compared. Blocks.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn low_use(&self) -> Result<Vec<LowUse>, HistoryError> {
        let directory = self.0.directory.load();
        let to = super::Facts::unknown(self.0.zone.clone()).calendar.day_start(self.now_ms());
        let from = to - WEEKS * WEEK_MS;
        let no_uptime: UptimeOf<'_> = &|_, _, _| Default::default();
        let mut groups: BTreeMap<(&str, String), Vec<Compared>> = BTreeMap::new();
        for (station, basis) in self.bases(&directory, from, to, no_uptime)? {
            let figures = Figures::of(&basis);
            let Some(visits) =
                figures.visits_per_day.value.filter(|_| basis.total_ms >= WEEKS * WEEK_MS * 8 / 10)
            else {
                continue;
            };
            let host = station.host_type.as_deref().unwrap_or_default().to_owned();
            groups.entry((station.kind.as_str(), host)).or_default().push(Compared {
                station,
                figures,
                visits,
            });
        }
        let mut listed: Vec<LowUse> =
            groups.into_values().flat_map(|group| bottom_tenth(group, from, to)).collect();
        for week in 0..WEEKS {
            let start = from + week * WEEK_MS;
            let of_week: BTreeMap<String, Basis> = self
                .bases(&directory, start, start + WEEK_MS, no_uptime)?
                .into_iter()
                .map(|(station, basis)| (station.id.to_string(), basis))
                .collect();
            for low in &mut listed {
                let basis = of_week.get(&low.station);
                low.weeks.push(basis.and_then(|basis| Figures::of(basis).visits_per_day.value));
            }
        }
        Ok(listed)
    }
}

struct Compared {
    station: Arc<Station>,
    figures: Figures,
    visits: f64,
}

/// Of fewer than ten stations none is the bottom tenth.
fn bottom_tenth(mut group: Vec<Compared>, from: i64, to: i64) -> Vec<LowUse> {
    group.sort_by(|left, right| {
        left.visits.total_cmp(&right.visits).then_with(|| left.station.id.cmp(&right.station.id))
    });
    let count = group.len();
    let median = group.get(count / 2).map_or(0.0, |middle| middle.visits);
    let low = group.into_iter().take(count / 10).enumerate().map(|(at, compared)| LowUse {
        station: compared.station.id.to_string(),
        district: compared.station.district.as_deref().map(str::to_owned),
        kind: compared.station.kind,
        host: compared.station.host_type.as_deref().map(str::to_owned),
        visits_per_day: compared.figures.visits_per_day,
        seat_utilisation: compared.figures.seat_utilisation,
        weeks: Vec::new(),
        rank: at + 1,
        compared_with: count,
        median_visits_per_day: median,
        from,
        to,
    });
    low.collect()
}
