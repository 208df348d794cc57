//! The retained presence of a station: its birth message, its will, or the hub's own word.

use compact_str::CompactString;
use serde::Serialize;

use crate::members::valid_text;
use crate::names::{names, show_by_name};
use crate::parse::Fields;
use crate::reason::{Fault, Reason, Rejected};

/// `{"state":"online"|"offline","ts":…,"agent":"1.2.0"}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Presence {
    pub state: PresenceState,
    /// Milliseconds since the Unix epoch, UTC. A will cannot know when it will be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ts: Option<i64>,
    /// The agent's version, 1 to 64 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<CompactString>,
}

names! {
    /// Whether the station is connected.
    pub enum PresenceState {
        Online = "online",
        Offline = "offline",
    }
}

show_by_name!(PresenceState);

impl Presence {
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
        let presence = Self {
            state: fields.required_text("state")?,
            ts: fields.optional("ts")?,
            agent: fields.optional("agent")?,
        };
        fields.finish()?;
        match &presence.agent {
            Some(agent) if !valid_text(agent) => Err(Fault::new(Reason::BadValue, "agent")),
            _ => Ok(presence),
        }
    }
}
