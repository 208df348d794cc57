//! A simulated day must be a day that the hub accepts.

use super::*;
use proptest::prelude::*;
use std::collections::HashMap;
use waystation_protocol::{Body, Decoded, Kind, Limits, decode_channel};

/// 2026-07-15 00:00 in China.
const MIDNIGHT_MS: i64 = 1_784_044_800_000;
const STEPS_PER_DAY: i64 = 86_400_000 / STEP_MS;

fn day(seed: u64, index: u64) -> Vec<Reading> {
    let mut station = Station::new(seed, index, MIDNIGHT_MS);
    let mut readings = Vec::new();
    for step in 1..=STEPS_PER_DAY {
        let now = MIDNIGHT_MS + step * STEP_MS;
        let moment = Moment { simulated_ms: now, clock_ms: now };
        station.step(&moment, &GatewayFacts::default(), &mut readings);
    }
    readings
}

/// The counters of a reading, by name.
fn counters(body: &Body) -> Vec<(&'static str, i64)> {
    let mut found = Vec::new();
    body.visit(&mut |name, value| {
        if let waystation_protocol::Value::Count(count) = value
            && (name.ends_with("_total") || name.ends_with("_fen"))
        {
            found.push((name, count));
        }
    });
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_reading_of_a_day_is_accepted(seed: u64, index in 0_u64..100_000) {
        let mut decoded = Decoded::default();
        for reading in day(seed, index) {
            let mut json = Vec::new();
            reading.write_json(false, &mut json);
            decoded.clear();
            decode_channel(reading.body.kind(), &json, reading.ts, &Limits::default(), &mut decoded);
            prop_assert!(decoded.rejected.is_empty(), "{:?}: {}", decoded.rejected, String::from_utf8_lossy(&json));
            prop_assert_eq!(&decoded.accepted[0].reading, &reading);
        }
    }

    #[test]
    fn counters_never_fall_and_no_device_repeats_a_millisecond(seed: u64, index in 0_u64..100_000) {
        let mut totals = HashMap::new();
        let mut times = HashMap::new();
        for reading in day(seed, index) {
            for (name, count) in counters(&reading.body) {
                let before = totals.insert((reading.device.clone(), name), count).unwrap_or(0);
                prop_assert!(count >= before, "{name} fell from {before} to {count}");
            }
            let key = (reading.device.clone(), reading.body.kind());
            let before = times.insert(key, reading.ts).unwrap_or(0);
            prop_assert!(reading.ts > before, "{} repeats {}", reading.device, before);
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_day() {
    assert_eq!(day(7, 3), day(7, 3));
    assert_ne!(day(7, 3), day(8, 3));
}

/// A plain station sends 0.06 messages a second by the profile; door events at night and swaps come on top.
#[test]
fn a_plain_day_has_the_volume_of_the_profile() {
    let plain = (0..)
        .map(|index| day(1, index))
        .find(|readings| !readings.iter().any(|reading| reading.body.kind() == Kind::Cabinet));
    let per_second = plain.unwrap_or_default().len() as f64 / 86_400.0;
    assert!((0.05..0.09).contains(&per_second), "{per_second} messages a second");
}

#[test]
fn noon_is_busier_than_night_and_batteries_are_swapped() {
    let (mut noon, mut night, mut swaps) = (0, 0, 0);
    for reading in (0..40).flat_map(|index| day(1, index)) {
        let hour = (reading.ts - MIDNIGHT_MS) / 3_600_000;
        match reading.body {
            Body::Occupancy(body) if hour == 12 => noon += body.people.unwrap_or(0),
            Body::Occupancy(body) if hour == 3 => night += body.people.unwrap_or(0),
            Body::Swap(_) => swaps += 1,
            _ => {}
        }
    }
    assert!(noon > 4 * night.max(1), "{noon} at noon, {night} at night");
    assert!(swaps > 50, "{swaps} swaps");
}
