//! How long to wait before the next attempt.

use crate::dice::Dice;
use std::time::Duration;

/// Exponential backoff with jitter, so that a fleet which lost its hub does not come back at one moment
/// ("Exponential backoff and jitter", AWS architecture blog, 2015).
#[derive(Debug, Clone)]
pub struct Backoff {
    dice: Dice,
    ceiling: Duration,
    first: Duration,
    max: Duration,
}

impl Backoff {
    pub fn new(dice: Dice, first: Duration, max: Duration) -> Self {
        Self { dice, ceiling: first, first, max }
    }

    /// Between half of the ceiling and the ceiling, which doubles with each call.
    pub fn next_wait(&mut self) -> Duration {
        let wait = self.ceiling.mul_f64(self.dice.between(0.5, 1.0));
        self.ceiling = (self.ceiling * 2).min(self.max);
        wait
    }

    /// An attempt succeeded.
    pub fn reset(&mut self) {
        self.ceiling = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_maximum_and_start_again() {
        let mut backoff = Backoff::new(Dice::new(1), Duration::from_secs(1), Duration::from_secs(8));
        for ceiling in [1, 2, 4, 8, 8, 8] {
            let wait = backoff.next_wait().as_secs_f64();
            assert!(wait <= f64::from(ceiling) && wait >= f64::from(ceiling) / 2.0, "{wait} for {ceiling}");
        }
        backoff.reset();
        assert!(backoff.next_wait() <= Duration::from_secs(1));
    }
}
