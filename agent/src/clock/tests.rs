use super::*;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

const T: i64 = 1_763_800_000_000;
const HOUR: i64 = 3_600_000;

/// Clocks that a test sets.
#[derive(Clone, Default)]
struct Hands {
    mono_ms: Arc<AtomicI64>,
    system_ms: Arc<AtomicI64>,
}

impl Hands {
    fn set(&self, mono_ms: i64, system_ms: i64) {
        self.mono_ms.store(mono_ms, SeqCst);
        self.system_ms.store(system_ms, SeqCst);
    }

    fn pass(&self, ms: i64) {
        self.mono_ms.fetch_add(ms, SeqCst);
        self.system_ms.fetch_add(ms, SeqCst);
    }

    fn clock(&self, boot: &str, path: Option<PathBuf>) -> Clock {
        let hands = self.clone();
        let look =
            move || Look { mono_ms: hands.mono_ms.load(SeqCst), system_ms: hands.system_ms.load(SeqCst) };
        Clock::with(Box::new(look), boot, path)
    }
}

/// A system clock that is off by `off_ms`, asked when the hub says `T`; the time must be right to within `within_ms`,
/// also after the system clock has jumped.
fn check_sync(off_ms: i64, expected_offset_ms: i64, within_ms: i64) {
    let hands = Hands::default();
    hands.set(5_000, T + off_ms);
    let clock = hands.clock("a", None);
    clock.sync(4_900, T - 50, 5_000);
    assert_eq!(clock.offset_ms(), Some(expected_offset_ms));
    for jump_ms in [0, HOUR, -HOUR, -T] {
        hands.pass(10_000);
        let before = clock.now_ms().unwrap();
        hands.set(clock.mono_ms(), T + off_ms + jump_ms);
        assert_eq!(clock.now_ms(), Some(before), "a jump of {jump_ms}");
    }
    let error_ms = clock.now_ms().unwrap() - (T + 40_000);
    assert!(error_ms.abs() <= within_ms, "{error_ms}");
}

#[test]
fn the_hubs_time_counts_and_jumps_of_the_system_clock_do_not() {
    check_sync(0, 0, 0);
    check_sync(400, 400, 400);
    check_sync(-999, -999, 999);
    check_sync(1_000, 1_000, 0);
    check_sync(HOUR, HOUR, 0);
    check_sync(-T + 7, -T + 7, 0);
}

#[test]
fn a_system_clock_counts_before_the_hub_if_it_is_plausible() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clock");
    let hands = Hands::default();
    let check = |boot: &str, system_ms: i64, expected: Option<i64>| {
        hands.set(1, system_ms);
        let clock = hands.clock(boot, Some(path.clone()));
        assert_eq!(clock.now_ms(), expected, "{system_ms}");
        clock.keep_now();
        clock
    };
    check("a", 0, None);
    check("b", T, Some(T));
    check("c", T - HOUR, None).unanswered();
    let clock = check("d", T - HOUR, None);
    clock.unanswered();
    assert_eq!(clock.now_ms(), Some(T - HOUR));
}

fn check_stamp(hands: &Hands, clock: &Clock, device_ms: Option<i64>, expected: Stamp) {
    assert_eq!(clock.stamp(device_ms), expected, "{device_ms:?} at {}", hands.system_ms.load(SeqCst));
}

#[test]
fn a_devices_time_is_moved_with_the_gateways() {
    let hands = Hands::default();
    hands.set(90_000, T - HOUR);
    let clock = hands.clock("a", None);
    clock.sync(90_000, T, 90_000);
    check_stamp(&hands, &clock, None, Stamp::Time(T));
    check_stamp(&hands, &clock, Some(T - HOUR - 5_000), Stamp::Time(T - 5_000));
    // This device knows better than the gateway did.
    check_stamp(&hands, &clock, Some(T - 5_000), Stamp::Time(T - 5_000));
    hands.set(90_000, T + HOUR);
    let clock = hands.clock("a", None);
    check_stamp(&hands, &clock, None, Stamp::Unconfirmed { ms: T + HOUR, uptime_ms: 90_000 });
    check_stamp(
        &hands,
        &clock,
        Some(T + HOUR - 9_000),
        Stamp::Unconfirmed { ms: T + HOUR - 9_000, uptime_ms: 81_000 },
    );
    clock.sync(90_000, T, 90_000);
    check_stamp(&hands, &clock, Some(T - 5_000), Stamp::Time(T - 5_000));
    check_stamp(&hands, &clock, Some(T + HOUR - 5_000), Stamp::Time(T - 5_000));

    hands.set(90_000, 1_000_000);
    let clock = hands.clock("a", None);
    check_stamp(&hands, &clock, None, Stamp::Uptime(90_000));
    check_stamp(&hands, &clock, Some(997_000), Stamp::Uptime(87_000));
    check_stamp(&hands, &clock, Some(T), Stamp::Time(T));
}

/// The boot clock and the system clock turn to the next millisecond at different moments.
#[test]
fn a_devices_times_stay_apart_where_the_clocks_round_differently() {
    let hands = Hands::default();
    hands.set(5_000, T);
    let clock = hands.clock("a", None);
    clock.sync(5_000, T, 5_000);
    for (mono_ms, system_ms) in [(5_001, T + 1), (5_001, T + 2), (5_002, T + 2), (5_003, T + 2)] {
        hands.set(mono_ms, system_ms);
        check_stamp(&hands, &clock, Some(T - HOUR), Stamp::Time(T - HOUR));
    }
}

#[test]
fn readings_of_unknown_time_get_it_after_the_boot_and_after_later_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = || Some(folder.path().join("clock"));
    let hands = Hands::default();
    // Two boots of an hour without the time, then one that learns it after 10 minutes.
    for boot in ["a", "b"] {
        hands.set(0, 0);
        let clock = hands.clock(boot, path());
        hands.pass(HOUR);
        clock.keep_now();
        assert_eq!(clock.time_at(boot, 5), None);
    }
    hands.set(600_000, 600_000);
    let clock = hands.clock("c", path());
    assert_eq!(clock.time_at("a", 7), None);
    clock.sync(600_000, T, 600_000);
    let began = T - 600_000;
    assert_eq!(clock.time_at("c", 30_000), Some(began + 30_000));
    assert_eq!(clock.time_at("b", 30_000), Some(began - HOUR + 30_000));
    // Taken after the uptime was kept for the last time.
    assert_eq!(clock.time_at("b", HOUR + 30_000), Some(began - 1));
    assert_eq!(clock.time_at("a", 30_000), Some(began - 2 * HOUR + 30_000));
    assert_eq!(clock.time_at("forgotten", 30_000), Some(began - 2 * HOUR - 1));
    clock.keep_now();
    // And from a boot on, what was known of an earlier one counts.
    hands.set(1_000, T + 24 * HOUR);
    let clock = hands.clock("d", path());
    assert_eq!(clock.time_at("c", 30_000), Some(began + 30_000));
}

#[test]
fn what_a_boots_clock_said_is_confirmed_or_put_right_by_what_is_known_of_that_boot() {
    let folder = tempfile::tempdir().unwrap();
    let path = || Some(folder.path().join("clock"));
    let hands = Hands::default();
    hands.set(10_000, T + HOUR);
    let clock = hands.clock("a", path());
    assert_eq!(clock.confirmed("a", 9_000, T + HOUR - 1_000), None);
    clock.sync(10_000, T, 10_000);
    clock.keep_now();
    assert_eq!(clock.confirmed("a", 9_000, T + HOUR - 1_000), Some(T - 1_000));
    // After a restart, in the same boot and in another one.
    let again = hands.clock("a", path());
    assert_eq!(again.confirmed("a", 9_000, T + HOUR - 1_000), None);
    again.sync(10_000, T, 10_000);
    assert_eq!(again.confirmed("a", 9_000, T + HOUR - 1_000), Some(T - 1_000));
    hands.set(1_000, T + 60_000);
    let later = hands.clock("b", path());
    later.unanswered();
    assert_eq!(later.confirmed("a", 9_000, T + HOUR - 1_000), Some(T - 1_000));
    assert_eq!(later.confirmed("forgotten", 9_000, T - 7), Some(T - 7));
}

#[test]
fn a_damaged_file_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clock");
    std::fs::write(&path, "time x\nboot\nboot a b c\nboot e 5 -\n\u{0}").unwrap();
    let hands = Hands::default();
    hands.set(1, T);
    let clock = hands.clock("f", Some(path));
    assert_eq!((clock.now_ms(), clock.boot_id()), (Some(T), "f".to_owned()));
}

#[test]
fn certificates_are_judged_by_the_last_time_that_was_known() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clock");
    let hands = Hands::default();
    hands.set(5_000, T);
    let clock = hands.clock("a", Some(path.clone()));
    clock.sync(5_000, T, 5_000);
    clock.keep_now();
    hands.set(0, 0);
    let clock = hands.clock("b", Some(path));
    assert_eq!((clock.now_ms(), clock.now_or_last_ms()), (None, T));
    clock.sync(0, T + HOUR, 0);
    assert_eq!(clock.now_or_last_ms(), T + HOUR);
}
