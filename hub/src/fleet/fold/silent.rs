//! How the fold keeps the stations' silences: where the hub's patience, its own absences and late readings meet.

use super::{Fleet, StationState, mark};
use crate::fleet::silences::Silence;
use waystation_protocol::{Body, Reading};

/// The shortest stop of the hub that is told from a restart, ms: a hub that was killed left its last sign of life up to
/// 30 s before.
const STOPPED_MS: i64 = 60_000;

/// When a station was last heard, and whether it had a session, before an event.
pub(super) struct Before {
    last_seen_ms: Option<i64>,
    connected: bool,
}

impl Fleet {
    /// What the log held is applied; from now on the hub listens. What it did not see is unknown, if it was away for
    /// so long that a station would have been late; a shorter time is part of the silences around it.
    pub(super) fn listen(&mut self, now_ms: i64) {
        // A file of before this was kept says nothing: the last station heard says the most.
        let newest = || self.stations.iter().filter_map(StationState::last_seen_ms).max();
        let listened_until_ms = self.listened_until_ms().or_else(newest).map(|until| until.min(now_ms));
        self.listening_since_ms = now_ms;
        self.alive_ms = listened_until_ms;
        let Some(until) = listened_until_ms else { return };
        for (station, place) in self.stations.iter_mut().zip(0..) {
            if station.presence.listened_until(until) {
                mark(station, &mut self.unsaved, place);
            }
        }
        if now_ms - until >= STOPPED_MS {
            self.away(until, now_ms);
        }
    }

    /// The hub ran, and did not look; it looks again.
    pub(super) fn stood_still(&mut self, from_ms: i64, now_ms: i64) {
        self.listening_since_ms = now_ms;
        self.away(from_ms, now_ms);
    }

    /// Next to no station had reached the hub, and now they do again: what it could not see is unknown.
    pub(super) fn thawed(&mut self, listens_since_ms: i64) {
        self.listening_since_ms = listens_since_ms;
        self.blind_until_ms = listens_since_ms;
        for (station, place) in self.stations.iter_mut().zip(0..) {
            let Some(last_seen_ms) = station.presence.last_seen_ms() else { continue };
            if !station.connected() && station.state() == crate::fleet::State::Unknown {
                station.silences.blind(last_seen_ms, last_seen_ms);
                mark(station, &mut self.unsaved, place);
            }
        }
    }

    /// The hub saw nothing of its stations between two moments.
    fn away(&mut self, from_ms: i64, to_ms: i64) {
        if to_ms - from_ms < self.book.settings.presence.warn_after_ms {
            return;
        }
        self.blind_until_ms = to_ms;
        for (station, place) in self.stations.iter_mut().zip(0..) {
            let Some(last_seen_ms) = station.presence.last_seen_ms() else { continue };
            if station.connected() {
                // An open session is contact; should it be dead, the listener will say so.
                station.silences.found(last_seen_ms.max(from_ms), to_ms, false);
                station.presence.seen(to_ms);
            } else {
                station.silences.blind(last_seen_ms, from_ms);
            }
            mark(station, &mut self.unsaved, place);
        }
    }

    /// Until when the hub is known to have listened, ms since the Unix epoch.
    #[must_use]
    pub fn listened_until_ms(&self) -> Option<i64> {
        self.last_tick_ms.or(self.alive_ms).max(self.newest_received_ms)
    }

    pub(in crate::fleet) fn restore_silence(&mut self, station: &str, silence: Silence) {
        if let Some(place) = self.places.get(station) {
            self.stations[*place as usize].silences.restore(silence);
        }
    }

    /// After an event: whatever it was, it was contact if the station is seen later than before.
    pub(super) fn note_contact(&mut self, place: u32, before: &Before) {
        let station = &mut self.stations[place as usize];
        let (Some(last), Some(at)) = (before.last_seen_ms, station.presence.last_seen_ms()) else { return };
        if at <= last {
            return;
        }
        if station.silences.is_open() {
            station.silences.contact(at);
        } else if !before.connected && at - last >= self.book.settings.presence.offline_after_ms {
            let watched = last >= self.blind_until_ms && !self.book.is_frozen();
            station.silences.found(last, at, watched);
        }
    }
}

impl StationState {
    pub(super) fn before(&self) -> Before {
        Before { last_seen_ms: self.presence.last_seen_ms(), connected: self.presence.was_connected() }
    }

    /// The patience is over.
    pub(super) fn note_down(&mut self, listening_since_ms: i64) {
        if !self.silences.is_down() {
            // An offline station was seen once.
            let last_seen_ms = self.presence.last_seen_ms().unwrap_or(listening_since_ms);
            self.silences.down(last_seen_ms, listening_since_ms);
        }
    }

    /// Readings of an outbox may be of a time when the station was silent. Their time is put right by what the
    /// gateway said about its clock, unless it corrects what it sends.
    pub(super) fn note_work(&mut self, readings: &[Reading]) {
        if self.silences.iter().len() == 0 {
            return;
        }
        if self.alerts.corrects_times() {
            return readings.iter().for_each(|reading| self.silences.work_shown(reading.ts));
        }
        let mut offset_ms = self.latest.readings().iter().rev().find_map(clock_offset_ms).unwrap_or(0);
        for reading in readings {
            offset_ms = clock_offset_ms(reading).unwrap_or(offset_ms);
            self.silences.work_shown(reading.ts.saturating_sub(offset_ms));
        }
    }
}

fn clock_offset_ms(reading: &Reading) -> Option<i64> {
    match &reading.body {
        Body::Gateway(gateway) => gateway.clock_offset_ms,
        _ => None,
    }
}
