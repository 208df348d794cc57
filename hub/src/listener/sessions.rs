//! Which session holds which client id, over all shards: the seat of take-over.

use compact_str::CompactString;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Number of a session, never used twice.
pub type SessionId = u64;

/// Where a session lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    pub shard: usize,
    pub session: SessionId,
}

/// All sessions by key (see `Admitted::session_key`).
#[derive(Debug, Default)]
pub struct Sessions(Mutex<HashMap<CompactString, Seat>>);

impl Sessions {
    /// Gives the key to a new session; returns the one that held it.
    #[must_use]
    pub fn take(&self, key: CompactString, seat: Seat) -> Option<Seat> {
        self.seats().insert(key, seat)
    }

    /// Gives the key back, unless another session has taken it.
    pub fn leave(&self, key: &str, seat: Seat) {
        let mut seats = self.seats();
        if seats.get(key) == Some(&seat) {
            seats.remove(key);
        }
    }

    fn seats(&self) -> MutexGuard<'_, HashMap<CompactString, Seat>> {
        // One insert or remove at a time: a panic elsewhere leaves the map whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Seat, Sessions};

    #[test]
    fn a_session_that_was_taken_over_does_not_unseat_its_successor() {
        let sessions = Sessions::default();
        let (first, second) = (Seat { shard: 0, session: 1 }, Seat { shard: 1, session: 2 });
        assert_eq!(sessions.take("k".into(), first), None);
        assert_eq!(sessions.take("k".into(), second), Some(first));
        sessions.leave("k", first);
        assert_eq!(sessions.take("k".into(), first), Some(second));
    }
}
