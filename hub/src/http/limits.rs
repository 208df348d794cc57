//! How many requests each token, and each address without one, may make: a leaky bucket each.
//!
//! Invariant: bounded. At most [`CALLERS_MAX`] callers are remembered; one whose bucket is empty is forgotten first,
//! then the one that was last seen longest ago.

use crate::registry::TokenName;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Requests that may come at once, in seconds' worth of the rate: a page that loads, a script that catches up [J].
const BURST_S: u32 = 5;
const CALLERS_MAX: usize = 10_000;

/// Whose requests are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Caller {
    Token(TokenName),
    Address(IpAddr),
}

/// The buckets of all callers.
pub struct Limits {
    /// Time that one request takes of the bucket; `None`: no limit.
    each: Option<Duration>,
    /// What the bucket holds.
    burst: Duration,
    /// When each caller's bucket will be empty.
    empty_at: Mutex<HashMap<Caller, Instant>>,
}

impl Limits {
    /// So many requests a second each; 0: no limit.
    #[must_use]
    pub fn new(per_second_max: u32) -> Self {
        let each = (per_second_max > 0).then(|| Duration::from_secs(1) / per_second_max);
        Self { each, burst: Duration::from_secs(1) * BURST_S, empty_at: Mutex::default() }
    }

    /// So many within this time each, all at once if need be.
    #[must_use]
    pub fn within(most: u32, time: Duration) -> Self {
        Self { each: Some(time / most.max(1)), burst: time, empty_at: Mutex::default() }
    }

    /// A request that was taken does not count after all.
    pub fn give_back(&self, caller: &Caller) {
        let mut callers = self.empty_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(each), Some(empty_at)) = (self.each, callers.get_mut(caller)) {
            *empty_at = empty_at.checked_sub(each).unwrap_or(*empty_at);
        }
    }

    /// Counts a request; `Err` is how long the caller must wait.
    pub fn take(&self, caller: Caller, now: Instant) -> Result<(), Duration> {
        let Some(each) = self.each else { return Ok(()) };
        // An entry is written in one step: a panic elsewhere leaves the map whole.
        let mut callers = self.empty_at.lock().unwrap_or_else(PoisonError::into_inner);
        if callers.len() >= CALLERS_MAX && !callers.contains_key(&caller) {
            make_room(&mut callers, now);
        }
        let empty_at = callers.entry(caller).or_insert(now);
        let after = (*empty_at).max(now) + each;
        let wait = (after - now).saturating_sub(self.burst);
        if wait.is_zero() {
            *empty_at = after;
            return Ok(());
        }
        Err(wait)
    }
}

fn make_room(callers: &mut HashMap<Caller, Instant>, now: Instant) {
    callers.retain(|_, empty_at| *empty_at > now);
    if callers.len() >= CALLERS_MAX
        && let Some(oldest) = callers.iter().min_by_key(|(_, at)| **at).map(|(caller, _)| caller.clone())
    {
        callers.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let limits = Limits::new(10);
        let start = Instant::now();
        let caller = || Caller::Address("192.0.2.1".parse().expect("address"));
        let passed = (0..100).filter(|_| limits.take(caller(), start).is_ok()).count();
        assert_eq!(passed, 50);
        assert_eq!(limits.take(caller(), start), Err(Duration::from_millis(100)));
        let other = Caller::Address("192.0.2.2".parse().expect("address"));
        assert_eq!(limits.take(other, start), Ok(()));
        assert_eq!(limits.take(caller(), start + Duration::from_millis(100)), Ok(()));
        assert!(Limits::new(0).take(caller(), start).is_ok());
    }

    #[test]
    fn callers_are_forgotten() {
        let limits = Limits::new(1);
        let start = Instant::now();
        for number in 0..=CALLERS_MAX {
            let address = IpAddr::from(u32::try_from(number).expect("small").to_be_bytes());
            assert_eq!(limits.take(Caller::Address(address), start), Ok(()));
        }
        assert_eq!(limits.empty_at.lock().expect("lock").len(), CALLERS_MAX);
    }
}
