use super::table::{Level, readings_between};
use super::utilisation::{LOOKBACK_MS, Parts, Window, compute, usage_of};
use super::*;
use crate::calendar::{DAY_MS, HOUR_MS};
use crate::config;
use crate::registry::{Directory, NewStation, TokenHash};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use waystation_protocol::*;

mod corrections;
mod generated;
mod rows;
mod slots;
mod uptime_days;

/// 2026-03-02 00:00 in Shanghai.
const DAY: i64 = 1_772_380_800_000;
const MINUTE: i64 = 60_000;

fn now() -> i64 {
    DAY + 20 * DAY_MS
}

struct Case {
    _folder: tempfile::TempDir,
    history: History,
    log_seq: u64,
}

impl Case {
    fn new(stations: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let station = |id: &&str| {
            let new = NewStation {
                id: (*id).to_owned(),
                district: "江北区".into(),
                opening_hours: "08:00-18:00".into(),
                capacity: "10".into(),
                ..NewStation::default()
            };
            (new.check().unwrap(), TokenHash::of(id.as_bytes()))
        };
        let directory = Directory::new(stations.iter().map(station).collect(), Vec::new()).shared();
        let zone = Zone::parse("Asia/Shanghai").unwrap();
        let history = History::open(folder.path(), directory, zone, now).unwrap();
        Self { _folder: folder, history, log_seq: 0 }
    }

    fn gather(&self, station: &str, readings: Vec<Reading>) {
        self.history.gathering().add(&id(station), readings);
    }

    fn commit(&mut self) {
        self.log_seq += 1;
        let leaving = self.history.gathering().take(self.log_seq);
        let facts = |station: &StationId| self.history.facts(station);
        let commit = Commit {
            gathered: &leaving.gathered,
            findings: &leaving.findings,
            log_id: "log",
            applied_seq: leaving.applied_seq,
            facts: &facts,
        };
        self.history.commit(&commit).unwrap();
        self.history.gathering().committed();
    }

    /// Rolls up and deletes everything that is due at this time.
    fn upkeep(&self, log_time_ms: i64) {
        let retention = Retention::from(&config::History::default());
        self.history
            .write(|writer| {
                while upkeep::roll_up(writer, log_time_ms)? {}
                while upkeep::retain(writer, retention, log_time_ms)? {}
                Ok(())
            })
            .unwrap();
    }

    fn steps(&self, kind: Kind, from: i64, to: i64, step: Option<i64>) -> Series {
        let query = Query { kind, device: None, slot: None, from, to, step_ms: step, limit: 10_000 };
        self.history.readings(&id("a"), &query).unwrap()
    }

    fn hours(&self, station: &str) -> BTreeMap<i64, Parts> {
        self.history.read(|reader| table::hours(reader, station, 0, i64::MAX)).unwrap().into_iter().collect()
    }
}

fn id(station: &str) -> StationId {
    station.try_into().unwrap()
}

fn air(ts: i64, celsius: f64) -> Reading {
    let body = Environment { temperature_c: Some(celsius), ..Environment::default() };
    Reading { ts, device: "env-1".try_into().unwrap(), body: body.into() }
}

/// The values of the steps' one member: time after `DAY` in minutes, count, mean.
fn means(series: &Series) -> Vec<(i64, u64, f64)> {
    let step = |point: &Point| match point {
        Point::Step { ts, values, .. } => {
            let bucket = values["temperature_c"];
            ((ts - DAY) / MINUTE, bucket.count, bucket.mean())
        }
        Point::Reading(reading) => panic!("{reading:?}"),
    };
    series.items.iter().map(step).collect()
}

#[test]
fn a_reading_is_there_before_and_after_it_is_committed_once() {
    let mut case = Case::new(&["a"]);
    let readings = vec![air(DAY + 1, 20.0), air(DAY + 2, 21.0)];
    let check = |case: &Case| {
        let found = case.steps(Kind::Environment, DAY, DAY + HOUR_MS, None);
        assert_eq!(found.items, readings.iter().cloned().map(Point::Reading).collect::<Vec<_>>());
        assert_eq!((found.level, found.next), ("raw", None));
    };
    case.gather("a", readings.clone());
    check(&case);
    case.commit();
    check(&case);
    // A replay, and a reading of the same device and time, replace what is there.
    case.gather("a", vec![air(DAY + 2, 99.0), air(DAY + 2, 21.0)]);
    check(&case);
    case.commit();
    check(&case);
    assert_eq!(case.history.progress("log").unwrap(), 2);
    assert_eq!(case.history.progress("another log").unwrap(), 0);
}

#[test]
fn a_file_of_an_older_hub_is_brought_up_to_date() {
    let mut case = Case::new(&["a"]);
    case.gather("a", vec![air(DAY, 20.0)]);
    case.commit();
    let older = "DROP TABLE fact; DROP TABLE uptime_day; PRAGMA user_version = 1;";
    case.history.write(|writer| Ok(writer.execute_batch(older)?)).unwrap();
    let (path, directory) = (case.history.0.path.clone(), case.history.0.directory.clone());
    let folder = path.parent().unwrap();
    case.history = History::open(folder, directory, Zone::utc(), now).unwrap();
    check_len(&case, 1);
    case.gather("a", vec![air(DAY + 1, 20.0)]);
    case.commit();
    assert!(case.history.read(|reader| facts::known(reader, "a")).unwrap().is_some());
    case.history.write(|writer| Ok(writer.execute_batch("PRAGMA user_version = 99;")?)).unwrap();
    let directory = case.history.0.directory.clone();
    assert!(matches!(
        History::open(folder, directory, Zone::utc(), now),
        Err(HistoryError::Newer { found: 99, .. })
    ));
}

#[test]
fn a_page_ends_between_two_times() {
    let case = Case::new(&["a"]);
    let mut readings: Vec<Reading> = (0..10).map(|minute| air(DAY + minute * MINUTE, 20.0)).collect();
    let other = |reading: &Reading| Reading { device: "env-2".try_into().unwrap(), ..reading.clone() };
    readings.extend(readings.iter().map(other).collect::<Vec<_>>());
    case.gather("a", readings);
    let (mut from, mut found) = (DAY, Vec::new());
    loop {
        let query = Query {
            kind: Kind::Environment,
            device: None,
            slot: None,
            from,
            to: DAY + HOUR_MS,
            step_ms: None,
            limit: 3,
        };
        let page = case.history.readings(&id("a"), &query).unwrap();
        assert!(page.items.len() <= 3);
        found.extend(page.items);
        match page.next {
            Some(next) => from = next,
            None => break,
        }
    }
    assert_eq!(found.len(), 20);
    let query = Query {
        kind: Kind::Environment,
        device: Some("env-2".try_into().unwrap()),
        slot: None,
        from: DAY,
        to: now(),
        step_ms: None,
        limit: 99,
    };
    assert_eq!(case.history.readings(&id("a"), &query).unwrap().items.len(), 10);
}

#[test]
fn steps_are_the_same_from_memory_readings_and_roll_ups() {
    let mut case = Case::new(&["a"]);
    let readings: Vec<Reading> = (0..240)
        .map(|half_minute| air(DAY + half_minute * MINUTE / 2, f64::from(half_minute as i32)))
        .collect();
    let expected_minutes: Vec<_> =
        (0..120).map(|minute| (minute, 2, f64::from(minute as i32) * 2.0 + 0.5)).collect();
    let expected_hours = vec![(0, 120, 59.5), (60, 120, 179.5)];
    let check = |case: &Case| {
        let minutes = case.steps(Kind::Environment, DAY, DAY + 2 * HOUR_MS, Some(MINUTE));
        assert_eq!((minutes.level, means(&minutes)), ("minute", expected_minutes.clone()));
        let hours = case.steps(Kind::Environment, DAY, DAY + 2 * HOUR_MS, Some(HOUR_MS));
        assert_eq!((hours.level, means(&hours)), ("hour", expected_hours.clone()));
        let day = case.steps(Kind::Environment, DAY, DAY + DAY_MS, Some(DAY_MS));
        assert_eq!(means(&day), [(0, 240, 119.5)]);
    };
    case.gather("a", readings[..100].to_vec());
    check_len(&case, 100);
    case.commit();
    case.gather("a", readings[100..].to_vec());
    check(&case);
    case.commit();
    check(&case);
    case.upkeep(DAY + 5 * HOUR_MS);
    check(&case);
    // Two days later the readings are gone, and the roll-ups stay; a month later only hours.
    case.upkeep(DAY + 3 * DAY_MS);
    check(&case);
    assert_eq!(case.steps(Kind::Environment, DAY, DAY + DAY_MS, None).items.len(), 0);
    case.upkeep(DAY + 40 * DAY_MS);
    assert_eq!(means(&case.steps(Kind::Environment, DAY, DAY + DAY_MS, Some(HOUR_MS))), expected_hours);
}

fn check_len(case: &Case, readings: usize) {
    assert_eq!(case.steps(Kind::Environment, DAY, DAY + DAY_MS, None).items.len(), readings);
}

#[test]
fn a_straggler_joins_the_roll_ups_of_its_hour() {
    let check = |gone: bool| {
        let mut case = Case::new(&["a"]);
        case.gather("a", vec![air(DAY, 10.0), air(DAY + MINUTE, 20.0)]);
        case.commit();
        let later = if gone { DAY + 4 * DAY_MS } else { DAY + 5 * HOUR_MS };
        case.upkeep(later);
        case.gather("a", vec![air(DAY + 1, 30.0)]);
        let expected = [(0, 2, 20.0), (1, 1, 20.0)];
        let shown = |case: &Case| means(&case.steps(Kind::Environment, DAY, DAY + HOUR_MS, Some(MINUTE)));
        assert_eq!(shown(&case), expected, "gathered");
        case.commit();
        assert_eq!(shown(&case), expected, "committed");
        case.upkeep(later);
        assert_eq!(shown(&case), expected, "rolled up");
        let day = case.steps(Kind::Environment, DAY, DAY + DAY_MS, Some(DAY_MS));
        assert_eq!(means(&day), [(0, 3, 20.0)]);
    };
    check(false);
    check(true);
}

#[test]
fn a_month_by_district_is_the_sum_of_its_days() {
    let mut case = Case::new(&["a", "b"]);
    for station in ["a", "b"] {
        let people = |minute: i64| {
            let body = Occupancy { people: Some(5), capacity: Some(10), ..Occupancy::default() };
            Reading { ts: DAY + minute * MINUTE, device: "room".try_into().unwrap(), body: body.into() }
        };
        case.gather(station, (0..4 * 24 * 60).step_by(2).map(people).collect());
    }
    case.commit();
    let ask = |by, resolution, from, to| {
        let query = UtilisationQuery { from, to, by, resolution, station: None, district: None };
        case.history.utilisation(&query, &|_, _, _| Uptime::default()).unwrap()
    };
    let total = ask(By::District, Resolution::Total, DAY, DAY + 4 * DAY_MS);
    assert_eq!((total.len(), total[0].stations, total[0].key.as_str()), (1, 2, "江北区"));
    assert_eq!(total[0].figures.seat_utilisation.value, Some(0.5));
    let days = ask(By::Station, Resolution::Day, DAY, DAY + 4 * DAY_MS);
    assert_eq!(days.len(), 8);
    assert!(days.iter().all(|day| day.figures.seat_utilisation_24h.value == Some(0.5)));
    let hours = ask(By::Kind, Resolution::Hour, DAY + 9 * HOUR_MS, DAY + 12 * HOUR_MS);
    assert_eq!(
        hours.iter().map(|hour| hour.from).collect::<Vec<_>>(),
        [9, 10, 11].map(|hour| DAY + hour * HOUR_MS)
    );
    // From and to within a day: hours at the edges, days between them.
    let edges = ask(By::City, Resolution::Total, DAY + 12 * HOUR_MS, DAY + 2 * DAY_MS + 6 * HOUR_MS);
    assert_eq!(edges[0].figures.seat_utilisation_24h.value, Some(0.5));
    assert_eq!(edges[0].figures.seat_utilisation_24h.data_coverage, 1.0);
    // A day on which nothing was heard is due all the same.
    let longer = ask(By::District, Resolution::Total, DAY, DAY + 8 * DAY_MS);
    assert_eq!(longer[0].figures.seat_utilisation.value, None);
}

#[test]
fn what_changed_goes_to_influxdb_and_nothing_else() {
    use crate::influx::{DerivedSource, Measurement};
    let mut case = Case::new(&["a"]);
    let people = |minute: i64, people: i64| {
        let body = Occupancy { people: Some(people), capacity: Some(10), ..Occupancy::default() };
        Reading { ts: DAY + minute * MINUTE, device: "room".try_into().unwrap(), body: body.into() }
    };
    let points = |case: &Case, place: i64| {
        let mut found = Vec::new();
        let last = case.history.points_after(place, 100, &mut |point| {
            let seat = point.fields.iter().find_map(|(name, value)| match value {
                Value::Float(seat) if *name == "seat_utilisation_24h" => Some(*seat),
                _ => None,
            });
            assert_eq!(
                (point.station, point.district, point.kind),
                (Some("a"), Some("江北区"), Some("rest"))
            );
            found.push((point.measurement, (point.ts - DAY) / HOUR_MS, seat));
        });
        (last.unwrap(), found)
    };
    case.gather("a", (0..120).map(|minute| people(minute, 5)).collect());
    case.commit();
    let (last, found) = points(&case, 0);
    let half = Some(0.5);
    assert_eq!(
        found,
        [
            (Measurement::UtilisationHour, 0, half),
            (Measurement::UtilisationHour, 1, half),
            (Measurement::UtilisationDay, 0, None)
        ]
    );
    assert_eq!(points(&case, last), (last, vec![]));
    // A repeat changes nothing; a late sample changes its hour and its day.
    case.gather("a", vec![people(3, 5)]);
    case.commit();
    assert_eq!(points(&case, last).1, []);
    case.gather("a", vec![Reading { ts: DAY + 1, ..people(0, 5) }, people(60, 6)]);
    case.commit();
    let changed: Vec<_> =
        points(&case, last).1.into_iter().map(|(measurement, hour, _)| (measurement, hour)).collect();
    assert_eq!(changed, [(Measurement::UtilisationHour, 1), (Measurement::UtilisationDay, 0)]);
}

#[test]
fn what_the_hub_found_goes_to_influxdb_once_it_is_kept() {
    use crate::influx::DerivedSource;
    let mut case = Case::new(&["a"]);
    case.history.note_presence(&id("a"), false, DAY + 1);
    case.history.note_presence(&id("b"), true, DAY + 2);
    case.commit();
    let findings = Findings(case.history.clone());
    let mut shown = Vec::new();
    let last = findings
        .points_after(0, 100, &mut |point| {
            shown.push(format!(
                "{} {:?} {} {:?}",
                point.station.unwrap(),
                point.district,
                point.ts - DAY,
                point.fields
            ));
        })
        .unwrap();
    assert_eq!(
        shown,
        [r#"a Some("江北区") 1 [("state", Text("offline"))]"#, r#"b None 2 [("state", Text("online"))]"#,]
    );
    assert_eq!(findings.points_after(last, 100, &mut |_| panic!("again")).unwrap(), last);
}

#[test]
fn a_counting_station_that_is_silent_lowers_the_coverage_of_visits() {
    let mut case = Case::new(&["a", "b"]);
    let counting = |day: i64| {
        let sample = move |minute: i64| {
            let body = Occupancy {
                people: Some(1),
                capacity: Some(10),
                entries_total: Some(day * 24 + minute / 60),
                ..Occupancy::default()
            };
            Reading {
                ts: DAY + day * DAY_MS + minute * MINUTE,
                device: "room".try_into().unwrap(),
                body: body.into(),
            }
        };
        (0..24 * 60).step_by(5).map(sample).collect::<Vec<_>>()
    };
    case.gather("a", counting(0));
    case.gather("a", counting(1));
    case.gather("b", counting(0));
    case.commit();
    let visits = |from: i64, station: Option<&str>| {
        let query = UtilisationQuery {
            from,
            to: from + DAY_MS,
            by: By::District,
            resolution: Resolution::Day,
            station: station.map(str::to_owned),
            district: None,
        };
        case.history.utilisation(&query, &|_, _, _| Uptime::default()).unwrap()[0].figures.visits
    };
    assert_eq!(visits(DAY, None).value, Some(46.0));
    let second = visits(DAY + DAY_MS, None);
    assert_eq!((second.value, second.reason), (None, Some(utilisation::Missing::NotEnoughData)));
    assert!((second.data_coverage - 0.5).abs() < 0.01);
    assert_eq!(visits(DAY + DAY_MS, Some("b")).reason, Some(utilisation::Missing::NotEnoughData));
}

#[test]
fn events_of_a_door_at_one_time_are_all_kept() {
    let mut case = Case::new(&["a"]);
    let event = |event| {
        let body = Door { event: Some(event), ..Door::default() };
        Reading { ts: DAY + 1, device: "front".try_into().unwrap(), body: body.into() }
    };
    case.gather("a", vec![event(DoorEvent::Unlock), event(DoorEvent::Open), event(DoorEvent::Unlock)]);
    case.commit();
    case.gather("a", vec![event(DoorEvent::Open)]);
    assert_eq!(case.steps(Kind::Door, DAY, DAY + HOUR_MS, None).items.len(), 2);
    assert_eq!(case.hours("a")[&DAY].get(utilisation::Part::Granted), 1);
}

#[test]
fn the_bottom_tenth_is_listed_with_its_weeks() {
    let ids: Vec<String> = (0..11).map(|number| format!("s-{number:02}")).collect();
    let mut case = Case::new(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    // Eight weeks that end at the last midnight; the more visits, the higher the number of the station.
    let end = now();
    for (number, id) in ids.iter().enumerate() {
        let visits = i64::try_from(number).unwrap() + 1;
        for day in 0..57 {
            let sample = |minute: i64| {
                let entries = (day * 24 * 60 + minute) * visits / 360;
                let body = Occupancy {
                    people: Some(0),
                    capacity: Some(10),
                    entries_total: Some(entries),
                    ..Occupancy::default()
                };
                let ts = end - 57 * DAY_MS + day * DAY_MS + minute * MINUTE;
                Reading { ts, device: "room".try_into().unwrap(), body: body.into() }
            };
            case.gather(id, (0..24 * 60).step_by(6).map(sample).collect());
        }
        case.commit();
    }
    let listed = case.history.low_use().unwrap();
    assert_eq!(listed.len(), 1);
    let low = &listed[0];
    assert_eq!((low.station.as_str(), low.rank, low.compared_with), ("s-00", 1, 11));
    assert_eq!(low.weeks.len(), 8);
    assert!(low.weeks.iter().all(|week| week.is_some_and(|visits| (visits - 4.0).abs() < 0.2)), "{low:?}");
    assert_eq!(case.history.low_use().unwrap(), listed, "made once a day");
}
