//! Addresses that may be switched off: TOML has no way to say "none".

use std::net::SocketAddr;

use serde::{Deserialize, Deserializer, de};

/// An address with its port, or `"off"`.
pub(super) fn or_off<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    if text == "off" {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        de::Error::custom(format!("`{text}` is no address of this machine with a port, nor \"off\""))
    })
}
