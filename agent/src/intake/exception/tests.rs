use super::*;
use proptest::prelude::*;
use waystation_protocol::{Cabinet, Contact, Door, DoorEvent, Environment, Occupancy, Slot, SlotState};

fn sample(body: impl Into<Body>, ms: i64) -> Sample {
    let device = DeviceId::try_from("dev-1").unwrap();
    Sample { reading: Reading { ts: 0, device, body: body.into() }, stamp: Stamp::Time(ms), is_urgent: false }
}

/// Steps are (at ms, reading); gives the times of the readings that passed, held ones at their end included.
fn passed(reporting: &Reporting, steps: Vec<(u64, Body)>) -> Vec<(u64, i64, Body)> {
    let (mut exception, mut out) = (Exception::default(), Vec::new());
    for (at, body) in steps {
        while let Some(due) = exception.next_due(reporting).filter(|due| due.as_millis() <= at.into()) {
            let due_ms = due.as_millis() as u64;
            exception.release(reporting, due, &mut |sample| out.push((due_ms, ms_of(&sample), sample)));
        }
        let now = Duration::from_millis(at);
        let sample = sample(body, at as i64);
        exception.take(sample, reporting, now, &mut |sample| out.push((at, ms_of(&sample), sample)));
    }
    out.into_iter().map(|(at, ms, sample)| (at, ms, sample.reading.body)).collect()
}

fn ms_of(sample: &Sample) -> i64 {
    if let Stamp::Time(ms) = sample.stamp { ms } else { panic!("{sample:?}") }
}

/// Only these samples pass, given by the time that they were taken at.
fn check(steps: Vec<(u64, Body)>, expected: &[i64]) {
    let times: Vec<_> = passed(&Reporting::default(), steps).into_iter().map(|(_, ms, _)| ms).collect();
    assert_eq!(times, expected);
}

fn room(temperature_c: f64) -> Body {
    Environment { temperature_c: Some(temperature_c), ..Environment::default() }.into()
}

fn door(contact: Contact, event: Option<DoorEvent>) -> Body {
    Door { contact: Some(contact), event, ..Door::default() }.into()
}

#[test]
fn a_quiet_room_says_little_and_a_change_is_said_at_once() {
    let steps = (0..13).map(|n| (n * 10_000, room(20.0 + (n % 2) as f64 * 0.1))).collect();
    check(steps, &[0, 60_000, 120_000]);
    check(
        vec![(0, room(20.0)), (10_000, room(20.2)), (20_000, room(20.3)), (30_000, room(20.4))],
        &[0, 10_000, 30_000],
    );
}

#[test]
fn a_change_within_the_minimum_interval_is_held() {
    let steps = vec![(0, room(20.0)), (1_000, room(21.0)), (2_000, room(22.0)), (9_000, room(22.0))];
    check(steps, &[0, 2_000]);
    // It went back meanwhile.
    check(vec![(0, room(20.0)), (1_000, room(21.0)), (2_000, room(20.0)), (9_000, room(20.0))], &[0]);
    // What the new reading does not repeat is not lost.
    let humid = Environment { humidity_pct: Some(40.0), ..Environment::default() };
    check(vec![(0, room(20.0)), (1_000, room(21.0)), (2_000, humid.into())], &[0, 1_000, 2_000]);
}

#[test]
fn a_state_that_changes_is_urgent_and_what_is_told_again_is_not() {
    let (mut exception, reporting) = (Exception::default(), Reporting::default());
    let mut check = |at_s: u64, body: Body, expected: Option<bool>| {
        let mut urgent = None;
        exception.take(sample(body, 0), &reporting, Duration::from_secs(at_s), &mut |sample| {
            urgent = Some(sample.is_urgent);
        });
        assert_eq!(urgent, expected, "at {at_s} s");
    };
    check(0, door(Contact::Closed, None), Some(true));
    check(10, door(Contact::Closed, None), None);
    check(20, door(Contact::Open, None), Some(true));
    check(400, door(Contact::Open, None), Some(false));
    check(401, door(Contact::Open, Some(DoorEvent::Open)), Some(true));
    check(0, room(20.0), Some(true));
    check(10, room(25.0), Some(false));
    let counted =
        |entries_total| Body::from(Occupancy { entries_total: Some(entries_total), ..Occupancy::default() });
    check(0, counted(1), Some(true));
    check(1, counted(2), Some(false));
}

#[test]
fn events_and_states_pass_at_once() {
    let open = || door(Contact::Open, Some(DoorEvent::Open));
    check(vec![(0, open()), (1, open()), (2, open())], &[0, 1, 2]);
    let (shut, ajar) = (|| door(Contact::Closed, None), || door(Contact::Open, None));
    check(vec![(0, shut()), (1, ajar()), (2, shut()), (3, shut()), (299_000, shut())], &[0, 1, 2, 299_000]);
}

fn slot(number: i64, soc_pct: f64, state: SlotState) -> Slot {
    Slot { slot: Some(number), soc_pct: Some(soc_pct), state: Some(state), ..Slot::default() }
}

#[test]
fn of_a_cabinets_slots_those_that_changed_pass_and_all_every_20_minutes() {
    let cabinet = |socs: [f64; 2]| -> Body {
        let slots = vec![slot(1, socs[0], SlotState::Charging), slot(2, socs[1], SlotState::Charging)];
        Cabinet { slots: Some(slots), snapshot: Some(true), ..Cabinet::default() }.into()
    };
    let steps = vec![
        (0, cabinet([50.0, 60.0])),
        (30_000, cabinet([50.2, 60.0])),
        (60_000, cabinet([51.0, 60.5])),
        (1_200_000, cabinet([51.0, 60.5])),
    ];
    let found: Vec<_> = passed(&Reporting::default(), steps)
        .into_iter()
        .map(|(at, _, body)| {
            let Body::Cabinet(cabinet) = body else { panic!("{body:?}") };
            let slots: Vec<_> = cabinet.slots.unwrap().iter().map(|slot| slot.slot.unwrap()).collect();
            (at, slots, cabinet.snapshot)
        })
        .collect();
    let expected =
        [(0, vec![1, 2], Some(true)), (60_000, vec![1], None), (1_200_000, vec![1, 2], Some(true))];
    assert_eq!(found, expected);
}

#[derive(Debug, Clone)]
struct Step {
    wait_ms: u64,
    temperature_c: f64,
    entries: i64,
}

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (1..20_000_u64, -3..4_i32, 0..2_i64).prop_map(|(wait_ms, tenths, entries)| Step {
        wait_ms,
        temperature_c: f64::from(tenths) / 10.0,
        entries,
    });
    prop::collection::vec(step, 1..200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// What is not told differs from what was told by less than the dead-band (after the minimum interval), and
    /// nothing is silent for longer than its interval and a sample.
    #[test]
    fn the_hub_never_knows_less_than_the_deadband_says(steps in any_steps()) {
        let reporting = Reporting::default();
        let (mut exception, mut now, mut temperature_c) = (Exception::default(), Duration::ZERO, 20.0);
        let (mut told_c, mut told_at, mut differs_since) = (f64::NAN, Duration::ZERO, None);
        for step in steps {
            let mut told = Vec::new();
            let next = now + Duration::from_millis(step.wait_ms);
            while let Some(due) = exception.next_due(&reporting).filter(|due| *due <= next) {
                exception.release(&reporting, due, &mut |sample| told.push((due, sample)));
            }
            let before = std::mem::replace(&mut now, next);
            temperature_c += step.temperature_c;
            exception.take(sample(room(temperature_c), 0), &reporting, now, &mut |sample| told.push((now, sample)));
            for (at, sample) in told {
                let Body::Environment(room) = sample.reading.body else { panic!() };
                (told_c, told_at, differs_since) = (room.temperature_c.unwrap(), at, None);
            }
            let differs = (temperature_c - told_c).abs() > 0.2;
            differs_since = if differs { differs_since.or(Some(now)) } else { None };
            if let Some(since) = differs_since {
                prop_assert!(now - since <= reporting.min_interval(), "{temperature_c} is not told, {told_c} was");
            }
            prop_assert!(now - told_at < reporting.interval(Kind::Environment) + (now - before));
        }
    }

    #[test]
    fn counters_never_lag(steps in any_steps()) {
        let reporting = Reporting::default();
        let (mut exception, mut now, mut entries) = (Exception::default(), Duration::ZERO, 0);
        let mut last = None;
        for step in steps {
            now += Duration::from_millis(step.wait_ms);
            entries += step.entries;
            let body = Occupancy { entries_total: Some(entries), ..Occupancy::default() };
            exception.take(sample(body, 0), &reporting, now, &mut |sample| last = Some(sample));
            let Some(Body::Occupancy(told)) = last.as_ref().map(|sample| &sample.reading.body) else { panic!() };
            prop_assert_eq!(told.entries_total, Some(entries));
        }
    }
}
