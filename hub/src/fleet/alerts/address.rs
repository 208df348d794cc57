//! The range of addresses that a station's last session came from: a /24 of IPv4, a /48 of IPv6.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AddressRange {
    #[serde(rename = "4")]
    V4([u8; 3]),
    #[serde(rename = "6")]
    V6([u8; 6]),
}

impl AddressRange {
    /// The range of an address; `None` for one that says nothing about where a station is.
    #[must_use]
    pub fn of(address: IpAddr) -> Option<Self> {
        match address.to_canonical() {
            address if address.is_loopback() || address.is_unspecified() => None,
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                Some(Self::V4([a, b, c]))
            }
            IpAddr::V6(address) => {
                let [a, b, c, d, e, f, ..] = address.octets();
                Some(Self::V6([a, b, c, d, e, f]))
            }
        }
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4([a, b, c]) => write!(f, "{}/24", Ipv4Addr::new(*a, *b, *c, 0)),
            Self::V6([a, b, c, d, e, g]) => {
                let mut octets = [0; 16];
                octets[..6].copy_from_slice(&[*a, *b, *c, *d, *e, *g]);
                write!(f, "{}/48", Ipv6Addr::from(octets))
            }
        }
    }
}
