//! One line in the log when an alert begins, gets worse, and ends: what an operator reads when nothing else is at hand.

use super::alerts::{Alert, Severity};
use std::collections::HashMap;

/// Remembers which alerts were told of: as many as fire.
#[derive(Debug, Default)]
pub struct AlertLog {
    told: HashMap<String, Severity>,
}

impl AlertLog {
    /// Tells of a change, unless it is one of the list of stations alone.
    pub fn tell(&mut self, alert: &Alert) {
        let Alert { id, rule, severity, station, stations, .. } = alert;
        let (station, stations) = (station.as_ref().map(tracing::field::display), stations.len());
        let (rule, word) = (rule.as_str(), severity.as_str());
        let title = alert.title("en");
        if alert.ends_at.is_some() {
            self.told.remove(id);
            tracing::info!(rule, severity = word, station, stations, id, "alert is over: {title}");
        } else if self.told.insert(id.clone(), *severity) != Some(*severity) {
            match severity {
                Severity::Info => {
                    tracing::info!(rule, severity = word, station, stations, id, "alert: {title}")
                }
                _ => tracing::warn!(rule, severity = word, station, stations, id, "alert: {title}"),
            }
        }
    }
}
