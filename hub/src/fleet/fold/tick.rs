//! What time alone changes: deadlines of stations, a hub that stood still, alerts that are due.

use super::{Effect, Fleet, StationState, deadlines, mark, place};
use crate::entry::PresenceChange;
use crate::fleet::alerts::Cause;
use crate::fleet::presence::State;
use waystation_protocol::PresenceState;

/// Longest time between two ticks that a hub which works well lets pass, ms. After a longer one (a suspended
/// machine, a stalled disk) the hub has been blind, and silence is counted anew. [J] ten missed ticks.
const BLIND_AFTER_MS: i64 = 10_000;
/// The longest save, or catching up with the log, that counts as no stall, ms: meanwhile readings are taken into the
/// log, where they are read later. [J] several times what 186,100 stations take; beyond it the machine itself must have stood still.
const BUSY_MS_MAX: i64 = 60_000;

impl Fleet {
    /// No tick could come for `ms`, for a good reason.
    pub(super) fn was_busy(&mut self, ms: i64, now_ms: i64) {
        self.last_tick_ms = self.last_tick_ms.map(|last_ms| (last_ms + ms.min(BUSY_MS_MAX)).min(now_ms));
    }

    pub(super) fn tick(&mut self, now_ms: i64) -> Vec<Effect> {
        self.look_at_plans(now_ms);
        let mut all = self.look_at_clock(now_ms);
        let mut effects = Vec::new();
        // Once for what is due; again for everybody if that made the hub blind, or let it see again.
        loop {
            self.look_at_stations(all, now_ms, &mut effects);
            let (online, unknown) =
                (self.counts[State::Online as usize], self.counts[State::Unknown as usize]);
            self.book.forget(&self.stations, now_ms);
            let waited = now_ms - self.listening_since_ms >= self.book.settings.presence.offline_after_ms;
            let was_frozen = self.book.is_frozen();
            let listens_since_ms = self.book.listens_since_ms(now_ms);
            all = self.book.look(&mut self.stations, &self.facts, online, unknown, waited, now_ms);
            if !all {
                break;
            }
            if was_frozen {
                self.thawed(listens_since_ms);
            }
        }
        if !self.book.is_frozen() {
            for place in self.book.tell_of_gone(&mut self.stations, &self.facts, now_ms) {
                mark(&mut self.stations[place as usize], &mut self.unsaved, place);
            }
        }
        effects.extend(self.book.take_changed().into_iter().map(|alert| Effect::Alert(Box::new(alert))));
        effects
    }

    /// Whether the hub looked all the time; true if every station must be looked at now.
    fn look_at_clock(&mut self, now_ms: i64) -> bool {
        let last_tick_ms = self.last_tick_ms.replace(now_ms);
        let stations = self.stations.len();
        match (last_tick_ms, self.alive_ms) {
            (None, Some(alive_ms)) => {
                self.book.was_away(Cause::Stopped, alive_ms, self.listening_since_ms, stations);
            }
            (Some(last_ms), _) if now_ms - last_ms > BLIND_AFTER_MS => {
                tracing::warn!(
                    seconds = (now_ms - last_ms) / 1_000,
                    "the hub itself stood still; the silence of stations is counted from now on"
                );
                self.book.was_away(Cause::Stalled, last_ms, now_ms, stations);
                self.stood_still(last_ms, now_ms);
                return true;
            }
            _ => {}
        }
        // A clock that was set back must not make the hub listen from the future on.
        self.listening_since_ms = self.listening_since_ms.min(now_ms);
        last_tick_ms.is_none_or(|last_ms| now_ms < last_ms)
    }

    fn look_at_stations(&mut self, all: bool, now_ms: i64, effects: &mut Vec<Effect>) {
        if all {
            (0..place(self.stations.len())).for_each(|place| self.look(place, now_ms, effects));
            return;
        }
        while let Some((at, place)) = self.deadlines.pop(now_ms) {
            let station = &mut self.stations[place as usize];
            if station.queued == at {
                station.queued = deadlines::NONE;
                self.look(place, now_ms, effects);
            }
        }
    }

    /// Looks at a station again, as time has passed.
    fn look(&mut self, place: u32, now_ms: i64, effects: &mut Vec<Effect>) {
        let before = self.stations[place as usize].state;
        let due = self.stations[place as usize].alerts.next_due().is_some_and(|due| due <= now_ms);
        if due {
            self.judge(place, now_ms, |station, judge| station.alerts.pass(judge, &station.ledger, now_ms));
        }
        self.settle(place, now_ms);
        let station = &mut self.stations[place as usize];
        let word = station.presence.correct(station.state, now_ms);
        if due || word.is_some() || station.state != before {
            self.version += 1;
            station.version = self.version;
            mark(station, &mut self.unsaved, place);
        }
        if let Some(word) = word {
            effects.push(publish(station, word, now_ms));
            self.plan(place, now_ms);
        }
    }
}

fn publish(station: &StationState, state: PresenceState, ts: i64) -> Effect {
    let agent = station.agent.as_ref().map(ToString::to_string);
    Effect::PresencePublish { station: station.id.clone(), change: PresenceChange { state, ts, agent } }
}
