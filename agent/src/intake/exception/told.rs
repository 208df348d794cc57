//! What was last told of a device or a slot, and whether a reading says something new.

use super::super::Reporting;
use std::time::Duration;
use waystation_protocol::{Body, Kind, Slot, Value};

/// Whether there is something to tell, and how urgently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    None,
    /// Only measured numbers differ: the minimum interval holds them back.
    Measured,
    /// A counter differs, or it is time to tell again.
    Due,
    /// A state differs, or there is something new.
    AtOnce,
}

/// The members' last told values; a few of them, so that a list is as fast as a map.
#[derive(Debug, Default)]
pub struct Told(Vec<Member>);

#[derive(Debug)]
struct Member {
    name: &'static str,
    value: Kept,
    at: Duration,
}

#[derive(Debug, PartialEq)]
enum Kept {
    Float(f64),
    Count(i64),
    Bool(bool),
    Text(Box<str>),
}

impl Kept {
    fn of(value: Value<'_>) -> Self {
        match value {
            Value::Float(number) => Self::Float(number),
            Value::Count(count) => Self::Count(count),
            Value::Bool(state) => Self::Bool(state),
            Value::Text(text) => Self::Text(text.into()),
        }
    }
}

impl Told {
    /// What a reading says beyond what was told; a member told before `stale` has to be told again.
    pub fn change(&self, body: &Body, reporting: &Reporting, stale: Option<Duration>) -> Change {
        if is_event(body) {
            return Change::AtOnce;
        }
        let mut strongest = Change::None;
        body.visit(&mut |name, value| {
            strongest = strongest.max(self.of_member(body.kind(), name, value, reporting, stale));
        });
        strongest
    }

    /// As [`Self::change`]; a slot has no interval of its own, since all are told with the snapshots.
    pub fn slot_change(&self, slot: &Slot, reporting: &Reporting) -> Change {
        let mut strongest = Change::None;
        slot.visit(&mut |name, value| {
            strongest = strongest.max(self.of_member(Kind::Cabinet, name, value, reporting, None));
        });
        strongest
    }

    fn of_member(
        &self,
        kind: Kind,
        name: &'static str,
        value: Value<'_>,
        reporting: &Reporting,
        stale: Option<Duration>,
    ) -> Change {
        let Some(told) = self.0.iter().find(|member| member.name == name) else { return Change::AtOnce };
        if stale.is_some_and(|stale| told.at <= stale) {
            return Change::Due;
        }
        match (&told.value, value) {
            (Kept::Float(before), Value::Float(number)) => {
                // 20.4 - 20.2 is a little less than 0.2 in binary.
                let deadband = reporting.deadband(kind, name) * (1.0 - 1e-6);
                let differs = *before != number && (number - before).abs() >= deadband;
                if differs { Change::Measured } else { Change::None }
            }
            (before, now) if *before == Kept::of(now) => Change::None,
            (Kept::Count(_), Value::Count(_)) => Change::Due,
            _ => Change::AtOnce,
        }
    }

    pub fn tell(&mut self, body: &Body, now: Duration) {
        body.visit(&mut |name, value| self.put(name, value, now));
    }

    pub fn tell_slot(&mut self, slot: &Slot, now: Duration) {
        slot.visit(&mut |name, value| self.put(name, value, now));
    }

    fn put(&mut self, name: &'static str, value: Value<'_>, at: Duration) {
        let value = Kept::of(value);
        match self.0.iter_mut().find(|member| member.name == name) {
            Some(member) => (member.value, member.at) = (value, at),
            None => self.0.push(Member { name, value, at }),
        }
    }
}

/// Things that happen are told each time.
fn is_event(body: &Body) -> bool {
    match body {
        Body::Swap(_) => true,
        Body::Door(door) => door.event.is_some(),
        _ => false,
    }
}

/// Whether a later reading repeats every member of an earlier one.
pub fn covers(later: &Body, earlier: &Body) -> bool {
    let mut names = Vec::new();
    later.visit(&mut |name, _| names.push(name));
    let mut covered = true;
    earlier.visit(&mut |name, _| covered &= names.contains(&name));
    covered && slots(earlier).all(|slot| slots(later).any(|other| other.slot == slot.slot))
}

fn slots(body: &Body) -> impl Iterator<Item = &Slot> {
    let cabinet = if let Body::Cabinet(cabinet) = body { cabinet.slots.as_deref() } else { None };
    cabinet.unwrap_or_default().iter()
}
