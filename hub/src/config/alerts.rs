//! `[alerts]`: whether and how alerts are raised. The rules' own table is in [`super::rules`].

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::{Channel, Rules, Text};

/// Alert rules and channels.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Alerts {
    /// Off: no alert is raised at all.
    pub enabled: bool,
    /// How long the alert of a station that is gone is held back, to see which others go with it, seconds.
    pub group_window_s: u64,
    /// Fewest stations that make one alert about what they have in common.
    pub group_stations_min: u64,
    /// Least share of the stations with that in common which must be gone, percent.
    pub group_share_pct: u64,
    /// Hours after which an alert that still fires and that nobody acknowledged is sent again, also 0.5; 0: never.
    pub repeat_after_h: f64,
    /// Minutes without an acknowledgement after which `escalate_to` is told; 0: never.
    pub escalate_after_min: f64,
    pub rules: Rules,
    /// The channel that is told of nothing but alerts that nobody acknowledged in time.
    pub escalate_to: Option<String>,
    /// Who is told, by name.
    pub channels: BTreeMap<String, Channel>,
}

impl Default for Alerts {
    fn default() -> Self {
        Self {
            enabled: true,
            group_window_s: 75,
            group_stations_min: 5,
            group_share_pct: 50,
            repeat_after_h: 24.0,
            escalate_after_min: 15.0,
            rules: Rules::default(),
            escalate_to: None,
            channels: BTreeMap::new(),
        }
    }
}

impl Alerts {
    /// Values that are out of range or contradict one another, by key.
    pub(super) fn check(&self) -> Vec<(String, Text)> {
        let mut found = self.rules.check();
        for (key, value, least, most) in [
            ("group_window_s", whole(self.group_window_s), 0.0, 600.0),
            ("group_stations_min", whole(self.group_stations_min), 2.0, 10_000.0),
            ("group_share_pct", whole(self.group_share_pct), 1.0, 100.0),
            ("repeat_after_h", self.repeat_after_h, 0.0, 720.0),
            ("escalate_after_min", self.escalate_after_min, 0.0, 10_080.0),
        ] {
            // Not a number is in no range.
            if !(least..=most).contains(&value) {
                let text = Text::new(
                    format!("{value} 超出范围；请取 {least} 到 {most}"),
                    format!("{value} is out of range; choose {least} to {most}"),
                );
                found.push((format!("alerts.{key}"), text));
            }
        }
        found
    }
}

#[allow(clippy::cast_precision_loss)] // only compared with limits that are far smaller
fn whole(value: u64) -> f64 {
    value as f64
}
