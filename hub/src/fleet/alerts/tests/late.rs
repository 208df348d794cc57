//! Readings that come late: because an outbox is replayed, or because a clock is slow.

use super::*;

const WELL: &str = r#"{"device":"cab-1","smoke":false,"slots":[{"slot":1,"cell_temp_max_c":25}]}"#;
const SMOKE: &str = r#"{"device":"cab-1","smoke":true}"#;

/// Readings of a cabinet or a door, by their device: when they come, how much earlier they were measured, and what
/// they say; and the alerts that they raise within a minute.
fn check(readings: &[(i64, i64, &str)], expected: &[&str]) {
    let mut world = World::one();
    world.connect(0, "jb-001", "10.1.2.3");
    play(&mut world, readings);
    world.until(world.now + MINUTE);
    world.check(expected);
}

fn play(world: &mut World, readings: &[(i64, i64, &str)]) {
    for (at, behind, json) in readings {
        let kind = if json.contains("front") { Kind::Door } else { Kind::Cabinet };
        world.late_reading(*at, at - behind, "jb-001", kind, json);
    }
}

#[test]
fn a_slow_clock_keeps_no_alarm_back_for_longer_than_two_reports() {
    for behind in [151, 180, 3_600, 6 * HOUR - 1] {
        check(
            &[(60, behind, SMOKE), (120, behind, SMOKE), (180, behind + 1, SMOKE), (240, behind, WELL)],
            &["cabinet_smoke critical jb-001/cab-1 120..240"],
        );
    }
    // One whose link or clock is a little late at times.
    check(
        &[(60, 200, WELL), (120, 208, WELL), (180, 199, SMOKE)],
        &["cabinet_smoke critical jb-001/cab-1 180.."],
    );
    let hot = r#"{"device":"cab-1","temperature_c":70,"slots":[{"slot":1,"cell_temp_max_c":61}]}"#;
    check(
        &[(60, 180, WELL), (120, 180, WELL), (180, 180, hot)],
        &[
            "cabinet_temperature warning jb-001/cab-1 180..",
            "cell_hot critical jb-001/cab-1 180..",
            "cell_rise critical jb-001/cab-1 180..",
        ],
    );
    // A device whose clock is slow, beside one whose clock is well.
    let well = r#"{"device":"cab-2","smoke":false}"#;
    check(
        &[(60, 200, WELL), (90, 0, well), (120, 200, SMOKE), (150, 0, well), (180, 200, SMOKE)],
        &["cabinet_smoke critical jb-001/cab-1 120.."],
    );
    let (closed, open) =
        (r#"{"device":"front","contact":"closed"}"#, r#"{"device":"front","event":"open","contact":"open"}"#);
    check(
        &[(10, 180, WELL), (70, 180, closed), (100, 180, open)],
        &["door_forced critical jb-001/front 100.."],
    );
}

#[test]
fn a_clock_that_is_set_back_and_mended_keeps_no_alarm_back() {
    check(
        &[(60, 0, WELL), (120, 3_600, WELL), (180, 3_600, SMOKE), (240, 0, SMOKE), (300, 0, WELL)],
        &["cabinet_smoke critical jb-001/cab-1 180..300"],
    );
}

#[test]
fn a_gateway_that_corrects_its_readings_is_believed() {
    let mut world = World::one();
    world.connect(0, "jb-001", "10.1.2.3");
    let hour_ms = -HOUR * 1_000;
    let gateway = format!(r#"{{"device":"gateway","clock_offset_ms":{hour_ms}}}"#);
    world.reading(10, "jb-001", Kind::Gateway, &gateway);
    // From an outbox, an hour old: not from now by a clock that is an hour slow.
    world.late_reading(20, 20 - HOUR, "jb-001", Kind::Cabinet, SMOKE);
    world.until(world.now + MINUTE);
    world.check(&[]);
}

#[test]
fn what_can_wait_is_judged_when_it_is_certain_that_the_clock_is_slow() {
    let sold_out = r#"{"device":"cab-1","snapshot":true,
        "slots":[{"slot":1,"state":"charging","class":"48V"}]}"#;
    let readings: Vec<_> = (1..=40).map(|minute| (minute * 60, 180, sold_out)).collect();
    check(&readings[..10], &[]);
    check(&readings, &["no_ready_battery warning jb-001/cab-1 1260..", "clock_off warning jb-001 1260.."]);
}

#[test]
fn an_outbox_that_is_replayed_raises_nothing_whatever_its_last_word() {
    // Message by message, or as fast as a poor link lets it; with an alarm that ended, and with one that did not.
    for (every, catches_up) in [(0, 60), (1, 61), (10, 300), (60, 30), (60, 4), (45, 60)] {
        for last in [WELL, SMOKE] {
            let mut behind = HOUR;
            let mut readings = Vec::new();
            while behind > 200 {
                let at = 60 + every * i64::try_from(readings.len()).unwrap();
                let says = if readings.len() < 20 { SMOKE } else { last };
                readings.push((at, behind, says));
                behind -= catches_up;
            }
            check(&readings, &[]);
        }
    }
    check(&[(60, 7 * HOUR, SMOKE), (120, 7 * HOUR, SMOKE)], &[]);
}

#[test]
fn one_batch_that_holds_an_hour_raises_nothing() {
    let mut world = World::one();
    world.connect(0, "jb-001", "10.1.2.3");
    for (at, newest) in [(60, HOUR), (120, HOUR / 2), (180, 10 * MINUTE)] {
        let readings = (0..30).rev().map(|minute| {
            let ts = START + (at - newest - minute * 60) * 1_000;
            parse(Kind::Cabinet, &SMOKE.replacen('{', &format!("{{\"ts\":{ts},"), 1), START + at * 1_000)
        });
        world.entry(at, "jb-001", What::Readings(readings.collect()));
    }
    world.until(400);
    world.check(&[]);
    // The replay is over: what the cabinet says now counts.
    world.reading(420, "jb-001", Kind::Cabinet, SMOKE);
    world.until(430);
    world.check(&["cabinet_smoke critical jb-001/cab-1 420.."]);
}

#[test]
fn a_slow_clock_is_known_again_after_an_outage() {
    let mut world = World::one();
    world.connect(0, "jb-001", "10.1.2.3");
    play(&mut world, &[(60, 200, WELL), (120, 200, WELL), (180, 200, WELL)]);
    world.disconnect(200, "jb-001");
    world.connect(HOUR, "jb-001", "10.1.2.3");
    // What waited, then what is.
    play(&mut world, &[(HOUR, 3_500, SMOKE), (HOUR, 1_800, SMOKE), (HOUR + 1, 260, WELL)]);
    play(&mut world, &[(HOUR + 20, 200, WELL), (HOUR + 80, 200, SMOKE)]);
    world.until(HOUR + 100);
    let smoke: Vec<&Alert> =
        world.alerts.values().filter(|alert| alert.rule == crate::config::Rule::CabinetSmoke).collect();
    assert_eq!(smoke.len(), 1);
    assert_eq!(smoke[0].starts_at, START + (HOUR + 80) * 1_000);
}
