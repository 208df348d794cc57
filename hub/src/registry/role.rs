//! Roles of people and programs, and what each may do.

use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;
use serde::Serialize;

/// What the owner of a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads over HTTP and MQTT.
    Viewer,
    /// A viewer who may also act: acknowledge, silence, command.
    Operator,
    /// An operator who may also change the registry.
    Admin,
    /// Reads over MQTT only.
    Reader,
    /// Reads over MQTT and publishes for any station.
    Service,
}

impl Role {
    pub const ALL: [Role; 5] = [Role::Viewer, Role::Operator, Role::Admin, Role::Reader, Role::Service];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Admin => "admin",
            Role::Reader => "reader",
            Role::Service => "service",
        }
    }

    /// Whether it may read the HTTP API.
    #[must_use]
    pub fn may_view(self) -> bool {
        matches!(self, Role::Viewer | Role::Operator | Role::Admin)
    }

    /// Whether it may act through the HTTP API: acknowledge, silence, send commands.
    #[must_use]
    pub fn may_operate(self) -> bool {
        matches!(self, Role::Operator | Role::Admin)
    }

    /// Whether it may change stations and tokens through the HTTP API.
    #[must_use]
    pub fn may_administer(self) -> bool {
        self == Role::Admin
    }

    /// Whether it may publish on the topics of any station.
    #[must_use]
    pub fn may_publish_for_stations(self) -> bool {
        self == Role::Service
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Role::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no role; choose viewer, operator, admin, reader or service"))
    }
}

/// Name of a token, which is also its owner's MQTT user name: 1 to 64 characters of `A-Z a-z 0-9 . _ @ -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct TokenName(CompactString);

impl TokenName {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TokenName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::try_from(text)
    }
}

impl TryFrom<&str> for TokenName {
    type Error = String;

    fn try_from(text: &str) -> Result<Self, String> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._@-".contains(&byte);
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(CompactString::new(text)))
        } else {
            Err("a token's name has 1 to 64 characters of A-Z a-z 0-9 . _ @ -".into())
        }
    }
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Somebody who proved to own a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Principal {
    pub name: TokenName,
    pub role: Role,
}
