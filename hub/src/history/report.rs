//! Utilisation over time and space: windows from the file, summed by what is asked for, figures last.
//!
//! A row states the stretch that it counts, and is judged by the whole of it: of its hour, day or stretch asked for the
//! local hours that begin in what is asked for, up to now. A station is due in all of the row in which it was first
//! heard, and in none before: minutes are never taken for a day.

use super::calendars::Calendars;
use super::facts;
use super::table::{self, parts_of};
use super::utilisation::{Basis, Figures, Measures, Parts, Uptime};
use super::{History, HistoryError};
use crate::calendar::{Calendar, DAY_MS, HOUR_MS};
use crate::registry::{Directory, Station, StationKind};
use crate::texts::Said;
use rusqlite::Connection;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The most rows of one answer; each takes half a kB while it is made.
const ROWS_MAX: usize = 100_000;
/// The most windows of stations that one answer is made of [J]: a second or two of work.
const WINDOWS_MAX: usize = 2_000_000;

/// What stations are summed by. Kinds of stations are never added up: there is a row for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    Station,
    Grid,
    Street,
    District,
    City,
    Kind,
    Host,
}

impl By {
    pub const ALL: [By; 7] = [By::Station, By::Grid, By::Street, By::District, By::City, By::Kind, By::Host];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            By::Station => "station",
            By::Grid => "grid",
            By::Street => "street",
            By::District => "district",
            By::City => "city",
            By::Kind => "kind",
            By::Host => "host",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<By> {
        By::ALL.into_iter().find(|by| by.as_str() == name)
    }
}

/// What time is summed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    Hour,
    Day,
    Total,
}

impl Resolution {
    pub const ALL: [Resolution; 3] = [Resolution::Hour, Resolution::Day, Resolution::Total];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Resolution::Hour => "hour",
            Resolution::Day => "day",
            Resolution::Total => "total",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Resolution> {
        Resolution::ALL.into_iter().find(|resolution| resolution.as_str() == name)
    }
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct UtilisationQuery {
    /// ms since the Unix epoch; `to` is not included. Whole local hours that begin in it count.
    pub from: i64,
    pub to: i64,
    pub by: By,
    pub resolution: Resolution,
    /// Only these stations.
    pub station: Option<String>,
    pub district: Option<String>,
}

/// One row: a place, a kind of stations, a stretch of time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UtilisationItem {
    pub by: By,
    /// Station id, name of the district and so on; empty for stations that have none.
    pub key: String,
    /// Where a grid or street lies.
    pub district: Option<String>,
    pub kind: StationKind,
    pub stations: i64,
    /// What is counted, ms since the Unix epoch; `to` is not included.
    pub from: i64,
    pub to: i64,
    #[serde(flatten)]
    pub figures: Figures,
}

/// How long a station was up within a stretch; asked for each station and stretch.
pub type UptimeOf<'a> = &'a dyn Fn(&Station, i64, i64) -> Uptime;

impl History {
    /// Utilisation. Blocks on the disk. `uptime` gives the availability.
    ///
    /// # Errors
    /// If the file cannot be read, or the answer would have more than 100,000 rows.
    pub fn utilisation(
        &self,
        query: &UtilisationQuery,
        uptime: UptimeOf<'_>,
    ) -> Result<Vec<UtilisationItem>, HistoryError> {
        let directory = self.0.directory.load();
        let report = Report::new(self, &directory, query, self.read(facts::past)?);
        let buckets = report.buckets_max();
        let (rows, windows) =
            (buckets.saturating_mul(report.groups.len()), buckets.saturating_mul(report.members.len()));
        if rows > ROWS_MAX || windows > WINDOWS_MAX {
            let said = Said::new("refusal.too_many_rows").with("rows", rows).with("rows_max", ROWS_MAX);
            let said = said.with("windows", windows).with("windows_max", WINDOWS_MAX);
            return Err(HistoryError::TooMuch(said));
        }
        let (windows, seen) = self.read(|reader| Ok((report.windows(reader)?, seen(reader)?)))?;
        Ok(report.items(windows, &seen, uptime))
    }

    /// The basis of each station over one stretch: what lists and proposals are made from.
    pub(super) fn bases(
        &self,
        directory: &Directory,
        from: i64,
        to: i64,
        uptime: UptimeOf<'_>,
    ) -> Result<Vec<(Arc<Station>, Basis)>, HistoryError> {
        let query = UtilisationQuery {
            from,
            to,
            by: By::Station,
            resolution: Resolution::Total,
            station: None,
            district: None,
        };
        let report = Report::new(self, directory, &query, self.read(facts::past)?);
        let (windows, seen) = self.read(|reader| Ok((report.windows(reader)?, seen(reader)?)))?;
        let basis = |member: &Member| {
            let mut basis = member.due(member.counted, &seen, uptime)?;
            basis.observed(windows.partial.get(&(from, member.place)).copied().unwrap_or_default());
            Some((Arc::clone(&member.station), basis))
        };
        Ok(report.members.iter().filter_map(basis).collect())
    }
}

/// First heard, ms, and what it measures.
type Seen = HashMap<String, (i64, Measures)>;
/// By the stretch that is counted, and group.
type Sums = BTreeMap<(i64, i64, usize), Basis>;

/// What was read.
#[derive(Default)]
struct Windows {
    /// Windows that are the whole of a station's bucket are summed at once: no more stands in memory than is answered.
    sums: Sums,
    /// The others, by start of the bucket and place of the station.
    partial: BTreeMap<(i64, usize), Parts>,
}

fn seen(reader: &Connection) -> table::Result<Seen> {
    let mut statement = reader.prepare_cached("SELECT station, first_ms, measures FROM seen")?;
    let rows =
        statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, Measures::of_bits(row.get(2)?)))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A station in a report.
struct Member {
    place: usize,
    group: usize,
    station: Arc<Station>,
    calendar: Calendars,
    /// Its hours that begin in the stretch asked for, as far as they have passed.
    counted: (i64, i64),
}

impl Member {
    /// `None` for a stretch before the station was first heard.
    fn due(&self, (from, to): (i64, i64), seen: &Seen, uptime: UptimeOf<'_>) -> Option<Basis> {
        let (first, measures) = seen.get(self.station.id.as_str()).copied()?;
        if from >= to || first >= to {
            return None;
        }
        let open_ms = if measures.zones() { self.calendar.open_ms(from, to) } else { 0 };
        Some(Basis::due(measures, to - from, open_ms, uptime(&self.station, from, to)))
    }

    fn bucket(&self, resolution: Resolution, ts: i64, from: i64) -> i64 {
        match resolution {
            Resolution::Hour => ts,
            Resolution::Day => self.calendar.day_start(ts),
            Resolution::Total => from,
        }
    }

    fn bucket_end(&self, resolution: Resolution, start: i64) -> i64 {
        match resolution {
            Resolution::Hour => start + HOUR_MS,
            Resolution::Day => self.calendar.next_day_start(start),
            Resolution::Total => self.counted.1,
        }
    }

    /// The part of a bucket that is counted.
    fn row(&self, resolution: Resolution, start: i64) -> (i64, i64) {
        let end = self.bucket_end(resolution, start);
        (start.max(self.counted.0), end.min(self.counted.1))
    }
}

/// What a row is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Group {
    district: Option<String>,
    key: String,
    kind: &'static str,
}

struct Report<'a> {
    query: &'a UtilisationQuery,
    /// The end of the stretch asked for, or now.
    to: i64,
    groups: Vec<(Group, StationKind)>,
    members: Vec<Member>,
    places: HashMap<&'a str, usize>,
}

impl<'a> Report<'a> {
    /// `past`: earlier calendars of stations that had others.
    fn new(
        history: &History,
        directory: &'a Directory,
        query: &'a UtilisationQuery,
        mut past: HashMap<String, Vec<(i64, Calendar)>>,
    ) -> Self {
        let asked = |station: &&Arc<Station>| {
            query.station.as_deref().is_none_or(|id| station.id.as_str() == id)
                && query
                    .district
                    .as_deref()
                    .is_none_or(|district| station.district.as_deref() == Some(district))
        };
        let now = history.now_ms();
        let to = query.to.min(now);
        let mut report = Self { query, to, groups: Vec::new(), members: Vec::new(), places: HashMap::new() };
        let mut numbers: HashMap<Group, usize> = HashMap::new();
        for station in directory.stations().iter().filter(asked) {
            let group = group_of(query.by, station);
            let number = *numbers.entry(group.clone()).or_insert_with(|| {
                report.groups.push((group, station.kind));
                report.groups.len() - 1
            });
            let place = report.members.len();
            report.places.insert(station.id.as_str(), place);
            let before = past.remove(station.id.as_str()).unwrap_or_default();
            let calendar = Calendars::new(before, station.calendar(&history.0.zone));
            let counted = (
                calendar.hour_start(query.from.saturating_add(HOUR_MS - 1)),
                (calendar.hour_start(to - 1) + HOUR_MS).min(now),
            );
            let station = Arc::clone(station);
            report.members.push(Member { place, group: number, station, calendar, counted });
        }
        report
    }

    fn buckets_max(&self) -> usize {
        let bucket_ms = match self.query.resolution {
            Resolution::Hour => HOUR_MS,
            Resolution::Day => DAY_MS,
            Resolution::Total => return 1,
        };
        usize::try_from((self.to - self.query.from).max(0) / bucket_ms)
            .unwrap_or(usize::MAX)
            .saturating_add(2)
    }

    /// Days where whole days are asked for, hours at the edges and where hours are.
    fn windows(&self, reader: &Connection) -> table::Result<Windows> {
        let (from, to) = (self.query.from, self.to);
        let mut windows = Windows::default();
        if self.query.resolution == Resolution::Hour {
            self.take_hours(reader, from, to, |_, _| true, &mut windows)?;
            return Ok(windows);
        }
        // Zones differ by less than a day: a window that begins up to a day early may still be wholly inside.
        let whole_day = |member: &Member, start: i64| {
            let day = member.calendar.day_start(start);
            from <= day && member.calendar.next_day_start(day) <= to
        };
        let mut statement = reader.prepare_cached(
            "SELECT station, start, parts FROM window_day WHERE start >= ?1 AND start < ?2",
        )?;
        let mut rows = statement.query((from, to))?;
        while let Some(row) = rows.next()? {
            let start = row.get(1)?;
            let Some(member) = self.member(row.get_ref(0)?) else { continue };
            if whole_day(member, start) {
                let parts = parts_of(row.get_ref(2)?.as_blob().unwrap_or_default());
                match self.query.resolution {
                    Resolution::Total => {
                        windows.partial.entry((from, member.place)).or_default().merge(&parts)
                    }
                    _ => self.sum(&mut windows.sums, member, start).observed(parts),
                }
            }
        }
        let not_whole = |member: &Member, start: i64| !whole_day(member, start);
        let edge = 2 * DAY_MS;
        if to - from <= 2 * edge {
            self.take_hours(reader, from, to, not_whole, &mut windows)?;
        } else {
            self.take_hours(reader, from, from + edge, not_whole, &mut windows)?;
            self.take_hours(reader, to - edge, to, not_whole, &mut windows)?;
        }
        Ok(windows)
    }

    fn take_hours(
        &self,
        reader: &Connection,
        from: i64,
        to: i64,
        wanted: impl Fn(&Member, i64) -> bool,
        windows: &mut Windows,
    ) -> table::Result<()> {
        let mut statement = match &self.query.station {
            Some(_) => reader.prepare_cached(
                "SELECT station, start, parts FROM window_hour WHERE start >= ?1 AND start < ?2 AND station = ?3",
            )?,
            None => reader.prepare_cached(
                "SELECT station, start, parts FROM window_hour INDEXED BY window_hour_by_age \
                 WHERE start >= ?1 AND start < ?2 AND ?3 IS NULL",
            )?,
        };
        let mut rows = statement.query((from, to, &self.query.station))?;
        while let Some(row) = rows.next()? {
            let start = row.get(1)?;
            let Some(member) = self.member(row.get_ref(0)?) else { continue };
            if wanted(member, start) {
                let parts = parts_of(row.get_ref(2)?.as_blob().unwrap_or_default());
                if self.query.resolution == Resolution::Hour {
                    self.sum(&mut windows.sums, member, start).observed(parts);
                } else {
                    let bucket = member.bucket(self.query.resolution, start, self.query.from);
                    windows.partial.entry((bucket, member.place)).or_default().merge(&parts);
                }
            }
        }
        Ok(())
    }

    fn member(&self, station: rusqlite::types::ValueRef<'_>) -> Option<&Member> {
        self.members.get(*self.places.get(station.as_str().ok()?)?)
    }

    fn items(
        &self,
        Windows { mut sums, partial }: Windows,
        seen: &Seen,
        uptime: UptimeOf<'_>,
    ) -> Vec<UtilisationItem> {
        let resolution = self.query.resolution;
        for ((start, place), parts) in partial {
            if let Some(member) = self.members.get(place) {
                self.sum(&mut sums, member, start).observed(parts);
            }
        }
        for member in &self.members {
            let (from, to) = member.counted;
            let mut start = member.bucket(resolution, from, from);
            while start < to {
                if let Some(due) = member.due(member.row(resolution, start), seen, uptime) {
                    self.sum(&mut sums, member, start).merge(&due);
                }
                start = member.bucket_end(resolution, start);
            }
        }
        let item = |((from, to, group), basis): ((i64, i64, usize), Basis)| {
            let (group, kind) = &self.groups[group];
            UtilisationItem {
                by: self.query.by,
                key: group.key.clone(),
                district: group.district.clone(),
                kind: *kind,
                stations: basis.stations,
                from,
                to,
                figures: Figures::of(&basis),
            }
        };
        let mut items: Vec<UtilisationItem> = sums.into_iter().map(item).collect();
        items.sort_by(|left, right| {
            let key = |item: &UtilisationItem| {
                (item.from, item.district.clone(), item.key.clone(), item.kind.as_str(), item.to)
            };
            key(left).cmp(&key(right))
        });
        items
    }

    fn sum<'s>(&self, sums: &'s mut Sums, member: &Member, start: i64) -> &'s mut Basis {
        let (from, to) = member.row(self.query.resolution, start);
        sums.entry((from, to, member.group)).or_default()
    }
}

fn group_of(by: By, station: &Station) -> Group {
    let text = |part: &Option<compact_str::CompactString>| part.as_deref().unwrap_or_default().to_owned();
    let district = station.district.as_deref().map(str::to_owned);
    let key = match by {
        By::Station => station.id.to_string(),
        By::Grid => text(&station.grid),
        By::Street => text(&station.street),
        By::District => text(&station.district),
        By::City => text(&station.city),
        By::Kind => station.kind.as_str().to_owned(),
        By::Host => text(&station.host_type),
    };
    let district = matches!(by, By::Station | By::Grid | By::Street).then_some(district).flatten();
    Group { district, key, kind: station.kind.as_str() }
}
