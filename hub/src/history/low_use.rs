//! Stations of low use: the bottom tenth of the same kind and host over eight weeks, with the evidence. A person
//! decides whether to rectify, merge or delist; a fixed cut-off would mislead.

use super::utilisation::{Basis, Facts, Figure, Figures, Uptime};
use super::{History, HistoryError};
use crate::calendar::DAY_MS;
use crate::registry::{Station, StationKind};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use waystation_protocol::StationId;

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

/// The last list that was made, and the midnight that it ends with.
pub type LastList = Option<(i64, Vec<LowUse>)>;

impl History {
    /// The list as of the last local midnight. Stations without enough data are not compared. Blocks; it is made once a
    /// day, by the first who asks, and others wait for that.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn low_use(&self) -> Result<Vec<LowUse>, HistoryError> {
        let to = Facts::unknown(self.0.zone.clone()).calendar.day_start(self.now_ms());
        let mut last = self.0.low_use.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, list)) = last.as_ref().filter(|(ends, _)| *ends == to) {
            return Ok(list.clone());
        }
        let list = self.make_low_use(to)?;
        *last = Some((to, list.clone()));
        Ok(list)
    }

    fn make_low_use(&self, to: i64) -> Result<Vec<LowUse>, HistoryError> {
        let directory = self.0.directory.load();
        let from = to - WEEKS * WEEK_MS;
        let mut stations: BTreeMap<StationId, Weeks> = BTreeMap::new();
        for week in 0..WEEKS {
            let start = from + week * WEEK_MS;
            for (station, basis) in
                self.bases(&directory, start, start + WEEK_MS, &|_, _, _| Uptime::default())?
            {
                let known = stations.entry(station.id.clone()).or_insert_with(|| Weeks::new(station));
                known.visits[usize::try_from(week).unwrap_or(0)] = Figures::of(&basis).visits_per_day.value;
                known.whole.merge(&basis);
            }
        }
        let mut groups: BTreeMap<(&str, String), Vec<Compared>> = BTreeMap::new();
        for Weeks { station, visits: weeks, whole } in stations.into_values() {
            let figures = Figures::of(&whole);
            let heard_of = whole.total_ms >= WEEKS * WEEK_MS * 8 / 10;
            let Some(visits) = figures.visits_per_day.value.filter(|_| heard_of) else { continue };
            let host = station.host_type.as_deref().unwrap_or_default().to_owned();
            groups.entry((station.kind.as_str(), host)).or_default().push(Compared {
                station,
                figures,
                visits,
                weeks,
            });
        }
        Ok(groups.into_values().flat_map(|group| bottom_tenth(group, from, to)).collect())
    }
}

/// A station week by week, and in all of them.
struct Weeks {
    station: Arc<Station>,
    visits: [Option<f64>; WEEKS as usize],
    whole: Basis,
}

impl Weeks {
    fn new(station: Arc<Station>) -> Self {
        Self { station, visits: [None; WEEKS as usize], whole: Basis::default() }
    }
}

struct Compared {
    station: Arc<Station>,
    figures: Figures,
    visits: f64,
    weeks: [Option<f64>; WEEKS as usize],
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
        weeks: compared.weeks.to_vec(),
        rank: at + 1,
        compared_with: count,
        median_visits_per_day: median,
        from,
        to,
    });
    low.collect()
}
