//! What a station's rules are watching: conditions that are set but not long enough yet, and alerts that fire.
//!
//! Invariants
//! - A station in order has no watches: the list is as long as what is wrong with it.
//! - A watch's `due` is when time alone changes it: a pending one fires, a firing one ends or is looked at again.
//!   A pending watch without it fires only when a later reading confirms it.

use super::alert::{self, Alert, EVIDENCE_MAX, Evidence};
use super::facts::Facts;
use super::settings::{Settings, Verdict};
use crate::config::{Rule, Severity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use waystation_protocol::{DeviceId, StationId};

/// One condition that is set, or clearing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    #[serde(rename = "r")]
    pub rule: Rule,
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// The slot, or the voltage class, within the device; 0: the device itself.
    #[serde(rename = "n", default)]
    pub sub: u16,
    /// Since when it is set; once it fires, when the alert started.
    #[serde(rename = "s")]
    pub since: i64,
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub firing: Option<Severity>,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub due: Option<i64>,
}

impl Watch {
    /// Of the station as a whole, set from now on.
    pub fn begun(rule: Rule, now: i64) -> Self {
        Self { rule, device: None, sub: 0, since: now, firing: None, due: None }
    }
}

impl Watch {
    /// The id of its alert, once it fires at this station.
    pub fn alert_id(&self, station: &str) -> String {
        alert::id(&self.fingerprint(station), self.since)
    }

    fn fingerprint(&self, station: &str) -> String {
        let device = self.device.as_ref().map_or("", DeviceId::as_str);
        alert::fingerprint(self.rule, &[station, device, &self.sub.to_string()])
    }
}

/// What a rule is about, within a station.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub rule: Rule,
    pub device: Option<&'a DeviceId>,
    pub sub: u16,
}

impl<'a> Subject<'a> {
    pub fn station(rule: Rule) -> Self {
        Self { rule, device: None, sub: 0 }
    }

    pub fn device(rule: Rule, device: &'a DeviceId) -> Self {
        Self { rule, device: Some(device), sub: 0 }
    }

    pub fn part(self, sub: u16) -> Self {
        Self { sub, ..self }
    }

    pub fn is(&self, watch: &Watch) -> bool {
        watch.rule == self.rule && watch.sub == self.sub && watch.device.as_ref() == self.device
    }
}

/// What an alert shows when it fires.
#[derive(Debug, Default, PartialEq)]
pub struct Details {
    pub evidence: Vec<Evidence>,
    pub values: Vec<(&'static str, String)>,
}

impl Details {
    pub fn value(mut self, name: &'static str, value: impl ToString) -> Self {
        self.values.push((name, value.to_string()));
        self
    }

    pub fn number(self, name: &'static str, value: f64) -> Self {
        self.value(name, number(value))
    }

    pub fn shown_by(self, ts: i64, device: &DeviceId, member: &str, value: impl ToString) -> Self {
        self.shown_as(ts, device.as_str(), member, value)
    }

    /// Evidence that no device gave.
    pub fn shown_as(mut self, ts: i64, source: &str, member: &str, value: impl ToString) -> Self {
        self.evidence.push(Evidence {
            ts,
            device: source.to_owned(),
            member: member.to_owned(),
            value: value.to_string(),
        });
        self
    }
}

/// A number for people: two decimals at most, none that say nothing.
#[must_use]
pub fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What happened to an alert; the fleet keeps those that fire.
#[derive(Debug, PartialEq)]
pub enum Change {
    Fired(Box<Alert>),
    /// The alert of this fingerprint and start is worse than it was.
    Worse {
        id: String,
        severity: Severity,
        details: Details,
    },
    Resolved {
        id: String,
        at: i64,
    },
}

/// One station while its rules are judged at one moment.
pub struct Judge<'a> {
    pub settings: &'a Settings,
    pub station: &'a StationId,
    pub facts: &'a Facts,
    /// What is not in the registry raises nothing.
    pub registered: bool,
    /// Rules that planned work would set off are not judged.
    pub planned: bool,
    /// Whether the hub hears the station, so that what it does not say did not happen.
    pub heard: bool,
    /// Only rules about what endangers people are judged.
    pub only_danger: bool,
    pub now: i64,
    pub changes: &'a mut Vec<Change>,
}

impl Judge<'_> {
    /// Takes note of what an observation says of a rule. `watches` are the station's.
    pub fn judge(
        &mut self,
        watches: &mut Vec<Watch>,
        subject: Subject<'_>,
        verdict: Verdict,
        details: impl FnOnce() -> Details,
    ) {
        if watches.is_empty() && !verdict.is_set() {
            return; // the usual case
        }
        if self.only_danger && !endangers(subject.rule) {
            return;
        }
        let at = watches.iter().position(|watch| subject.is(watch));
        match (at, verdict.is_set()) {
            (None, true) if self.judges(subject.rule) => self.begin(watches, subject, verdict, details),
            (Some(at), true) => self.confirm(&mut watches[at], verdict, details),
            // What other limits raised has no claim to the distance between set and clear.
            (Some(at), false)
                if verdict == Verdict::Clear
                    || watches[at].firing.is_none()
                    || watches[at].since < self.settings.of(subject.rule).since_ms =>
            {
                self.end(&watches.swap_remove(at));
            }
            _ => {}
        }
    }

    /// Whether the rule may raise an alert now.
    pub fn judges(&self, rule: Rule) -> bool {
        self.registered && self.settings.of(rule).enabled && !(self.planned && waits_for_planned_work(rule))
    }

    fn begin(
        &mut self,
        watches: &mut Vec<Watch>,
        subject: Subject<'_>,
        verdict: Verdict,
        details: impl FnOnce() -> Details,
    ) {
        let device = subject.device.cloned();
        let Subject { rule, sub, .. } = subject;
        let mut watch = Watch { rule, device, sub, since: self.now, firing: None, due: None };
        let for_ms = self.settings.of(rule).for_ms;
        if for_ms == 0 {
            self.fire(&mut watch, verdict, details());
        } else if fires_by_time(rule) {
            watch.due = Some(self.now + for_ms);
        }
        watches.push(watch);
    }

    fn confirm(&mut self, watch: &mut Watch, verdict: Verdict, details: impl FnOnce() -> Details) {
        match watch.firing {
            None if self.now - watch.since >= self.settings.of(watch.rule).for_ms => {
                self.fire(watch, verdict, details());
            }
            Some(severity) if verdict == Verdict::Critical && severity != Severity::Critical => {
                watch.firing = Some(Severity::Critical);
                let id = self.id(watch);
                self.changes.push(Change::Worse { id, severity: Severity::Critical, details: details() });
            }
            _ => {}
        }
    }

    /// Fires the alert of a watch, from now on.
    pub fn fire(&mut self, watch: &mut Watch, verdict: Verdict, details: Details) {
        let severity = match verdict {
            Verdict::Critical => Severity::Critical,
            _ => self.settings.of(watch.rule).severity,
        };
        watch.since = self.now;
        watch.due = None;
        watch.firing = Some(severity);
        let Details { mut evidence, values } = details;
        evidence.truncate(EVIDENCE_MAX);
        let mut values: BTreeMap<String, String> =
            values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        self.facts.names(&mut values);
        let fingerprint = self.fingerprint(watch);
        let alert = Alert {
            id: alert::id(&fingerprint, watch.since),
            fingerprint,
            rule: watch.rule,
            severity,
            station: Some(self.station.clone()),
            district: self.facts.district().map(str::to_owned),
            device: watch.device.as_ref().map(ToString::to_string),
            stations: vec![self.station.clone()],
            common: None,
            starts_at: watch.since,
            ends_at: None,
            evidence,
            values,
        };
        self.changes.push(Change::Fired(Box::new(alert)));
    }

    /// Ends a watch that was taken out of the list.
    pub fn end(&mut self, watch: &Watch) {
        if watch.firing.is_some() {
            let id = self.id(watch);
            self.changes.push(Change::Resolved { id, at: self.now });
        }
    }

    pub fn id(&self, watch: &Watch) -> String {
        watch.alert_id(self.station.as_str())
    }

    fn fingerprint(&self, watch: &Watch) -> String {
        watch.fingerprint(self.station.as_str())
    }
}

/// Rules about what goes on until something is said: time alone makes them true. The others wait to be confirmed.
fn fires_by_time(rule: Rule) -> bool {
    matches!(rule, Rule::DoorHeldOpen | Rule::DoorLocked)
}

/// Rules about what endangers people.
fn endangers(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::CabinetSmoke
            | Rule::CabinetWater
            | Rule::CabinetExtinguisher
            | Rule::CabinetTemperature
            | Rule::CellHot
            | Rule::CellRise
            | Rule::CellColdCharge
            | Rule::DoorForced
    )
}

/// Rules that people at work in a station set off; what endangers people is never kept back.
fn waits_for_planned_work(rule: Rule) -> bool {
    !matches!(
        rule,
        Rule::CabinetSmoke
            | Rule::CabinetWater
            | Rule::CabinetExtinguisher
            | Rule::CellHot
            | Rule::CellRise
            | Rule::CellColdCharge
            | Rule::RecordsLost
    )
}
