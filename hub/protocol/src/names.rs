//! Enumerations whose values have a name on the wire.

use thiserror::Error;

/// The text is none of the names of the enumeration. It does not repeat the text, which may be private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("unknown name")]
pub struct UnknownName;

/// An enumeration with a wire name for each value. The discriminant (the position) is what the durable log stores:
/// append new values at the end, never reorder.
pub(crate) trait Named: Copy + Sized + 'static {
    const ALL: &'static [Self];
    const NAMES: &'static [&'static str];

    fn position(self) -> u8;

    fn from_name(name: &str) -> Option<Self> {
        let position = Self::NAMES.iter().position(|known| *known == name)?;
        Self::ALL.get(position).copied()
    }
}

macro_rules! names {
    ($(#[$outer:meta])* pub enum $type:ident { $($(#[$inner:meta])* $variant:ident = $name:literal,)+ }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $type { $($(#[$inner])* $variant,)+ }

        impl $type {
            /// Every value, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }

        impl $crate::names::Named for $type {
            const ALL: &'static [Self] = Self::ALL;
            const NAMES: &'static [&'static str] = &[$($name,)+];

            fn position(self) -> u8 {
                self as u8
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::names::UnknownName;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                <Self as $crate::names::Named>::from_name(name).ok_or($crate::names::UnknownName)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = std::borrow::Cow::<str>::deserialize(deserializer)?;
                name.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use names;

/// Shows an enumeration by its wire name.
macro_rules! show_by_name {
    ($($type:ty),+ $(,)?) => {$(
        impl std::fmt::Display for $type {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    )+};
}
pub(crate) use show_by_name;
