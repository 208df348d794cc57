//! Stations that are gone: late is a warning, offline is critical, and both are one alert.
//!
//! An episode begins when a station becomes late (or offline, if the hub was not looking) and ends when it is back.
//! Its alert is held back for a while: a station that is back by then was no news, and stations that go together
//! are one alert ([`super::groups`]).

use super::alert::{self, Alert, Evidence};
use super::book::Book;
use super::facts::Facts;
use crate::config::{Rule, Severity};
use crate::fleet::{State, StationState};
use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A station is gone since then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Episode {
    pub since: i64,
    pub severity: Severity,
    pub told: Told,
}

/// What was said about an episode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// Nothing yet.
    Held,
    /// It has an alert of its own.
    Alone,
    /// It is part of the group alert of this id.
    Group(CompactString),
}

impl Book {
    /// A station's state changed. `planned`: people are at work there, and know.
    pub fn moved(&mut self, place: u32, station: &mut StationState, to: State, planned: bool, now: i64) {
        match to {
            State::Late => self.gone(place, station, Severity::Warning, planned, now),
            State::Offline => self.gone(place, station, Severity::Critical, planned, now),
            State::Online => self.back(station, now),
            State::Unknown | State::NeverSeen => {}
        }
    }

    fn gone(&mut self, place: u32, station: &mut StationState, found: Severity, planned: bool, now: i64) {
        let severity = match found {
            Severity::Critical => Severity::Critical,
            _ => self.settings.of(Rule::Offline).severity,
        };
        let id = station.id.clone();
        match &mut station.alerts.episode {
            Some(episode) if severity < episode.severity => {
                episode.severity = severity;
                let alert = match &episode.told {
                    Told::Held => return,
                    Told::Alone => alert_id(id.as_str(), episode.since),
                    Told::Group(group) => group.to_string(),
                };
                self.worsen(&alert, severity);
            }
            Some(_) => {}
            None => {
                // A station that comes and goes is one alert already, as long as it does come.
                let flapping = found != Severity::Critical && station.alerts.is_flapping();
                if self.settings.of(Rule::Offline).enabled && !planned && !flapping {
                    station.alerts.episode = Some(Episode { since: now, severity, told: Told::Held });
                    self.held.push(place);
                    self.recent.push_back((now, place));
                }
            }
        }
    }

    fn worsen(&mut self, id: &str, severity: Severity) {
        if self.alert(id).is_some_and(|alert| alert.severity > severity) {
            self.change(id, |alert| alert.severity = severity);
        }
    }

    fn back(&mut self, station: &mut StationState, now: i64) {
        if let Some(episode) = station.alerts.episode.take() {
            self.end(station.id.as_str(), &episode, now);
        }
    }

    /// A station is no longer registered: it is not missed.
    pub fn forget_station(&mut self, station: &mut StationState, now: i64) {
        self.back(station, now);
    }

    /// Ends an episode that was taken from its station.
    pub(super) fn end(&mut self, id: &str, episode: &Episode, now: i64) {
        match &episode.told {
            Told::Held => {}
            Told::Alone => self.resolve(&alert_id(id, episode.since), now),
            Told::Group(group) => self.left_group(group, now),
        }
    }

    /// The station's alert is told of, by itself.
    pub(super) fn tell(&mut self, station: &mut StationState, facts: &Facts) {
        let Some(episode) = &mut station.alerts.episode else { return };
        episode.told = Told::Alone;
        let (since, severity) = (episode.since, episode.severity);
        let mut values = BTreeMap::new();
        facts.names(&mut values);
        let mut evidence = Vec::new();
        if let Some(seen) = station.last_seen_ms() {
            values.insert("last_seen".into(), seen.to_string());
            let (member, value) = ("last_seen".into(), seen.to_string());
            evidence.push(Evidence { ts: seen, device: String::new(), member, value });
        }
        let fingerprint = alert::fingerprint(Rule::Offline, &[station.id.as_str()]);
        self.fire(Alert {
            id: alert::id(&fingerprint, since),
            fingerprint,
            rule: Rule::Offline,
            severity,
            station: Some(station.id.clone()),
            district: facts.district().map(str::to_owned),
            device: None,
            stations: vec![station.id.clone()],
            common: None,
            starts_at: since,
            ends_at: None,
            evidence,
            values,
        });
    }
}

/// The id of a station's own alert.
pub(super) fn alert_id(station: &str, since: i64) -> String {
    alert::id(&alert::fingerprint(Rule::Offline, &[station]), since)
}
