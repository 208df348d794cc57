//! How the listener tells the fleet about sessions: never blocking, never dropping.
//!
//! Not a queue: what happened to a station since the last look is added up, so that memory is bounded by the number
//! of stations even when all of them reconnect at once, and a session's end can never be lost to a full channel.

use super::fold::Event;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use waystation_protocol::StationId;

/// Takes note of sessions that begin and end. Cheap to clone; callable from any thread.
#[derive(Debug, Clone, Default)]
pub struct SessionEvents(Arc<Mutex<HashMap<StationId, Changes>>>);

#[derive(Debug, Clone, Copy, Default)]
struct Changes {
    begun: u32,
    ended: u32,
    at_ms: i64,
    /// Of the last session that began.
    address: Option<IpAddr>,
}

impl SessionEvents {
    /// A session of the station began, from this address.
    pub fn connected(&self, station: &StationId, at_ms: i64, address: Option<IpAddr>) {
        self.note(station, at_ms, |changes| {
            changes.begun += 1;
            changes.address = address.or(changes.address);
        });
    }

    /// A session of the station ended, taken over or not; it was last heard on it at `at_ms`.
    pub fn disconnected(&self, station: &StationId, at_ms: i64) {
        self.note(station, at_ms, |changes| changes.ended += 1);
    }

    /// Everything since the last call. Beginnings come first: a session ends after it began.
    pub(super) fn take(&self) -> impl Iterator<Item = Event> {
        let noted = std::mem::take(&mut *self.changes());
        noted.into_iter().flat_map(|(station, Changes { begun, ended, at_ms, address })| {
            let connected = std::iter::repeat_n(station.clone(), begun as usize);
            let disconnected = std::iter::repeat_n(station, ended as usize);
            let connected = connected.map(move |station| Event::Connected { station, at_ms, address });
            connected.chain(disconnected.map(move |station| Event::Disconnected { station, at_ms }))
        })
    }

    fn note(&self, station: &StationId, at_ms: i64, change: impl FnOnce(&mut Changes)) {
        let mut noted = self.changes();
        // A look-up first: a storm of reconnects copies no ids.
        let changes = match noted.get_mut(station) {
            Some(changes) => changes,
            None => noted.entry(station.clone()).or_default(),
        };
        change(changes);
        changes.at_ms = changes.at_ms.max(at_ms);
    }

    /// Sums cannot be left half-done, so a poisoned lock is still good.
    fn changes(&self) -> MutexGuard<'_, HashMap<StationId, Changes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
