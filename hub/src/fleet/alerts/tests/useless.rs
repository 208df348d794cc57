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
