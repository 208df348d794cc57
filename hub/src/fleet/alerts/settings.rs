//! The rules as the fold asks them: numbers instead of options, milliseconds instead of seconds.

use crate::calendar::Zone;
use crate::config::{self, Rule, RuleConfig, Severity};
use crate::fleet::Thresholds;

/// Everything about alerts that is configured.
#[derive(Debug, Clone)]
pub struct Settings {
    pub enabled: bool,
    pub group_window_ms: i64,
    pub group_stations_min: usize,
    pub group_share: f64,
    pub flap_window_ms: i64,
    pub presence: Thresholds,
    /// The zone of stations that name none.
    pub zone: Zone,
    rules: Vec<Limits>,
}

/// One rule's values. A limit that it does not have is never reached.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub enabled: bool,
    pub severity: Severity,
    pub set: f64,
    pub clear: f64,
    pub low_set: f64,
    pub low_clear: f64,
    pub critical: f64,
    pub for_ms: i64,
    pub count_min: u32,
    /// Since when these limits are in force, as far as alerts fire that others raised; ms since the Unix epoch.
    pub since_ms: i64,
}

impl Settings {
    #[must_use]
    pub fn of(&self, rule: Rule) -> &Limits {
        &self.rules[rule as usize]
    }

    pub(super) fn of_mut(&mut self, rule: Rule) -> &mut Limits {
        &mut self.rules[rule as usize]
    }

    #[must_use]
    pub fn new(alerts: &config::Alerts, presence: &config::Presence, zone: Zone) -> Self {
        let ms = |seconds: u64| i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX);
        let rules = Rule::ALL.iter().map(|rule| Limits::new(alerts.rules.of(*rule), alerts.enabled));
        Self {
            enabled: alerts.enabled,
            group_window_ms: ms(alerts.group_window_s),
            group_stations_min: usize::try_from(alerts.group_stations_min).unwrap_or(usize::MAX),
            #[allow(clippy::cast_precision_loss)] // a percentage
            group_share: alerts.group_share_pct as f64 / 100.0,
            flap_window_ms: ms(presence.flap_window_s),
            presence: Thresholds::from(presence),
            zone,
            rules: rules.collect(),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::from(&config::Config::default())
    }
}

impl From<&config::Config> for Settings {
    fn from(config: &config::Config) -> Self {
        Self::new(&config.alerts, &config.presence, config.calendar.zone())
    }
}

/// The default rules.
impl From<Thresholds> for Settings {
    fn from(presence: Thresholds) -> Self {
        Self { presence, ..Self::default() }
    }
}

impl Limits {
    fn new(config: &RuleConfig, enabled: bool) -> Self {
        let seconds = config.for_s.unwrap_or(0);
        Self {
            enabled: enabled && config.enabled,
            severity: config.severity,
            set: config.set.unwrap_or(f64::INFINITY),
            clear: config.clear.or(config.set).unwrap_or(f64::INFINITY),
            low_set: config.low_set.unwrap_or(f64::NEG_INFINITY),
            low_clear: config.low_clear.or(config.low_set).unwrap_or(f64::NEG_INFINITY),
            critical: config.critical.unwrap_or(f64::INFINITY),
            for_ms: i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX),
            count_min: u32::try_from(config.count_min.unwrap_or(0)).unwrap_or(u32::MAX),
            since_ms: 0,
        }
    }

    /// What a value says of this rule.
    #[must_use]
    pub fn verdict(&self, value: f64) -> Verdict {
        if value >= self.critical {
            Verdict::Critical
        } else if value > self.set || value < self.low_set {
            Verdict::Set
        } else if value <= self.clear && value >= self.low_clear {
            Verdict::Clear
        } else {
            Verdict::Between
        }
    }
}

/// What an observation says of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Clear,
    /// Between the clear value and the set value: an alert stays as it is.
    Between,
    Set,
    Critical,
}

impl Verdict {
    #[must_use]
    pub fn set_if(set: bool) -> Self {
        if set { Verdict::Set } else { Verdict::Clear }
    }

    #[must_use]
    pub fn is_set(self) -> bool {
        matches!(self, Verdict::Set | Verdict::Critical)
    }
}
