//! What sources that are polled report: the table behind report by exception.
//!
//! As JSON, which is also its form in a remote configuration:
//! `{"intervals_s":{"environment":60},"deadbands":{"environment":{"temperature_c":0.2}},"min_interval_s":5}`; what is
//! left out is as it was.

use crate::kind::Kind;
use crate::members::{MemberSpec, MemberType, members};
use crate::whole;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use thiserror::Error;

/// Longest silence of a device, s (domain.md, "Scale"): what is unchanged is told again after so long.
const fn interval_s(kind: Kind) -> u32 {
    match kind {
        Kind::Door | Kind::Amenity => 300,
        Kind::Gateway | Kind::Environment | Kind::Occupancy | Kind::Cabinet | Kind::Swap | Kind::Fund => 60,
    }
}

/// Smallest change worth telling [J]: about what such sensors are exact to. Of a number that is not named here every
/// change is told.
const DEADBANDS: [(Kind, &str, f64); 21] = [
    (Kind::Environment, "temperature_c", 0.2),
    (Kind::Environment, "humidity_pct", 1.0),
    (Kind::Environment, "co2_ppm", 25.0),
    (Kind::Environment, "pm2_5_ugm3", 3.0),
    (Kind::Environment, "pm10_ugm3", 5.0),
    (Kind::Environment, "hcho_mgm3", 0.005),
    (Kind::Environment, "tvoc_mgm3", 0.02),
    (Kind::Environment, "noise_dba", 3.0),
    (Kind::Environment, "illuminance_lx", 20.0),
    (Kind::Cabinet, "temperature_c", 0.5),
    (Kind::Cabinet, "humidity_pct", 2.0),
    (Kind::Cabinet, "mains_v", 3.0),
    (Kind::Cabinet, "power_w", 50.0),
    (Kind::Cabinet, "soc_pct", 1.0),
    (Kind::Cabinet, "voltage_v", 0.3),
    (Kind::Cabinet, "current_a", 1.0),
    (Kind::Cabinet, "cell_temp_max_c", 0.5),
    (Kind::Amenity, "power_w", 20.0),
    (Kind::Amenity, "water_c", 1.0),
    (Kind::Amenity, "tds_mgl", 5.0),
    (Kind::Door, "lock_battery_pct", 1.0),
];

/// Least time between two readings of a device that differ in measured numbers only, s [J].
const MIN_INTERVAL_S: u32 = 5;
/// A device may be silent for a day, not longer: the hub would take it for dead.
pub const INTERVAL_S_MAX: u32 = 86_400;
pub const MIN_INTERVAL_S_MAX: u32 = 3_600;

/// Changes to the defaults.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reporting {
    /// Longest silence of a device of this kind.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "whole::of_each")]
    pub intervals_s: BTreeMap<Kind, u32>,
    /// Smallest change of a member that is told, in the unit that its name ends with; members of a slot under cabinet.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub deadbands: BTreeMap<Kind, BTreeMap<String, f64>>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "whole::if_any")]
    pub min_interval_s: Option<u32>,
}

/// A table that makes no sense. Names the place, never the value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReportingError {
    #[error("it is not understood: {0}")]
    Json(String),
    #[error("intervals_s.{0}: must be 1 to {INTERVAL_S_MAX}")]
    Interval(Kind),
    #[error("min_interval_s: must be 0 to {MIN_INTERVAL_S_MAX}")]
    MinInterval,
    #[error("deadbands.{0}.{1}: {0} has no measured number of this name")]
    Member(Kind, String),
    #[error("deadbands.{0}.{1}: must be a number of at least 0")]
    Deadband(Kind, String),
}

impl Reporting {
    /// # Errors
    /// It is no such table, or names what there is not.
    pub fn from_json(json: &[u8]) -> Result<Self, ReportingError> {
        let reporting: Self =
            serde_json::from_slice(json).map_err(|error| ReportingError::Json(error.to_string()))?;
        reporting.check()?;
        Ok(reporting)
    }

    /// # Errors
    /// The first entry that makes no sense.
    pub fn check(&self) -> Result<(), ReportingError> {
        self.mistakes().into_iter().next().map_or(Ok(()), Err)
    }

    /// Every entry that makes no sense.
    pub fn mistakes(&self) -> Vec<ReportingError> {
        let mut found = Vec::new();
        for (kind, interval_s) in &self.intervals_s {
            if !(1..=INTERVAL_S_MAX).contains(interval_s) {
                found.push(ReportingError::Interval(*kind));
            }
        }
        if self.min_interval_s.is_some_and(|min_s| min_s > MIN_INTERVAL_S_MAX) {
            found.push(ReportingError::MinInterval);
        }
        for (kind, deadbands) in &self.deadbands {
            for (member, deadband) in deadbands {
                if !measured(*kind).contains(&member.as_str()) {
                    found.push(ReportingError::Member(*kind, member.clone()));
                } else if !(deadband.is_finite() && *deadband >= 0.0) {
                    found.push(ReportingError::Deadband(*kind, member.clone()));
                }
            }
        }
        found
    }

    /// This table with what `later` says put over it.
    pub fn with(mut self, later: &Self) -> Self {
        self.intervals_s.extend(&later.intervals_s);
        for (kind, deadbands) in &later.deadbands {
            let own = self.deadbands.entry(*kind).or_default();
            own.extend(deadbands.iter().map(|(member, deadband)| (member.clone(), *deadband)));
        }
        self.min_interval_s = later.min_interval_s.or(self.min_interval_s);
        self
    }

    pub fn interval(&self, kind: Kind) -> Duration {
        let interval_s = self.intervals_s.get(&kind).copied().unwrap_or_else(|| interval_s(kind));
        Duration::from_secs(interval_s.into())
    }

    pub fn min_interval(&self) -> Duration {
        Duration::from_secs(self.min_interval_s.unwrap_or(MIN_INTERVAL_S).into())
    }

    pub fn deadband(&self, kind: Kind, member: &str) -> f64 {
        let own = self.deadbands.get(&kind).and_then(|of_kind| of_kind.get(member)).copied();
        let default = || DEADBANDS.iter().find(|(of, name, _)| *of == kind && *name == member);
        own.or_else(|| default().map(|(.., deadband)| *deadband)).unwrap_or(0.0)
    }
}

/// The numbers of a kind, and of its slots, that are no counters: what may have a dead-band.
pub fn measured(kind: Kind) -> Vec<&'static str> {
    fn found(specs: &'static [MemberSpec], into: &mut Vec<&'static str>) {
        for spec in specs {
            match spec.ty {
                MemberType::Float | MemberType::Integer => into.push(spec.name),
                MemberType::Slots(specs) => found(specs, into),
                _ => {}
            }
        }
    }
    let mut names = Vec::new();
    found(members(kind), &mut names);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: Result<(), &str>) {
        let found = Reporting::from_json(json.as_bytes()).map_err(|error| error.to_string());
        match expected {
            Ok(()) => assert_eq!(found.map(drop), Ok(()), "{json}"),
            Err(wanted) => assert!(found.clone().is_err_and(|error| error.starts_with(wanted)), "{found:?}"),
        }
    }

    #[test]
    fn a_table_is_checked() {
        check("{}", Ok(()));
        check(r#"{"intervals_s":{"environment":30},"min_interval_s":0}"#, Ok(()));
        check(r#"{"intervals_s":{"environment":30.0},"min_interval_s":55.0}"#, Ok(()));
        check(r#"{"min_interval_s":null}"#, Ok(()));
        check(r#"{"intervals_s":{"environment":30.5}}"#, Err("it is not understood"));
        check(r#"{"min_interval_s":-1}"#, Err("it is not understood"));
        check(r#"{"deadbands":{"environment":{"temperature_c":0.5},"cabinet":{"soc_pct":2}}}"#, Ok(()));
        check(r#"{"intervals_s":{"environment":0}}"#, Err("intervals_s.environment: "));
        check(r#"{"intervals_s":{"weather":5}}"#, Err("it is not understood"));
        check(r#"{"min_interval_s":9999}"#, Err("min_interval_s: "));
        check(r#"{"deadbands":{"door":{"contact":1}}}"#, Err("deadbands.door.contact: "));
        check(
            r#"{"deadbands":{"occupancy":{"entries_total":1}}}"#,
            Err("deadbands.occupancy.entries_total: "),
        );
        check(r#"{"deadbands":{"environment":{"co2_ppm":-1}}}"#, Err("deadbands.environment.co2_ppm: "));
        check(r#"{"colour":1}"#, Err("it is not understood"));
    }

    #[test]
    fn every_default_deadband_is_of_a_member() {
        for (kind, member, _) in DEADBANDS {
            assert!(measured(kind).contains(&member), "{kind} {member}");
        }
    }

    #[test]
    fn a_later_table_is_put_over_an_earlier() {
        let table = |json: &str| Reporting::from_json(json.as_bytes()).unwrap();
        let own = table(r#"{"intervals_s":{"environment":30,"door":100},"min_interval_s":7}"#);
        let remote = table(r#"{"intervals_s":{"door":200},"deadbands":{"environment":{"co2_ppm":50}}}"#);
        let both = own.with(&remote);
        assert_eq!(both.interval(Kind::Environment).as_secs(), 30);
        assert_eq!(both.interval(Kind::Door).as_secs(), 200);
        assert_eq!(both.interval(Kind::Amenity).as_secs(), 300);
        assert_eq!(both.min_interval().as_secs(), 7);
        assert_eq!(both.deadband(Kind::Environment, "co2_ppm"), 50.0);
        assert_eq!(both.deadband(Kind::Environment, "temperature_c"), 0.2);
        assert_eq!(both.deadband(Kind::Occupancy, "people"), 0.0);
    }
}
