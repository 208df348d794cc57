//! Report by exception: a quiet device says little, and a change is said at once.
//!
//! A pure fold: `(state, reading, now) → the readings that pass`. Of each device the last values told are remembered,
//! by member and slot.
//! - Events (of doors, swaps) and changes of anything that is not a measured number pass at once: booleans, choices,
//!   texts, counters.
//! - A measured number passes when it differs by the dead-band or more from what was told last. A second such change
//!   within the minimum interval is held, and passes at its end if it still differs.
//! - What is unchanged passes again after the kind's interval.
//! - Of a cabinet's slots only those that changed pass, and all of them every 20 minutes.
//!
//! Memory: at most [`DEVICES_MAX`] devices and one held reading of each; a device beyond them is not filtered.

mod told;

use super::Reporting;
use crate::clock::Stamp;
use std::collections::HashMap;
use std::time::Duration;
use told::{Change, Told};
use waystation_protocol::{Body, DeviceId, Kind, Reading};

const DEVICES_MAX: usize = 1024;
/// A full snapshot of a cabinet's slots (domain.md, "Scale").
const SNAPSHOT: Duration = Duration::from_secs(20 * 60);
/// A sample comes a little early or late; one that is due within this part of the interval counts as due.
const EARLY_DIVISOR: u32 = 10;

/// A reading with its time.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub reading: Reading,
    pub stamp: Stamp,
    /// Something happened or changed its state: it does not wait to share an fsync.
    pub is_urgent: bool,
}

/// What is remembered of all devices. `now` is a span since any fixed moment.
#[derive(Debug, Default)]
pub struct Exception {
    devices: HashMap<(Kind, DeviceId), Device>,
}

#[derive(Debug, Default)]
struct Device {
    told: Told,
    /// The last reading that passed for a measured number.
    measured_at: Option<Duration>,
    slots: HashMap<i64, Told>,
    snapshot_at: Option<Duration>,
    held: Option<Sample>,
}

impl Exception {
    /// Takes a sample in; hands those that pass to `pass`, in the order of their times.
    pub fn take(
        &mut self,
        sample: Sample,
        reporting: &Reporting,
        now: Duration,
        pass: &mut impl FnMut(Sample),
    ) {
        let kind = sample.reading.body.kind();
        let key = (kind, sample.reading.device.clone());
        if self.devices.len() >= DEVICES_MAX && !self.devices.contains_key(&key) {
            return pass(sample);
        }
        let device = self.devices.entry(key).or_default();
        // A held reading that the new one does not repeat in every member would be lost with it.
        if let Some(held) = device.held.take()
            && !told::covers(&sample.reading.body, &held.reading.body)
        {
            device.tell(held, now, pass);
        }
        device.take(sample, reporting, now, pass);
    }

    /// When the first held reading is due.
    pub fn next_due(&self, reporting: &Reporting) -> Option<Duration> {
        let due = |device: &Device| {
            device.held.as_ref()?;
            Some(device.measured_at? + reporting.min_interval())
        };
        self.devices.values().filter_map(due).min()
    }

    /// Hands on the held readings that are due.
    pub fn release(&mut self, reporting: &Reporting, now: Duration, pass: &mut impl FnMut(Sample)) {
        for device in self.devices.values_mut() {
            if device.measured_at.is_none_or(|at| now >= at + reporting.min_interval())
                && let Some(held) = device.held.take()
            {
                device.take(held, reporting, now, pass);
            }
        }
    }

    /// Everything that is held passes, as the agent is stopping.
    pub fn release_all(&mut self, now: Duration, pass: &mut impl FnMut(Sample)) {
        for device in self.devices.values_mut() {
            if let Some(held) = device.held.take() {
                device.tell(held, now, pass);
            }
        }
    }

    /// What is told next counts as not told before: everybody reports anew.
    pub fn forget(&mut self) {
        for device in self.devices.values_mut() {
            device.told = Told::default();
            device.slots.clear();
            device.snapshot_at = None;
        }
    }
}

impl Device {
    fn take(
        &mut self,
        mut sample: Sample,
        reporting: &Reporting,
        now: Duration,
        pass: &mut impl FnMut(Sample),
    ) {
        let kind = sample.reading.body.kind();
        let slots = self.reduce_slots(&mut sample.reading, reporting, now);
        let interval = reporting.interval(kind);
        let stale = now.checked_sub(interval - interval / EARLY_DIVISOR);
        let change = self.told.change(&sample.reading.body, reporting, stale).max(slots);
        let may_measure = self.measured_at.is_none_or(|at| now >= at + reporting.min_interval());
        match change {
            Change::None => {}
            Change::Measured if !may_measure => self.held = Some(sample),
            Change::Measured | Change::Due | Change::AtOnce => {
                sample.is_urgent = change == Change::AtOnce;
                self.tell(sample, now, pass);
            }
        }
    }

    fn tell(&mut self, sample: Sample, now: Duration, pass: &mut impl FnMut(Sample)) {
        self.told.tell(&sample.reading.body, now);
        self.measured_at = Some(now);
        if let Body::Cabinet(cabinet) = &sample.reading.body {
            for slot in cabinet.slots.iter().flatten() {
                self.slots.entry(slot.slot.unwrap_or(0)).or_default().tell_slot(slot, now);
            }
            if cabinet.snapshot == Some(true) {
                self.snapshot_at = Some(now);
            }
        }
        pass(sample);
    }

    /// Leaves the slots that changed, or all of them when a snapshot is due.
    fn reduce_slots(&self, reading: &mut Reading, reporting: &Reporting, now: Duration) -> Change {
        let Body::Cabinet(cabinet) = &mut reading.body else { return Change::None };
        let Some(slots) = &mut cabinet.slots else { return Change::None };
        let all = cabinet.snapshot == Some(true);
        if all && self.snapshot_at.is_none_or(|at| now >= at + SNAPSHOT) {
            return Change::AtOnce;
        }
        let mut strongest = Change::None;
        slots.retain(|slot| {
            let told = self.slots.get(&slot.slot.unwrap_or(0));
            let change = told.map_or(Change::AtOnce, |told| told.slot_change(slot, reporting));
            strongest = strongest.max(change);
            change != Change::None
        });
        if slots.is_empty() {
            cabinet.slots = None;
        }
        cabinet.snapshot = None;
        strongest
    }
}

#[cfg(test)]
mod tests;
