//! Waiting for what has no event of its own, such as a row that appears in another server.

use std::time::{Duration, Instant};

/// After this a wait counts as a hang. Nothing asserts that something is fast: the limit only turns a hang into a
/// message, on the busiest machine too.
pub const PATIENCE: Duration = Duration::from_secs(180);

const PAUSE_FIRST: Duration = Duration::from_millis(5);
const PAUSE_LONGEST: Duration = Duration::from_millis(200);

/// Returns once `condition` holds.
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    until_some(what, || condition().then_some(()));
}

/// Returns what `look` finds, once it finds something.
pub fn until_some<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    let mut pause = PAUSE_FIRST;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited {} s in vain: {what}", PATIENCE.as_secs());
        std::thread::park_timeout(pause);
        pause = (pause * 2).min(PAUSE_LONGEST);
    }
}
