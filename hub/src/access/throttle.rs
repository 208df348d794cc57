//! Slows down who keeps guessing: each failed login of an address makes the next refusal of it wait longer. Logins
//! that succeed never wait, so that a fleet behind one address is not punished for one bad station.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures that are answered at once: a mistyped token on a site visit.
const FREE_FAILURES: u32 = 5;
const DELAY_FIRST: Duration = Duration::from_millis(100);
const DELAY_MAX: Duration = Duration::from_secs(5);
/// An address that has behaved this long is forgiven.
const FORGET_AFTER: Duration = Duration::from_secs(300);
/// Addresses remembered; beyond, those seen longest ago are forgotten.
const ADDRESSES_MAX: usize = 10_000;

/// Failed logins by address.
#[derive(Debug, Clone, Default)]
pub struct Throttle(Arc<Mutex<HashMap<IpAddr, Failures>>>);

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Throttle {
    /// Notes a failed login and says how long its answer must wait.
    #[must_use]
    pub fn failed(&self, address: IpAddr, now: Instant) -> Duration {
        // An entry is written in one step: a panic elsewhere leaves the map whole.
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= ADDRESSES_MAX && !failures.contains_key(&address) {
            forget_old(&mut failures, now);
        }
        let entry = failures.entry(address).or_insert(Failures { count: 0, last: now });
        if now.duration_since(entry.last) > FORGET_AFTER {
            entry.count = 0;
        }
        entry.count = entry.count.saturating_add(1);
        entry.last = now;
        delay(entry.count)
    }
}

fn delay(failures: u32) -> Duration {
    match failures.checked_sub(FREE_FAILURES + 1) {
        None => Duration::ZERO,
        Some(over) => DELAY_FIRST.saturating_mul(1 << over.min(16)).min(DELAY_MAX),
    }
}

fn forget_old(failures: &mut HashMap<IpAddr, Failures>, now: Instant) {
    failures.retain(|_, entry| now.duration_since(entry.last) <= FORGET_AFTER);
    if failures.len() >= ADDRESSES_MAX
        && let Some(oldest) = failures.iter().min_by_key(|(_, entry)| entry.last).map(|(address, _)| *address)
    {
        failures.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_gets_slower_and_is_forgiven() {
        let throttle = Throttle::default();
        let address = "127.0.0.1".parse().expect("address");
        let start = Instant::now();
        let waits: Vec<_> = (0..12).map(|_| throttle.failed(address, start).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 100, 200, 400, 800, 1600, 3200, 5000]);
        assert_eq!(throttle.failed("127.0.0.2".parse().expect("address"), start), Duration::ZERO);
        assert_eq!(throttle.failed(address, start + FORGET_AFTER * 2), Duration::ZERO);
    }
}
