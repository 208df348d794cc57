//! The door: open to everybody while staff is there, then a QR code or an ID card.

use super::rhythm::local_hour;
use super::schedule::{Device, Every, Moment};
use crate::dice::Dice;
use waystation_protocol::{Access, Contact, DenyReason, Door, DoorEvent, Lock, Reading, UnlockMethod};

/// Staffed hours of a usual station.
const STAFFED: std::ops::Range<f64> = 8.0..18.0;
/// Share of attempts that the reader turns down.
const DENIED: f64 = 0.04;

#[derive(Debug)]
pub struct DoorModel {
    device: Device,
    every: Every,
    access: Access,
    lock_battery_pct: f64,
}

impl DoorModel {
    pub fn new(dice: &mut Dice, start_ms: i64) -> Self {
        Self {
            device: Device::new("front"),
            every: Every::new(dice, start_ms, 300_000),
            access: access_at(start_ms),
            lock_battery_pct: dice.between(35.0, 100.0),
        }
    }

    /// Whether the door stands open to everybody now.
    pub fn is_open_to_public(&self, moment: &Moment) -> bool {
        access_at(moment.simulated_ms) == Access::Open
    }

    /// Visitors ask for the door; gives how many got in.
    pub fn step(&mut self, dice: &mut Dice, moment: &Moment, visitors: i64, out: &mut Vec<Reading>) -> i64 {
        self.change_access(moment, out);
        self.lock_battery_pct = (self.lock_battery_pct - 0.000_02).max(5.0);
        if self.every.due(moment) {
            let body = self.state(Contact::Closed);
            self.report(moment, body, out);
        }
        if self.access == Access::Open {
            return visitors;
        }
        (0..visitors).filter(|_| self.ask(dice, moment, out)).count() as i64
    }

    /// In controlled hours, leaving is an event too.
    pub fn let_out(&mut self, dice: &mut Dice, moment: &Moment, left: i64, out: &mut Vec<Reading>) {
        if self.access == Access::Controlled {
            for _ in 0..left {
                let method = if dice.chance(0.97) { UnlockMethod::ExitButton } else { UnlockMethod::Remote };
                self.pass(moment, method, out);
            }
        }
    }

    fn change_access(&mut self, moment: &Moment, out: &mut Vec<Reading>) {
        let access = access_at(moment.simulated_ms);
        if access != self.access {
            self.access = access;
            let mut body = self.state(Contact::Closed);
            if access == Access::Open {
                body.event = Some(DoorEvent::Unlock);
                body.method = Some(UnlockMethod::Staff);
            }
            self.report(moment, body, out);
        }
    }

    fn ask(&mut self, dice: &mut Dice, moment: &Moment, out: &mut Vec<Reading>) -> bool {
        let method = if dice.chance(0.7) { UnlockMethod::Qr } else { UnlockMethod::IdCard };
        if dice.chance(DENIED) {
            let reasons = [DenyReason::NotRegistered, DenyReason::NotRegistered, DenyReason::ReaderFault];
            let denied = Door {
                event: Some(DoorEvent::Denied),
                method: Some(method),
                deny_reason: Some(dice.pick(&reasons)),
                ..self.state(Contact::Closed)
            };
            self.report(moment, denied, out);
            return false;
        }
        self.pass(moment, method, out);
        true
    }

    /// Unlock, open, close.
    fn pass(&mut self, moment: &Moment, method: UnlockMethod, out: &mut Vec<Reading>) {
        let unlock = Door {
            event: Some(DoorEvent::Unlock),
            method: Some(method),
            lock: Some(Lock::Unlocked),
            ..Door::default()
        };
        let open = Door { event: Some(DoorEvent::Open), contact: Some(Contact::Open), ..Door::default() };
        let close = Door { event: Some(DoorEvent::Close), ..self.state(Contact::Closed) };
        for body in [unlock, open, close] {
            self.report(moment, body, out);
        }
    }

    fn state(&self, contact: Contact) -> Door {
        Door {
            contact: Some(contact),
            lock: Some(if self.access == Access::Open { Lock::Unlocked } else { Lock::Locked }),
            access: Some(self.access),
            lock_battery_pct: Some(self.lock_battery_pct.round()),
            ..Door::default()
        }
    }

    fn report(&mut self, moment: &Moment, body: Door, out: &mut Vec<Reading>) {
        out.push(self.device.reading(moment, body));
    }
}

fn access_at(simulated_ms: i64) -> Access {
    if STAFFED.contains(&local_hour(simulated_ms)) { Access::Open } else { Access::Controlled }
}
