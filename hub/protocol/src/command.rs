//! Commands to a station, and their outcomes.

use std::collections::BTreeMap;

use compact_str::CompactString;
use serde::Serialize;

use crate::ids::DeviceId;
use crate::kind::Kind;
use crate::members::valid_text;
use crate::names::{names, show_by_name};
use crate::parse::Fields;
use crate::reason::{Fault, Reason, Rejected};

/// The longest reporting interval, in seconds [J]: a day.
const INTERVAL_S_MAX: u32 = 86_400;
/// The longest `detail`, in characters [J].
const DETAIL_CHARS_MAX: usize = 256;

/// `{"id":"…","action":"unlock","device":"front","expires":1763800030000}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Command {
    /// 1 to 64 characters; an agent obeys an id once.
    pub id: CompactString,
    pub action: Action,
    /// Required to unlock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// Milliseconds since the Unix epoch, UTC, by the agent's corrected clock.
    pub expires: i64,
    /// Seconds between the readings of a kind, 1 to 86,400; required to set intervals, and only then allowed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub intervals_s: BTreeMap<Kind, u32>,
}

names! {
    /// What the station shall do.
    pub enum Action {
        Unlock = "unlock",
        ReportNow = "report_now",
        SetIntervals = "set_intervals",
        RestartAgent = "restart_agent",
    }
}

/// `{"id":"…","ts":…,"outcome":"done","detail":"…"}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CommandResult {
    /// The command's.
    pub id: CompactString,
    /// Milliseconds since the Unix epoch, UTC.
    pub ts: i64,
    pub outcome: Outcome,
    /// At most 256 characters, no control characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<CompactString>,
}

names! {
    /// How a command ended. For an unlock, `Done` only after the contact or the lock confirmed it.
    pub enum Outcome {
        Done = "done",
        Refused = "refused",
        Failed = "failed",
        Expired = "expired",
    }
}

show_by_name!(Action, Outcome);

impl Command {
    /// # Errors
    /// The payload as one `Rejected`, with the reason and the member at fault.
    pub fn parse(payload: &[u8]) -> Result<Self, Rejected> {
        Self::from_payload(payload).map_err(|fault| fault.reject(0, payload))
    }

    #[expect(clippy::expect_used, reason = "writing to a Vec cannot fail, and every key is a string")]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("JSON into memory")
    }

    fn from_payload(payload: &[u8]) -> Result<Self, Fault> {
        let mut fields = Fields::parse(payload)?;
        let command = Self {
            id: id(&mut fields)?,
            action: fields.required_text("action")?,
            device: fields.optional_text("device")?,
            expires: fields.required("expires")?,
            intervals_s: intervals(&mut fields)?,
        };
        fields.finish()?;
        match command.action {
            Action::Unlock if command.device.is_none() => Err(Fault::new(Reason::MissingMember, "device")),
            Action::SetIntervals if command.intervals_s.is_empty() => {
                Err(Fault::new(Reason::MissingMember, "intervals_s"))
            }
            Action::SetIntervals => Ok(command),
            _ if !command.intervals_s.is_empty() => Err(Fault::new(Reason::UnknownMember, "intervals_s")),
            _ => Ok(command),
        }
    }
}

impl CommandResult {
    /// # Errors
    /// The payload as one `Rejected`, with the reason and the member at fault.
    pub fn parse(payload: &[u8]) -> Result<Self, Rejected> {
        Self::from_payload(payload).map_err(|fault| fault.reject(0, payload))
    }

    #[expect(clippy::expect_used, reason = "writing to a Vec cannot fail, and there is no map")]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("JSON into memory")
    }

    fn from_payload(payload: &[u8]) -> Result<Self, Fault> {
        let mut fields = Fields::parse(payload)?;
        let result = Self {
            id: id(&mut fields)?,
            ts: fields.required("ts")?,
            outcome: fields.required_text("outcome")?,
            detail: fields.optional("detail")?,
        };
        fields.finish()?;
        let plain = |text: &CompactString| {
            text.chars().count() <= DETAIL_CHARS_MAX && !text.chars().any(char::is_control)
        };
        match &result.detail {
            Some(detail) if !plain(detail) => Err(Fault::new(Reason::BadValue, "detail")),
            _ => Ok(result),
        }
    }
}

fn id(fields: &mut Fields<'_>) -> Result<CompactString, Fault> {
    let id: CompactString = fields.required("id")?;
    if valid_text(&id) { Ok(id) } else { Err(Fault::new(Reason::BadValue, "id")) }
}

fn intervals(fields: &mut Fields<'_>) -> Result<BTreeMap<Kind, u32>, Fault> {
    const NAME: &str = "intervals_s";
    let Some(raw) = fields.optional::<&serde_json::value::RawValue>(NAME)? else {
        return Ok(BTreeMap::new());
    };
    let within = |mut fault: Fault| {
        fault.prefix(NAME);
        fault
    };
    let mut each = Fields::parse(raw.get().as_bytes()).map_err(within)?;
    let mut intervals = BTreeMap::new();
    for kind in Kind::ALL {
        match each.optional(kind.as_str()).map_err(within)? {
            Some(seconds @ 1..=INTERVAL_S_MAX) => drop(intervals.insert(*kind, seconds)),
            Some(_) => return Err(within(Fault::new(Reason::OutOfRange, kind.as_str()))),
            None => {}
        }
    }
    each.finish().map_err(within)?;
    Ok(intervals)
}
