//! Doors: forced, held open, denied too often, still locked, and silent when they never are.

use super::profile::Profile;
use super::settings::Verdict;
use super::tally::{HOUR_PART_MS, Tally, Wrong};
use super::watch::{Details, Judge, Subject, Watch};
use crate::calendar::HOUR_MS;
use crate::config::Rule;
use serde::{Deserialize, Serialize};
use std::num::NonZeroI64;
use waystation_protocol::{Access, Contact, DeviceId, Door, DoorEvent, Lock};

/// An unlock this long before makes an opening a lawful one, ms.
const UNLOCK_MS: i64 = 5_000;
/// A door that was closed this long ago, ms, may have been opened and left since, by somebody whose unlock is late.
const CLOSED_MS: i64 = 660_000;
/// A forced door keeps its alert at least this long, and as long as it is open [J].
const FORCED_MS: i64 = 900_000;
/// Events that make an hour busy [J].
const EVENTS_BUSY: u16 = 3;

/// What is remembered of a door.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DoorMemory {
    access: Option<Access>,
    /// Since when it is open, by the hub's clock.
    pub open_since: Option<i64>,
    /// When it was last known to be closed, by its own clock.
    closed_ts: Option<i64>,
    /// Since when it is locked, by the hub's clock.
    pub locked_since: Option<i64>,
    /// When to look whether it still is, because it should not be from then on.
    #[serde(default)]
    pub opens_ms: Option<NonZeroI64>,
    /// When it was last unlocked, by its own clock.
    unlock_ts: Option<i64>,
    attempts: Tally,
    #[serde(default)]
    denials: Wrong<()>,
    pub profile: Profile,
}

impl DoorMemory {
    pub fn observe(
        &mut self,
        judge: &mut Judge<'_>,
        watches: &mut Vec<Watch>,
        id: &DeviceId,
        ts: i64,
        door: &Door,
    ) {
        self.access = door.access.or(self.access);
        let was_open = self.open_since.is_some();
        let was_closed = self.closed_ts.is_some_and(|closed| ts - closed <= CLOSED_MS);
        let unlocks = door.event == Some(DoorEvent::Unlock)
            || (door.lock == Some(Lock::Unlocked) && self.locked_since.is_some());
        if unlocks {
            self.unlock_ts = Some(ts);
        }
        self.contact(door, ts, judge.now);
        let opened = !was_open && self.open_since.is_some();
        let lawful = self.unlock_ts.is_some_and(|unlock| (ts - UNLOCK_MS..=ts).contains(&unlock));
        let forced = door.event == Some(DoorEvent::Forced);
        if forced || (opened && was_closed && !lawful && self.controlled(judge)) {
            let details = || Details::default().shown_by(ts, id, "contact", shown(door));
            judge.judge(watches, Subject::device(Rule::DoorForced, id), Verdict::Set, details);
            due(watches, Rule::DoorForced, id, judge.now + FORCED_MS);
        }
        self.held_open(judge, watches, id, ts, door);
        self.locked(judge, watches, id);
        let denied = u16::from(door.event == Some(DoorEvent::Denied));
        let asked = denied + u16::from(door.event == Some(DoorEvent::Unlock));
        if denied > 0 {
            self.denials.add(ts, ());
        }
        if asked > 0 {
            self.attempts.add(judge.now, HOUR_PART_MS, asked, denied);
            self.denied(judge, watches, id);
        }
        self.idle(judge, watches, id, u16::from(door.event.is_some() || opened));
    }

    fn contact(&mut self, door: &Door, ts: i64, now: i64) {
        let opens = matches!(door.event, Some(DoorEvent::Open)) || door.contact == Some(Contact::Open);
        let closes = matches!(door.event, Some(DoorEvent::Close)) || door.contact == Some(Contact::Closed);
        if closes {
            self.open_since = None;
            self.closed_ts = Some(ts);
        } else if opens {
            self.open_since.get_or_insert(now);
            self.closed_ts = None;
        }
        match door.lock {
            Some(Lock::Locked) => drop(self.locked_since.get_or_insert(now)),
            Some(Lock::Unlocked | Lock::Jammed) => self.locked_since = None,
            None => {}
        }
    }

    /// Whether the door asks for a code or card now: by its own word, else by the calendar.
    fn controlled(&self, judge: &Judge<'_>) -> bool {
        match self.access {
            Some(access) => access == Access::Controlled,
            None => !judge.facts.is_free(judge.now),
        }
    }

    fn held_open(
        &self,
        judge: &mut Judge<'_>,
        watches: &mut Vec<Watch>,
        id: &DeviceId,
        ts: i64,
        door: &Door,
    ) {
        let says = door.event == Some(DoorEvent::HeldOpen);
        let held = (self.open_since.is_some() || says) && self.controlled(judge);
        let subject = Subject::device(Rule::DoorHeldOpen, id);
        judge.judge(watches, subject, Verdict::set_if(held), || self.held_open_details(ts, id));
        // The door has waited already.
        let pending = watches.iter_mut().find(|watch| subject.is(watch) && watch.firing.is_none());
        if let Some(watch) = pending.filter(|_| says) {
            watch.due = Some(judge.now);
        }
    }

    pub fn held_open_details(&self, now: i64, id: &DeviceId) -> Details {
        let since = self.open_since.unwrap_or(now);
        Details::default().shown_by(since, id, "contact", Contact::Open)
    }

    /// Judges a lock by the calendar, with every reading and when the door opens: many a lock reports changes only.
    pub fn locked(&mut self, judge: &mut Judge<'_>, watches: &mut Vec<Watch>, id: &DeviceId) {
        let subject = Subject::device(Rule::DoorLocked, id);
        let locked = self.locked_since.filter(|_| self.access != Some(Access::Controlled));
        match locked {
            None => self.opens_ms = None,
            // Looked up once a day, not with every reading.
            Some(_) if self.opens_ms.is_none_or(|at| at.get() <= judge.now) => {
                self.opens_ms = NonZeroI64::new(judge.facts.next_free(judge.now));
            }
            Some(_) => {}
        }
        let waiting = watches.iter().any(|watch| subject.is(watch));
        let opening = match locked {
            Some(since) if !waiting => judge.facts.free_since(since, judge.now),
            Some(_) if judge.facts.is_free(judge.now) => return, // as it was
            _ => None,
        };
        judge.judge(watches, subject, Verdict::set_if(opening.is_some()), Details::default);
        let pending = watches.iter_mut().find(|watch| subject.is(watch) && watch.firing.is_none());
        if let (Some(watch), Some(opening)) = (pending, opening) {
            watch.since = opening;
            watch.due = Some(opening + judge.settings.of(Rule::DoorLocked).for_ms);
        }
    }

    pub fn locked_details(&self, now: i64, id: &DeviceId) -> Details {
        let since = self.locked_since.unwrap_or(now);
        Details::default().shown_by(since, id, "lock", Lock::Locked)
    }

    /// Judges the last hour's attempts.
    pub fn denied(&mut self, judge: &mut Judge<'_>, watches: &mut Vec<Watch>, id: &DeviceId) {
        let limits = judge.settings.of(Rule::DoorDenied);
        let percent = self.attempts.percent(judge.now, HOUR_PART_MS, limits.count_min);
        let verdict = percent.map_or(Verdict::Clear, |percent| limits.verdict(percent));
        let (all, bad) = self.attempts.sum(judge.now, HOUR_PART_MS);
        let now = judge.now;
        let details = || {
            let details =
                Details::default().number("value", percent.unwrap_or(0.0)).number("limit", limits.set);
            let details = details.value("attempts", all).value("denied", bad);
            let denials = self.denials.since(now - HOUR_MS);
            denials.fold(details, |details, (ts, ())| details.shown_by(*ts, id, "event", DoorEvent::Denied))
        };
        judge.judge(watches, Subject::device(Rule::DoorDenied, id), verdict, details);
        due(watches, Rule::DoorDenied, id, judge.now + HOUR_PART_MS);
    }

    fn idle(&mut self, judge: &mut Judge<'_>, watches: &mut Vec<Watch>, id: &DeviceId, events: u16) {
        let ended_idle = self.profile.heard(judge.now, events, EVENTS_BUSY, judge.facts.calendar());
        super::useless::judge_idle(judge, watches, Rule::IdleDoor, id, &self.profile, ended_idle, events > 0);
    }
}

fn shown(door: &Door) -> String {
    let event = door.event.map(DoorEvent::as_str);
    event.or(door.contact.map(Contact::as_str)).unwrap_or("open").to_owned()
}

/// Sets when time alone changes a device's watch, if there is one.
pub fn due(watches: &mut [Watch], rule: Rule, id: &DeviceId, at: i64) {
    let mut watches = watches.iter_mut();
    if let Some(watch) = watches.find(|watch| watch.rule == rule && watch.device.as_ref() == Some(id)) {
        watch.due = Some(at);
    }
}
