use super::OutageKind::{LinkDown, StationDown, Unknown};
use super::*;
use proptest::prelude::*;

const MINUTE: i64 = 60_000;

/// What happens, in minutes.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Silent since the first, by a hub that listens since the second.
    Down(i64, i64),
    /// Silent since the first, by a hub that is away since the second.
    Blind(i64, i64),
    Found(i64, i64, bool),
    Contact(i64),
    /// Readings of each of these minutes arrive.
    Worked(i64, i64),
}
use Step::{Blind, Contact, Down, Found, Worked};

fn play(steps: &[Step]) -> Silences {
    let mut silences = Silences::default();
    for step in steps {
        match *step {
            Down(last_contact, listening) => silences.down(last_contact * MINUTE, listening * MINUTE),
            Blind(last_contact, since) => silences.blind(last_contact * MINUTE, since * MINUTE),
            Found(from, to, known) => silences.found(from * MINUTE, to * MINUTE, known),
            Contact(at) => silences.contact(at * MINUTE),
            Worked(from, to) => (from..=to).for_each(|at| silences.work_shown(at * MINUTE)),
        }
    }
    silences
}

fn outages(silences: &Silences) -> Vec<(i64, Option<i64>, OutageKind)> {
    let station = StationId::try_from("jb-001").unwrap();
    let mut found = Vec::new();
    for silence in silences.iter() {
        silence.outages(&station, |outage| {
            found.push((outage.starts_at / MINUTE, outage.ends_at.map(|at| at / MINUTE), outage.kind));
        });
    }
    found
}

#[track_caller]
fn check(steps: &[Step], expected: &[(i64, Option<i64>, OutageKind)]) {
    assert_eq!(outages(&play(steps)), expected, "{steps:?}");
}

#[test]
fn a_silence_is_the_stations_own_until_something_shows_otherwise() {
    check(&[Down(10, 0)], &[(10, None, StationDown)]);
    check(&[Down(10, 0), Contact(70)], &[(10, Some(70), StationDown)]);
    check(&[Down(10, 0), Contact(70), Down(80, 0)], &[(10, Some(70), StationDown), (80, None, StationDown)]);
    // A clock was set back.
    check(&[Down(10, 0), Contact(9)], &[]);
    check(&[Found(10, 40, true)], &[(10, Some(40), StationDown)]);
}

#[test]
fn what_the_hub_did_not_see_is_unknown() {
    // It was away from 100 to 120, and the station came back soon after that.
    check(&[Blind(100, 100)], &[(100, None, Unknown)]);
    check(&[Blind(100, 100), Contact(125)], &[(100, Some(125), Unknown)]);
    // Or the station did not come back within the patience: from 120 on it is down.
    check(&[Blind(100, 100), Down(100, 120)], &[(100, Some(120), Unknown), (120, None, StationDown)]);
    check(
        &[Blind(100, 100), Down(100, 120), Contact(200)],
        &[(100, Some(120), Unknown), (120, Some(200), StationDown)],
    );
    // It was down before, and again the hub was away twice.
    let twice = [Down(10, 0), Blind(10, 100), Down(10, 120), Blind(10, 150), Contact(170)];
    let expected = [
        (10, Some(100), StationDown),
        (100, Some(120), Unknown),
        (120, Some(150), StationDown),
        (150, Some(170), Unknown),
    ];
    check(&twice, &expected);
    // It was away again before the patience was over.
    check(&[Blind(100, 100), Blind(100, 130), Contact(140)], &[(100, Some(140), Unknown)]);
    check(&[Found(10, 40, false)], &[(10, Some(40), Unknown)]);
}

#[test]
fn late_readings_show_that_the_hut_worked() {
    check(&[Down(0, 0), Contact(60), Worked(1, 59)], &[(0, Some(60), LinkDown)]);
    // Readings stop at 20 and begin again at 50: the hut was down in between.
    check(
        &[Down(0, 0), Contact(60), Worked(1, 20), Worked(50, 59)],
        &[(0, Some(20), LinkDown), (20, Some(50), StationDown), (50, Some(60), LinkDown)],
    );
    // The hub was away, the hut was not.
    check(&[Blind(100, 100), Contact(125), Worked(101, 124)], &[(100, Some(125), LinkDown)]);
    check(
        &[Blind(100, 100), Contact(150), Worked(101, 110)],
        &[(100, Some(110), LinkDown), (110, Some(150), Unknown)],
    );
    // One reading alone shows only itself; two that are near each other show the time between them.
    check(&[Down(0, 0), Contact(60), Worked(30, 30)], &[(0, Some(60), StationDown)]);
    check(
        &[Down(0, 0), Contact(60), Worked(30, 30), Worked(40, 40)],
        &[(0, Some(30), StationDown), (30, Some(40), LinkDown), (40, Some(60), StationDown)],
    );
    // Readings of other times say nothing about it.
    check(&[Down(0, 0), Contact(60), Worked(60, 90), Worked(-20, 0)], &[(0, Some(60), StationDown)]);
    check(
        &[Down(0, 0), Contact(60), Down(100, 0), Contact(160), Worked(1, 59)],
        &[(0, Some(60), LinkDown), (100, Some(160), StationDown)],
    );
    // While it lasts, and how it then ends.
    check(&[Down(0, 0), Worked(1, 20)], &[(0, Some(20), LinkDown), (20, None, StationDown)]);
    check(&[Down(0, 0), Worked(1, 20), Contact(25)], &[(0, Some(25), LinkDown)]);
}

#[test]
fn memory_is_bounded_and_errs_on_the_careful_side() {
    let mut silences = Silences::default();
    for number in 0..2 * SILENCES_MAX as i64 {
        silences.found(number * 100 * MINUTE, (number * 100 + 50) * MINUTE, true);
    }
    assert_eq!(silences.iter().len(), SILENCES_MAX);
    let mut one = play(&[Down(0, 0), Contact(100_000)]);
    (0..1_000).for_each(|number| one.work_shown(number * 30 * MINUTE));
    (0..1_000).for_each(|number| one.work_shown((number * 30 + 5) * MINUTE));
    assert_eq!(one.iter().next().unwrap().worked.len(), PARTS_MAX);
    let mut blind = Silences::default();
    for number in 0..100 {
        blind.blind(0, number * 100 * MINUTE);
        blind.down(0, (number * 100 + 50) * MINUTE);
    }
    assert_eq!(blind.iter().next().unwrap().blind.len(), PARTS_MAX);
}

#[test]
fn what_is_past_correction_is_forgotten_once_it_is_saved() {
    let mut silences = play(&[Found(0, 30, true), Found(100, 130, true), Down(200, 0)]);
    assert_eq!(silences.unsaved().count(), 3);
    silences.mark_saved(30 * MINUTE + CORRECTABLE_MS);
    assert_eq!(outages(&silences), [(100, Some(130), StationDown), (200, None, StationDown)]);
    assert_eq!(silences.unsaved().count(), 0);
    silences.work_shown(110 * MINUTE);
    assert_eq!(silences.unsaved().count(), 1);
    silences.mark_unsaved();
    assert_eq!(silences.unsaved().count(), 2);
}

proptest! {
    /// The order in which readings arrive, and whether before or after the next contact, does not matter; and what
    /// they show is what their times say.
    #[test]
    fn what_late_readings_show_does_not_depend_on_their_order(
        (minutes, shuffled) in prop::collection::vec(1i64..600, 0..25).prop_flat_map(|minutes| {
            (Just(minutes.clone()), Just(minutes).prop_shuffle())
        }),
        early in 0usize..25,
    ) {
        let in_order = {
            let mut silences = play(&[Down(0, 0), Contact(600)]);
            minutes.iter().for_each(|at| silences.work_shown(at * MINUTE));
            silences
        };
        let mixed = {
            let mut silences = play(&[Down(0, 0)]);
            let early = early.min(shuffled.len());
            shuffled[..early].iter().for_each(|at| silences.work_shown(at * MINUTE));
            silences.contact(600 * MINUTE);
            shuffled[early..].iter().for_each(|at| silences.work_shown(at * MINUTE));
            silences
        };
        prop_assert_eq!(outages(&in_order), outages(&mixed));
        let mut signs: Vec<i64> = minutes.into_iter().chain([0, 600]).collect();
        signs.sort_unstable();
        let worked: i64 = signs.windows(2).map(|pair| pair[1] - pair[0]).filter(|gap| *gap <= 10).sum();
        let shown: i64 = outages(&in_order).iter().filter(|outage| outage.2 == LinkDown)
            .map(|outage| outage.1.unwrap() - outage.0).sum();
        prop_assert_eq!(worked, shown);
    }
}
