//! The topics of a station: `v1/stations/{station}/{channel}`.

use std::str::FromStr;

use crate::ids::{StationId, is_slug};
use crate::kind::Kind;

const PREFIX: &str = "v1/stations/";
const STATION_LENGTH_MAX: usize = 48;

/// The last level of a station's topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    Kind(Kind),
    Batch,
    Presence,
    Command,
    Result,
    /// What the hub wants the station to be set to.
    Config,
    /// The station asks what time it is, the hub answers.
    Time,
}

impl Channel {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kind(kind) => kind.as_str(),
            Self::Batch => "batch",
            Self::Presence => "presence",
            Self::Command => "command",
            Self::Result => "result",
            Self::Config => "config",
            Self::Time => "time",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "batch" => Self::Batch,
            "presence" => Self::Presence,
            "command" => Self::Command,
            "result" => Self::Result,
            "config" => Self::Config,
            "time" => Self::Time,
            kind => Self::Kind(Kind::from_str(kind).ok()?),
        })
    }
}

/// A topic of the contract. `station` is a valid station id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic<'a> {
    pub station: &'a str,
    pub channel: Channel,
}

impl<'a> Topic<'a> {
    /// `None` for every topic outside the contract.
    pub fn parse(topic: &'a str) -> Option<Self> {
        let (station, channel) = topic.strip_prefix(PREFIX)?.split_once('/')?;
        if !is_slug(station.as_bytes(), STATION_LENGTH_MAX) {
            return None;
        }
        Some(Self { station, channel: Channel::parse(channel)? })
    }
}

/// The topic of a station's channel, e.g. `v1/stations/jb-001/door`.
pub fn topic_name(station: &StationId, channel: Channel) -> String {
    format!("{PREFIX}{station}/{}", channel.as_str())
}
