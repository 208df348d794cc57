//! What an alert that judges a share or a count shows.

use super::*;

fn check(world: &World, rule: &str, expected: &[(i64, &str)]) {
    let mut alerts = world.fleet.alerts();
    let alert = alerts.find(|alert| alert.rule.as_str() == rule).unwrap();
    let seconds = |ts: i64| (ts - START) / 1_000;
    let found: Vec<(i64, &str)> =
        alert.evidence.iter().map(|one| (seconds(one.ts), one.value.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_share_is_shown_by_the_last_readings_that_went_wrong() {
    let mut world = World::one();
    world.connect(0, "jb-001", "10.1.2.3");
    let door = |event: &str| format!(r#"{{"device":"front","event":"{event}"}}"#);
    for at in 60..68 {
        world.reading(at, "jb-001", Kind::Door, &door("unlock"));
    }
    for at in [70, 71, 72] {
        world.reading(at, "jb-001", Kind::Door, &door("denied"));
    }
    world.restart(73);
    check(&world, "door_denied", &[(70, "denied"), (71, "denied"), (72, "denied")]);

    let swap = |result: &str| format!(r#"{{"device":"cab-1","swap":"s-1","result":"{result}"}}"#);
    for at in 0..20 {
        let result = match at {
            0..15 => "ok",
            15 | 16 => "door_open",
            _ => "timeout",
        };
        world.reading(100 + at, "jb-001", Kind::Swap, &swap(result));
    }
    check(
        &world,
        "swaps_failed",
        &[(116, "door_open"), (117, "timeout"), (118, "timeout"), (119, "timeout")],
    );
}

#[test]
fn a_station_that_flaps_is_shown_by_its_last_sessions() {
    let mut world = World::one();
    let mut expected = Vec::new();
    for at in (60..=420).step_by(60) {
        world.connect(at, "jb-001", "10.1.2.3");
        world.disconnect(at + 5, "jb-001");
        expected.push((at, (START + at * 1_000).to_string()));
    }
    world.until(430);
    let fired = world.fleet.alerts().next().unwrap().starts_at;
    let last = expected.iter().rposition(|(at, _)| START + at * 1_000 <= fired).unwrap();
    let expected: Vec<(i64, &str)> =
        expected[last - 3..=last].iter().map(|(at, value)| (*at, value.as_str())).collect();
    check(&world, "flapping", &expected);
}
