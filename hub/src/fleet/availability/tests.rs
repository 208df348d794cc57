use super::OutageKind::{LinkDown, StationDown, Unknown};
use super::*;

const HOUR: i64 = 3_600_000;

fn outage(from: i64, to: Option<i64>, kind: OutageKind) -> Outage {
    let station = StationId::try_from("jb-001").unwrap();
    Outage { station, starts_at: from * HOUR, ends_at: to.map(|to| to * HOUR), kind, planned: false }
}

fn hours(windows: &[Interval]) -> Vec<Interval> {
    windows.iter().map(|(from, to)| (from * HOUR, to * HOUR)).collect()
}

/// Outages and windows in hours of a day of 24; expects hours down, link down, unknown, planned, and both shares × 24.
#[track_caller]
fn check(outages: &[Outage], windows: &[Interval], expected: [i64; 4], shares: Option<(f64, f64)>) {
    let found = figures(outages, &union(hours(windows)), 0, 24 * HOUR);
    let sums = [found.down_ms, found.link_down_ms, found.unknown_ms, found.planned_ms];
    assert_eq!(sums.map(|ms| ms / HOUR), expected);
    assert_eq!(found.observed_ms, (24 - expected[3]) * HOUR);
    let near = |found: Option<f64>, expected: Option<f64>| match (found, expected) {
        (Some(found), Some(expected)) => (found - expected).abs() < 1e-12,
        (found, expected) => found == expected,
    };
    assert!(near(found.availability, shares.map(|shares| shares.0)), "{found:?}");
    assert!(near(found.availability_station, shares.map(|shares| shares.1)), "{found:?}");
}

#[test]
fn a_day_without_outages_is_all_available() {
    check(&[], &[], [0, 0, 0, 0], Some((1.0, 1.0)));
}

#[test]
fn each_kind_counts_as_the_definition_says() {
    let outages = [
        outage(1, Some(3), StationDown),
        outage(5, Some(9), LinkDown),
        outage(10, Some(11), Unknown),
        outage(23, None, StationDown),
    ];
    check(&outages, &[], [3, 4, 1, 0], Some((16.0 / 24.0, 20.0 / 24.0)));
}

#[test]
fn only_what_lies_in_the_period_counts() {
    let outages = [outage(-5, Some(2), StationDown), outage(22, Some(30), LinkDown)];
    check(&outages, &[(-3, 1), (23, 40)], [1, 1, 0, 2], Some((20.0 / 22.0, 21.0 / 22.0)));
}

#[test]
fn planned_maintenance_is_neither_down_nor_observed() {
    let outages = [outage(1, Some(6), StationDown)];
    // Windows of people overlap.
    check(&outages, &[(2, 4), (3, 5), (10, 12)], [2, 0, 0, 5], Some((17.0 / 19.0, 17.0 / 19.0)));
    check(&outages, &[(-1, 30)], [0, 0, 0, 24], None);
}

#[test]
fn a_part_of_a_period_needs_only_the_outages_within_it() {
    let outages: Vec<Outage> = (0..12)
        .map(|n| outage(2 * n, Some(2 * n + 1), StationDown))
        .chain([outage(30, None, Unknown)])
        .collect();
    for from in -2..40 {
        for to in from..40 {
            let (from, to) = (from * HOUR / 2, to * HOUR / 2);
            let few = within(&outages, from, to);
            assert_eq!(figures(few, &[], from, to), figures(&outages, &[], from, to));
        }
    }
    assert_eq!(within(&outages, 4 * HOUR, 7 * HOUR).len(), 2);
}

#[test]
fn an_outage_is_cut_at_the_edges_of_windows_for_display() {
    let parts = with_planned(
        vec![outage(1, Some(6), StationDown), outage(9, None, Unknown)],
        &hours(&[(0, 2), (3, 4), (8, 10)]),
    );
    let shown: Vec<_> = parts
        .iter()
        .map(|part| (part.starts_at / HOUR, part.ends_at.map(|at| at / HOUR), part.planned))
        .collect();
    let expected = [
        (1, Some(2), true),
        (2, Some(3), false),
        (3, Some(4), true),
        (4, Some(6), false),
        (9, Some(10), true),
        (10, None, false),
    ];
    assert_eq!(shown, expected);
    let marked: Vec<_> = parts.into_iter().filter(|part| !part.planned).collect();
    let windows = hours(&[(0, 2), (3, 4), (8, 10)]);
    // Cutting and marking does not change the figures.
    assert_eq!(figures(&marked, &windows, 0, 24 * HOUR).down_ms, 3 * HOUR);
}
