//! How many connections each address holds.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Connections by address, shared by all listeners.
#[derive(Debug, Clone)]
pub struct Addresses {
    counts: Arc<Mutex<HashMap<IpAddr, u32>>>,
    limit: u32,
}

/// One connection's place, given back on drop.
#[derive(Debug)]
pub struct Place {
    addresses: Addresses,
    address: IpAddr,
}

impl Addresses {
    /// At most `limit` connections an address; 0: no limit.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        Self { counts: Arc::default(), limit }
    }

    /// A place for one more connection, or `None` if the address holds all it may.
    #[must_use]
    pub fn enter(&self, address: IpAddr) -> Option<Place> {
        let mut counts = self.counts();
        let count = counts.entry(address).or_default();
        if self.limit != 0 && *count >= self.limit {
            return None;
        }
        *count += 1;
        Some(Place { addresses: self.clone(), address })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<IpAddr, u32>> {
        // A count is changed in one step: a panic elsewhere leaves it whole.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Where the connection comes from.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.address
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.addresses.counts();
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Addresses;

    #[test]
    fn places_are_given_back() {
        let addresses = Addresses::new(2);
        let home = "127.0.0.1".parse().expect("address");
        let first = addresses.enter(home);
        let _second = addresses.enter(home);
        assert!(addresses.enter(home).is_none());
        assert!(addresses.enter("127.0.0.2".parse().expect("address")).is_some());
        drop(first);
        assert!(addresses.enter(home).is_some());
    }
}
