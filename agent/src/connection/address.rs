//! `mqtt://host[:port]` and `mqtts://host[:port]`.

use rustls::pki_types::ServerName;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use thiserror::Error;

/// The hub's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubAddress {
    tls: bool,
    host: String,
    port: u16,
}

/// The address cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the hub's address must be mqtt://HOST[:PORT] or mqtts://HOST[:PORT], not \"{0}\"")]
pub struct AddressError(pub String);

impl HubAddress {
    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// Whether nobody else can be on the way to it: TLS, or an address of this machine.
    pub fn is_private(&self) -> bool {
        self.tls
            || self.host.parse::<IpAddr>().is_ok_and(|host| host.is_loopback())
            || self.host == "localhost"
    }

    /// The name that the hub's certificate must carry.
    pub fn server_name(&self) -> Result<ServerName<'static>, AddressError> {
        ServerName::try_from(self.host.clone()).map_err(|_| AddressError(self.to_string()))
    }
}

impl FromStr for HubAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError(text.to_owned());
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let (tls, port_default) = match scheme {
            "mqtt" => (false, 1883),
            "mqtts" => (true, 8883),
            _ => return Err(wrong()),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.rsplit_once(':') {
            // An IPv6 address has colons of its own and stands in brackets when a port follows.
            Some((host, port)) if !port.contains(']') && (!host.contains(':') || host.ends_with(']')) => {
                (host, port.parse().map_err(|_| wrong())?)
            }
            _ => (rest, port_default),
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if host.is_empty() || host.contains(['/', '@', '?', ' ', '[', ']']) || port == 0 {
            return Err(wrong());
        }
        Ok(Self { tls, host: host.to_owned(), port })
    }
}

impl fmt::Display for HubAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "mqtts" } else { "mqtt" };
        if self.host.contains(':') {
            write!(formatter, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(formatter, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let parsed = text.parse::<HubAddress>().ok().map(|address| address.to_string());
        assert_eq!(parsed.as_deref(), expected, "{text}");
    }

    #[test]
    fn addresses() {
        check("mqtt://hub", Some("mqtt://hub:1883"));
        check("mqtts://hub", Some("mqtts://hub:8883"));
        check("mqtts://hub.example:1/", Some("mqtts://hub.example:1"));
        check("mqtt://127.0.0.1:18830", Some("mqtt://127.0.0.1:18830"));
        check("mqtt://[::1]:1884", Some("mqtt://[::1]:1884"));
        check("mqtt://::1", Some("mqtt://[::1]:1883"));
        check("hub:1883", None);
        check("http://hub", None);
        check("mqtt://", None);
        check("mqtt://:1883", None);
        check("mqtt://hub:0", None);
        check("mqtt://hub:70000", None);
        check("mqtt://user@hub", None);
        check("mqtt://hub/path", None);
    }
}
