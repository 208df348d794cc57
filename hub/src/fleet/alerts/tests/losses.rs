//! Records that are lost: what the alert says, and when it ends.

use super::*;
use crate::entry::Place;
use waystation_protocol::OutboxId;

/// When, the first number, how many, and what was dropped before.
type Batch<'a> = (i64, u64, u32, &'a [(u64, u64)]);

/// Batches of one outbox, then the alerts, the text and the evidence of the
/// one that fires.
fn check(batches: &[Batch<'_>], until: i64, expected: &[&str], text: &str, shown: &[&str]) {
    let mut world = World::one();
    world.connect(0, "jb-001", "10.1.2.3");
    for (at, first_seq, count, lost) in batches {
        let outbox = OutboxId::try_from("g").unwrap();
        let place = Place { outbox, first_seq: *first_seq, count: *count, lost: lost.to_vec() };
        world.entry(*at, "jb-001", What::Batch(place, Vec::new()));
    }
    world.until(until);
    world.check(expected);
    let firing: Vec<&Alert> = world.fleet.alerts().collect();
    let title = firing.first().map(|alert| alert.title("en")).unwrap_or_default();
    assert!(title.ends_with(text) && title.is_empty() == text.is_empty(), "{title}");
    let evidence = firing.iter().flat_map(|alert| &alert.evidence);
    let evidence: Vec<String> =
        evidence.map(|one| format!("{} {} {}", one.device, one.member, one.value)).collect();
    assert_eq!(evidence, shown);
}

#[test]
fn what_is_missing_is_lost_once_it_is_missing_for_long_and_no_longer_when_it_arrives() {
    let gap = [(0, 1, 1, &[][..]), (10, 10, 1, &[])];
    check(&gap, 309, &[], "", &[]);
    let fires = "records_lost warning jb-001 310..";
    check(&gap, 400, &[fires], "lost 8 readings (0 dropped, 8 missing)", &["g missing 2-9"]);
    let filled = [gap[0], gap[1], (500, 2, 8, &[])];
    check(&filled, 501, &["records_lost warning jb-001 310..500"], "", &[]);
    let filled_soon = [gap[0], gap[1], (200, 2, 8, &[])];
    check(&filled_soon, 1_000, &[], "", &[]);
    // An hour later it is no news, and what comes to it counts alone.
    check(&gap, 4_000, &["records_lost warning jb-001 310..3910"], "", &[]);
    let again = [gap[0], gap[1], (4_000, 13, 1, &[])];
    check(
        &again,
        4_400,
        &["records_lost warning jb-001 310..3910", "records_lost warning jb-001 4300.."],
        "lost 2 readings (0 dropped, 2 missing)",
        &["g missing 11-12"],
    );
}

#[test]
fn what_is_dropped_is_lost_at_once_and_young_gaps_are_not_counted_with_it() {
    let dropped = [(0, 10, 7, &[][..]), (10, 100, 1, &[(50, 59)])];
    let fires = "records_lost warning jb-001 10..";
    check(&dropped, 60, &[fires], "lost 10 readings (10 dropped, 0 missing)", &["g dropped 50-59"]);
    let healing = [dropped[0], dropped[1], (20, 17, 2, &[])];
    check(
        &healing,
        400,
        &[fires],
        "lost 81 readings (10 dropped, 71 missing)",
        &["g dropped 50-59", "g missing 19-49", "g missing 60-99"],
    );
    // All of it arrived after all.
    let healed = [dropped[0], dropped[1], (20, 17, 83, &[])];
    check(&healed, 30, &["records_lost warning jb-001 10..20"], "", &[]);
}
