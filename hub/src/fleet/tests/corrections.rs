//! Single stories: what a hub says at first, and what it says once it knows better.

use super::player::{Player, at_ms};
use super::script::{DAY_S, HOUR_S, Happening, HubStop, Script, Trouble};
use crate::fleet::OutageKind::{self, LinkDown, StationDown, Unknown};
use crate::fleet::State;
use crate::fleet::availability::figures;

/// An outage, in seconds.
type Part = (i64, Option<i64>, OutageKind);

const STOP: HubStop = HubStop { from_s: 4 * HOUR_S, to_s: 4 * HOUR_S + 1_200, killed: false };

fn script(happenings: &[(usize, Trouble, i64, i64)], hub_stops: &[HubStop]) -> Script {
    let happening = |(station, trouble, from_s, to_s)| Happening { station, trouble, from_s, to_s };
    Script {
        happenings: happenings.iter().copied().map(happening).collect(),
        hub_stops: hub_stops.to_vec(),
        ..Script::new(200, 2 * DAY_S)
    }
}

/// The outages of one station, in seconds.
fn outages(player: &Player, station: usize) -> Vec<Part> {
    let of = super::player::station_id(station);
    let seconds = |ms: i64| (ms - at_ms(0)) / 1_000;
    let all = player.outages().into_iter().filter(|outage| outage.station == of);
    all.map(|outage| (seconds(outage.starts_at), outage.ends_at.map(seconds), outage.kind)).collect()
}

/// Plays one trouble of station 3, and says what is known of it at several times.
#[track_caller]
fn check(
    happenings: &[(usize, Trouble, i64, i64)],
    hub_stops: &[HubStop],
    expected: &[(i64, State, &[Part])],
) {
    let mut player = Player::new(script(happenings, hub_stops));
    for (at_s, state, known) in expected {
        player.play_until(*at_s);
        assert_eq!(player.state(3), *state, "at {at_s} s");
        assert_eq!(outages(&player, 3), *known, "at {at_s} s");
        player.check_saved();
    }
}

#[test]
fn a_link_cut_looks_like_a_station_that_is_down_until_its_outbox_is_replayed() {
    let (from, to) = (HOUR_S, 3 * HOUR_S);
    check(
        &[(3, Trouble::Link, from, to)],
        &[],
        &[
            (from + 180, State::Online, &[]),
            (from + 600, State::Late, &[]),
            (from + 910, State::Offline, &[(from, None, StationDown)]),
            (to, State::Offline, &[(from, None, StationDown)]),
            (to + 10, State::Online, &[(from, Some(to), LinkDown)]),
        ],
    );
}

#[test]
fn a_power_cut_stays_what_it_is_and_so_does_one_without_an_outbox() {
    let (from, to) = (HOUR_S, 3 * HOUR_S);
    check(
        &[(3, Trouble::Power, from, to)],
        &[],
        &[(to + 10, State::Online, &[(from, Some(to), StationDown)])],
    );
    let mut player = Player::new(script(&[(9, Trouble::Link, from, to)], &[]));
    player.play_until(to + 10);
    assert_eq!(outages(&player, 9), [(from, Some(to), StationDown)]);
}

#[test]
fn a_stop_of_the_hub_is_unknown_at_first_and_never_an_outage_of_stations() {
    let mut player = Player::new(script(&[], &[STOP]));
    player.play_until(STOP.to_s + 10);
    let states: Vec<State> = (0..200).map(|station| player.state(station)).collect();
    assert!(states.iter().all(|state| matches!(state, State::Unknown | State::Online)));
    assert!(player.outages().iter().all(|outage| outage.kind == Unknown));
    player.play_until(STOP.to_s + 2 * HOUR_S);
    assert!((0..200).all(|station| player.state(station) == State::Online));
    // Those with an outbox have shown that they worked; what the others did stays unknown.
    let kinds = player.outages().into_iter().map(|outage| (outage.station, outage.kind));
    let by_outbox = kinds.filter(|(station, kind)| (*kind == Unknown) != station.as_str().ends_with('9'));
    assert_eq!(by_outbox.count(), 0);
    assert_eq!(player.outages().len(), 200);
}

#[test]
fn what_the_hub_did_not_see_divides_a_long_outage() {
    let (from, to) = (HOUR_S, 10 * HOUR_S);
    check(
        &[(3, Trouble::Power, from, to)],
        &[STOP],
        &[
            (STOP.from_s, State::Offline, &[(from, None, StationDown)]),
            (
                STOP.to_s + 800,
                State::Unknown,
                &[(from, Some(STOP.from_s - 10), StationDown), (STOP.from_s - 10, None, Unknown)],
            ),
            (
                STOP.to_s + 910,
                State::Offline,
                &[
                    (from, Some(STOP.from_s - 10), StationDown),
                    (STOP.from_s - 10, Some(STOP.to_s), Unknown),
                    (STOP.to_s, None, StationDown),
                ],
            ),
            (
                to + 10,
                State::Online,
                &[
                    (from, Some(STOP.from_s - 10), StationDown),
                    (STOP.from_s - 10, Some(STOP.to_s), Unknown),
                    (STOP.to_s, Some(to), StationDown),
                ],
            ),
        ],
    );
    // The same with a link that was cut: all of it is corrected.
    check(
        &[(3, Trouble::Link, from, to)],
        &[STOP],
        &[(to + 10, State::Online, &[(from, Some(to), LinkDown)])],
    );
}

#[test]
fn a_wrong_clock_shows_no_work_in_another_time() {
    // The power fails for two hours; after that the clock is three hours late, so that readings bear the time of the
    // power cut.
    let skew = Trouble::Clock { offset_ms: -3 * HOUR_S * 1_000 };
    let (from, to) = (10 * HOUR_S, 12 * HOUR_S);
    check(
        &[(3, Trouble::Power, from, to), (3, skew, to, to + 4 * HOUR_S)],
        &[],
        &[(to + 5 * HOUR_S, State::Online, &[(from, Some(to), StationDown)])],
    );
}

#[test]
fn late_data_changes_yesterdays_figures_and_not_its_alerts() {
    let (from, to) = (8 * HOUR_S, DAY_S + 2 * HOUR_S);
    let mut player = Player::new(script(&[(3, Trouble::Link, from, to)], &[]));
    let yesterday = |player: &Player| {
        let of = super::player::station_id(3);
        let outages: Vec<_> = player.outages().into_iter().filter(|outage| outage.station == of).collect();
        let found = figures(&outages, &[], at_ms(0), at_ms(DAY_S));
        let hours_up = |share: Option<f64>| (share.unwrap() * 24.0).round();
        (hours_up(found.availability), hours_up(found.availability_station))
    };
    let alerts = |player: &Player| {
        let told = player.alerts().into_iter().map(|alert| (alert.id, alert.starts_at, alert.severity));
        told.collect::<Vec<_>>()
    };
    player.play_until(to);
    assert_eq!(yesterday(&player), (8.0, 8.0));
    let told = alerts(&player);
    assert_eq!(told.len(), 1);
    player.play_until(to + 10 * HOUR_S);
    assert_eq!(yesterday(&player), (8.0, 24.0));
    assert_eq!(alerts(&player), told);
}

#[test]
fn planned_work_raises_no_alert_until_its_window_is_over() {
    let cut = (HOUR_S, 5 * HOUR_S);
    let alerts = |window: (i64, i64)| {
        let mut script = script(&[(3, Trouble::Power, cut.0, cut.1)], &[]);
        script.planned = vec![(3, window.0, window.1)];
        let mut player = Player::new(script);
        player.play_until(6 * HOUR_S);
        let seconds = |ms: i64| (ms - at_ms(0)) / 1_000;
        let alerts = player.alerts().into_iter();
        alerts.map(|alert| (seconds(alert.starts_at), alert.ends_at.map(seconds))).collect::<Vec<_>>()
    };
    assert_eq!(alerts((HOUR_S / 2, 6 * HOUR_S)), []);
    // The work should have been done by then.
    assert_eq!(alerts((HOUR_S / 2, 3 * HOUR_S)), [(3 * HOUR_S, Some(cut.1))]);
    // It came too late, or was of another time.
    assert_eq!(alerts((2 * HOUR_S, 6 * HOUR_S)), [(HOUR_S + 190, Some(cut.1))]);
}
