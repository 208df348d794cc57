//! Stations that are gone: alone, together, or only as far as the hub can see.

use super::*;

fn many(count: usize) -> Vec<NewStation> {
    let of = |number: usize| station(&format!("jb-{number:03}"), "jiangbei", &format!("g-{}", number % 7));
    (0..count).map(of).collect()
}

/// `count` stations with a session each; those below `behind` come from one range of addresses.
fn world(count: usize, behind: usize) -> World {
    let mut world = World::new(&Config::default(), &many(count));
    for number in 0..count {
        let range = if number < behind {
            "10.9.9".into()
        } else {
            format!("10.{}.{}", 10 + number / 200, number % 200)
        };
        world.connect(0, &name(number), &format!("{range}.7"));
    }
    world.until(60);
    world
}

fn name(number: usize) -> String {
    format!("jb-{number:03}")
}

#[test]
fn late_is_a_warning_and_offline_is_critical_and_both_are_one_alert() {
    let mut world = world(20, 0);
    world.disconnect(100, &name(3));
    world.until(340);
    world.check(&[]); // held back
    world.until(400);
    world.check(&["offline warning jb-003 281.."]);
    world.until(1_100);
    world.check(&["offline critical jb-003 281.."]);
    world.connect(2_000, &name(3), "10.1.3.7");
    world.until(2_010);
    world.check(&["offline critical jb-003 281..2000"]);
    assert_eq!(world.told, 3);
}

#[test]
fn a_station_that_is_back_soon_was_no_news() {
    let mut world = world(20, 0);
    world.disconnect(100, &name(3));
    world.connect(340, &name(3), "10.1.3.7");
    world.until(2_000);
    world.check(&[]);
}

#[test]
fn a_link_that_is_cut_is_one_alert_with_what_its_stations_have_in_common() {
    let mut world = world(300, 200);
    for number in 0..200 {
        world.disconnect(100 + i64::try_from(number).unwrap() / 4, &name(number));
    }
    world.until(3_000);
    world.check(&["offline critical address=10.9.9.0/24 (200) 281.."]);
    assert!(world.told <= 5, "{} messages", world.told);
    // All but three come back; those are alerts of their own then.
    for number in 3..200 {
        world.connect(3_000 + i64::try_from(number).unwrap() / 2, &name(number), "10.9.9.7");
    }
    world.until(4_000);
    world.check(&[
        "offline critical address=10.9.9.0/24 (200) 281..3167",
        "offline critical jb-000 281..",
        "offline critical jb-001 281..",
        "offline critical jb-002 281..",
    ]);
}

#[test]
fn stations_that_follow_join_the_group() {
    let mut world = world(100, 0);
    for number in (0..100).filter(|number| number % 7 == 2) {
        let after = if number < 50 { 0 } else { 100 };
        world.disconnect(100 + after, &name(number));
    }
    world.until(2_000);
    world.check(&["offline critical grid=g-2 (14) 281.."]);
}

#[test]
fn a_fleet_that_goes_at_once_makes_the_hub_suspect_itself() {
    let mut world = world(107, 0);
    for number in 0..107 {
        world.disconnect(100 + i64::try_from(number).unwrap() * 60 / 107, &name(number));
    }
    world.until(4_000);
    world.check(&["hub_blind critical hub=unreached (0) 334.."]);
    assert!(world.fleet.is_blind());
    for number in 0..100 {
        world.connect(4_000 + i64::try_from(number).unwrap() * 60 / 100, &name(number), "10.1.1.7");
    }
    world.until(4_500);
    world.check(&["hub_blind critical hub=unreached (0) 334..4075"]);
    assert!(!world.fleet.is_blind());
    // Who does not come back is gone indeed, and they are of no grid or district by themselves.
    world.until(6_000);
    let (blind, gone): (Vec<&Alert>, Vec<&Alert>) =
        world.alerts.values().partition(|alert| alert.rule == crate::config::Rule::HubBlind);
    assert_eq!((blind.len(), gone.len()), (1, 7));
}

#[test]
fn a_hub_that_hears_a_good_part_of_its_fleet_for_long_believes_that_the_rest_is_gone() {
    let mut world = world(107, 0);
    for number in 0..107 {
        world.disconnect(100, &name(number));
    }
    for number in 0..40 {
        world.connect(2_000, &name(number), "10.1.1.7");
    }
    world.until(2_800);
    world.check(&["hub_blind critical hub=unreached (0) 281.."]);
    world.until(4_000);
    world.check(&[
        "hub_blind critical hub=unreached (0) 281..2901",
        "offline critical district=jiangbei (67) 2901..",
    ]);
    // And those that are heard are judged as ever.
    world.disconnect(4_000, &name(3));
    world.until(6_000);
    assert!(
        world.alerts.values().any(|alert| alert.ends_at.is_none() && alert.stations.contains(&id(&name(3))))
    );
}

#[test]
fn a_hub_that_was_stopped_calls_nobody_offline() {
    let mut world = world(50, 0);
    world.until(600);
    world.restart(1_800);
    world.until(1_810);
    world.check(&["hub_blind warning hub=stopped (0) 600.."]);
    for number in 0..50 {
        world.connect(1_810 + i64::try_from(number).unwrap(), &name(number), "10.1.1.7");
    }
    world.until(6_000);
    world.check(&["hub_blind warning hub=stopped (0) 600..1885"]);
}

#[test]
fn a_station_that_keeps_reconnecting_is_one_alert() {
    let mut world = world(20, 0);
    for number in 0..20 {
        let at = 100 + number * 30;
        world.disconnect(at, &name(3));
        world.connect(at + 1, &name(3), "10.1.3.7");
    }
    world.until(3_000);
    world.check(&["flapping warning jb-003 221..1221"]);
}

/// Stations of two districts, and one in a third.
fn districts() -> World {
    let of = |number: usize| {
        let district = ["daxing", "jiangbei", "yubei"][number / 20];
        station(&name(number), district, &format!("g-{number}"))
    };
    let mut world = World::new(&Config::default(), &(0..60).map(of).collect::<Vec<_>>());
    (0..60).for_each(|number| world.connect(0, &name(number), &format!("10.1.{number}.7")));
    world.until(60);
    world
}

#[test]
fn one_that_goes_elsewhere_after_a_group_is_its_own_alert() {
    let mut world = districts();
    (0..20).for_each(|number| world.disconnect(100, &name(number)));
    world.disconnect(300, &name(50));
    world.until(1_000);
    world.check(&["offline critical district=daxing (20) 281..", "offline warning jb-050 481.."]);
}

#[test]
fn two_districts_that_go_at_once_are_two_alerts() {
    let mut world = districts();
    (0..35).for_each(|number| world.disconnect(100, &name(number)));
    world.until(1_000);
    let expected =
        ["offline critical district=jiangbei (15) 281..", "offline critical district=daxing (20) 281.."];
    let mut found: Vec<String> = world.alerts.values().map(shown).collect();
    found.sort_by_key(|line| !line.contains("jiangbei"));
    assert_eq!(found, expected);
}
