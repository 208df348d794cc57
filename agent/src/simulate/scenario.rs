//! What goes wrong when: outages, power cuts, wrong clocks, NAT rebinding, take-over storms, silent sensors, and what
//! alarms are made for.
//!
//! ```toml
//! [[event]]
//! at_s = 60               # seconds on the wall after the start
//! for_s = 120
//! what = "outage"         # outage | power_cut | clock_skew | nat_rebind | takeover_storm | silence |
//!                         # smoke | hot_battery (stations with cabinets) | forced_door
//! stations = "10%"        # "all", a share, or a list of station ids
//! skew_s = 7200           # clock_skew: how far the station's clock is wrong
//! every_s = 5             # takeover_storm: seconds between two connections with the same client id
//! ```

use super::alarms::Alarms;
use super::tokens::StationLogin;
use crate::dice::Dice;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;

/// The events of a scenario, in any order.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    #[serde(default)]
    event: Vec<ScenarioEvent>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioEvent {
    at_s: f64,
    #[serde(default)]
    for_s: f64,
    what: What,
    #[serde(default)]
    stations: Selection,
    #[serde(default)]
    skew_s: i64,
    #[serde(default = "default_every_s")]
    every_s: f64,
}

fn default_every_s() -> f64 {
    5.0
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Outage,
    PowerCut,
    ClockSkew,
    NatRebind,
    TakeoverStorm,
    Silence,
    Smoke,
    HotBattery,
    ForcedDoor,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Selection {
    Share(String),
    Listed(Vec<String>),
}

impl Default for Selection {
    fn default() -> Self {
        Self::Share("all".into())
    }
}

/// The scenario file cannot be played.
#[derive(Debug, Error)]
pub enum ScenarioError {
    #[error("the scenario {path} cannot be read: {error}")]
    Read { path: PathBuf, error: Box<config::ConfigError> },
    #[error("scenario event {event}: `stations` must be \"all\", a share such as \"10%\", or a list of ids")]
    Share { event: usize },
    #[error("scenario event {event}: station {station} is not simulated")]
    UnknownStation { event: usize, station: String },
    #[error("scenario event {event}: times must not be negative, and `every_s` at least 0.1")]
    Times { event: usize },
}

/// One station's part in the scenario.
#[derive(Debug, Clone, Default)]
pub struct Timeline(Vec<Trouble>);

#[derive(Debug, Clone)]
struct Trouble {
    from: Duration,
    to: Duration,
    what: What,
    skew_ms: i64,
    every: Duration,
}

/// What is wrong with a station at a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Troubles {
    pub link_down: bool,
    pub power_off: bool,
    pub silent: bool,
    pub skew_ms: i64,
    pub alarms: Alarms,
    /// Counts the connections that must be replaced so far: a rise asks for a new one beside the old.
    pub rebinds: u64,
}

impl Scenario {
    /// Reads a scenario file.
    pub fn read(path: &Path) -> Result<Self, ScenarioError> {
        let file = config::File::from(path).format(config::FileFormat::Toml);
        parsed(file).map_err(|error| ScenarioError::Read { path: path.to_owned(), error: Box::new(error) })
    }

    /// A scenario from the text of a file.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let text = config::File::from_str(text, config::FileFormat::Toml);
        parsed(text).map_err(|error| ScenarioError::Read { path: "(text)".into(), error: Box::new(error) })
    }

    /// What happens to each of the stations.
    pub(super) fn timelines(
        &self,
        stations: &[StationLogin],
        seed: u64,
    ) -> Result<Vec<Timeline>, ScenarioError> {
        let mut timelines = vec![Timeline::default(); stations.len()];
        for (number, event) in (1..).zip(&self.event) {
            let trouble = event.trouble(number)?;
            for index in event.selected(number, stations, seed)? {
                timelines[index].0.push(trouble.clone());
            }
        }
        Ok(timelines)
    }
}

fn parsed(source: impl config::Source + Send + Sync + 'static) -> Result<Scenario, config::ConfigError> {
    config::Config::builder().add_source(source).build().and_then(config::Config::try_deserialize)
}

impl ScenarioEvent {
    fn trouble(&self, event: usize) -> Result<Trouble, ScenarioError> {
        let seconds =
            |value: f64| Duration::try_from_secs_f64(value).map_err(|_| ScenarioError::Times { event });
        if self.every_s < 0.1 {
            return Err(ScenarioError::Times { event });
        }
        let from = seconds(self.at_s)?;
        Ok(Trouble {
            from,
            to: from + seconds(self.for_s)?,
            what: self.what,
            skew_ms: self.skew_s * 1000,
            every: seconds(self.every_s)?,
        })
    }

    fn selected(
        &self,
        event: usize,
        stations: &[StationLogin],
        seed: u64,
    ) -> Result<Vec<usize>, ScenarioError> {
        match &self.stations {
            Selection::Share(share) => {
                let share = parse_share(share).ok_or(ScenarioError::Share { event })?;
                let mut dice = Dice::new(seed).split(event as u64);
                Ok((0..stations.len()).filter(|_| dice.chance(share)).collect())
            }
            Selection::Listed(ids) => ids
                .iter()
                .map(|id| {
                    let unknown = || ScenarioError::UnknownStation { event, station: id.clone() };
                    stations.iter().position(|login| login.station.as_str() == id).ok_or_else(unknown)
                })
                .collect(),
        }
    }
}

impl Timeline {
    /// What is wrong `elapsed` after the start.
    pub fn troubles(&self, elapsed: Duration) -> Troubles {
        let mut all = Troubles::default();
        for trouble in self.0.iter().filter(|trouble| elapsed >= trouble.from) {
            let active = elapsed < trouble.to;
            match trouble.what {
                What::Outage => all.link_down |= active,
                What::PowerCut => all.power_off |= active,
                What::Silence => all.silent |= active,
                What::Smoke => all.alarms.smoke |= active,
                What::HotBattery => all.alarms.hot_battery |= active,
                What::ForcedDoor => all.alarms.forced_door |= active,
                What::ClockSkew => all.skew_ms += if active { trouble.skew_ms } else { 0 },
                What::NatRebind => all.rebinds += 1,
                What::TakeoverStorm => {
                    let lasted = elapsed.min(trouble.to) - trouble.from;
                    all.rebinds += 1 + (lasted.as_secs_f64() / trouble.every.as_secs_f64()) as u64;
                }
            }
        }
        all
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn parse_share(text: &str) -> Option<f64> {
    if text == "all" {
        return Some(1.1);
    }
    let share: f64 = text.strip_suffix('%')?.trim().parse().ok()?;
    (0.0..=100.0).contains(&share).then_some(share / 100.0)
}

/// The moment of the local day (UTC+8) of `now_ms` that is `minute` minutes after its midnight.
pub fn local_minute(now_ms: i64, minute: u32) -> i64 {
    const OFFSET_MS: i64 = 8 * 3_600_000;
    let midnight = (now_ms + OFFSET_MS).div_euclid(86_400_000) * 86_400_000 - OFFSET_MS;
    midnight + i64::from(minute) * 60_000
}

#[cfg(test)]
#[path = "scenario_tests.rs"]
mod tests;
