//! Identifiers: checked once, then carried as types.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// An identifier breaks its pattern. It names the pattern, never the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a {what} must match {pattern}")]
pub struct IdError {
    pub what: &'static str,
    pub pattern: &'static str,
}

macro_rules! id {
    ($(#[$outer:meta])* $type:ident, $what:literal, $pattern:literal, $valid:expr) => {
        $(#[$outer])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(CompactString);

        impl $type {
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl TryFrom<&str> for $type {
            type Error = IdError;

            fn try_from(text: &str) -> Result<Self, IdError> {
                let valid: fn(&[u8]) -> bool = $valid;
                if valid(text.as_bytes()) {
                    Ok(Self(CompactString::new(text)))
                } else {
                    Err(IdError { what: $what, pattern: $pattern })
                }
            }
        }

        impl FromStr for $type {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::try_from(text)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self.as_str(), formatter)
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl Borrow<str> for $type {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<str>::deserialize(deserializer)?;
                Self::try_from(text.as_ref()).map_err(serde::de::Error::custom)
            }
        }
    };
}

id! {
    /// A station: `[a-z0-9][a-z0-9-]{0,47}`.
    StationId, "station id", "[a-z0-9][a-z0-9-]{0,47}", |text| is_slug(text, 48)
}

id! {
    /// A door, cabinet, zone or sensor within a station: `[a-z0-9][a-z0-9-]{0,31}`.
    DeviceId, "device id", "[a-z0-9][a-z0-9-]{0,31}", |text| is_slug(text, 32)
}

id! {
    /// An agent's outbox, made once with it: `[A-Za-z0-9_-]{1,64}`.
    OutboxId, "outbox id", "[A-Za-z0-9_-]{1,64}", |text| {
        (1..=64).contains(&text.len())
            && text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    }
}

/// `[a-z0-9][a-z0-9-]*` of at most `length_max` bytes.
pub(crate) fn is_slug(text: &[u8], length_max: usize) -> bool {
    text.len() <= length_max
        && text.first().is_some_and(|first| *first != b'-')
        && text.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}
