//! What the doors last said of themselves, for whoever has to see that a door did open.

use std::collections::BTreeMap;
use waystation_protocol::{Body, Contact, DeviceId, Door, DoorEvent, Lock, Reading};

/// More devices than a station has doors are not followed.
const DOORS_MAX: usize = 64;

/// The doors by device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Doors(BTreeMap<DeviceId, DoorState>);

/// A door as it was last told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DoorState {
    pub contact: Option<Contact>,
    pub lock: Option<Lock>,
    /// Of what moment each was told, by [`crate::clock::Clock::mono_ms`].
    pub contact_mono_ms: i64,
    pub lock_mono_ms: i64,
}

impl Doors {
    pub fn get(&self, device: &DeviceId) -> Option<DoorState> {
        self.0.get(device).copied()
    }

    /// Takes a reading of this moment in; whether it said something new of a door. What was told of a later moment
    /// stands.
    pub fn note(&mut self, reading: &Reading, mono_ms: i64) -> bool {
        let Body::Door(door) = &reading.body else { return false };
        let (contact, lock) = said(door);
        if contact.is_none() && lock.is_none() {
            return false;
        }
        if self.0.len() >= DOORS_MAX && !self.0.contains_key(&reading.device) {
            return false;
        }
        let state = self.0.entry(reading.device.clone()).or_default();
        let before = *state;
        if contact.is_some() && mono_ms >= state.contact_mono_ms {
            (state.contact, state.contact_mono_ms) = (contact, mono_ms);
        }
        if lock.is_some() && mono_ms >= state.lock_mono_ms {
            (state.lock, state.lock_mono_ms) = (lock, mono_ms);
        }
        *state != before
    }
}

/// Contact and lock, said outright or by an event.
fn said(door: &Door) -> (Option<Contact>, Option<Lock>) {
    let (contact, lock) = match door.event {
        Some(DoorEvent::Open | DoorEvent::Forced | DoorEvent::HeldOpen) => (Some(Contact::Open), None),
        Some(DoorEvent::Close) => (Some(Contact::Closed), None),
        Some(DoorEvent::Unlock) => (None, Some(Lock::Unlocked)),
        Some(DoorEvent::Denied) | None => (None, None),
    };
    (door.contact.or(contact), door.lock.or(lock))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_door_is_as_it_was_last_told() {
        let mut doors = Doors::default();
        let front = || DeviceId::try_from("front").unwrap();
        let mut check = |door: Door, mono_ms, expected: (Option<Contact>, i64, Option<Lock>, i64)| {
            doors.note(&Reading { ts: 0, device: front(), body: door.into() }, mono_ms);
            let state = doors.get(&front()).unwrap();
            let DoorState { contact, contact_mono_ms, lock, lock_mono_ms } = state;
            assert_eq!((contact, contact_mono_ms, lock, lock_mono_ms), expected);
        };
        let (open, closed) = (Some(Contact::Open), Some(Contact::Closed));
        let unlocked = Some(Lock::Unlocked);
        check(Door { contact: closed, ..Door::default() }, 1, (closed, 1, None, 0));
        check(Door { event: Some(DoorEvent::Unlock), ..Door::default() }, 2, (closed, 1, unlocked, 2));
        check(Door { event: Some(DoorEvent::Denied), ..Door::default() }, 3, (closed, 1, unlocked, 2));
        check(Door { event: Some(DoorEvent::Open), ..Door::default() }, 4, (open, 4, unlocked, 2));
        check(Door { lock: Some(Lock::Locked), ..Door::default() }, 5, (open, 4, Some(Lock::Locked), 5));
        check(Door { contact: closed, ..Door::default() }, 3, (open, 4, Some(Lock::Locked), 5));
    }
}
