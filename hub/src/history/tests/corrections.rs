//! A changed registry: what is worked out again is what a history gives that never knew anything else.

use super::super::corrections::Corrections;
use super::*;
use crate::calendar::{Calendar, Hours};
use crate::influx::{DerivedSource, Measurement};

/// Capacity, opening hours, time zone.
type Facts = (&'static str, &'static str, &'static str);

const BEFORE: Facts = ("10", "08:00-18:00", "Asia/Shanghai");
const DAYS: i64 = 12;
/// Samples are kept for nine days, and an hour is compared with the day before it.
const CORRECTED_FROM: i64 = DAY + (DAYS - 8) * DAY_MS;

fn directory((capacity, hours, zone): Facts) -> Arc<Directory> {
    let new = NewStation {
        id: "a".to_owned(),
        capacity: capacity.into(),
        opening_hours: hours.into(),
        time_zone: zone.into(),
        ..NewStation::default()
    };
    Arc::new(Directory::new(vec![(new.check().unwrap(), TokenHash::of(b"a"))], Vec::new()))
}

/// Twelve days of a room that does not say its capacity: five people, an entry every ten minutes.
fn days() -> Vec<Reading> {
    let sample = |number: i64| {
        let body = Occupancy { people: Some(5), entries_total: Some(number / 2), ..Occupancy::default() };
        Reading { ts: DAY + number * 5 * MINUTE, device: "room".try_into().unwrap(), body: body.into() }
    };
    (0..DAYS * 24 * 12).map(sample).collect()
}

impl Case {
    fn with(facts: Facts) -> Self {
        let mut case = Case::new(&["a"]);
        case.history.0.directory.store(directory(facts));
        case.gather("a", days());
        case.commit();
        case
    }

    /// What the thread does when the registry has changed; how often it did something.
    fn correct(&self, corrections: &mut Corrections) -> usize {
        let before = self.revision();
        corrections.look(self.history.0.directory.load_full());
        while corrections.step(&self.history).unwrap() {}
        usize::try_from(self.revision() - before).unwrap()
    }

    fn revision(&self) -> i64 {
        let query = "SELECT revision FROM progress";
        self.history.read(|reader| Ok(reader.query_row(query, [], |row| row.get(0))?)).unwrap()
    }

    fn figures(&self, from: i64, to: i64) -> Vec<UtilisationItem> {
        let (by, resolution) = (By::Station, Resolution::Day);
        let query = UtilisationQuery { from, to, by, resolution, station: None, district: None };
        self.history.utilisation(&query, &|_, _, _| Uptime::default()).unwrap()
    }
}

/// Changes the registry after twelve days, the oldest samples being gone, and compares with the two histories that knew
/// only one registry.
fn check(after: Facts) {
    let mut case = Case::with(BEFORE);
    case.upkeep(DAY + DAYS * DAY_MS);
    let (old, new) = (Case::with(BEFORE).hours("a"), Case::with(after).hours("a"));
    let mut corrections = Corrections::default();
    assert_eq!(case.correct(&mut corrections), 0, "nothing has changed");
    let sent = case.revision();
    case.history.0.directory.store(directory(after));
    assert!(case.correct(&mut corrections) > 0);
    assert_eq!(case.correct(&mut corrections), 0, "again");
    assert_eq!(case.correct(&mut Corrections::default()), 0, "again, after a restart");

    let calendar = Calendar::new(Zone::parse(after.2).unwrap(), Hours::ALL_DAY);
    let from = calendar.next_day_start(CORRECTED_FROM - 1);
    let found = case.hours("a");
    assert_eq!(found.len(), new.len());
    for (start, parts) in &found {
        let expected = if *start < from { &old[start] } else { &new[start] };
        assert_eq!(parts, expected, "{} hours before or after {from}", (start - from) / HOUR_MS);
    }
    // Everything that was worked out again goes to InfluxDB, at the same times.
    let mut points = Vec::new();
    let take = |point: &crate::influx::DerivedPoint<'_>| points.push((point.measurement, point.ts));
    let mut take = take;
    case.history.points_after(sent, 10_000, &mut take).unwrap();
    let hours = points.iter().filter(|(measurement, _)| *measurement == Measurement::UtilisationHour);
    let sent: BTreeSet<i64> = hours.map(|(_, ts)| *ts).collect();
    assert_eq!(sent, found.keys().copied().filter(|start| *start >= from).collect());
    // The next reading is worked out with the new facts too, and late ones change no more than their own hours.
    case.gather("a", vec![Reading { ts: DAY + DAYS * DAY_MS, ..days()[0].clone() }]);
    case.commit();
    assert_eq!(case.correct(&mut corrections), 0);
}

#[test]
fn a_corrected_capacity_corrects_what_can_be_worked_out() {
    check(("20", "08:00-18:00", "Asia/Shanghai"));
}

#[test]
fn corrected_opening_hours_correct_what_can_be_worked_out() {
    check(("10", "24h", "Asia/Shanghai"));
}

#[test]
fn a_corrected_time_zone_corrects_what_can_be_worked_out() {
    check(("10", "08:00-18:00", "Asia/Urumqi"));
    check(("10", "08:00-18:00", "Europe/London"));
}

#[test]
fn a_day_before_the_correction_keeps_its_figures() {
    for (after, seats) in
        [(("20", "24h", "Asia/Shanghai"), 0.25), (("5", "09:00-12:00", "Asia/Shanghai"), 1.0)]
    {
        let case = Case::with(BEFORE);
        case.upkeep(DAY + DAYS * DAY_MS);
        case.history.0.directory.store(directory(after));
        case.correct(&mut Corrections::default());
        for item in case.figures(DAY, DAY + DAYS * DAY_MS) {
            let expected = if item.from < CORRECTED_FROM { 0.5 } else { seats };
            let figure = item.figures.seat_utilisation;
            assert_eq!(
                (figure.value, figure.data_coverage),
                (Some(expected), 1.0),
                "{after:?} {}",
                item.from
            );
        }
    }
}

#[test]
fn no_visit_is_counted_twice_where_the_time_zone_changed() {
    let case = Case::with(BEFORE);
    case.upkeep(DAY + DAYS * DAY_MS);
    let visits = |case: &Case| -> f64 {
        let days = case.figures(DAY, DAY + DAYS * DAY_MS);
        days.iter().filter_map(|day| day.figures.visits.value).sum()
    };
    let before = visits(&case);
    assert!(before > 1_700.0);
    case.history.0.directory.store(directory(("10", "08:00-18:00", "Asia/Urumqi")));
    case.correct(&mut Corrections::default());
    assert_eq!(visits(&case), before);
}

#[test]
fn the_last_of_several_corrections_counts() {
    let mut case = Case::with(BEFORE);
    case.upkeep(DAY + DAYS * DAY_MS);
    let mut corrections = Corrections::default();
    for facts in
        [("20", "24h", "Asia/Shanghai"), ("4", "24h", "Asia/Shanghai"), ("10", "24h", "Asia/Urumqi"), BEFORE]
    {
        case.history.0.directory.store(directory(facts));
        assert!(case.correct(&mut corrections) > 0);
    }
    assert_eq!(case.hours("a"), Case::with(BEFORE).hours("a"));
    let days = case.figures(DAY, DAY + DAYS * DAY_MS);
    let seats: Vec<_> = days.iter().map(|day| day.figures.seat_utilisation.value).collect();
    assert_eq!(seats, vec![Some(0.5); 12]);
    // A station of which everything is kept has nothing to remember.
    case = Case::with(BEFORE);
    case.history.0.directory.store(directory(("20", "24h", "Asia/Shanghai")));
    case.correct(&mut Corrections::default());
    assert_eq!(case.hours("a"), Case::with(("20", "24h", "Asia/Shanghai")).hours("a"));
    assert_eq!(case.history.read(facts::past).unwrap(), [].into());
}

#[test]
fn a_station_that_has_long_been_silent_has_the_new_facts_from_today_on() {
    let case = Case::with(BEFORE);
    case.upkeep(DAY + 40 * DAY_MS);
    let before = case.hours("a");
    case.history.0.directory.store(directory(("20", "24h", "Asia/Shanghai")));
    let mut corrections = Corrections::default();
    case.correct(&mut corrections);
    assert_eq!(case.hours("a"), before);
    assert_eq!(case.history.read(facts::past).unwrap()["a"][0].0, now(), "now() is a midnight");
    assert_eq!(case.correct(&mut Corrections::default()), 0);
}
