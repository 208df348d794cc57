//! A fixed piece of work, with a fault or a crash at every single call to the disk; and random work with random faults.

use proptest::prelude::*;
use waystation_durable_log::WhenFull;

use crate::faulty_disk::Fault;
use crate::harness::Harness;

#[derive(Clone, Copy, Debug)]
enum Step {
    Append(usize),
    Commit,
    Advance(usize, u64),
    Save(usize, u64),
    ForgetLost,
    Thin(usize, u64),
    Kill,
    CutPower,
    Fail(u64, Fault),
    Space(usize),
    Heal,
}

fn run(harness: &mut Harness, steps: &[Step]) {
    for &step in steps {
        match step {
            Step::Append(bytes) => harness.append(bytes),
            Step::Commit => drop(harness.commit()),
            Step::Advance(which, records) => harness.advance(which, records),
            Step::Save(which, records) => harness.advance_and_save(which, records),
            Step::ForgetLost => harness.forget_lost(),
            Step::Thin(which, modulus) => harness.thin(which, modulus),
            Step::Kill => harness.kill(),
            Step::CutPower => harness.cut_power(),
            Step::Fail(steps, fault) => harness.disk.fail_in(steps, fault),
            Step::Space(bytes) => harness.disk.set_space(bytes),
            Step::Heal => harness.disk.heal(),
        }
    }
}

/// Fills segments, spans several with one commit, overruns the cap, moves the cursors, and restarts.
fn work() -> Vec<Step> {
    use Step::*;
    let mut steps = vec![
        Append(10),
        Commit,
        Append(200),
        Append(200),
        Append(200),
        Commit,
        Save(0, 2),
        Save(1, 1),
        Advance(1, 1),
    ];
    steps.extend([
        Append(0),
        Append(1400),
        Append(3),
        Commit,
        Kill,
        Append(100),
        Commit,
        Save(0, 9),
        Save(1, 5),
    ]);
    steps.extend((0..12).flat_map(|n| [Append(n * 40), Append(5), Commit]));
    steps.extend([Thin(0, 2), Thin(1, 3), Kill, Thin(1, 100), Append(9), Commit, Thin(2, 5)]);
    steps.extend([
        Save(1, 7),
        ForgetLost,
        Thin(1, 2),
        Append(77),
        Append(470),
        Append(20),
        Commit,
        Append(1),
        Commit,
    ]);
    steps
}

fn steps_of_work(when_full: WhenFull) -> u64 {
    let mut undisturbed = Harness::new(0, when_full);
    let begin = undisturbed.disk.steps();
    run(&mut undisturbed, &work());
    undisturbed.disk.steps() - begin
}

fn check_at_every_step(when_full: WhenFull, fault: Fault, seeds: u64) {
    let steps = steps_of_work(when_full);
    for seed in 1..=seeds {
        for at in 0..steps {
            let mut harness = Harness::new(seed, when_full);
            harness.disk.fail_in(at, fault);
            if fault == Fault::Crash {
                // Once more while the log recovers.
                harness.disk.fail_in(at + 1 + seed * 7, fault);
            }
            run(&mut harness, &work());
            harness.check();
            harness.check_heals();
        }
    }
}

#[test]
fn a_crash_at_every_step_loses_nothing_that_was_promised() {
    check_at_every_step(WhenFull::Refuse, Fault::Crash, 3);
    check_at_every_step(WhenFull::DropOldest, Fault::Crash, 3);
}

#[test]
fn a_failing_call_at_every_step_heals() {
    for fault in [Fault::Io, Fault::NoSpace, Fault::ShortWrite] {
        check_at_every_step(WhenFull::Refuse, fault, 1);
        check_at_every_step(WhenFull::DropOldest, fault, 1);
    }
}

/// Two calls fail, so that not even the clearing up works; the process is killed at once; what the next one finds in
/// the page cache, and builds on, has to survive a power cut.
fn check_page_cache_is_not_trusted(when_full: WhenFull, seed: u64) {
    for at in 0..steps_of_work(when_full) {
        let mut harness = Harness::new(seed, when_full);
        harness.disk.fail_in(at, Fault::Io);
        harness.disk.fail_in(at + 1, Fault::Io);
        for step in work() {
            run(&mut harness, &[step]);
            if harness.disk.no_fault_waits() {
                run(&mut harness, &[Step::Kill, Step::CutPower]);
                break;
            }
        }
        harness.check_nothing_vanished();
        harness.check_heals();
    }
}

#[test]
fn what_a_killed_process_left_in_the_page_cache_is_made_durable_before_it_counts() {
    for seed in 1..=2 {
        check_page_cache_is_not_trusted(WhenFull::Refuse, seed);
        check_page_cache_is_not_trusted(WhenFull::DropOldest, seed);
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    let fault =
        prop_oneof![Just(Fault::ShortWrite), Just(Fault::NoSpace), Just(Fault::Io), Just(Fault::Crash)];
    prop_oneof![
        6 => prop_oneof![0..40_usize, 100..600_usize, 0..1500_usize].prop_map(Step::Append),
        5 => Just(Step::Commit),
        3 => (0..2_usize, 0..12_u64).prop_map(|(which, records)| Step::Save(which, records)),
        1 => (0..2_usize, 0..12_u64).prop_map(|(which, records)| Step::Advance(which, records)),
        2 => (0..8_usize, 2..9_u64).prop_map(|(which, modulus)| Step::Thin(which, modulus)),
        1 => Just(Step::ForgetLost),
        2 => (0..30_u64, fault).prop_map(|(steps, fault)| Step::Fail(steps, fault)),
        1 => Just(Step::Kill),
        1 => Just(Step::CutPower),
        1 => (0..6000_usize).prop_map(Step::Space),
        1 => Just(Step::Heal),
    ]
}

fn check_random(seed: u64, when_full: WhenFull, steps: &[Step]) {
    let mut harness = Harness::new(seed, when_full);
    for chunk in steps.chunks(5) {
        run(&mut harness, chunk);
        harness.check();
        harness.check_nothing_vanished();
    }
    harness.check_heals();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_work_on_a_failing_disk_keeps_every_promise(
        seed in 1..u64::MAX,
        drop_oldest: bool,
        steps in prop::collection::vec(any_step(), 1..80),
    ) {
        check_random(seed, if drop_oldest { WhenFull::DropOldest } else { WhenFull::Refuse }, &steps);
    }
}
