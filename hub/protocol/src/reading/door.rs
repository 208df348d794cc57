//! Doors.

use super::{BodyTable, Refusal, some_measurement};
use crate::members::member_table;
use crate::names::{names, show_by_name};

member_table! {
    /// A door: an event, its state, or both.
    ///
    /// `method` and `deny_reason` only qualify an event; a reading with nothing else holds no measurement.
    pub struct Door {
        event: DoorEvent,
        method: UnlockMethod,
        deny_reason: DenyReason,
        contact: Contact,
        lock: Lock,
        access: Access,
        lock_battery_pct: f64 [0.0, 100.0],
    }
}

names! {
    /// What happened at the door.
    pub enum DoorEvent {
        Open = "open",
        Close = "close",
        Unlock = "unlock",
        Denied = "denied",
        Forced = "forced",
        HeldOpen = "held_open",
    }
}

names! {
    /// How somebody asked for the door.
    pub enum UnlockMethod {
        Qr = "qr",
        IdCard = "id_card",
        Staff = "staff",
        Remote = "remote",
        ExitButton = "exit_button",
    }
}

names! {
    /// Why the door stayed shut.
    pub enum DenyReason {
        NotRegistered = "not_registered",
        OutsideHours = "outside_hours",
        Blocked = "blocked",
        ReaderFault = "reader_fault",
    }
}

names! {
    /// The door leaf.
    pub enum Contact {
        Open = "open",
        Closed = "closed",
    }
}

names! {
    /// The bolt.
    pub enum Lock {
        Locked = "locked",
        Unlocked = "unlocked",
        Jammed = "jammed",
    }
}

names! {
    /// Whether the door stands open to everybody or asks for a code or card.
    pub enum Access {
        Open = "open",
        Controlled = "controlled",
    }
}

show_by_name!(DoorEvent, UnlockMethod, DenyReason, Contact, Lock, Access);

impl BodyTable for Door {
    fn check(&self) -> Result<(), Refusal> {
        some_measurement(
            self.event.is_some()
                || self.contact.is_some()
                || self.lock.is_some()
                || self.access.is_some()
                || self.lock_battery_pct.is_some(),
        )
    }
}
