//! Devices that report that they are well and do nothing.

use super::*;

/// Four weeks of a door that people use from nine to five, then one on which nobody does.
#[test]
fn a_door_without_events_in_hours_that_are_busy_every_week() {
    let mut world = World::one();
    world.step = 5;
    world.connect(0, "jb-001", "10.1.2.3");
    let used = |at: i64| (9 * HOUR..17 * HOUR).contains(&(at % DAY));
    let idle_from = 28 * DAY;
    for at in (0..idle_from + DAY).step_by(600) {
        let json = if used(at) && at < idle_from {
            r#"{"device":"front","event":"unlock","access":"open","contact":"closed"}"#
        } else {
            r#"{"device":"front","access":"open","contact":"closed"}"#
        };
        world.reading(at, "jb-001", Kind::Door, json);
    }
    // Nine, ten and eleven passed without one.
    let expected = format!("idle_door info jb-001/front {}..", idle_from + 12 * HOUR);
    world.check(&[&expected]);
}

#[test]
fn a_quiet_station_is_no_broken_one() {
    let mut world = World::one();
    world.step = 5;
    for at in (0..29 * DAY).step_by(1_800) {
        // Busy on most days, but not on every one.
        let busy = at / DAY % 3 != 0 && (9 * HOUR..17 * HOUR).contains(&(at % DAY));
        let people = if busy { at / 1_800 % 5 } else { 0 };
        let json = format!(r#"{{"device":"hall","people":{people},"capacity":10}}"#);
        world.reading(at, "jb-001", Kind::Occupancy, &json);
    }
    let rules: Vec<_> = world.alerts.values().map(|alert| alert.rule.as_str()).collect();
    assert!(!rules.contains(&"stuck_counter"), "{rules:?}");
}

#[test]
fn a_sensor_that_reports_one_value_for_a_day() {
    let mut world = World::one();
    world.step = 5;
    world.connect(0, "jb-001", "10.1.2.3");
    let stuck_from = 22 * DAY;
    for at in (0..stuck_from + 2 * DAY).step_by(600) {
        // The noise always stood still for half a day; temperature never did.
        let temperature = if at < stuck_from { 20.0 + (at / 600 % 7) as f64 / 10.0 } else { 21.5 };
        let noise = 30 + at / (DAY / 2) % 2;
        let json = format!(r#"{{"device":"env-1","temperature_c":{temperature},"noise_dba":{noise}}}"#);
        world.reading(at, "jb-001", Kind::Environment, &json);
    }
    let expected = format!("stuck_sensor info jb-001/env-1 {}..", stuck_from + DAY);
    world.check(&[&expected]);
}

/// An environment sensor every ten minutes: values that change until `stuck_from`, then two that stand still, and one
/// that is told now and then.
struct Sensor {
    world: World,
    stuck_from: i64,
}

impl Sensor {
    fn new(stuck_from: i64) -> Self {
        let mut world = World::one();
        world.step = 30;
        world.connect(0, "jb-001", "10.1.2.3");
        Self { world, stuck_from }
    }

    fn reports(&mut self, from: i64, to: i64) -> &mut Self {
        for at in (from..to).step_by(600) {
            let moves = (at / 600 % 7) as f64 / 10.0;
            let stuck = if at < self.stuck_from { moves } else { 0.5 };
            let json =
                format!(r#"{{"device":"env-1","temperature_c":{},"tvoc_mgm3":{stuck}}}"#, 20.0 + stuck);
            self.world.reading(at, "jb-001", Kind::Environment, &json);
            let json = format!(r#"{{"device":"env-1","noise_dba":{}}}"#, 40.0 + moves);
            self.world.reading(at + 60, "jb-001", Kind::Environment, &json);
        }
        self
    }

    #[track_caller]
    fn check(&self, expected: &[(i64, &str)]) {
        let lines: Vec<String> = expected
            .iter()
            .map(|(from, end)| format!("stuck_sensor info jb-001/env-1 {from}..{end}"))
            .collect();
        self.world.check(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn a_sensor_that_hangs_is_one_alert_that_lists_what_hangs() {
    let stuck_from = 22 * DAY;
    let mut sensor = Sensor::new(stuck_from);
    sensor.reports(0, stuck_from + 2 * DAY).check(&[(stuck_from + DAY, "")]);
    let alert = sensor.world.alerts.values().next().unwrap();
    let title = "Sensor env-1 of jb-001 has not changed for 24 hours: temperature_c 20.5, tvoc_mgm3 0.5";
    assert_eq!(alert.title("en"), title);
    let shown: Vec<&str> = alert.evidence.iter().map(|evidence| evidence.member.as_str()).collect();
    assert_eq!(shown, ["temperature_c", "tvoc_mgm3"]);
}

#[test]
fn time_in_which_a_sensor_was_not_heard_is_no_stillness() {
    let stuck_from = 22 * DAY;
    let mut sensor = Sensor::new(stuck_from);
    // Twenty hours before the gap, twenty after it.
    sensor.reports(0, stuck_from + 20 * HOUR).reports(stuck_from + 30 * HOUR, stuck_from + 50 * HOUR);
    sensor.check(&[]);
    // It is heard for a day: and a gap afterwards does not end the alert.
    let (fires, back) = (stuck_from + 54 * HOUR, stuck_from + 60 * HOUR);
    sensor.reports(stuck_from + 50 * HOUR, stuck_from + 55 * HOUR).reports(back, back + HOUR);
    sensor.check(&[(fires, "")]);
    sensor.stuck_from = i64::MAX;
    sensor.reports(back + HOUR, back + 3 * HOUR).check(&[(fires, &(back + HOUR).to_string())]);
}

#[test]
fn an_hour_in_which_a_door_was_not_heard_is_no_idle_hour() {
    let mut world = World::one();
    world.step = 30;
    world.connect(0, "jb-001", "10.1.2.3");
    let idle_from = 28 * DAY;
    for at in (0..idle_from + DAY).step_by(600) {
        let used = (9 * HOUR..17 * HOUR).contains(&(at % DAY)) && at < idle_from;
        let event = if used { r#""event":"unlock","# } else { "" };
        // On the last day twenty minutes of every second hour are silent.
        if at >= idle_from && at % (2 * HOUR) == 1_800 {
            continue;
        }
        let json = format!(r#"{{"device":"front",{event}"access":"open","contact":"closed"}}"#);
        world.reading(at, "jb-001", Kind::Door, &json);
    }
    world.check(&[]);
}
