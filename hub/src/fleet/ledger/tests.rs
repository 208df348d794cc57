use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn id(text: &str) -> OutboxId {
    OutboxId::try_from(text).unwrap()
}

fn place(outbox: &str, first_seq: u64, count: u32, lost: &[Range]) -> Place {
    Place { outbox: id(outbox), first_seq, count, lost: lost.to_vec() }
}

/// What a ledger must say after these batches of one outbox: durable up to, gaps, dropped, received.
fn check(batches: &[(u64, u32, &[Range])], durable: u64, gaps: &[Range], dropped: &[Range], received: u64) {
    let mut ledger = Ledger::default();
    for (first_seq, count, lost) in batches {
        let place = place("a", *first_seq, *count, lost);
        ledger.record(&place);
        let once = ledger.clone();
        ledger.record(&place);
        assert_eq!(ledger, once, "recording twice changes nothing: {batches:?}");
        assert_eq!(ledger.new_in(&id("a"), *first_seq, *count), New::None, "{batches:?}");
    }
    let view = ledger.outboxes().next().unwrap();
    assert_eq!(
        (view.durable_up_to, &view.gaps[..], &view.dropped[..]),
        (durable, gaps, dropped),
        "{batches:?}"
    );
    assert_eq!(view.received, received, "{batches:?}");
    let json = serde_json::to_string(&ledger).unwrap();
    assert_eq!(serde_json::from_str::<Ledger>(&json).unwrap(), ledger, "{json}");
}

#[test]
fn what_arrived_what_was_dropped_and_what_is_missing() {
    check(&[(1, 10, &[])], 10, &[], &[], 10);
    check(&[(1, 10, &[]), (11, 5, &[])], 15, &[], &[], 15);
    check(&[(4711, 2, &[])], 4712, &[], &[], 2); // nothing before the first is claimed missing
    check(&[(1, 10, &[]), (21, 10, &[])], 10, &[(11, 20)], &[], 20);
    check(&[(1, 10, &[]), (21, 10, &[]), (11, 10, &[])], 30, &[], &[], 30); // late, but there
    check(&[(21, 10, &[(1, 20)])], 30, &[], &[(1, 20)], 10); // declared lost
    check(&[(21, 10, &[(1, 15)])], 15, &[(16, 20)], &[(1, 15)], 10); // lost, and more without a word
    check(&[(21, 10, &[(1, 20)]), (5, 2, &[])], 30, &[], &[(1, 4), (7, 20)], 12); // dropped, yet it arrives
    check(&[(1, 10, &[]), (11, 1, &[(5, 6)])], 11, &[], &[], 11); // arrived, then declared dropped
    check(&[(100, 1, &[]), (50, 1, &[])], 50, &[(51, 99)], &[], 2); // the base moves down
    check(&[(5, 1, &[(9, 3)])], 5, &[], &[], 1); // a range the wrong way round says nothing
    check(&[(u64::MAX, 3, &[])], u64::MAX, &[], &[], 1);
    check(&[(0, 1, &[(0, u64::MAX)])], u64::MAX, &[], &[(1, u64::MAX)], 1);
}

#[test]
fn only_the_part_of_a_batch_that_is_new_is_taken() {
    let mut ledger = Ledger::default();
    assert_eq!(ledger.new_in(&id("a"), 1, 5), New::All);
    assert_eq!(ledger.new_in(&id("a"), 1, 0), New::None);
    ledger.record(&place("a", 3, 2, &[(1, 2)]));
    assert_eq!(ledger.new_in(&id("a"), 1, 6), New::Some(vec![0..2, 4..6]));
    assert_eq!(ledger.new_in(&id("b"), 3, 2), New::All);
    assert!(ledger.new_in(&id("a"), 1, 6).contains(4));
    assert!(!ledger.new_in(&id("a"), 1, 6).contains(2));
    ledger.record(&place("c", 1, 0, &[]));
    assert_eq!(ledger.outboxes().len(), 1, "an empty batch mentions nothing");
}

#[test]
fn the_outbox_not_used_for_longest_is_forgotten_first() {
    let mut ledger = Ledger::default();
    for number in 0..OUTBOXES_MAX {
        ledger.record(&place(&format!("o{number}"), 1, 1, &[]));
    }
    ledger.record(&place("o0", 2, 1, &[]));
    ledger.record(&place("new", 1, 1, &[]));
    assert_eq!(ledger.outboxes().len(), OUTBOXES_MAX);
    assert_eq!(ledger.new_in(&id("o0"), 1, 2), New::None);
    assert_eq!(ledger.new_in(&id("o1"), 1, 1), New::All);
}

#[test]
fn memory_is_bounded_and_the_totals_stay_right() {
    let mut ledger = Ledger::default();
    let batches = 10 * RANGES_MAX as u64;
    for number in 0..batches {
        ledger.record(&place("a", 1 + number * 3, 1, &[])); // of every three numbers, two are missing
        let outbox = &ledger.outboxes[0];
        assert!(outbox.received.ranges().len() + outbox.dropped.ranges().len() <= RANGES_MAX);
    }
    let totals = Totals { received: batches, dropped: 0, missing: (batches - 1) * 2 };
    assert_eq!(ledger.totals(), totals);
    assert_eq!(ledger.new_in(&id("a"), 2, 1), New::All, "below the floor everything is taken as new");
    ledger.record(&place("a", 2, 1, &[]));
    assert_eq!(ledger.totals(), totals);
}

#[test]
fn a_long_list_of_losses_is_taken_in_either_direction() {
    let up: Vec<Range> = (0..100_000).map(|n| (n * 2 + 1, n * 2 + 1)).collect();
    let down: Vec<Range> = up.iter().rev().copied().collect();
    for lost in [up, down] {
        let mut ledger = Ledger::default();
        ledger.record(&place("a", 1_000_000, 1, &lost));
        assert!(ledger.outboxes[0].dropped.ranges().len() <= RANGES_MAX);
    }
}

/// The ledger as it would be written without a thought for memory.
#[derive(Default)]
struct Model {
    mentioned: BTreeMap<u64, bool>,
}

impl Model {
    fn record(&mut self, place: &Place) {
        for (from, to) in &place.lost {
            (*from..=*to).for_each(|seq| _ = self.mentioned.entry(seq).or_insert(false));
        }
        let batch = place.first_seq..place.first_seq + u64::from(place.count);
        batch.for_each(|seq| _ = self.mentioned.insert(seq, true));
    }

    fn of(&self, received: bool) -> BTreeSet<u64> {
        self.mentioned.iter().filter(|(_, is)| **is == received).map(|(seq, _)| *seq).collect()
    }

    fn missing(&self) -> BTreeSet<u64> {
        let (Some(first), Some(last)) = (self.mentioned.keys().next(), self.mentioned.keys().last()) else {
            return BTreeSet::new();
        };
        (*first..=*last).filter(|seq| !self.mentioned.contains_key(seq)).collect()
    }
}

fn numbers(ranges: &[Range]) -> BTreeSet<u64> {
    ranges.iter().flat_map(|(from, to)| *from..=*to).collect()
}

fn places() -> impl Strategy<Value = Vec<Place>> {
    let lost =
        prop::collection::vec((0u64..200, 0u64..20).prop_map(|(from, more)| (from, from + more)), 0..3);
    let one =
        (0u64..200, 0u32..20, lost).prop_map(|(first_seq, count, lost)| place("a", first_seq, count, &lost));
    prop::collection::vec(one, 1..40)
}

proptest! {
    #[test]
    fn agrees_with_the_model(places in places()) {
        let (mut ledger, mut model) = (Ledger::default(), Model::default());
        for place in &places {
            let new = ledger.new_in(&place.outbox, place.first_seq, place.count);
            let received = model.of(true);
            for index in 0..place.count {
                prop_assert_eq!(new.contains(index), !received.contains(&(place.first_seq + u64::from(index))));
            }
            ledger.record(place);
            model.record(place);
        }
        prop_assert_eq!(ledger.is_empty(), model.mentioned.is_empty());
        let Some(view) = ledger.outboxes().next() else { return Ok(()) };
        prop_assert_eq!(numbers(&view.gaps), model.missing());
        prop_assert_eq!(numbers(&view.dropped), model.of(false));
        prop_assert_eq!(view.received, model.of(true).len() as u64);
        prop_assert_eq!(view.missing_total, model.missing().len() as u64);
        prop_assert_eq!(view.dropped_total, model.of(false).len() as u64);
        let end = model.missing().first().map_or(*model.mentioned.keys().last().unwrap(), |gap| gap.saturating_sub(1));
        prop_assert_eq!(view.durable_up_to, end);
    }

    #[test]
    fn no_numbers_are_too_large(seqs in prop::collection::vec((any::<u64>(), any::<u32>(), any::<u64>(), any::<u64>()), 1..20)) {
        let mut ledger = Ledger::default();
        for (first_seq, count, from, to) in seqs {
            ledger.record(&place("a", first_seq, count, &[(from, to)]));
            prop_assert_eq!(ledger.new_in(&id("a"), first_seq, count), New::None);
            ledger.outboxes().for_each(drop);
        }
    }
}
