use super::*;
use crate::entry::Place;
use crate::fleet::availability::OutageKind;
use crate::fleet::presence::CORRECTION_AFTER_MS;
use crate::fleet::snapshot::StationRow;
use proptest::prelude::*;
use waystation_protocol::{Decoded, Kind, Limits, OutboxId, PresenceState, Reading, decode_channel};

const START: i64 = 1_763_800_000_000;
const WARN: i64 = 180_000;
const OFFLINE: i64 = 900_000;

fn id(text: &str) -> StationId {
    StationId::try_from(text).unwrap()
}

fn fleet(listening_since: i64) -> Fleet {
    Fleet::new(crate::fleet::Thresholds { warn_after_ms: WARN, offline_after_ms: OFFLINE }, listening_since)
}

fn reading(kind: Kind, json: &str) -> Reading {
    let mut decoded = Decoded::default();
    decode_channel(kind, json.as_bytes(), START, &Limits::default(), &mut decoded);
    assert_eq!(decoded.rejected, vec![], "{json}");
    decoded.accepted.remove(0).reading
}

fn environment(ts: i64) -> Reading {
    reading(Kind::Environment, &format!(r#"{{"ts":{ts},"device":"env-1","temperature_c":20.5}}"#))
}

fn entry(at: i64, what: What) -> Event {
    Event::Entry(Entry { station: id("jb-001"), received_ms: at, what })
}

/// What happens to the one station `jb-001`, at a time after [`START`], ms.
#[derive(Debug, Clone, Copy)]
enum Step {
    Connect,
    Disconnect,
    Reading,
    /// Its birth message, its goodbye, or its will.
    Says(PresenceState),
    /// Nothing but time passes, with a tick each second on the way.
    Wait,
}
use Step::{Connect, Disconnect, Says, Wait};

fn step(fleet: &mut Fleet, step: Step, at: i64) {
    let event = match step {
        Connect => Event::Connected { station: id("jb-001"), at_ms: at, address: None },
        Disconnect => Event::Disconnected { station: id("jb-001"), at_ms: at },
        Step::Reading => entry(at, What::Readings(vec![environment(START)])),
        Says(state) => entry(at, What::Presence(PresenceChange { state, ts: at, agent: None })),
        Wait => return,
    };
    assert_eq!(fleet.apply(event, at), vec![]);
}

/// Plays the steps and returns the fleet and every word that the hub published on the way, with its time.
fn play(fleet: &mut Fleet, steps: &[(i64, Step)]) -> Vec<(i64, PresenceState)> {
    let mut words = Vec::new();
    let mut now = START;
    for (after, what) in steps {
        let at = START + after;
        while now + 1_000 <= at {
            now += 1_000;
            for effect in fleet.apply(Event::Tick, now) {
                if let Effect::PresencePublish { change, .. } = effect {
                    words.push((now - START, change.state));
                }
            }
        }
        step(fleet, *what, at);
    }
    words
}

fn check(steps: &[(i64, Step)], expected: State) {
    let mut fleet = fleet(START);
    play(&mut fleet, steps);
    let found = fleet.station("jb-001").map_or(State::NeverSeen, StationState::state);
    assert_eq!(found, expected, "{steps:?}");
}

#[test]
fn a_station_is_late_and_then_offline_when_it_is_silent() {
    check(&[(0, Wait)], State::NeverSeen);
    check(&[(0, Step::Reading)], State::Online);
    check(&[(0, Step::Reading), (WARN, Wait)], State::Online);
    check(&[(0, Step::Reading), (WARN + 1_000, Wait)], State::Late);
    check(&[(0, Step::Reading), (OFFLINE - 1_000, Wait)], State::Late);
    check(&[(0, Step::Reading), (OFFLINE, Wait)], State::Offline);
    check(&[(0, Step::Reading), (OFFLINE, Wait), (OFFLINE, Step::Reading)], State::Online);
}

#[test]
fn an_open_session_is_contact_and_silence_begins_with_its_end() {
    check(&[(0, Connect), (10 * OFFLINE, Wait)], State::Online);
    check(&[(0, Connect), (OFFLINE, Disconnect), (OFFLINE + WARN, Wait)], State::Online);
    check(&[(0, Connect), (OFFLINE, Disconnect), (OFFLINE + WARN + 1_000, Wait)], State::Late);
}

#[test]
fn a_take_over_or_a_quick_reconnect_is_no_outage() {
    // The new session begins before the old one's end is told, or after; with its will in between.
    let offline = Says(PresenceState::Offline);
    check(&[(0, Connect), (5_000, Connect), (5_001, Disconnect), (OFFLINE, Wait)], State::Online);
    check(&[(0, Connect), (5_000, Disconnect), (6_000, Connect), (OFFLINE, Wait)], State::Online);
    check(
        &[(0, Connect), (5_000, Connect), (5_001, offline), (5_002, Disconnect), (6_000, Wait)],
        State::Online,
    );
    check(&[(0, Connect), (5_000, offline), (5_001, Disconnect), (60_000, Wait)], State::Online);
}

fn check_words(steps: &[(i64, Step)], expected: &[(i64, PresenceState)]) {
    assert_eq!(play(&mut fleet(START), steps), expected, "{steps:?}");
}

#[test]
fn the_hub_speaks_for_a_station_only_when_it_knows_better() {
    let (online, offline) = (PresenceState::Online, PresenceState::Offline);
    // The station says everything itself.
    check_words(&[(0, Connect), (100, Says(online)), (9_000, Wait)], &[]);
    check_words(
        &[
            (0, Connect),
            (100, Says(online)),
            (5_000, Says(offline)),
            (5_100, Disconnect),
            (OFFLINE * 2, Wait),
        ],
        &[],
    );
    // It says nothing at all.
    check_words(&[(0, Connect), (9_000, Wait)], &[(CORRECTION_AFTER_MS, online)]);
    check_words(
        &[(0, Connect), (60_000, Disconnect), (60_000 + OFFLINE, Wait)],
        &[(CORRECTION_AFTER_MS, online), (60_000 + OFFLINE, offline)],
    );
    // Its old session's will contradicts the session that took over.
    check_words(
        &[
            (0, Connect),
            (100, Says(online)),
            (5_000, Connect),
            (5_001, Says(offline)),
            (5_002, Disconnect),
            (20_000, Wait),
        ],
        &[(8_000, online)],
    );
    // It said goodbye, yet a reading comes.
    check_words(
        &[(0, Says(online)), (1_000, Says(offline)), (3_000, Step::Reading), (9_000, Wait)],
        &[(5_000, online)],
    );
}

#[test]
fn after_a_restart_a_station_is_unknown_not_offline() {
    let mut before = fleet(START);
    play(&mut before, &[(0, Connect), (100, Says(PresenceState::Online)), (5_000, Step::Reading)]);
    let saved = before.station("jb-001").unwrap().clone();
    let restart = START + 10 * OFFLINE;
    let mut after = fleet(restart);
    let presence = Presence::restored(saved.presence.saved());
    after.restore(Fleet::restored(saved.id, presence, saved.agent, saved.ledger, saved.latest, saved.alerts));
    let state = |fleet: &Fleet| fleet.station("jb-001").unwrap().state();
    assert_eq!(state(&after), State::Unknown);
    after.apply(Event::Tick, restart + 1_000);
    assert_eq!(state(&after), State::Unknown);
    let mut heard = fleet(restart);
    std::mem::swap(&mut heard, &mut after);
    heard.apply(entry(restart + 2_000, What::Readings(vec![environment(START)])), restart + 2_000);
    assert_eq!(state(&heard), State::Online);
}

/// Kills a hub with a patience of 10 and 30 s, whose last sign of life is of second 40, and starts it at `start_s`. Its
/// station is connected from 0 to `gone_s`, and again from `back_s` on. Compares its outages, in seconds.
fn check_killed(gone_s: i64, start_s: i64, back_s: i64, expected: &[(i64, i64, OutageKind)]) {
    let thresholds = crate::fleet::Thresholds { warn_after_ms: 10_000, offline_after_ms: 30_000 };
    let mut before = Fleet::new(thresholds, START);
    let gone = (gone_s < 40).then_some((gone_s * 1_000, Disconnect));
    let steps: Vec<(i64, Step)> = [(0, Connect)].into_iter().chain(gone).chain([(40_000, Wait)]).collect();
    play(&mut before, &steps);
    let start = START + start_s * 1_000;
    let mut after = Fleet::new(thresholds, start);
    before.stations().map(StationRow::of).for_each(|row| after.restore(row.restore().unwrap()));
    after.restore_alerts(before.saved_book(), Vec::new());
    after.apply(Event::Listening, start);
    for second in start_s..back_s {
        after.apply(Event::Tick, START + second * 1_000);
    }
    step(&mut after, Connect, START + back_s * 1_000);
    let mut found = Vec::new();
    let station = after.station("jb-001").unwrap();
    let seconds = |ms: i64| (ms - START) / 1_000;
    for silence in station.silences.iter() {
        silence.outages(&station.id, |outage| {
            found.push((seconds(outage.starts_at), seconds(outage.ends_at.unwrap()), outage.kind));
        });
    }
    assert_eq!(found, expected);
}

#[test]
fn a_restart_is_no_blindness_and_a_stop_is() {
    use crate::fleet::availability::OutageKind::{StationDown, Unknown};
    check_killed(58, 58, 60, &[]);
    check_killed(20, 58, 90, &[(20, 90, StationDown)]);
    check_killed(20, 58, 70, &[(20, 70, StationDown)]);
    check_killed(300, 300, 302, &[(40, 302, Unknown)]);
    check_killed(20, 300, 310, &[(20, 40, StationDown), (40, 310, Unknown)]);
}

#[test]
fn a_hub_that_stood_still_does_not_call_its_stations_offline() {
    let mut fleet = fleet(START);
    play(&mut fleet, &[(0, Step::Reading), (5_000, Wait)]);
    fleet.apply(Event::Tick, START + 2 * OFFLINE);
    assert_eq!(fleet.station("jb-001").unwrap().state(), State::Unknown);
}

#[test]
fn a_long_save_is_no_stall_but_a_stall_in_a_save_is_one() {
    for (saved_ms, expected) in [(40_000, State::Offline), (0, State::Unknown)] {
        let mut fleet = fleet(START);
        play(&mut fleet, &[(0, Step::Reading), (OFFLINE - 20_000, Wait)]);
        let now = START + OFFLINE + 20_000;
        fleet.apply(Event::Busy { ms: saved_ms }, now);
        fleet.apply(Event::Tick, now);
        assert_eq!(fleet.station("jb-001").unwrap().state(), expected, "{saved_ms}");
    }
    let mut fleet = fleet(START);
    play(&mut fleet, &[(0, Step::Reading), (1_000, Wait)]);
    let now = START + 2 * OFFLINE;
    fleet.apply(Event::Busy { ms: 2 * OFFLINE - 1_000 }, now);
    fleet.apply(Event::Tick, now);
    assert_eq!(fleet.station("jb-001").unwrap().state(), State::Unknown);
}

#[test]
fn a_backfill_leaves_the_latest_readings_alone_and_counts_in_the_ledger() {
    let mut fleet = fleet(START);
    let outbox = OutboxId::try_from("a").unwrap();
    let place = |first_seq, lost| Place { outbox: outbox.clone(), first_seq, count: 1, lost };
    fleet.apply(entry(START, What::Batch(place(10, vec![]), vec![environment(START)])), START);
    fleet.apply(
        entry(START, What::Batch(place(13, vec![(11, 11)]), vec![environment(START - 60_000)])),
        START,
    );
    let station = fleet.station("jb-001").unwrap();
    assert_eq!(station.latest.readings(), [environment(START)]);
    assert_eq!(fleet.totals(), Totals { received: 2, dropped: 1, missing: 1 });
    assert_eq!(station.ledger.totals(), fleet.totals());
}

#[test]
fn a_cabinet_that_reports_what_changed_keeps_its_other_slots() {
    let mut latest = Latest::default();
    let cabinet = |ts: i64, members: &str| {
        reading(Kind::Cabinet, &format!(r#"{{"ts":{},"device":"cab-1",{members}}}"#, START + ts))
    };
    let slots = |latest: &Latest| -> Vec<(i64, String)> {
        let json = serde_json::to_value(&latest.readings()[0]).unwrap();
        let slots = json["slots"].as_array().cloned().unwrap_or_default();
        slots
            .iter()
            .map(|slot| (slot["slot"].as_i64().unwrap(), slot["state"].as_str().unwrap().into()))
            .collect()
    };
    latest.update(cabinet(
        0,
        r#""snapshot":true,"slots":[{"slot":1,"state":"empty"},{"slot":2,"state":"ready"}]"#,
    ));
    latest.update(cabinet(1, r#""slots":[{"slot":2,"state":"charging"}]"#));
    assert_eq!(slots(&latest), [(1, "empty".into()), (2, "charging".into())]);
    latest.update(cabinet(2, r#""temperature_c":20"#));
    assert_eq!(slots(&latest), [(1, "empty".into()), (2, "charging".into())]);
    latest.update(cabinet(3, r#""snapshot":true,"slots":[{"slot":3,"state":"ready"}]"#));
    assert_eq!(slots(&latest), [(3, "ready".into())]);
}

#[test]
fn invented_device_names_cost_a_bounded_amount_of_memory() {
    let mut latest = Latest::default();
    for number in 0..2 * crate::fleet::LATEST_MAX {
        let json = format!(r#"{{"ts":{},"device":"d-{number}","temperature_c":20}}"#, START + number as i64);
        latest.update(reading(Kind::Environment, &json));
    }
    assert_eq!(latest.readings().len(), crate::fleet::LATEST_MAX);
    assert!(latest.readings().iter().all(|reading| reading.ts >= START + crate::fleet::LATEST_MAX as i64));
}

fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let step = prop_oneof![
        Just(Connect),
        Just(Disconnect),
        Just(Step::Reading),
        Just(Says(PresenceState::Online)),
        Just(Says(PresenceState::Offline)),
        Just(Wait),
    ];
    prop::collection::vec((0i64..400_000, step), 1..30).prop_map(|steps| {
        let mut at = 0;
        steps
            .into_iter()
            .map(|(wait, step)| {
                at += wait;
                (at, step)
            })
            .collect()
    })
}

proptest! {
    /// Whatever happens: the same events give the same state; heard within the patience means not offline; and once
    /// things are quiet for long enough, the retained word is what the hub believes.
    #[test]
    fn the_fold_is_deterministic_and_settles(steps in steps()) {
        let (mut one, mut two) = (fleet(START), fleet(START));
        prop_assert_eq!(play(&mut one, &steps), play(&mut two, &steps));
        prop_assert_eq!(one.station("jb-001"), two.station("jb-001"));
        let Some(station) = one.station("jb-001") else { return Ok(()) };
        let end = START + steps.last().unwrap().0;
        if let Some(seen) = station.last_seen_ms() && end - seen <= WARN {
            prop_assert_eq!(station.state(), State::Online);
        }
        let connected = station.connected();
        let later = steps.last().unwrap().0 + 2 * OFFLINE;
        play(&mut one, &[(later, Wait)]);
        let station = one.station("jb-001").unwrap();
        if station.last_seen_ms().is_some() {
            prop_assert_eq!(station.state(), if connected { State::Online } else { State::Offline });
            let word = if connected { PresenceState::Online } else { PresenceState::Offline };
            let said = station.presence.said().map(|(word, _)| word);
            prop_assert!(said == Some(word), "{:?} {:?}", said, word);
        }
    }
}
