use super::*;
use crate::calendar::{Calendar, HOUR_MS, Hours, Zone};
use waystation_protocol::*;

/// 2026-03-02 10:00 in Shanghai, a Monday.
const TEN: i64 = 1_772_380_800_000 + 10 * HOUR_MS;
const MINUTE: i64 = 60_000;
const WINDOW: Window = Window { start_ms: TEN, end_ms: TEN + HOUR_MS };

fn facts() -> Facts {
    let calendar = Calendar::new(Zone::parse("Asia/Shanghai").unwrap(), Hours::parse("08:00-18:00").unwrap());
    Facts { calendar, capacity: Some(10) }
}

fn reading(minute: i64, device: &str, body: impl Into<Body>) -> Reading {
    Reading { ts: TEN + minute * MINUTE, device: device.try_into().unwrap(), body: body.into() }
}

fn zone(minute: i64, device: &str, people: i64, entries: i64) -> Reading {
    let body = Occupancy {
        people: Some(people),
        capacity: Some(10),
        entries_total: Some(entries),
        ..Occupancy::default()
    };
    reading(minute, device, body)
}

fn counted(minute: i64, entries: i64, exits: i64) -> Reading {
    let body = Occupancy { entries_total: Some(entries), exits_total: Some(exits), ..Occupancy::default() };
    reading(minute, "gate", body)
}

fn slot(number: i64, state: SlotState, class: Option<VoltageClass>) -> Slot {
    Slot { slot: Some(number), state: Some(state), class, ..Slot::default() }
}

fn cabinet(minute: i64, snapshot: bool, slots: Vec<Slot>) -> Reading {
    let slots = (!slots.is_empty()).then_some(slots);
    reading(minute, "cabinet-1", Cabinet { slots, snapshot: Some(snapshot), ..Cabinet::default() })
}

/// The parts of the window, in minutes where they are times.
fn check(mut samples: Vec<Reading>, expected: &[(Part, i64)]) {
    samples.sort_by_key(|sample| sample.ts);
    let parts = compute(WINDOW, &samples, &facts());
    for (part, expected) in expected {
        let counts = matches!(
            part,
            Part::Entries
                | Part::Exits
                | Part::NightEntries
                | Part::CounterResets
                | Part::Clamped
                | Part::PeakPpm
                | Part::CounterSamples
                | Part::Granted
                | Part::Denied
                | Part::GrantedUnstaffed
                | Part::DeniedUnstaffed
                | Part::SwapOk
                | Part::SwapNoReady
        );
        let unit = if counts { 1 } else { MINUTE };
        assert_eq!(parts.get(*part), expected * unit, "{part:?}");
    }
}

/// A sample a minute from `from` to `to`.
fn every_minute(from: i64, to: i64, make: impl Fn(i64) -> Reading) -> Vec<Reading> {
    (from..to).map(make).collect()
}

#[test]
fn people_are_integrated_over_observed_time() {
    let half_full = every_minute(0, 60, |minute| zone(minute, "room", 5, 100));
    check(
        half_full,
        &[
            (Part::Observed, 60),
            (Part::People, 300),
            (Part::Seated, 300),
            (Part::Capacity, 600),
            (Part::Crowded, 0),
            (Part::PeakPpm, 500_000),
        ],
    );
    let crowded = every_minute(0, 60, |minute| zone(minute, "room", 15, 100));
    check(
        crowded,
        &[(Part::People, 900), (Part::Seated, 600), (Part::Crowded, 60), (Part::PeakPpm, 1_500_000)],
    );
    check(vec![], &[(Part::Observed, 0), (Part::Heard, 0)]);
}

#[test]
fn observed_time_ends_six_minutes_after_the_last_sample() {
    check(vec![zone(-2, "room", 1, 0)], &[(Part::Observed, 4), (Part::People, 4)]);
    check(
        vec![zone(0, "room", 1, 0), zone(30, "room", 2, 0)],
        &[(Part::Observed, 12), (Part::People, 18), (Part::Heard, 12)],
    );
    check(vec![zone(58, "room", 1, 0)], &[(Part::Observed, 2)]);
    // Four minutes of a quarter are no peak.
    check(vec![zone(-2, "room", 9, 0)], &[(Part::PeakPpm, 0)]);
}

#[test]
fn zones_are_summed_and_all_of_them_are_needed() {
    let mut both = every_minute(0, 60, |minute| zone(minute, "upstairs", 2, 0));
    both.extend(every_minute(0, 30, |minute| zone(minute, "downstairs", 12, 0)));
    // Downstairs is valid for five minutes more than its last sample at 29.
    check(
        both,
        &[(Part::Observed, 35), (Part::People, 35 * 14), (Part::Seated, 35 * 12), (Part::Capacity, 35 * 20)],
    );
}

#[test]
fn a_zone_without_places_takes_the_registrys() {
    let body = |minute| reading(minute, "room", Occupancy { people: Some(4), ..Occupancy::default() });
    check(
        every_minute(0, 60, body),
        &[(Part::Capacity, 600), (Part::Seated, 240), (Part::CounterSamples, 0)],
    );
}

#[test]
fn visits_are_increases_and_resets_are_not_negative() {
    check(
        vec![zone(-30, "room", 1, 100), zone(10, "room", 1, 104), zone(20, "room", 1, 110)],
        &[(Part::Entries, 10), (Part::NightEntries, 0)],
    );
    check(
        vec![zone(10, "room", 1, 104), zone(20, "room", 1, 3)],
        &[(Part::Entries, 3), (Part::CounterResets, 1)],
    );
    check(vec![zone(10, "room", 1, 104)], &[(Part::Entries, 0), (Part::CounterSamples, 1)]);
    // The counter before an outage of hours is still compared with.
    check(vec![zone(-20 * 60, "room", 1, 100), zone(10, "room", 1, 130)], &[(Part::Entries, 30)]);
    check(vec![zone(-25 * 60, "room", 1, 100), zone(10, "room", 1, 130)], &[(Part::Entries, 0)]);
}

#[test]
fn a_count_that_drifts_is_anchored_where_the_room_was_emptiest() {
    // Two who left were never counted in: the balance falls to −2, which is nobody.
    let samples =
        vec![counted(-60, 100, 100), counted(-55, 101, 103), counted(0, 105, 103), counted(5, 105, 104)];
    check(
        samples,
        &[(Part::People, 4 * 5 + 3 * 6), (Part::Clamped, 0), (Part::Entries, 4), (Part::Exits, 1)],
    );
    check(vec![counted(0, 100, 100), counted(5, 100, 103)], &[(Part::People, 0), (Part::Clamped, 3)]);
}

#[test]
fn batteries_are_followed_from_snapshot_to_change() {
    use SlotState::{Charging, Disabled, Empty, Ready};
    let v48 = Some(VoltageClass::V48);
    let mut samples = vec![cabinet(
        -10,
        true,
        vec![slot(1, Ready, v48), slot(2, Charging, v48), slot(3, Empty, None), slot(4, Disabled, None)],
    )];
    samples.extend(every_minute(-5, 60, |minute| match minute {
        30 => cabinet(minute, false, vec![slot(1, Empty, None)]),
        _ => cabinet(minute, false, vec![]),
    }));
    check(
        samples,
        &[
            (Part::CabinetObserved, 60),
            (Part::Slots, 180),
            (Part::Available48, 30),
            (Part::Ready48, 30),
            (Part::Installed48, 90),
            (Part::Installed60, 0),
        ],
    );
}

#[test]
fn events_are_counted_where_they_happen() {
    let door = |minute, event, method| {
        reading(minute, "front", Door { event: Some(event), method: Some(method), ..Door::default() })
    };
    let swap =
        |minute, result| reading(minute, "cabinet-1", Swap { result: Some(result), ..Swap::default() });
    check(
        vec![
            door(1, DoorEvent::Unlock, UnlockMethod::Qr),
            door(2, DoorEvent::Unlock, UnlockMethod::ExitButton),
            door(3, DoorEvent::Denied, UnlockMethod::Qr),
            door(61, DoorEvent::Denied, UnlockMethod::Qr),
            swap(4, SwapResult::Ok),
            swap(5, SwapResult::NoReady),
        ],
        &[
            (Part::Granted, 1),
            (Part::Denied, 1),
            (Part::DeniedUnstaffed, 0),
            (Part::SwapOk, 1),
            (Part::SwapNoReady, 1),
        ],
    );
}

#[test]
fn figures_say_what_they_rest_on() {
    let parts =
        compute(WINDOW, &every_minute(0, 60, |minute| zone(minute, "room", 5, 100 + minute)), &facts());
    let mut measures = Measures::default();
    measures.note(&parts);
    let of = |total_ms: i64, open_ms: i64| {
        let uptime = Uptime { total_ms, down_ms: total_ms / 10, ..Uptime::default() };
        let mut basis = Basis::due(measures, total_ms, open_ms, uptime);
        basis.observed(parts);
        Figures::of(&basis)
    };
    let whole = of(HOUR_MS, HOUR_MS);
    assert_eq!(whole.seat_utilisation, Figure { value: Some(0.5), data_coverage: 1.0, reason: None });
    assert_eq!(whole.visits.value, Some(59.0));
    assert_eq!(whole.availability.value, Some(0.9));
    assert_eq!(whole.night_share.value, Some(0.0));
    assert_eq!(whole.denied_swap_ratio.reason, Some(Missing::NotMeasured));
    assert_eq!(whole.door_denied_ratio.reason, Some(Missing::NothingHappened));
    let half = of(2 * HOUR_MS, HOUR_MS);
    assert_eq!(half.seat_utilisation.value, Some(0.5));
    let expected = Figure { value: None, data_coverage: 0.5, reason: Some(Missing::NotEnoughData) };
    assert_eq!((half.seat_utilisation_24h, half.visits), (expected, expected));
}

/// Checks visits per day, mean dwell and peak load of hours of five people and 59 visits each.
fn check_short(hours: i64, minutes: i64, expected: [Option<f64>; 3]) {
    let mut parts = Parts::default();
    let samples = every_minute(0, minutes, |minute| zone(minute, "room", 5, 100 + minute));
    (0..hours).for_each(|_| parts.merge(&compute(WINDOW, &samples, &facts())));
    let mut measures = Measures::default();
    measures.note(&parts);
    let due_ms = hours * minutes * MINUTE;
    let mut basis = Basis::due(measures, due_ms, due_ms, Uptime::default());
    basis.observed(parts);
    let figures = Figures::of(&basis);
    let found = [figures.visits_per_day, figures.mean_dwell_min, figures.peak_load];
    assert_eq!(found.map(|figure| figure.value), expected, "{hours} h of {minutes} min");
    for figure in found.iter().filter(|figure| figure.value.is_none()) {
        assert_eq!((figure.reason, figure.data_coverage), (Some(Missing::NotEnoughData), 1.0));
    }
    assert_eq!(figures.seat_utilisation_24h.value, Some(0.5));
}

#[test]
fn a_part_of_a_day_is_not_taken_for_a_day_nor_minutes_for_a_peak() {
    check_short(1, 2, [None, None, None]);
    check_short(1, 60, [None, None, Some(0.5)]);
    check_short(22, 60, [None, None, Some(0.5)]);
    // Five people for an hour are 300 minutes of 59 visitors; clocks may go forward.
    let dwell = Some(5.084746);
    check_short(23, 60, [Some(1416.0), dwell, Some(0.5)]);
    check_short(24, 60, [Some(1416.0), dwell, Some(0.5)]);
}
