//! One script a rule.

use super::*;

/// Readings of one kind at these seconds, and the alerts that they raise; time goes on for a minute after the last.
fn check(kind: Kind, readings: &[(i64, &str)], expected: &[&str]) {
    let mut world = World::one();
    world.connect(0, "jb-001", "10.1.2.3");
    for (at, json) in readings {
        world.reading(*at, "jb-001", kind, json);
    }
    world.until(world.now + MINUTE);
    world.check(expected);
}

/// The same value every minute of `[from, to)`.
fn every_minute<'a>(from: i64, to: i64, json: &'a str) -> impl Iterator<Item = (i64, &'a str)> + 'a {
    (from..to).step_by(60).map(move |at| (at, json))
}

const OPEN: &str = r#"{"device":"front","event":"open","contact":"open"}"#;
const CLOSED: &str = r#"{"device":"front","event":"close","contact":"closed"}"#;
const UNLOCK: &str = r#"{"device":"front","event":"unlock","method":"qr"}"#;

#[test]
fn a_door_that_opens_without_an_unlock_is_forced_in_controlled_hours() {
    // Midnight on Monday is a controlled hour.
    check(
        Kind::Door,
        &[(60, CLOSED), (70, OPEN), (80, CLOSED), (1_000, CLOSED)],
        &["door_forced critical jb-001/front 70..970"],
    );
    check(Kind::Door, &[(60, CLOSED), (66, UNLOCK), (70, OPEN), (80, CLOSED)], &[]);
    check(
        Kind::Door,
        &[(60, CLOSED), (64, UNLOCK), (70, OPEN), (80, CLOSED)],
        &["door_forced critical jb-001/front 70.."],
    );
    check(Kind::Door, &[(9 * HOUR, CLOSED), (9 * HOUR + 10, OPEN), (9 * HOUR + 20, CLOSED)], &[]);
    let controlled = r#"{"device":"front","contact":"open","access":"controlled"}"#;
    check(
        Kind::Door,
        &[(9 * HOUR, CLOSED), (9 * HOUR + 10, controlled), (9 * HOUR + 20, CLOSED)],
        &["door_forced critical jb-001/front 32410.."],
    );
    check(
        Kind::Door,
        &[(9 * HOUR, r#"{"device":"front","event":"forced"}"#)],
        &["door_forced critical jb-001/front 32400.."],
    );
}

#[test]
fn a_door_that_stays_open_is_held_open_after_two_minutes() {
    check(Kind::Door, &[(60, UNLOCK), (61, OPEN), (180, CLOSED)], &[]);
    check(
        Kind::Door,
        &[(60, UNLOCK), (61, OPEN), (200, CLOSED)],
        &["door_held_open warning jb-001/front 181..200"],
    );
    check(
        Kind::Door,
        &[(60, UNLOCK), (61, r#"{"device":"front","event":"held_open","contact":"open"}"#)],
        &["door_held_open warning jb-001/front 61.."],
    );
    check(Kind::Door, &[(9 * HOUR, UNLOCK), (9 * HOUR + 1, OPEN), (9 * HOUR + 300, OPEN)], &[]);
}

#[test]
fn a_door_that_denies_too_many_is_told_until_it_no_longer_does() {
    let denied = r#"{"device":"front","event":"denied"}"#;
    let mut readings: Vec<(i64, &str)> = (0..8).map(|number| (60 + number, UNLOCK)).collect();
    readings.extend([(70, denied), (71, denied)]);
    check(Kind::Door, &readings, &[]);
    readings.extend([(72, denied), (2 * HOUR, CLOSED)]);
    check(Kind::Door, &readings, &["door_denied warning jb-001/front 72..3672"]);
}

#[test]
fn a_door_still_locked_after_opening_time() {
    let locked = r#"{"device":"front","contact":"closed","lock":"locked"}"#;
    let unlocked = r#"{"device":"front","contact":"closed","lock":"unlocked"}"#;
    let from_seven = |to: i64| (7 * HOUR..to).step_by(300).map(move |at| (at + 60, locked));
    let mut readings: Vec<(i64, &str)> = from_seven(8 * HOUR + 600).collect();
    readings.push((8 * HOUR + 700, unlocked));
    check(Kind::Door, &readings, &["door_locked critical jb-001/front 29100..29500"]);
    let mut readings: Vec<(i64, &str)> = from_seven(8 * HOUR).collect();
    readings.push((8 * HOUR + 200, unlocked));
    check(Kind::Door, &readings, &[]);
}

#[test]
fn a_lock_that_reports_changes_only_is_judged_by_the_clock() {
    let check = |json: &str, unlocked: Option<i64>, restart: Option<i64>, expected: &[&str]| {
        let mut world = World::one();
        world.connect(0, "jb-001", "10.1.2.3");
        world.reading(60, "jb-001", Kind::Door, json);
        restart.into_iter().for_each(|at| {
            world.until(at);
            world.restart(at);
            world.connect(at, "jb-001", "10.1.2.3");
        });
        let unlock = r#"{"device":"front","lock":"unlocked"}"#;
        unlocked.into_iter().for_each(|at| world.reading(at, "jb-001", Kind::Door, unlock));
        world.until(9 * HOUR);
        world.check(expected);
    };
    let locked = r#"{"device":"front","contact":"closed","lock":"locked"}"#;
    check(locked, None, None, &["door_locked critical jb-001/front 29100.."]);
    check(locked, None, Some(HOUR), &["door_locked critical jb-001/front 29100.."]);
    check(locked, Some(29_200), None, &["door_locked critical jb-001/front 29100..29200"]);
    check(locked, Some(29_000), None, &[]);
    check(r#"{"device":"front","lock":"locked","access":"controlled"}"#, None, None, &[]);
    check(r#"{"device":"front","contact":"closed"}"#, None, None, &[]);
}

#[test]
fn what_endangers_people_is_told_at_once() {
    for (member, rule) in
        [("smoke", "cabinet_smoke"), ("water", "cabinet_water"), ("extinguisher", "cabinet_extinguisher")]
    {
        let json = |alarm: bool| format!(r#"{{"device":"cab-1","{member}":{alarm}}}"#);
        let expected = format!("{rule} critical jb-001/cab-1 60..120");
        check(Kind::Cabinet, &[(60, &json(true)), (90, &json(true)), (120, &json(false))], &[&expected]);
    }
}

#[test]
fn cells_are_judged_by_heat_by_rise_and_by_charging_in_the_cold() {
    let slot = |celsius: f64, more: &str| {
        format!(r#"{{"device":"cab-1","slots":[{{"slot":3,"cell_temp_max_c":{celsius}{more}}}]}}"#)
    };
    let cell = |readings: &[(i64, String)], expected: &[&str]| {
        let readings: Vec<(i64, &str)> = readings.iter().map(|(at, json)| (*at, json.as_str())).collect();
        check(Kind::Cabinet, &readings, expected);
    };
    // Slowly: a warning, which becomes critical, and ends below the clear value.
    let slow = [(0, 46.0), (300, 50.0), (600, 55.0), (900, 60.0), (1_200, 46.0), (1_500, 45.0)];
    let readings: Vec<(i64, String)> = slow.iter().map(|(at, celsius)| (*at, slot(*celsius, ""))).collect();
    cell(&readings, &["cell_hot critical jb-001/cab-1 300..1500"]);
    cell(&readings[..3], &["cell_hot warning jb-001/cab-1 300.."]);
    let mut world = World::one();
    world.connect(0, "jb-001", "10.1.2.3");
    for (at, json) in &readings {
        world.reading(*at, "jb-001", Kind::Cabinet, json);
        world.until(at + 1);
        let Some(alert) = world.fleet.alerts().next() else { continue };
        // What it is now, as long as it gets worse.
        let shown = if alert.severity == crate::config::Severity::Critical { "60" } else { "50" };
        assert!(alert.title("zh").ends_with(&format!("{shown} °C")), "{}", alert.title("zh"));
        assert_eq!(alert.evidence.last().unwrap().value, shown);
    }
    let fast = [(0, 25.0), (60, 28.0), (70, 33.5), (130, 34.0), (190, 34.2)];
    let readings: Vec<(i64, String)> = fast.iter().map(|(at, celsius)| (*at, slot(*celsius, ""))).collect();
    cell(&readings, &["cell_rise critical jb-001/cab-1 70..190"]);
    let charging = r#","state":"charging""#;
    cell(
        &[(0, slot(-1.0, charging)), (60, slot(-1.0, r#","state":"locked""#))],
        &["cell_cold_charge critical jb-001/cab-1 0..60"],
    );
}

#[test]
fn a_class_without_a_ready_battery_is_told_after_ten_minutes() {
    let stock = |state: &str| {
        format!(
            r#"{{"device":"cab-1","snapshot":true,"slots":[{{"slot":1,"state":"{state}","class":"48V"}},{{"slot":2,"state":"ready","class":"60V"}}]}}"#
        )
    };
    let (none, some) = (stock("charging"), stock("ready"));
    let idle = r#"{"device":"cab-1","status":"idle"}"#;
    let mut readings = vec![(0, some.as_str()), (60, none.as_str())];
    readings.extend(every_minute(120, 900, idle));
    readings.push((900, &some));
    check(Kind::Cabinet, &readings, &["no_ready_battery warning jb-001/cab-1 660..900"]);
    let mut readings = vec![(60, none.as_str())];
    readings.extend(every_minute(120, 600, idle));
    readings.push((600, &some));
    check(Kind::Cabinet, &readings, &[]);
}

#[test]
fn swaps_that_fail_are_told_but_not_those_that_are_denied() {
    let swap = |result: &str| format!(r#"{{"device":"cab-1","swap":"s-1","result":"{result}"}}"#);
    let (ok, timeout, denied) = (swap("ok"), swap("timeout"), swap("no_ready"));
    let swaps = |failed: usize, denials: usize| -> Vec<(i64, String)> {
        let results = (0..30).map(|number| match number {
            _ if number < failed => &timeout,
            _ if number < failed + denials => &denied,
            _ => &ok,
        });
        results.cloned().zip(60..).map(|(json, at)| (at, json)).collect()
    };
    for (failed, denials, expected) in [
        (1, 0, &[][..]),
        (2, 0, &["swaps_failed warning jb-001/cab-1 79.."][..]),
        (0, 25, &[]),
        // Of twenty attempts that were not turned away; of nineteen.
        (2, 10, &["swaps_failed warning jb-001/cab-1 89.."]),
        (2, 11, &[]),
    ] {
        let readings = swaps(failed, denials);
        let readings: Vec<(i64, &str)> = readings.iter().map(|(at, json)| (*at, json.as_str())).collect();
        check(Kind::Swap, &readings, expected);
    }
}

#[test]
fn a_room_is_crowded_after_ten_minutes_above_its_capacity() {
    let people = |people: u32| format!(r#"{{"device":"hall","people":{people},"capacity":10}}"#);
    let (crowd, few) = (people(11), people(9));
    let mut readings: Vec<(i64, &str)> = every_minute(0, 660, &crowd).collect();
    readings.push((700, &few));
    check(Kind::Occupancy, &readings, &["crowded warning jb-001/hall 600..700"]);
    readings.insert(5, (245, &few));
    check(Kind::Occupancy, &readings, &[]);
}

#[test]
fn air_is_judged_by_its_means() {
    let co2 = |ppm: u32| format!(r#"{{"device":"env-1","co2_ppm":{ppm}}}"#);
    let (bad, good) = (co2(1_200), co2(500));
    // An hour's mean needs three quarters of an hour.
    let mut readings: Vec<(i64, &str)> = every_minute(0, 2_700, &bad).collect();
    check(Kind::Environment, &readings, &[]);
    readings.extend(every_minute(2_700, 3_600, &bad));
    readings.extend(every_minute(3_600, 3 * HOUR, &good));
    check(Kind::Environment, &readings, &["co2_high warning jb-001/env-1 2700..5100"]);
    let peak = co2(2_100);
    let readings: Vec<(i64, &str)> = every_minute(0, 960, &peak).collect();
    check(Kind::Environment, &readings, &["co2_peak warning jb-001/env-1 900.."]);
}

#[test]
fn a_room_may_be_cold_while_it_is_closed() {
    let cold = r#"{"device":"env-1","temperature_c":8.5}"#;
    let readings: Vec<(i64, &str)> = every_minute(0, HOUR, cold).collect();
    check(Kind::Environment, &readings, &[]);
    let readings: Vec<(i64, &str)> = every_minute(19 * HOUR, 20 * HOUR + 300, cold).collect();
    check(Kind::Environment, &readings, &["room_temperature warning jb-001/env-1 69000..72000"]);
}

#[test]
fn gateways_tell_of_their_clock_and_their_outbox() {
    let gateway = |member: &str, value: i64| format!(r#"{{"device":"gw","{member}":{value}}}"#);
    let gateway_check = |member: &str, values: &[(i64, i64)], expected: &[&str]| {
        let readings: Vec<(i64, String)> =
            values.iter().map(|(at, value)| (*at, gateway(member, *value))).collect();
        let readings: Vec<(i64, &str)> = readings.iter().map(|(at, json)| (*at, json.as_str())).collect();
        check(Kind::Gateway, &readings, expected);
    };
    gateway_check(
        "clock_offset_ms",
        &[(0, 5_500), (60, -5_500), (120, 6_000), (180, 1_000)],
        &["clock_off warning jb-001/gw 120..180"],
    );
    let growing: Vec<(i64, i64)> = (0..12).map(|minute| (minute * 60, 100 + minute)).collect();
    gateway_check("outbox_records", &growing, &["outbox_growing warning jb-001/gw 660.."]);
    let horizon = [(0, 3 * HOUR), (300, 3 * HOUR), (360, 5 * HOUR), (420, 7 * HOUR)];
    gateway_check("outbox_horizon_s", &horizon, &["outbox_horizon warning jb-001/gw 300..420"]);
    gateway_check(
        "lost_total",
        &[(0, 7), (60, 7), (120, 9), (3_800, 9)],
        &["records_lost warning jb-001 120..3720"],
    );
}

#[test]
fn a_source_that_stays_silent_is_told() {
    let source = |state: &str| {
        format!(
            r#"{{"device":"meter","source":"modbus","source_state":"{state}","source_readings_total":7}}"#
        )
    };
    let (ok, waiting, failing) = (source("ok"), source("waiting"), source("failing"));
    let failing = |from: i64, to: i64| every_minute(from, to, &failing);
    let mut readings: Vec<(i64, &str)> = failing(0, 601).collect();
    readings.extend([(660, waiting.as_str()), (720, &ok)]);
    check(Kind::Gateway, &readings, &["source_failing info jb-001/meter 600..720"]);
    let mut readings: Vec<(i64, &str)> = failing(0, 540).collect();
    readings.push((550, &ok));
    readings.extend(failing(560, 1_100));
    check(Kind::Gateway, &readings, &[]);
}

#[test]
fn a_source_is_not_taken_for_the_gateway() {
    // Under the gateway's own name even: what it says of a source leaves the gateway's counts as they were.
    let gateway = r#"{"device":"gw","lost_total":7,"outbox_records":200}"#;
    let source = r#"{"device":"gw","source":"http","source_state":"ok","source_readings_total":9}"#;
    let lost = r#"{"device":"gw","lost_total":8,"outbox_records":150}"#;
    let readings = [(0, gateway), (1, source), (60, lost)];
    check(Kind::Gateway, &readings, &["records_lost warning jb-001 60.."]);
}

#[test]
fn late_data_raises_nothing_and_ends_nothing() {
    let smoke = |alarm: bool| format!(r#"{{"device":"cab-1","smoke":{alarm}}}"#);
    let mut world = World::one();
    world.connect(0, "jb-001", "10.1.2.3");
    world.late_reading(HOUR, HOUR - 200, "jb-001", Kind::Cabinet, &smoke(true));
    world.check(&[]);
    world.late_reading(HOUR + 1, HOUR - 100, "jb-001", Kind::Cabinet, &smoke(true));
    // Not older than its receipt allows, but older than what was known already.
    world.late_reading(HOUR + 2, HOUR - 110, "jb-001", Kind::Cabinet, &smoke(false));
    world.until(HOUR + 10);
    world.check(&["cabinet_smoke critical jb-001/cab-1 3601.."]);
}

#[test]
fn a_door_of_which_nothing_is_known_is_not_forced() {
    // The first that is heard of it, and the first after a time that nobody saw.
    let open = r#"{"device":"front","contact":"open","access":"controlled"}"#;
    check(Kind::Door, &[(60, open), (90, CLOSED)], &[]);
    check(Kind::Door, &[(60, CLOSED), (2_000, open), (2_060, CLOSED)], &[]);
}

#[test]
fn a_battery_that_is_taken_out_takes_its_alerts_with_it() {
    let slot = |json: &str| format!(r#"{{"device":"cab-1","slots":[{{"slot":6,{json}}}]}}"#);
    let (cool, empty) = (slot(r#""state":"ready","cell_temp_max_c":25"#), slot(r#""state":"empty""#));
    let (ridden, hot) = (slot(r#""state":"charging","cell_temp_max_c":42"#), slot(r#""cell_temp_max_c":51"#));
    check(Kind::Cabinet, &[(0, &cool), (60, &empty), (120, &ridden)], &[]);
    check(Kind::Cabinet, &[(0, &hot), (60, &empty)], &["cell_hot warning jb-001/cab-1 0..60"]);
}

#[test]
fn a_slow_clock_is_told_and_silences_no_alarm() {
    let mut world = World::one();
    world.connect(0, "jb-001", "10.1.2.3");
    let minutes = |world: &mut World, from: i64, to: i64, behind: i64, json: &str| {
        for at in (from..to).step_by(60) {
            world.late_reading(at, at - behind, "jb-001", Kind::Cabinet, json);
        }
    };
    minutes(&mut world, 60, 1_800, 200, r#"{"device":"cab-1","smoke":false}"#);
    world.late_reading(1_800, 1_600, "jb-001", Kind::Cabinet, r#"{"device":"cab-1","smoke":true}"#);
    let found: Vec<&str> = world.fleet.alerts().map(|alert| alert.rule.as_str()).collect();
    assert_eq!(found.len(), 2, "{found:?}");
    // An outbox that is replayed catches up: its clock is well, and what it brings is late.
    let mut world = World::one();
    world.connect(0, "jb-001", "10.1.2.3");
    for (at, behind) in (60..1_800).step_by(60).zip((300..9_000).rev().step_by(200)) {
        world.late_reading(at, at - behind, "jb-001", Kind::Cabinet, r#"{"device":"cab-1","smoke":true}"#);
    }
    world.until(2_000);
    world.check(&[]);
}

#[test]
fn a_door_that_waits_is_not_judged_while_the_hub_is_away() {
    let mut world = World::one();
    world.connect(0, "jb-001", "10.1.2.3");
    world.reading(60, "jb-001", Kind::Door, UNLOCK);
    world.reading(61, "jb-001", Kind::Door, OPEN);
    world.until(100);
    world.restart(200);
    world.until(210);
    world.connect(210, "jb-001", "10.1.2.3");
    world.reading(230, "jb-001", Kind::Door, CLOSED);
    world.until(1_000);
    world.check(&[]);
}

#[test]
fn rules_can_be_switched_off_and_changed() {
    let mut config = Config::default();
    config.alerts.rules.of_mut(crate::config::Rule::CabinetSmoke).enabled = false;
    config.alerts.rules.of_mut(crate::config::Rule::CabinetTemperature).set = Some(40.0);
    let mut world = World::new(&config, &[station("jb-001", "jiangbei", "g-1")]);
    world.reading(60, "jb-001", Kind::Cabinet, r#"{"device":"cab-1","smoke":true,"temperature_c":41}"#);
    world.until(70);
    world.check(&["cabinet_temperature warning jb-001/cab-1 60.."]);
}
