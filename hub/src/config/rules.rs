//! The alert rules: one table that says for each rule its name, severity and thresholds. What a rule watches is in
//! `fleet::alerts`, its texts are `alert.<rule>.title` and `.advice`. Thresholds are those of GB/T 18883 and of
//! operators' practice where there is one, else our judgement [J].

use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

use super::Text;

/// How bad it is, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Critical,
    Warning,
    Info,
}

impl Severity {
    pub const ALL: [Severity; 3] = [Severity::Critical, Severity::Warning, Severity::Info];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Critical => "critical",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

macro_rules! rules {
    ($($rule:ident = $name:literal: $spec:expr;)+) => {
        /// What may raise an alert.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $($rule,)+ }

        impl Rule {
            pub const ALL: &'static [Rule] = &[$(Rule::$rule,)+];

            /// The name in configuration, API and texts.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Rule::$rule => $name,)+ }
            }

            /// Its values as long as nobody configures others.
            #[must_use]
            pub const fn defaults(self) -> RuleConfig {
                match self { $(Rule::$rule => $spec,)+ }
            }
        }
    };
}

rules! {
    // Thresholds of the presence: [presence] warn_after_s and offline_after_s.
    Offline = "offline": rule(Severity::Warning);
    // Sessions begun within [presence] flap_window_s.
    Flapping = "flapping": rule(Severity::Warning).above(6.0, 2.0);
    // Seconds that the hub stood still or was not running; fewest stations by which it can be judged.
    HubBlind = "hub_blind": rule(Severity::Warning).at(120.0).of_at_least(10);
    RecordsLost = "records_lost": rule(Severity::Warning).for_s(300);
    DoorForced = "door_forced": rule(Severity::Critical);
    DoorHeldOpen = "door_held_open": rule(Severity::Warning).for_s(120);
    // Percent of at least so many attempts in an hour.
    DoorDenied = "door_denied": rule(Severity::Warning).above(20.0, 10.0).of_at_least(10);
    DoorLocked = "door_locked": rule(Severity::Critical).for_s(300);
    CabinetSmoke = "cabinet_smoke": rule(Severity::Critical);
    CabinetWater = "cabinet_water": rule(Severity::Critical);
    CabinetExtinguisher = "cabinet_extinguisher": rule(Severity::Critical);
    // °C
    CabinetTemperature = "cabinet_temperature":
        rule(Severity::Warning).above(55.0, 50.0).below(0.0, 2.0);
    NoReadyBattery = "no_ready_battery": rule(Severity::Warning).for_s(600);
    // Percent of at least so many attempts in an hour; denied ones (no_ready, no_empty) are no failures.
    SwapsFailed = "swaps_failed": rule(Severity::Warning).above(5.0, 3.0).of_at_least(20);
    // °C
    CellHot = "cell_hot": rule(Severity::Warning).above(50.0, 45.0).critical_at(60.0);
    // °C a minute
    CellRise = "cell_rise": rule(Severity::Critical).above(5.0, 2.0);
    // °C
    CellColdCharge = "cell_cold_charge": rule(Severity::Critical).below(0.0, 2.0);
    // Percent of the capacity.
    Crowded = "crowded": rule(Severity::Warning).above(100.0, 90.0).for_s(600);
    // ppm, mean of an hour.
    Co2High = "co2_high": rule(Severity::Warning).above(1_000.0, 900.0);
    // ppm
    Co2Peak = "co2_peak": rule(Severity::Warning).above(2_000.0, 1_500.0).for_s(900);
    // µg/m³, mean of 24 hours.
    Pm25High = "pm2_5_high": rule(Severity::Warning).above(50.0, 45.0);
    // mg/m³, mean of an hour.
    HchoHigh = "hcho_high": rule(Severity::Warning).above(0.08, 0.07);
    // mg/m³, mean of eight hours.
    TvocHigh = "tvoc_high": rule(Severity::Warning).above(0.60, 0.50);
    // °C, in opening hours.
    RoomTemperature = "room_temperature":
        rule(Severity::Warning).above(35.0, 33.0).below(10.0, 12.0).for_s(600);
    // Seconds.
    ClockOff = "clock_off": rule(Severity::Warning).above(5.0, 2.0).for_s(120);
    // Fewest records that wait.
    OutboxGrowing = "outbox_growing": rule(Severity::Warning).for_s(600).of_at_least(100);
    // Hours until the outbox is full.
    OutboxHorizon = "outbox_horizon": rule(Severity::Warning).below(4.0, 6.0).for_s(300);
    SourceFailing = "source_failing": rule(Severity::Info).for_s(600);
    // Hours in a row that are busy every week, without one event.
    IdleDoor = "idle_door": rule(Severity::Info).at(3.0);
    StuckCounter = "stuck_counter": rule(Severity::Info).at(3.0);
    IdleCabinet = "idle_cabinet": rule(Severity::Info).at(3.0);
    // Hours with one value.
    StuckSensor = "stuck_sensor": rule(Severity::Info).at(24.0);
}

impl Rule {
    #[must_use]
    pub fn from_name(name: &str) -> Option<Rule> {
        Rule::ALL.iter().copied().find(|rule| rule.as_str() == name)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Rule::from_name(&name).ok_or_else(|| D::Error::custom(format!("there is no rule `{name}`")))
    }
}

/// The values of one rule. Those that a rule does not have are absent, and cannot be given.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RuleConfig {
    pub enabled: bool,
    pub severity: Severity,
    /// Above this the alert is set, in the rule's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<f64>,
    /// At or below this it clears.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clear: Option<f64>,
    /// Below this the alert is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low_set: Option<f64>,
    /// At or above this it clears.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low_clear: Option<f64>,
    /// From this on it is critical.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub critical: Option<f64>,
    /// How long it must last, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub for_s: Option<u64>,
    /// Fewest cases by which it is judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count_min: Option<u64>,
}

const fn rule(severity: Severity) -> RuleConfig {
    RuleConfig {
        enabled: true,
        severity,
        set: None,
        clear: None,
        low_set: None,
        low_clear: None,
        critical: None,
        for_s: None,
        count_min: None,
    }
}

impl RuleConfig {
    const fn at(mut self, set: f64) -> Self {
        self.set = Some(set);
        self
    }

    const fn above(mut self, set: f64, clear: f64) -> Self {
        self.set = Some(set);
        self.clear = Some(clear);
        self
    }

    const fn below(mut self, set: f64, clear: f64) -> Self {
        self.low_set = Some(set);
        self.low_clear = Some(clear);
        self
    }

    const fn critical_at(mut self, critical: f64) -> Self {
        self.critical = Some(critical);
        self
    }

    const fn for_s(mut self, seconds: u64) -> Self {
        self.for_s = Some(seconds);
        self
    }

    const fn of_at_least(mut self, count: u64) -> Self {
        self.count_min = Some(count);
        self
    }
}

/// `[alerts.rules.<rule>]`: the values of every rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules(Vec<RuleConfig>);

impl Default for Rules {
    fn default() -> Self {
        Self(Rule::ALL.iter().map(|rule| rule.defaults()).collect())
    }
}

impl Rules {
    #[must_use]
    pub fn of(&self, rule: Rule) -> &RuleConfig {
        &self.0[rule as usize]
    }

    /// For those that build a configuration without a file.
    pub fn of_mut(&mut self, rule: Rule) -> &mut RuleConfig {
        &mut self.0[rule as usize]
    }

    /// Values that are out of range or contradict one another, by key.
    pub(super) fn check(&self) -> Vec<(String, Text)> {
        let mut found = Vec::new();
        for rule in Rule::ALL.iter().copied() {
            check_rule(rule, self.of(rule), &mut found);
        }
        found
    }
}

/// Longest that a condition may have to last: a week.
const FOR_S_MAX: u64 = 7 * 86_400;

fn check_rule(rule: Rule, config: &RuleConfig, found: &mut Vec<(String, Text)>) {
    let mut require = |fine: bool, member: &str, zh: String, en: String| {
        if !fine {
            found.push((format!("alerts.rules.{rule}.{member}"), Text::new(zh, en)));
        }
    };
    let pairs = |left: Option<f64>, right: Option<f64>| left.zip(right);
    for (member, value) in [
        ("set", config.set),
        ("clear", config.clear),
        ("low_set", config.low_set),
        ("low_clear", config.low_clear),
        ("critical", config.critical),
    ] {
        let fine = value.is_none_or(|value| value.is_finite() && value.abs() <= 1e9);
        require(fine, member, "不是可用的数值".into(), "is no usable number".into());
    }
    if let Some((set, clear)) = pairs(config.set, config.clear) {
        let (zh, en) = (format!("必须小于 set（{set}）"), format!("must be less than set ({set})"));
        require(clear < set, "clear", zh, en);
    }
    if let Some((set, clear)) = pairs(config.low_set, config.low_clear) {
        let (zh, en) =
            (format!("必须大于 low_set（{set}）"), format!("must be greater than low_set ({set})"));
        require(clear > set, "low_clear", zh, en);
    }
    if let Some((set, low)) = pairs(config.set, config.low_set) {
        let (zh, en) = (format!("必须小于 set（{set}）"), format!("must be less than set ({set})"));
        require(low < set, "low_set", zh, en);
    }
    if let Some((set, critical)) = pairs(config.set, config.critical) {
        let (zh, en) = (format!("必须大于 set（{set}）"), format!("must be greater than set ({set})"));
        require(critical > set, "critical", zh, en);
    }
    let (zh, en) =
        (format!("超出范围；请取 0 到 {FOR_S_MAX}"), format!("is out of range; choose 0 to {FOR_S_MAX}"));
    require(config.for_s.is_none_or(|seconds| seconds <= FOR_S_MAX), "for_s", zh, en);
    let (zh, en) = ("超出范围；请取 1 到 60000".into(), "is out of range; choose 1 to 60000".into());
    require(config.count_min.is_none_or(|count| (1..=60_000).contains(&count)), "count_min", zh, en);
}

impl Serialize for Rules {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Rule::ALL.len()))?;
        for rule in Rule::ALL.iter().copied() {
            map.serialize_entry(rule.as_str(), self.of(rule))?;
        }
        map.end()
    }
}

/// What somebody wrote of a rule; the rest is its default.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    enabled: Option<bool>,
    severity: Option<Severity>,
    set: Option<f64>,
    clear: Option<f64>,
    low_set: Option<f64>,
    low_clear: Option<f64>,
    critical: Option<f64>,
    for_s: Option<u64>,
    count_min: Option<u64>,
}

impl Given {
    fn over(self, defaults: RuleConfig) -> RuleConfig {
        RuleConfig {
            enabled: self.enabled.unwrap_or(defaults.enabled),
            severity: self.severity.unwrap_or(defaults.severity),
            set: self.set.or(defaults.set),
            clear: self.clear.or(defaults.clear),
            low_set: self.low_set.or(defaults.low_set),
            low_clear: self.low_clear.or(defaults.low_clear),
            critical: self.critical.or(defaults.critical),
            for_s: self.for_s.or(defaults.for_s),
            count_min: self.count_min.or(defaults.count_min),
        }
    }
}

impl<'de> Deserialize<'de> for Rules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByName;
        impl<'de> Visitor<'de> for ByName {
            type Value = Rules;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of rules")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Rules, A::Error> {
                let mut rules = Rules::default();
                while let Some(rule) = map.next_key::<Rule>()? {
                    let given: Given = map.next_value()?;
                    rules.0[rule as usize] = given.over(rule.defaults());
                }
                Ok(rules)
            }
        }
        deserializer.deserialize_map(ByName)
    }
}
