use super::expected;
use super::player::Player;
use super::script::{DAY_S, HOUR_S, Happening, HubStop, Script, Trouble};
use crate::fleet::Alert;

/// A seed of its own can be tried with `WAYSTATION_SEED`.
fn seed() -> u64 {
    std::env::var("WAYSTATION_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_251_101)
}

#[test]
fn a_scripted_month_gives_exactly_the_alerts_and_outages_that_the_script_implies() {
    let script = Script::month(107, seed());
    assert!(expected::has(&script, |trouble| matches!(trouble, Trouble::Power)));
    assert!(expected::has(&script, |trouble| matches!(trouble, Trouble::Link)));
    assert!(expected::has(&script, |trouble| matches!(trouble, Trouble::LinkAndPower { .. })));
    assert!(expected::has(&script, |trouble| matches!(trouble, Trouble::TakeOvers)));
    assert!(expected::has(&script, |trouble| matches!(trouble, Trouble::Clock { .. })));
    let (outages, alerts) = (expected::outages(&script), expected::alerts(&script));
    let mut player = Player::new(script);
    player.play_until(30 * DAY_S);
    compare(&player.outages(), &outages);
    compare(&shown(&player.alerts()), &alerts);
    player.check_saved();
}

/// By start, each as one line.
fn shown(alerts: &[Alert]) -> Vec<String> {
    let mut lines: Vec<(i64, String)> = alerts.iter().map(expected::shown).collect();
    lines.sort();
    lines.into_iter().map(|(_, line)| line).collect()
}

#[test]
fn two_hundred_stations_behind_one_link_are_one_alert() {
    let mut script = Script::new(220, 8 * HOUR_S);
    script.shared = vec![(10..210, HOUR_S, 3 * HOUR_S)];
    let mut player = Player::new(script.clone());
    player.play_until(8 * HOUR_S);
    let alerts = shown(&player.alerts());
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    compare(&alerts, &expected::alerts(&script));
}

#[test]
fn two_links_and_one_station_that_go_together_are_three_alerts() {
    let mut script = Script::new(120, 8 * HOUR_S);
    script.shared = vec![(10..50, HOUR_S, 3 * HOUR_S), (60..90, HOUR_S + 60, 2 * HOUR_S)];
    let (from_s, to_s) = (HOUR_S + 300, 2 * HOUR_S + 300);
    script.happenings = vec![Happening { station: 100, trouble: Trouble::Power, from_s, to_s }];
    let mut player = Player::new(script.clone());
    player.play_until(8 * HOUR_S);
    let alerts = shown(&player.alerts());
    assert_eq!(alerts.len(), 3, "{alerts:#?}");
    compare(&alerts, &expected::alerts(&script));
    compare(&player.outages(), &expected::outages(&script));
}

#[test]
fn a_hub_that_was_stopped_for_twenty_minutes_raises_no_alert_about_stations() {
    for killed in [false, true] {
        let mut script = Script::new(200, 8 * HOUR_S);
        script.hub_stops = vec![HubStop { from_s: 2 * HOUR_S, to_s: 2 * HOUR_S + 1_200, killed }];
        let mut player = Player::new(script.clone());
        player.play_until(8 * HOUR_S);
        let alerts = shown(&player.alerts());
        assert!(alerts.iter().all(|alert| alert.contains("hub_blind")), "{alerts:#?}");
        compare(&alerts, &expected::alerts(&script));
    }
}

/// In full, with the first lines that differ when they do.
fn compare<T: PartialEq + std::fmt::Debug>(found: &[T], expected: &[T]) {
    let at = found.iter().zip(expected).position(|(found, expected)| found != expected);
    let at = at.unwrap_or(found.len().min(expected.len()));
    if found.len() != expected.len() || at < found.len() {
        let around = |all: &[T]| format!("{:#?}", &all[at.saturating_sub(1)..all.len().min(at + 2)]);
        panic!(
            "{} found, {} expected; from number {at} on found {}\nexpected {}",
            found.len(),
            expected.len(),
            around(found),
            around(expected)
        );
    }
}
