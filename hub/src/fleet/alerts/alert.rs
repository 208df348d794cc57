//! An alert: what is wrong where, since when, and what shows it.

use crate::config::{Rule, Severity};
use crate::texts;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use waystation_protocol::StationId;

/// Readings kept as evidence of one alert.
pub const EVIDENCE_MAX: usize = 4;

/// The value of an alert that ended because its rule was switched off.
pub const SWITCHED_OFF: &str = "switched_off";

/// An alert, firing or resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// 16 hexadecimal digits, of the fingerprint and the start: the same again after a replay.
    pub id: String,
    /// 16 hexadecimal digits, of the rule and its subject: the same each time that this happens.
    pub fingerprint: String,
    pub rule: Rule,
    pub severity: Severity,
    /// Absent when the alert is about several stations or the hub.
    pub station: Option<StationId>,
    pub district: Option<String>,
    pub device: Option<String>,
    /// Every station that it covers.
    pub stations: Vec<StationId>,
    /// What the stations have in common.
    pub common: Option<Common>,
    /// ms since the Unix epoch, as all times here.
    pub starts_at: i64,
    /// Absent while it fires.
    pub ends_at: Option<i64>,
    /// The readings that raised it, at most [`EVIDENCE_MAX`].
    pub evidence: Vec<Evidence>,
    /// Placeholders of the texts.
    pub values: BTreeMap<String, String>,
}

/// One reading that raised an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub ts: i64,
    pub device: String,
    pub member: String,
    pub value: String,
}

/// What the stations of an alert have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Common {
    pub factor: Factor,
    pub value: String,
}

/// What stations can have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Factor {
    /// The /24 (IPv4) or /48 (IPv6) of the last session's address.
    Address,
    Grid,
    /// The host type: who runs the rooms.
    Host,
    District,
    /// The hub itself.
    Hub,
}

impl Factor {
    pub const ALL: [Factor; 5] = [Factor::Address, Factor::Grid, Factor::Host, Factor::District, Factor::Hub];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Factor::Address => "address",
            Factor::Grid => "grid",
            Factor::Host => "host",
            Factor::District => "district",
            Factor::Hub => "hub",
        }
    }
}

/// Whether an alert fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    Firing,
    Resolved,
}

impl AlertState {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            AlertState::Firing => "firing",
            AlertState::Resolved => "resolved",
        }
    }
}

impl Alert {
    #[must_use]
    pub fn state(&self) -> AlertState {
        if self.ends_at.is_some() { AlertState::Resolved } else { AlertState::Firing }
    }

    /// What happened, in `zh` or `en`.
    #[must_use]
    pub fn title(&self, lang: &str) -> String {
        let mut title = self.text(lang, "title");
        if let Some(text) =
            texts::find("alert.switched_off").filter(|_| self.values.contains_key(SWITCHED_OFF))
        {
            title.push_str(if lang.starts_with("zh") { text.zh } else { text.en });
        }
        title
    }

    /// What to do about it, in `zh` or `en`.
    #[must_use]
    pub fn advice(&self, lang: &str) -> String {
        self.text(lang, "advice")
    }

    fn text(&self, lang: &str, part: &str) -> String {
        let rule = self.rule.as_str();
        let group = self.common.as_ref().filter(|common| common.factor != Factor::Hub);
        let key = match group {
            Some(_) => format!("alert.{rule}.group_{part}"),
            None => format!("alert.{rule}.{part}"),
        };
        let chinese = lang.starts_with("zh");
        let pick = |text: &texts::Text| if chinese { text.zh } else { text.en };
        let template = texts::find(&key).map_or("", |text| pick(&text));
        fill(template, |name| match name {
            "factor" => {
                let factor = group?.factor.as_str();
                texts::find(&format!("factor.{factor}")).map(|text| pick(&text).to_owned())
            }
            "common" => group.map(|common| common.value.clone()),
            "count" => Some(self.stations.len().to_string()),
            "station" => {
                let named = self.values.get(if chinese { "name_zh" } else { "name_en" });
                let id = self.station.as_ref().map(ToString::to_string).unwrap_or_default();
                Some(match named {
                    Some(name) if chinese => format!("{name}（{id}）"),
                    Some(name) => format!("{name} ({id})"),
                    None => id,
                })
            }
            "device" => self.device.clone(),
            "cause" => {
                let cause = format!("alert.cause.{}", self.values.get("cause")?);
                texts::find(&cause).map(|text| pick(&text).to_owned())
            }
            name => self.values.get(name).cloned(),
        })
    }
}

/// Replaces each `{name}`; one that nobody knows disappears.
fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(&value(name).unwrap_or_default());
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// The fingerprint of a rule and its subject: station, device and what is within it, or the factor and its value.
#[must_use]
pub fn fingerprint(rule: Rule, subject: &[&str]) -> String {
    let mut hash = Sha256::new();
    hash.update(rule.as_str());
    for part in subject {
        hash.update([0]);
        hash.update(part);
    }
    hex(&hash.finalize())
}

/// The id of the alert with this fingerprint and start.
#[must_use]
pub fn id(fingerprint: &str, starts_at: i64) -> String {
    let mut hash = Sha256::new();
    hash.update(fingerprint);
    hash.update(starts_at.to_le_bytes());
    hex(&hash.finalize())
}

/// The first eight bytes: 2^64 alerts are never raised.
fn hex(hash: &[u8]) -> String {
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
