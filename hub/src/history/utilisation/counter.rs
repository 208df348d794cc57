//! Counters at doors: they start again from zero, are replaced, and drift apart.

/// Nobody passes a door faster than one person a second [J]; a larger step is another counter, not visits.
const PER_SECOND_MAX: i64 = 1;
/// Steps of which no more is asked: people who came in together while the sensor counted [J].
const STEP_ALWAYS_TAKEN: i64 = 10;

/// A counter's value at a time, ms.
pub type Count = (i64, i64);

/// What a step of a counter means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Step {
    pub increase: i64,
    /// The counter started again, or is another one.
    pub reset: bool,
}

/// The people between two values: a reset is no negative visit, and what was counted since it counts.
#[must_use]
pub fn step(before: Count, after: Count) -> Step {
    let elapsed_s = (after.0 - before.0).max(0) / 1_000;
    let most = elapsed_s * PER_SECOND_MAX + STEP_ALWAYS_TAKEN;
    let (increase, reset) = match after.1 - before.1 {
        increase if increase >= 0 => (increase, false),
        _ => (after.1, true),
    };
    if increase > most { Step { increase: 0, reset: true } } else { Step { increase, reset } }
}

#[cfg(test)]
mod tests {
    use super::{Step, step};

    #[test]
    fn steps_are_visits_and_resets_are_not() {
        let check = |before: i64, after: i64, seconds: i64, increase: i64, reset: bool| {
            let found = step((0, before), (seconds * 1_000, after));
            assert_eq!(found, Step { increase, reset }, "{before} → {after} in {seconds} s");
        };
        check(100, 100, 60, 0, false);
        check(100, 130, 60, 30, false);
        check(100, 3, 60, 3, true);
        check(100, 0, 60, 0, true);
        check(100, 80_000, 60, 0, true);
        check(80_000, 500, 60, 0, true);
        check(100, 2_100, 5 * 3_600, 2_000, false);
        check(100, 110, 0, 10, false);
    }
}
