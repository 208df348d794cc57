//! The alerts that fire now, and what changed since somebody last asked.
//!
//! Invariants: an alert is in `firing` from its start to its end; every change of it is in `changed` once or more,
//! in order, until taken. What is held back, grouped, or frozen because the hub is blind is decided here, for all
//! stations together.

use super::alert::Alert;
use super::blind::Blind;
use super::groups::Group;
use super::resumed::SavedLimits;
use super::settings::Settings;
use super::watch::Change;
use crate::config::Severity;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// The alerts of the whole fleet.
#[derive(Debug)]
pub struct Book {
    pub settings: Settings,
    firing: BTreeMap<String, Alert>,
    changed: Vec<Alert>,
    /// Places of stations that are gone, and whose alert is held back.
    pub(super) held: Vec<u32>,
    /// When which station went, lately; what has come back since stays in here for a while.
    pub(super) recent: VecDeque<(i64, u32)>,
    pub(super) groups: Vec<Group>,
    pub(super) blind: Option<Blind>,
    /// The next time that all stations may be counted for what they have in common.
    pub(super) count_at: i64,
}

/// What a restart must know besides stations and firing alerts.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedBook {
    /// When the hub last looked, ms since the Unix epoch.
    pub alive_ms: Option<i64>,
    groups: Vec<Group>,
    blind: Option<Blind>,
    limits: BTreeMap<String, SavedLimits>,
}

impl Book {
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            firing: BTreeMap::new(),
            changed: Vec::new(),
            held: Vec::new(),
            recent: VecDeque::new(),
            groups: Vec::new(),
            blind: None,
            count_at: 0,
        }
    }

    /// The alerts that fire.
    pub fn firing(&self) -> impl ExactSizeIterator<Item = &Alert> {
        self.firing.values()
    }

    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.firing.values().filter(|alert| alert.severity == severity).count()
    }

    /// Puts back what fired when the hub stopped; `episodes`: since when which station is gone, and whether its alert
    /// is held back. [`Self::resume`] comes next.
    pub fn restore(
        &mut self,
        saved: SavedBook,
        firing: impl IntoIterator<Item = Alert>,
        mut episodes: Vec<(i64, u32, bool)>,
        now: i64,
    ) {
        self.compare_limits(&saved.limits, now);
        self.firing = firing.into_iter().map(|alert| (alert.id.clone(), alert)).collect();
        (self.groups, self.blind) = (saved.groups, saved.blind);
        episodes.sort_unstable();
        self.recent = episodes.iter().map(|(since, place, _)| (*since, *place)).collect();
        self.held = episodes.iter().filter(|(_, _, held)| *held).map(|(_, place, _)| *place).collect();
    }

    #[must_use]
    pub fn saved(&self, alive_ms: Option<i64>) -> SavedBook {
        let limits = self.saved_limits();
        SavedBook { alive_ms, groups: self.groups.clone(), blind: self.blind.clone(), limits }
    }

    /// The alerts that changed since the last call, in order; one that changed twice comes once, as it is now.
    pub fn take_changed(&mut self) -> Vec<Alert> {
        let mut changed = std::mem::take(&mut self.changed);
        let mut seen = std::collections::HashSet::new();
        changed.reverse();
        changed.retain(|alert| seen.insert(alert.id.clone()));
        changed.reverse();
        changed
    }

    pub fn take_in(&mut self, changes: &mut Vec<Change>) {
        for change in changes.drain(..) {
            match change {
                Change::Fired(alert) => self.fire(*alert),
                Change::Worse { id, severity, details } => self.change(&id, |alert| {
                    alert.severity = severity;
                    alert.evidence = details.evidence;
                    let values = details.values.into_iter();
                    alert.values.extend(values.map(|(name, value)| (name.to_owned(), value)));
                }),
                Change::Resolved { id, at } => self.resolve(&id, at),
            }
        }
    }

    pub(super) fn fire(&mut self, alert: Alert) {
        self.changed.push(alert.clone());
        self.firing.insert(alert.id.clone(), alert);
    }

    pub(super) fn change(&mut self, id: &str, change: impl FnOnce(&mut Alert)) {
        if let Some(alert) = self.firing.get_mut(id) {
            change(alert);
            self.changed.push(alert.clone());
        }
    }

    /// Changes an alert; those who were told of it hear of the change with the next one.
    pub(super) fn change_silently(&mut self, id: &str, change: impl FnOnce(&mut Alert)) {
        if let Some(alert) = self.firing.get_mut(id) {
            change(alert);
        }
    }

    pub(super) fn resolve(&mut self, id: &str, at: i64) {
        if let Some(mut alert) = self.firing.remove(id) {
            alert.ends_at = Some(at.max(alert.starts_at));
            self.changed.push(alert);
        }
    }

    pub(super) fn alert(&self, id: &str) -> Option<&Alert> {
        self.firing.get(id)
    }
}
