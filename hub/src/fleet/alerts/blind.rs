//! When the hub itself cannot see: it was not running, it stood still, or next to no station reaches it any more.
//!
//! Then nothing is said about single stations. A hub that was away does not know who is gone: stations are unknown
//! until they are heard, or until as much time has passed as makes a silent one offline. When most of a whole fleet
//! goes at once, the hub's own link is the likelier cause: one alert says so, and no state gets worse until it is over.

use super::alert::{self, Alert, Common, Factor};
use super::book::Book;
use super::facts::Facts;
use super::presence::Told;
use crate::config::{Rule, Severity};
use crate::fleet::{State, StationState};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Share of the fleet that goes at once, by which the hub suspects itself [J].
const SILENT_SHARE: f64 = 0.9;
/// Share that is still unknown when a hub that suspected itself sees again [J].
const UNKNOWN_SHARE: f64 = 0.3;
/// Share that is heard for as long as makes a silent station offline: then the hub hears, and the rest is gone [J].
const HEARD_SHARE: f64 = 0.1;
/// Share that is still unknown when a hub that was away sees again: it just waits for everybody to come back [J].
const UNKNOWN_SHARE_AFTER_STOP: f64 = 0.1;
/// Stations elsewhere that are well prove that the hub is, too.
const WITNESSES: usize = 5;
/// How long it must see again, ms.
const CALM_MS: i64 = 30_000;

/// The hub is blind since then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blind {
    cause: Cause,
    since: i64,
    calm_since: Option<i64>,
    /// Since when it hears a good part of its stations again.
    #[serde(default)]
    heard_since: Option<i64>,
}

/// Why it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// It was not running.
    Stopped,
    /// It ran, but stood still: a suspended machine, a stalled disk.
    Stalled,
    /// Next to no station reaches it.
    Unreached,
}

impl Cause {
    fn as_str(self) -> &'static str {
        match self {
            Cause::Stopped => "stopped",
            Cause::Stalled => "stalled",
            Cause::Unreached => "unreached",
        }
    }
}

impl Blind {
    /// For how long it has heard a good part of its stations, ms.
    fn hears(&mut self, online: usize, unknown: usize, now: i64) -> i64 {
        #[allow(clippy::cast_precision_loss)] // stations
        let part = online as f64 > HEARD_SHARE * (online + unknown) as f64;
        if online < WITNESSES || !part {
            self.heard_since = None;
            return 0;
        }
        now - *self.heard_since.get_or_insert(now)
    }
}

impl Book {
    /// The hub did not look from `from` to `to`.
    pub fn was_away(&mut self, cause: Cause, from: i64, to: i64, stations: usize) {
        #[allow(clippy::cast_precision_loss)] // seconds
        let away_s = (to - from) as f64 / 1_000.0;
        let limits = *self.settings.of(Rule::HubBlind);
        if stations > 0 && away_s >= limits.set && self.blind.is_none() {
            let values = [("seconds", ((to - from) / 1_000).to_string())];
            self.begin_blind(cause, from, limits.severity, &values);
        }
    }

    /// Whether the hub cannot see, for whatever cause.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        self.blind.is_some()
    }

    /// Whether states must not get worse.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.blind.as_ref().is_some_and(|blind| blind.cause == Cause::Unreached)
    }

    /// From when on silence counts, if verdicts thaw now: from now, unless the hub has heard others for long enough.
    #[must_use]
    pub fn listens_since_ms(&self, now: i64) -> i64 {
        let heard_since = self.blind.as_ref().and_then(|blind| blind.heard_since);
        heard_since.filter(|since| now - since >= self.settings.presence.offline_after_ms).unwrap_or(now)
    }

    /// Looks whether the hub has become blind, or sees again. `counts`: how many stations are in each state; `waited`:
    /// it has listened for as long as makes a silent station offline. True if verdicts froze or thawed.
    pub fn look(
        &mut self,
        stations: &mut [StationState],
        facts: &[Facts],
        online: usize,
        unknown: usize,
        waited: bool,
        now: i64,
    ) -> bool {
        let patience_ms = self.settings.presence.offline_after_ms;
        match &mut self.blind {
            None => self.suspects_itself(stations, facts, online, now),
            Some(blind) => {
                let heard_long = blind.hears(online, unknown, now) >= patience_ms;
                let unreached = blind.cause == Cause::Unreached;
                let share = if unreached { UNKNOWN_SHARE } else { UNKNOWN_SHARE_AFTER_STOP };
                #[allow(clippy::cast_precision_loss)] // stations
                let sees = unknown as f64 <= share * (unknown + online) as f64 && online + unknown > 0;
                let waited = if unreached { heard_long } else { waited };
                self.recover(sees, waited, stations, now) && unreached
            }
        }
    }

    fn suspects_itself(
        &mut self,
        stations: &mut [StationState],
        facts: &[Facts],
        online: usize,
        now: i64,
    ) -> bool {
        let limits = *self.settings.of(Rule::HubBlind);
        if self.held.is_empty() || !limits.enabled {
            return false;
        }
        let silent = self.gone_lately(stations).count();
        #[allow(clippy::cast_precision_loss)] // stations
        let most = silent as f64 >= SILENT_SHARE * (silent + online) as f64;
        if !most || silent < limits.count_min as usize {
            return false;
        }
        if let Some((_, counts)) = self.best(stations, facts, |_| true)
            && counts.gone * 20 >= silent * 19
            && online - counts.online.min(online) >= WITNESSES
        {
            return false;
        }
        let values = [("silent", silent.to_string()), ("all", (silent + online).to_string())];
        self.begin_blind(Cause::Unreached, now, Severity::Critical, &values);
        true
    }

    fn begin_blind(&mut self, cause: Cause, since: i64, severity: Severity, values: &[(&str, String)]) {
        self.blind = Some(Blind { cause, since, calm_since: None, heard_since: None });
        if !self.settings.of(Rule::HubBlind).enabled {
            return;
        }
        let mut values: BTreeMap<String, String> =
            values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        values.insert("cause".into(), cause.as_str().into());
        let fingerprint = alert::fingerprint(Rule::HubBlind, &[]);
        self.fire(Alert {
            id: alert::id(&fingerprint, since),
            fingerprint,
            rule: Rule::HubBlind,
            severity,
            station: None,
            district: None,
            device: None,
            stations: Vec::new(),
            common: Some(Common { factor: Factor::Hub, value: cause.as_str().into() }),
            starts_at: since,
            ends_at: None,
            evidence: Vec::new(),
            values,
        });
    }

    fn recover(&mut self, sees: bool, waited: bool, stations: &mut [StationState], now: i64) -> bool {
        let Some(blind) = &mut self.blind else { return false };
        if !sees && !waited {
            blind.calm_since = None;
            return false;
        }
        let calm_since = *blind.calm_since.get_or_insert(now);
        if !waited && now - calm_since < CALM_MS {
            return false;
        }
        let fingerprint = alert::fingerprint(Rule::HubBlind, &[]);
        let id = alert::id(&fingerprint, blind.since);
        self.blind = None;
        self.resolve(&id, now);
        // What was held back is judged anew: the hub does not know whether those stations are gone.
        for place in std::mem::take(&mut self.held) {
            let alerts = &mut stations[place as usize].alerts;
            if alerts.episode.as_ref().is_some_and(|episode| episode.told == Told::Held)
                && stations[place as usize].state() == State::Unknown
            {
                stations[place as usize].alerts.episode = None;
            } else {
                self.held.push(place);
            }
        }
        true
    }
}
