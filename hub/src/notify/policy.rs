//! Who is told what, and when. Pure: an alert, what channels were told of it, and the time in; notices out.
//!
//! The decision is about the difference between what is and what was told, so that a restart, a silence that ends or a
//! channel that is added later need no care of their own.

use std::collections::BTreeMap;

use super::notice::{Event, rank};
use crate::config::{self, ChannelKind, Severity};
use crate::fleet::alerts::Alert;

/// More stations of one cause are told together, not one by one: least time between two such notices, ms.
pub const JOIN_PAUSE_MS: i64 = 10 * 60_000;
/// A critical alert that began and ended between two looks is told all the same, if it is no older than this, ms.
pub const MISSED_MS: i64 = 60 * 60_000;

/// What is configured.
#[derive(Debug, Clone)]
pub struct Policy {
    pub channels: Vec<Rules>,
    repeat_after_ms: Option<i64>,
    escalate_after_ms: Option<i64>,
}

/// One channel's part of it.
#[derive(Debug, Clone)]
pub struct Rules {
    pub name: String,
    min_severity: Severity,
    send_resolved: bool,
    /// Told the state over and over: repeats and acknowledgements are its own business.
    pub wants_state: bool,
    /// Told only of what nobody acknowledged in time.
    only_escalated: bool,
}

/// What a channel was last told of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    pub at: i64,
    /// When it was told first.
    pub first_at: i64,
    pub severity: Severity,
    pub stations: usize,
}

/// An alert with what people said about it.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    pub alert: &'a Alert,
    pub acknowledged: bool,
    pub silenced: bool,
}

impl Policy {
    #[must_use]
    pub fn new(alerts: &config::Alerts) -> Self {
        #[allow(clippy::cast_possible_truncation)] // the configuration is checked: at most 30 days
        let ms = |count: f64, unit: f64| Some((count * unit) as i64).filter(|ms| *ms > 0);
        let channels = alerts.channels.iter().map(|(name, channel)| Rules {
            name: name.clone(),
            min_severity: channel.min_severity,
            send_resolved: channel.send_resolved,
            wants_state: channel.kind == Some(ChannelKind::Alertmanager),
            only_escalated: alerts.escalate_to.as_ref() == Some(name),
        });
        Self {
            channels: channels.collect(),
            repeat_after_ms: ms(alerts.repeat_after_h, 3_600_000.0),
            escalate_after_ms: ms(alerts.escalate_after_min, 60_000.0),
        }
    }

    /// What each channel is to be told now; `told` by channel.
    #[must_use]
    pub fn decide(&self, case: Case<'_>, told: &BTreeMap<String, Told>, now_ms: i64) -> Vec<(&Rules, Event)> {
        let decide = |rules| {
            let event = match case.alert.ends_at {
                Some(ends_at) => self.resolved(rules, case, told, ends_at, now_ms),
                None => self.firing(rules, case, told, now_ms),
            };
            event.map(|event| (rules, event))
        };
        self.channels.iter().filter_map(decide).collect()
    }

    fn firing(
        &self,
        rules: &Rules,
        case: Case<'_>,
        told: &BTreeMap<String, Told>,
        now_ms: i64,
    ) -> Option<Event> {
        let Case { alert, acknowledged, silenced } = case;
        let Some(before) = told.get(&rules.name) else {
            let wanted = rank(alert.severity) >= rank(rules.min_severity)
                && !silenced
                && (!acknowledged || rules.wants_state);
            return match wanted {
                true if rules.only_escalated => {
                    self.escalated(alert, told, now_ms).then_some(Event::Escalated)
                }
                true => Some(Event::Firing),
                false => None,
            };
        };
        if silenced {
            return None;
        }
        if rank(alert.severity) > rank(before.severity) {
            return Some(Event::Changed);
        }
        if rules.wants_state {
            return (alert.severity != before.severity).then_some(Event::Changed);
        }
        if acknowledged {
            return None;
        }
        if alert.stations.len() > before.stations && now_ms - before.at >= JOIN_PAUSE_MS {
            return Some(Event::Changed);
        }
        self.repeat_after_ms.filter(|pause| now_ms - before.at >= *pause).map(|_| Event::Repeated)
    }

    /// Time counts from when somebody was told; from the start, if nobody else is ever told.
    fn escalated(&self, alert: &Alert, told: &BTreeMap<String, Told>, now_ms: i64) -> bool {
        let Some(pause) = self.escalate_after_ms else { return false };
        let others = self.channels.iter().any(|rules| !rules.only_escalated);
        let since = match told.values().map(|told| told.first_at).min() {
            Some(first_at) => first_at,
            None if others => return false,
            None => alert.starts_at,
        };
        now_ms - since >= pause
    }

    fn resolved(
        &self,
        rules: &Rules,
        case: Case<'_>,
        told: &BTreeMap<String, Told>,
        ends_at: i64,
        now_ms: i64,
    ) -> Option<Event> {
        let merged = case.alert.values.contains_key("merged_into");
        if told.contains_key(&rules.name) {
            // One that went into a larger one is not over, which people need not hear; an Alertmanager must.
            let wanted = if rules.wants_state { true } else { rules.send_resolved && !merged };
            return wanted.then_some(Event::Resolved);
        }
        let missed = case.alert.severity == Severity::Critical && now_ms - ends_at < MISSED_MS && !merged;
        let wanted =
            missed && !case.silenced && !case.acknowledged && !rules.only_escalated && !rules.wants_state;
        wanted.then_some(Event::Resolved)
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
