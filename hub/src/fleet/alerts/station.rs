//! What alerts remember of one station. Saved in its row, as MessagePack.
//!
//! Invariants
//! - Late readings are not judged: one counts if it is hardly older than its receipt, by a clock that may be wrong
//!   ([`Clock`]), and not older than the last one of its device. So a backfill raises no alert, and none ends by it.
//!   What endangers people is judged as soon as the clock seems to be wrong, the rest when that is certain.
//! - At most [`DEVICES_MAX`] devices are remembered; past that the one silent for longest is forgotten.

use super::address::AddressRange;
use super::alert::EVIDENCE_MAX;
use super::cabinet::CabinetMemory;
use super::clock::Clock;
use super::door::DoorMemory;
use super::gateway::GatewayMemory;
use super::losses::Losses;
use super::presence::{Episode, Told};
use super::room::{EnvironmentMemory, OccupancyMemory};
use super::settings::Verdict;
use super::tally::{HOUR_PART_MS, Tally};
use super::watch::{Details, Judge, Subject, Watch};
use crate::config::{Rule, Severity};
use crate::fleet::{Latest, Ledger, Totals};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::num::NonZeroI64;
use waystation_protocol::{Body, DeviceId, Gateway, Kind, Reading};

/// Oldest reading that is judged, ms: what the contract lets a clock differ by, and some travel.
const LIVE_MS: i64 = 150_000;
/// [J] several times what the largest known station holds.
const DEVICES_MAX: usize = 64;
/// A device that was not heard for so long is no longer there, ms [J].
const SILENT_MS: i64 = 86_400_000;
/// The same for a lock, which may say nothing from one change to the next, ms: a week [J].
const SILENT_LOCK_MS: i64 = 7 * SILENT_MS;
/// An outbox with so many records waiting catches up [J].
const CATCHES_UP: i64 = 100;
/// A hub that looks so much later than it should have was away, ms.
const AWAY_MS: i64 = 10_000;
/// Times in an hour that a station goes silent and comes back, which make a flapping one [J].
const SILENCES: u32 = 3;

/// What alerts remember of one station.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StationAlerts {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub watches: Vec<Watch>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    devices: Vec<Device>,
    /// When its last session began.
    back_ms: i64,
    clock: Clock,
    #[serde(skip_serializing_if = "Option::is_none")]
    flaps: Option<Box<Flaps>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    losses: Option<Box<Losses>>,
    /// Since it is gone, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub episode: Option<Episode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<AddressRange>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Device {
    id: DeviceId,
    /// When the newest reading that was judged was measured.
    newest_ms: i64,
    memory: Memory,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Memory {
    Door(Box<DoorMemory>),
    Cabinet(Box<CabinetMemory>),
    Occupancy(Box<OccupancyMemory>),
    Environment(Box<EnvironmentMemory>),
    Gateway(GatewayMemory),
}

/// Sessions that began, and silences that ended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Flaps {
    sessions: Tally,
    silences: Tally,
    /// The last starts of sessions, newest last, s since the Unix epoch: every station has them.
    #[serde(default)]
    starts_s: [u32; EVIDENCE_MAX],
}

impl Memory {
    /// An empty one for this kind; none for kinds that no rule watches.
    fn for_kind(kind: Kind) -> Option<Self> {
        Some(match kind {
            Kind::Door => Self::Door(Box::default()),
            Kind::Cabinet | Kind::Swap => Self::Cabinet(Box::default()),
            Kind::Occupancy => Self::Occupancy(Box::default()),
            Kind::Environment => Self::Environment(Box::default()),
            Kind::Gateway => Self::Gateway(GatewayMemory::default()),
            Kind::Amenity | Kind::Fund => return None,
        })
    }

    fn is_for(&self, kind: Kind) -> bool {
        matches!(
            (self, kind),
            (Self::Door(_), Kind::Door)
                | (Self::Cabinet(_), Kind::Cabinet | Kind::Swap)
                | (Self::Occupancy(_), Kind::Occupancy)
                | (Self::Environment(_), Kind::Environment)
                | (Self::Gateway(_), Kind::Gateway)
        )
    }
}

impl StationAlerts {
    /// Whether the gateway's clock is off and the gateway puts the times of its readings right.
    pub fn corrects_times(&self) -> bool {
        self.clock.is_corrected()
    }

    /// Judges a reading that was received at `judge.now`.
    pub fn observe(&mut self, judge: &mut Judge<'_>, reading: &Reading) {
        if !self.watches.is_empty() {
            self.forget_silent(judge);
        }
        if let Body::Gateway(Gateway { clock_offset_ms: Some(offset_ms), .. }) = &reading.body {
            self.clock.says(*offset_ms, reading.ts, judge.now, LIVE_MS);
        }
        let measured_ms = self.clock.measured_ms(reading.ts, judge.now, LIVE_MS);
        if judge.now.saturating_sub(measured_ms) <= LIVE_MS {
            self.judge(judge, reading, measured_ms);
        } else if let Some(measured_ms) = self.clock.present_ms(reading.ts, judge.now)
            && matches!(reading.body, Body::Cabinet(_) | Body::Door(_))
        {
            let judge = &mut Judge { only_danger: true, changes: judge.changes, ..*judge };
            self.judge(judge, reading, measured_ms);
        }
    }

    fn judge(&mut self, judge: &mut Judge<'_>, reading: &Reading, measured_ms: i64) {
        let Some(at) = self.place(reading.body.kind(), &reading.device) else { return };
        let zones = self.devices.iter().filter(|device| device.memory.is_for(Kind::Occupancy)).count();
        let room_capacity = judge.facts.capacity().filter(|_| zones == 1);
        let Self { watches, devices, .. } = self;
        let Device { id, newest_ms, memory } = &mut devices[at];
        if measured_ms < *newest_ms {
            return;
        }
        *newest_ms = measured_ms;
        let ts = reading.ts;
        let mut lost = 0;
        match (memory, &reading.body) {
            (Memory::Door(memory), Body::Door(door)) => memory.observe(judge, watches, id, ts, door),
            (Memory::Cabinet(memory), Body::Cabinet(cabinet)) => {
                memory.observe(judge, watches, id, ts, cabinet);
            }
            (Memory::Cabinet(memory), Body::Swap(swap)) => memory.swap(judge, watches, id, ts, swap),
            (Memory::Occupancy(memory), Body::Occupancy(people)) => {
                memory.observe(judge, watches, id, ts, people, room_capacity);
            }
            (Memory::Environment(memory), Body::Environment(air)) => {
                memory.observe(judge, watches, id, ts, air);
            }
            (Memory::Gateway(memory), Body::Gateway(gateway)) => {
                lost = memory.observe(judge, watches, id, ts, gateway);
            }
            _ => {}
        }
        if lost > 0 {
            self.losses.get_or_insert_with(|| Box::new(Losses::unknown())).reported(lost);
            let known = self.watches.iter_mut().find(|watch| watch.rule == Rule::RecordsLost);
            match known {
                Some(watch) => watch.due = Some(judge.now),
                None => {
                    let due = Some(judge.now);
                    self.watches.push(Watch { due, ..Watch::begun(Rule::RecordsLost, judge.now) });
                }
            }
        }
    }

    /// Ends what a device has said that was not heard for long, while others of its station are: it was taken away.
    fn forget_silent(&mut self, judge: &mut Judge<'_>) {
        let Self { watches, devices, back_ms, .. } = self;
        let back_ms = *back_ms;
        let heard = |id: &DeviceId, silent_ms: i64| {
            let newest_ms = devices.iter().filter(|known| known.id == *id).map(|known| known.newest_ms).max();
            newest_ms.is_some_and(|newest_ms| judge.now - newest_ms.max(back_ms) < silent_ms)
        };
        let silent_ms = |rule: Rule| if rule == Rule::DoorLocked { SILENT_LOCK_MS } else { SILENT_MS };
        let gone =
            |watch: &mut Watch| watch.device.as_ref().is_some_and(|id| !heard(id, silent_ms(watch.rule)));
        let ended: Vec<Watch> = watches.extract_if(.., gone).collect();
        ended.iter().for_each(|watch| judge.end(watch));
    }

    /// Looks at a message as a whole, before its readings are judged: whether the station's clock is wrong.
    pub fn message(&mut self, judge: &mut Judge<'_>, readings: &[Reading]) {
        let Some(newest_ms) = readings.iter().map(|reading| reading.ts).max() else { return };
        self.clock.heard(newest_ms, judge.now);
        let waits = |reading: &Reading| match &reading.body {
            Body::Gateway(gateway) => gateway.outbox_records.is_some_and(|records| records >= CATCHES_UP),
            _ => false,
        };
        if readings.iter().any(waits) {
            self.clock.begin_again(judge.now);
        }
        let limits = judge.settings.of(Rule::ClockOff);
        if let Some(seconds) = self.clock.found_s() {
            let details = || Details::default().number("value", seconds).number("limit", limits.set);
            let subject = Subject::station(Rule::ClockOff);
            judge.judge(&mut self.watches, subject, limits.verdict(seconds.abs()), details);
        }
    }

    /// Judges a cabinet's stock, which the readings of several moments tell together.
    pub fn stock(&mut self, judge: &mut Judge<'_>, latest: &Latest, device: &DeviceId) {
        let Some(Reading { ts, body: Body::Cabinet(cabinet), .. }) = latest.get(Kind::Cabinet, device) else {
            return;
        };
        let Some(slots) = &cabinet.slots else { return };
        let Self { watches, devices, clock, .. } = self;
        let is_it = |known: &&mut Device| known.id == *device && known.memory.is_for(Kind::Cabinet);
        if let Some(Device { id, newest_ms, memory: Memory::Cabinet(memory) }) =
            devices.iter_mut().find(is_it)
            && *newest_ms == clock.measured_ms(*ts, judge.now, LIVE_MS)
        {
            memory.stock(judge, watches, id, *ts, slots);
        }
    }

    /// A session began.
    pub fn connected(&mut self, judge: &mut Judge<'_>, address: Option<IpAddr>) {
        self.back_ms = judge.now;
        self.clock.begin_again(judge.now);
        if let Some(range) = address.and_then(AddressRange::of) {
            self.address = Some(range);
        }
        let part_ms = judge.settings.flap_window_ms / 12;
        let flaps = self.flaps.get_or_insert_default();
        flaps.sessions.add(judge.now, part_ms, 1, 0);
        flaps.starts_s.rotate_left(1);
        flaps.starts_s[EVIDENCE_MAX - 1] = u32::try_from(judge.now / 1_000).unwrap_or(u32::MAX); // until 2106
        self.flapping(judge);
    }

    /// The station was late, and is back.
    pub fn was_silent(&mut self, judge: &mut Judge<'_>) {
        self.flaps.get_or_insert_default().silences.add(judge.now, HOUR_PART_MS, 1, 0);
        self.flapping(judge);
    }

    /// How severe each alert is that fires.
    pub fn firing(&self) -> impl Iterator<Item = Severity> {
        let gone = self.episode.iter().filter(|episode| episode.told != Told::Held);
        self.watches.iter().filter_map(|watch| watch.firing).chain(gone.map(|episode| episode.severity))
    }

    #[must_use]
    pub fn is_flapping(&self) -> bool {
        self.watches.iter().any(|watch| watch.rule == Rule::Flapping)
    }

    fn flapping(&mut self, judge: &mut Judge<'_>) {
        let Some(flaps) = &mut self.flaps else { return };
        let part_ms = judge.settings.flap_window_ms / 12;
        let (sessions, _) = flaps.sessions.sum(judge.now, part_ms);
        let (silences, _) = flaps.silences.sum(judge.now, HOUR_PART_MS);
        let limits = judge.settings.of(Rule::Flapping);
        let verdict = match limits.verdict(f64::from(sessions).next_up()) {
            Verdict::Clear if silences >= SILENCES => Verdict::Set,
            // As often as that is no accident, but not over either.
            Verdict::Clear if silences > 1 => Verdict::Between,
            verdict => verdict,
        };
        let details = || {
            let minutes = part_ms * 12 / 60_000;
            let details = Details::default().value("sessions", sessions).value("silences", silences);
            let starts = flaps.starts_s.iter().filter(|start_s| **start_s > 0);
            starts.fold(details.value("minutes", minutes), |details, start_s| {
                let start = i64::from(*start_s) * 1_000;
                details.shown_as(start, "", "session", start)
            })
        };
        judge.judge(&mut self.watches, Subject::station(Rule::Flapping), verdict, details);
        if let Some(watch) = self.watches.iter_mut().find(|watch| watch.rule == Rule::Flapping) {
            watch.due = Some(judge.now + part_ms.max(1_000));
        }
    }

    /// The ledger changed by a batch; it held `before`.
    pub fn ledger(&mut self, judge: &mut Judge<'_>, ledger: &Ledger, before: Totals) {
        let after = ledger.totals();
        if (before.dropped, before.missing) == (after.dropped, after.missing) {
            return;
        }
        let losses = self.losses.get_or_insert_with(|| Box::new(Losses::since(before)));
        if after.missing > before.missing {
            losses.more_missing(ledger, judge.now);
        }
        self.look_at_losses(judge, ledger);
    }

    fn look_at_losses(&mut self, judge: &mut Judge<'_>, ledger: &Ledger) {
        let Some(losses) = &mut self.losses else { return };
        if !losses.look(judge, &mut self.watches, ledger) {
            self.losses = None;
        }
    }

    /// When time alone next changes something, ms since the Unix epoch.
    #[must_use]
    pub fn next_due(&self) -> Option<i64> {
        let watches = self.watches.iter().filter_map(|watch| watch.due);
        let doors = self.devices.iter().filter_map(|device| match &device.memory {
            Memory::Door(door) => door.opens_ms.map(NonZeroI64::get),
            _ => None,
        });
        watches.chain(doors).min()
    }

    /// Does what was due until `now`, each at its time; the judge is at `now` then.
    pub fn pass(&mut self, judge: &mut Judge<'_>, ledger: &Ledger, now: i64) {
        while let Some(due) = self.next_due().filter(|due| *due <= now) {
            judge.now = due;
            self.due(judge, ledger, now);
        }
        judge.now = now;
    }

    /// Does what is due at `judge.now`, for a hub that looks at `now`. Afterwards nothing is.
    fn due(&mut self, judge: &mut Judge<'_>, ledger: &Ledger, now: i64) {
        let is_lost = |watch: &&mut Watch| watch.rule == Rule::RecordsLost && watch.due <= Some(judge.now);
        if let Some(watch) = self.watches.iter_mut().find(is_lost) {
            // Without a memory of losses nothing ends it.
            watch.due = None;
            self.losses.get_or_insert_with(|| Box::new(Losses::unknown()));
            self.look_at_losses(judge, ledger);
        }
        self.doors_open(judge);
        let mut at = 0;
        while let Some(watch) = self.watches.get(at) {
            if watch.due.is_none_or(|due| due > judge.now) {
                at += 1;
                continue;
            }
            let mut watch = self.watches.swap_remove(at);
            watch.due = None;
            let stays = match watch.firing {
                None => self.ripe(judge, &mut watch, now),
                Some(_) => self.look_again(judge, &mut watch),
            };
            if stays {
                self.watches.push(watch);
                let last = self.watches.len() - 1;
                self.watches.swap(at, last);
                at += 1;
            } else {
                judge.end(&watch);
            }
        }
        self.again(judge);
    }

    /// Looks at the locks of doors that should be open from now on.
    fn doors_open(&mut self, judge: &mut Judge<'_>) {
        let Self { watches, devices, .. } = self;
        for Device { id, memory, .. } in devices {
            if let Memory::Door(door) = memory
                && door.opens_ms.is_some_and(|at| at.get() <= judge.now)
            {
                door.locked(judge, watches, id);
            }
        }
    }

    /// Takes back everything: the station is no longer registered, or nothing is to be judged any more.
    pub fn clear(&mut self, judge: &mut Judge<'_>) {
        for watch in std::mem::take(&mut self.watches) {
            judge.end(&watch);
        }
    }

    /// A pending watch has lasted long enough; whether it fires.
    fn ripe(&mut self, judge: &mut Judge<'_>, watch: &mut Watch, now: i64) -> bool {
        if !judge.judges(watch.rule) {
            return false;
        }
        // A hub that was away, or does not hear the station, has not seen that nothing changed.
        let away = now - judge.now > AWAY_MS || !judge.heard;
        if away {
            watch.due = Some(now + judge.settings.of(watch.rule).for_ms.max(1_000));
            return true;
        }
        let since = watch.since;
        let details = match (watch.rule, &watch.device) {
            (Rule::DoorHeldOpen, Some(id)) => match self.door(id) {
                Some(door) => door.held_open_details(since, id).value("since", since),
                None => return false,
            },
            (Rule::DoorLocked, Some(id)) => match self.door(id) {
                Some(door) => door.locked_details(since, id).value("opening", since),
                None => return false,
            },
            _ => Details::default(),
        };
        judge.fire(watch, Verdict::Set, details);
        true
    }

    /// A firing watch is looked at again; whether it stays.
    fn look_again(&mut self, judge: &mut Judge<'_>, watch: &mut Watch) -> bool {
        match (watch.rule, &watch.device) {
            (Rule::DoorForced, Some(id)) => {
                let open = self.door(id).is_some_and(|door| door.open_since.is_some());
                watch.due = Some(judge.now + 60_000);
                open
            }
            // Judged by `again`, with the watch in its place.
            _ => {
                watch.due = Some(judge.now + HOUR_PART_MS);
                true
            }
        }
    }

    /// Judges again what passes away by itself: the counts of the last hour.
    fn again(&mut self, judge: &mut Judge<'_>) {
        if self.is_flapping() {
            self.flapping(judge);
        }
        let Self { watches, devices, .. } = self;
        if !watches.iter().any(|watch| matches!(watch.rule, Rule::DoorDenied | Rule::SwapsFailed)) {
            return;
        }
        for Device { id, memory, .. } in devices {
            match memory {
                Memory::Door(door) => door.denied(judge, watches, id),
                Memory::Cabinet(cabinet) => cabinet.failed(judge, watches, id),
                _ => {}
            }
        }
    }

    fn door(&self, id: &DeviceId) -> Option<&DoorMemory> {
        self.devices.iter().find_map(|device| match &device.memory {
            Memory::Door(door) if device.id == *id => Some(&**door),
            _ => None,
        })
    }

    /// The place of a device's memory, made if it is new.
    fn place(&mut self, kind: Kind, id: &DeviceId) -> Option<usize> {
        let known = self.devices.iter().position(|known| known.memory.is_for(kind) && known.id == *id);
        if known.is_some() {
            return known;
        }
        let memory = Memory::for_kind(kind)?;
        if self.devices.len() >= DEVICES_MAX {
            let oldest = self.devices.iter().enumerate().min_by_key(|(_, device)| device.newest_ms);
            let oldest = oldest.map(|(at, _)| at)?;
            self.devices.swap_remove(oldest);
        }
        self.devices.reserve_exact(1);
        self.devices.push(Device { id: id.clone(), newest_ms: 0, memory });
        Some(self.devices.len() - 1)
    }
}
