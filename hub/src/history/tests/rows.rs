//! What the rows of a report state: the stretch that is counted, and how much of it was observed.

use super::*;
use crate::influx::{DerivedSource, Measurement};

/// Half past ten on the second day.
fn half_past_ten() -> i64 {
    DAY + DAY_MS + 10 * HOUR_MS + 30 * MINUTE
}

impl Case {
    /// Stations `a` in Shanghai and `b` in Urumqi, two hours behind.
    fn zones(now_ms: fn() -> i64) -> Self {
        let mut case = Case::new(&[]);
        let station = |(id, time_zone): (&str, &str)| {
            let new = NewStation {
                id: id.into(),
                district: "江北区".into(),
                time_zone: time_zone.into(),
                ..NewStation::default()
            };
            (new.check().unwrap(), TokenHash::of(id.as_bytes()))
        };
        let stations = [("a", "Asia/Shanghai"), ("b", "Asia/Urumqi")].map(station);
        let directory = Directory::new(stations.into(), Vec::new()).shared();
        let folder = case.history.0.path.parent().unwrap().to_owned();
        case.history =
            History::open(&folder, directory, Zone::parse("Asia/Shanghai").unwrap(), now_ms).unwrap();
        case
    }

    /// Five people of ten and an entry a minute, from and to minutes after `DAY`.
    fn occupied(&mut self, station: &str, from: i64, to: i64) {
        let sample = |minute: i64| {
            let body = Occupancy {
                people: Some(5),
                capacity: Some(10),
                entries_total: Some(minute),
                ..Occupancy::default()
            };
            Reading { ts: DAY + minute * MINUTE, device: "room".try_into().unwrap(), body: body.into() }
        };
        self.gather(station, (from..to).map(sample).collect());
        self.commit();
    }

    fn rows(
        &self,
        by: By,
        resolution: Resolution,
        station: Option<&str>,
        (from, to): (i64, i64),
    ) -> Vec<UtilisationItem> {
        let station = station.map(str::to_owned);
        let (from, to) = (DAY + from * MINUTE, DAY + to * MINUTE);
        let query = UtilisationQuery { from, to, by, resolution, station, district: None };
        self.history.utilisation(&query, &|_, _, _| Uptime::default()).unwrap()
    }
}

/// From and to in minutes after `DAY`, visits, and the coverage in thousandths.
type Row = (i64, i64, Option<f64>, i64);

fn row(item: &UtilisationItem) -> Row {
    let visits = item.figures.visits;
    assert_eq!(visits.value.is_none(), visits.data_coverage < 0.8);
    let thousandths = (visits.data_coverage * 1e3).round() as i64;
    ((item.from - DAY) / MINUTE, (item.to - DAY) / MINUTE, visits.value, thousandths)
}

const DAY_MIN: i64 = 24 * 60;

#[test]
fn a_new_stations_minutes_are_not_taken_for_a_day() {
    let check = |now_ms: fn() -> i64, resolution, asked: (i64, i64), expected: &[Row]| {
        let mut case = Case::zones(now_ms);
        case.occupied("a", DAY_MIN + 600, DAY_MIN + 603);
        let rows = case.rows(By::Station, resolution, None, asked);
        assert_eq!(rows.iter().map(row).collect::<Vec<_>>(), expected, "{resolution:?} {asked:?}");
    };
    let week = (-4 * DAY_MIN, 3 * DAY_MIN);
    // Three samples are good for eight minutes. The day that is not over counts up to now, one that is counts whole,
    // and the time asked for counts from its beginning on.
    check(half_past_ten, Resolution::Day, week, &[(DAY_MIN, DAY_MIN + 630, None, 13)]);
    check(half_past_ten, Resolution::Hour, week, &[(DAY_MIN + 600, DAY_MIN + 630, None, 267)]);
    check(half_past_ten, Resolution::Total, week, &[(week.0, DAY_MIN + 630, None, 1)]);
    check(now, Resolution::Day, (0, 2 * DAY_MIN), &[(DAY_MIN, 2 * DAY_MIN, None, 6)]);
}

#[test]
fn influxdb_and_the_api_judge_a_day_alike() {
    let mut case = Case::zones(now);
    case.occupied("a", 300, DAY_MIN);
    let mut coverages = Vec::new();
    let take = |point: &crate::influx::DerivedPoint<'_>| {
        let coverage = point.fields.iter().find(|(name, _)| *name == "data_coverage").map(|(_, value)| value);
        if let (Measurement::UtilisationDay, Some(Value::Float(coverage))) = (point.measurement, coverage) {
            coverages.push(*coverage);
        }
    };
    let mut take = take;
    case.history.points_after(0, 1_000, &mut take).unwrap();
    let rows = case.rows(By::Station, Resolution::Day, None, (0, DAY_MIN));
    assert_eq!(coverages, [rows[0].figures.seat_utilisation_24h.data_coverage]);
    assert_eq!(row(&rows[0]), (0, DAY_MIN, None, 792));
}

#[test]
fn a_row_states_the_part_of_its_bucket_that_is_counted() {
    let mut case = Case::zones(now);
    case.occupied("a", -1, 2 * DAY_MIN);
    let check = |resolution, asked: (i64, i64), expected: &[Row]| {
        let rows = case.rows(By::Station, resolution, Some("a"), asked);
        assert_eq!(rows.iter().map(row).collect::<Vec<_>>(), expected, "{resolution:?} {asked:?}");
    };
    use Resolution::{Day, Hour, Total};
    check(Day, (720, DAY_MIN), &[(720, DAY_MIN, Some(720.0), 1000)]);
    check(Day, (720, 780), &[(720, 780, Some(60.0), 1000)]);
    // Whole hours that begin in the stretch count.
    check(Day, (750, 800), &[(780, 840, Some(60.0), 1000)]);
    check(Total, (750, 800), &[(780, 840, Some(60.0), 1000)]);
    check(Hour, (750, 800), &[(780, 840, Some(60.0), 1000)]);
    check(Day, (750, 779), &[]);
    let two = [(480, DAY_MIN, Some(960.0), 1000), (DAY_MIN, DAY_MIN + 480, Some(480.0), 1000)];
    check(Day, (480, DAY_MIN + 480), &two);
    check(Total, (480, DAY_MIN + 480), &[(480, DAY_MIN + 480, Some(1440.0), 1000)]);
}

#[test]
fn stations_of_two_zones_have_rows_of_their_own_days() {
    let mut case = Case::zones(now);
    for station in ["a", "b"] {
        case.occupied(station, -1, DAY_MIN);
    }
    let rows = case.rows(By::District, Resolution::Day, None, (0, DAY_MIN));
    let expected =
        [(0, 120, Some(120.0), 1000), (0, DAY_MIN, Some(1440.0), 1000), (120, DAY_MIN, Some(1320.0), 1000)];
    assert_eq!(rows.iter().map(row).collect::<Vec<_>>(), expected);
    let total = case.rows(By::District, Resolution::Total, None, (0, DAY_MIN));
    assert_eq!(total.iter().map(row).collect::<Vec<_>>(), [(0, DAY_MIN, Some(2880.0), 1000)]);
}
