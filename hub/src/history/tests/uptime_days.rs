//! Availability of days that are over, from a real fleet, `state.db` and `operations.db`.

use super::super::uptime_days::UptimeRound;
use super::*;
use crate::fleet::{Event, Fleet, SharedFleet, Store, Thresholds, Uptimes};
use crate::influx::{DerivedSource, Measurement};
use crate::operations::{Maintenance, Operations};
use crate::registry::Role;

const LONG_AGO: i64 = DAY - 400 * DAY_MS;

struct World {
    case: Case,
    uptimes: Uptimes,
    place: i64,
}

impl World {
    /// Station `a` was first heard five days ago at six in the morning, `b` never.
    fn new() -> Self {
        let case = Case::new(&["a", "b"]);
        let folder = case.history.0.path.parent().unwrap();
        let store = Arc::new(Store::open(folder, now).unwrap());
        let operations = Operations::open(folder, now()).unwrap();
        let mut fleet =
            Fleet::new(Thresholds { warn_after_ms: 180_000, offline_after_ms: 900_000 }, LONG_AGO);
        let first = now() - 5 * DAY_MS + 6 * HOUR_MS;
        fleet.apply(Event::Connected { station: id("a"), at_ms: first, address: None }, first);
        let uptimes = Uptimes { fleet: SharedFleet::new(fleet), store, operations };
        Self { case, uptimes, place: 0 }
    }

    fn sql(&self, statement: &str) {
        let folder = self.case.history.0.path.parent().unwrap();
        rusqlite::Connection::open(folder.join("state.db")).unwrap().execute_batch(statement).unwrap();
    }

    /// What a round writes to InfluxDB: the day, counted from today, and its fields.
    fn round(&mut self) -> Vec<(i64, String)> {
        let mut round = UptimeRound::new(self.uptimes.clone());
        while round.step(&self.case.history).unwrap() {}
        let source = DailyUptime(self.case.history.clone());
        let mut found = Vec::new();
        let take = |point: &crate::influx::DerivedPoint<'_>| {
            assert_eq!(point.measurement, Measurement::UtilisationDay);
            assert_eq!(
                (point.station, point.district, point.kind),
                (Some("a"), Some("江北区"), Some("rest"))
            );
            let field = |(name, value): &(&str, Value<'_>)| match value {
                Value::Float(number) if *number != 0.0 => Some(format!("{name}={number}")),
                _ => None,
            };
            let fields: Vec<String> = point.fields.iter().filter_map(field).collect();
            found.push(((point.ts - now()) / DAY_MS, fields.join(" ")));
        };
        let mut take = take;
        self.place = source.points_after(self.place, 100, &mut take).unwrap();
        found
    }
}

#[test]
fn each_day_that_is_over_has_its_availability_and_is_corrected() {
    let mut world = World::new();
    let (from, to) = (now() - 3 * DAY_MS + HOUR_MS, now() - 3 * DAY_MS + 3 * HOUR_MS);
    world.sql(&format!("INSERT INTO outage (station, starts_at, ends_at) VALUES ('a', {from}, {to})"));
    let up = "due_s=86400 availability=1 availability_station=1".to_owned();
    let down = "due_s=86400 down_s=7200 availability=0.916667 availability_station=0.916667".to_owned();
    let first = "due_s=64800 availability=1 availability_station=1".to_owned();
    let days = vec![(-5, first), (-4, up.clone()), (-3, down), (-2, up.clone()), (-1, up)];
    assert_eq!(world.round(), days);
    assert_eq!(world.round(), [], "nothing has changed");

    // Its outbox comes, and shows that the hut worked.
    world.sql(&format!("UPDATE outage SET worked = '[[{from},{to}]]'"));
    let link = "due_s=86400 link_down_s=7200 availability=0.916667 availability_station=1".to_owned();
    assert_eq!(world.round(), [(-3, link)]);

    // Somebody says afterwards that work was planned.
    let window = Maintenance {
        id: "1".into(),
        station: Some(id("a")),
        district: None,
        starts_at: from,
        ends_at: to,
        by: "li".into(),
        why: "换电池".into(),
    };
    world.uptimes.operations.add_maintenance(&window, Role::Operator.as_str(), now()).unwrap();
    let planned = "due_s=79200 planned_s=7200 availability=1 availability_station=1".to_owned();
    assert_eq!(world.round(), [(-3, planned)]);
}

#[test]
fn an_outage_that_lasts_counts_in_each_of_its_days() {
    let mut world = World::new();
    let from = now() - 2 * DAY_MS - 6 * HOUR_MS;
    world.sql(&format!("INSERT INTO outage (station, starts_at) VALUES ('a', {from})"));
    let shares: Vec<String> = world.round().into_iter().map(|(_, fields)| fields).collect();
    assert_eq!(shares[2], "due_s=86400 down_s=21600 availability=0.75 availability_station=0.75");
    assert_eq!(shares[3..], ["due_s=86400 down_s=86400", "due_s=86400 down_s=86400"].map(str::to_owned));
}
