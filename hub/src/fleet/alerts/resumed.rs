//! What a start puts right about alerts that fired when the hub stopped: rules that the configuration no longer has,
//! limits that it has changed, and lists that a crash left behind.

use super::alert::{Alert, SWITCHED_OFF};
use super::book::Book;
use super::presence::{Told, alert_id};
use super::settings::Limits;
use crate::config::{Rule, Severity};
use crate::fleet::StationState;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use waystation_protocol::StationId;

/// The limits of a rule of which alerts fire, and since when they are these, ms since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedLimits {
    limits: String,
    since: i64,
}

/// Stations of a group, and how badly each is gone.
type Members = Vec<(StationId, Severity)>;

impl Book {
    /// The limits by which what fires was raised.
    pub(super) fn saved_limits(&self) -> BTreeMap<String, SavedLimits> {
        let rules: HashSet<Rule> = self.firing().map(|alert| alert.rule).collect();
        let saved = |rule: Rule| {
            let limits = self.settings.of(rule);
            (rule.as_str().to_owned(), SavedLimits { limits: written(limits), since: limits.since_ms })
        };
        rules.into_iter().map(saved).collect()
    }

    /// Notes which rules have other limits than when their alerts were raised.
    pub(super) fn compare_limits(&mut self, saved: &BTreeMap<String, SavedLimits>, now: i64) {
        for (name, saved) in saved {
            let Some(rule) = Rule::from_name(name) else { continue };
            let limits = self.settings.of_mut(rule);
            limits.since_ms = if saved.limits == written(limits) { saved.since } else { now };
        }
    }

    /// Goes through all stations once, after they and the alerts were restored. Gives the places of those that
    /// changed.
    pub fn resume(&mut self, stations: &mut [StationState], now: i64) -> Vec<u32> {
        let mut touched = Vec::new();
        let mut groups: HashMap<CompactString, Members> = HashMap::new();
        let mut remembered: HashSet<String> = HashSet::new();
        let missed = self.settings.of(Rule::Offline).enabled;
        for (place, station) in (0..).zip(stations) {
            let alerts = &mut station.alerts;
            let watches = alerts.watches.len();
            alerts.watches.retain(|watch| self.settings.of(watch.rule).enabled);
            let forgotten = !missed && alerts.episode.take().is_some();
            if forgotten || alerts.watches.len() < watches {
                touched.push(place);
            }
            let fires = alerts.watches.iter().filter(|watch| watch.firing.is_some());
            remembered.extend(fires.map(|watch| watch.alert_id(station.id.as_str())));
            remembered.extend(alerts.episode.iter().map(|gone| alert_id(station.id.as_str(), gone.since)));
            if let Some(episode) = &alerts.episode
                && let Told::Group(group) = &episode.told
            {
                groups.entry(group.clone()).or_default().push((station.id.clone(), episode.severity));
            }
        }
        self.switch_off(now);
        self.end_forgotten(&remembered, now);
        self.list_again(groups);
        touched
    }

    /// Ends what no rule raises any more.
    fn switch_off(&mut self, now: i64) {
        let off = |rule: Rule| !self.settings.of(rule).enabled;
        let ended: Vec<String> =
            self.firing().filter(|alert| off(alert.rule)).map(|alert| alert.id.clone()).collect();
        for id in ended {
            self.change_silently(&id, |alert| drop(alert.values.insert(SWITCHED_OFF.into(), "true".into())));
            self.resolve(&id, now);
            self.groups.retain(|group| group.id != id);
        }
    }

    /// Ends what no station remembers any more, because what it remembered could not be read: nothing else would. What
    /// is still so raises an alert anew.
    fn end_forgotten(&mut self, remembered: &HashSet<String>, now: i64) {
        let forgotten = |alert: &&Alert| alert.station.is_some() && !remembered.contains(&alert.id);
        let ended: Vec<String> = self.firing().filter(forgotten).map(|alert| alert.id.clone()).collect();
        ended.iter().for_each(|id| self.resolve(id, now));
    }

    /// Adds who joined a group after its list was last sent, and thus saved.
    fn list_again(&mut self, groups: HashMap<CompactString, Members>) {
        for (id, members) in groups {
            self.change_silently(&id, |alert| {
                let listed: HashSet<&StationId> = alert.stations.iter().collect();
                let left_out: Members =
                    members.into_iter().filter(|(station, _)| !listed.contains(station)).collect();
                for (station, severity) in left_out {
                    alert.severity = alert.severity.min(severity);
                    alert.stations.push(station);
                }
            });
        }
    }
}

/// All of a rule's limits that decide whether an alert stays.
fn written(limits: &Limits) -> String {
    let Limits { set, clear, low_set, low_clear, critical, count_min, .. } = limits;
    format!("{set} {clear} {low_set} {low_clear} {critical} {count_min}")
}
