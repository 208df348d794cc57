//! What a save takes out of the fleet's state, and a start puts back.

use super::{Fleet, StationState, mark, place};
use crate::fleet::alerts::{Alert, SavedBook, StationAlerts, Told};
use crate::fleet::latest::Latest;
use crate::fleet::ledger::Ledger;
use crate::fleet::presence::Presence;
use compact_str::CompactString;
use waystation_protocol::StationId;

impl Fleet {
    /// Alerts that changed since they were last taken, which a save must not leave behind.
    pub(in crate::fleet) fn take_alerts(&mut self) -> Vec<Alert> {
        self.book.take_changed()
    }

    /// What a restart must know besides stations and firing alerts.
    pub(in crate::fleet) fn saved_book(&self) -> SavedBook {
        self.book.saved(self.listened_until_ms())
    }

    /// Puts back what fired when the hub stopped. Call it after the stations were restored.
    pub(in crate::fleet) fn restore_alerts(
        &mut self,
        saved: SavedBook,
        firing: impl IntoIterator<Item = Alert>,
    ) {
        self.alive_ms = saved.alive_ms;
        let episode = |(station, place): (&StationState, u32)| {
            station.alerts.episode.as_ref().map(|episode| (episode.since, place, episode.told == Told::Held))
        };
        let episodes = self.stations.iter().zip(0..).filter_map(episode).collect();
        let now_ms = self.listening_since_ms;
        self.book.restore(saved, firing, episodes, now_ms);
        for place in self.book.resume(&mut self.stations, now_ms) {
            mark(&mut self.stations[place as usize], &mut self.unsaved, place);
        }
    }

    /// Puts a saved station back; the fleet must not know it yet.
    pub(in crate::fleet) fn restore(&mut self, mut station: StationState) {
        let since = self.listening_since_ms;
        station.state = station.presence.state(since, since, &self.book.settings.presence);
        self.totals = self.totals.plus(station.ledger.totals());
        let place = place(self.stations.len());
        self.counts[station.state as usize] += 1;
        self.facts.push(self.facts_of(&station.id));
        self.places.insert(station.id.clone(), place);
        self.stations.push(station);
        self.plan(place, since);
    }

    pub(in crate::fleet) fn restored(
        id: StationId,
        presence: Presence,
        agent: Option<CompactString>,
        ledger: Ledger,
        latest: Latest,
        alerts: StationAlerts,
    ) -> StationState {
        StationState { presence, agent, ledger, latest, alerts, ..StationState::new(id) }
    }

    /// Whether a station changed since it was last taken to be saved.
    pub(in crate::fleet) fn has_unsaved(&self) -> bool {
        !self.unsaved.is_empty()
    }

    /// Takes stations that changed since they were last taken, as `row` makes them, at most `stations_max`; none when
    /// there are no more. They count as changed until [`Fleet::saved`].
    pub(in crate::fleet) fn take_unsaved<T>(
        &mut self,
        stations_max: usize,
        mut row: impl FnMut(&StationState) -> T,
    ) -> Vec<T> {
        let from = self.unsaved.len().saturating_sub(stations_max);
        let listened_until_ms = self.listened_until_ms().unwrap_or(self.listening_since_ms);
        let mut rows = Vec::with_capacity(self.unsaved.len() - from);
        for place in self.unsaved.drain(from..) {
            let station = &mut self.stations[place as usize];
            station.unsaved = false;
            rows.push(row(station));
            station.silences.mark_saved(listened_until_ms);
            self.saving.push(place);
        }
        rows
    }

    /// All that was taken is durable, or it is not, and is to be taken again.
    pub(in crate::fleet) fn saved(&mut self, durable: bool) {
        for place in std::mem::take(&mut self.saving) {
            if !durable {
                let station = &mut self.stations[place as usize];
                station.silences.mark_unsaved();
                mark(station, &mut self.unsaved, place);
            }
        }
    }
}
