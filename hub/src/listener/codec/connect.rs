//! CONNECT: who wants in, under which name, with which will.

use super::input::Input;
use super::{Malformed, Qos, Version, properties};
use thiserror::Error;

/// A client's CONNECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connect<'a> {
    pub version: Version,
    pub clean_start: bool,
    /// Seconds; 0: the client wants no keep-alive.
    pub keep_alive_s: u16,
    pub client_id: &'a str,
    pub will: Option<Will<'a>>,
    pub user_name: Option<&'a str>,
    pub password: Option<&'a [u8]>,
    /// 5.0: QoS 1 and 2 messages that the client takes at a time.
    pub receive_maximum: u16,
    /// 5.0: the largest packet that the client takes.
    pub packet_bytes_max: Option<u32>,
    /// 5.0: the client asked for a session that outlives its connection.
    pub session_expiry_s: u32,
    /// 5.0: the client wants enhanced authentication, which the hub does not speak.
    pub authentication: bool,
}

/// What the hub publishes in the client's name when the connection ends without a DISCONNECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Will<'a> {
    pub topic: &'a str,
    pub payload: &'a [u8],
    pub qos: Qos,
    pub retain: bool,
}

/// A CONNECT that cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ConnectError {
    /// Answered with CONNACK 1 (3.x) or 0x84 (5.0 and above).
    #[error("protocol level {0} is not spoken here; use MQTT 3.1.1 or 5.0")]
    UnsupportedVersion(u8),
    /// Not answered: nothing tells that the peer speaks MQTT at all.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// Reads the body of a CONNECT.
///
/// # Errors
/// See [`ConnectError`].
pub fn decode_connect(body: &[u8]) -> Result<Connect<'_>, ConnectError> {
    let mut input = Input(body);
    let version = version(&mut input)?;
    let flags = input.u8()?;
    if flags & 1 != 0 {
        return Err(Malformed("the reserved flag of CONNECT is set").into());
    }
    let keep_alive_s = input.u16()?;
    let found = match version {
        Version::V5 => properties::read(&mut input)?,
        Version::V311 => properties::Properties::default(),
    };
    let client_id = input.text()?;
    let will = will(version, flags, &mut input)?;
    let user_name = (flags & 0x80 != 0).then(|| input.text()).transpose()?;
    let password = (flags & 0x40 != 0).then(|| input.binary()).transpose()?;
    if version == Version::V311 && password.is_some() && user_name.is_none() {
        return Err(Malformed("a password without a user name").into());
    }
    if !input.is_empty() {
        return Err(Malformed("bytes behind the end of CONNECT").into());
    }
    Ok(Connect {
        version,
        clean_start: flags & 2 != 0,
        keep_alive_s,
        client_id,
        will,
        user_name,
        password,
        receive_maximum: found.receive_maximum.unwrap_or(u16::MAX),
        packet_bytes_max: found.packet_bytes_max,
        session_expiry_s: found.session_expiry_s.unwrap_or(0),
        authentication: found.authentication,
    })
}

fn version(input: &mut Input<'_>) -> Result<Version, ConnectError> {
    let name = input.text()?;
    let level = input.u8()?;
    match (name, level) {
        // mosquitto's bridges set the highest bit; other clients never do.
        ("MQTT", 4 | 0x84) => Ok(Version::V311),
        ("MQTT", 5) => Ok(Version::V5),
        ("MQTT" | "MQIsdp", other) => Err(ConnectError::UnsupportedVersion(other)),
        _ => Err(Malformed("the protocol name is not MQTT").into()),
    }
}

fn will<'a>(version: Version, flags: u8, input: &mut Input<'a>) -> Result<Option<Will<'a>>, Malformed> {
    if flags & 4 == 0 {
        return match flags & 0x38 {
            0 => Ok(None),
            _ => Err(Malformed("flags of a will without a will")),
        };
    }
    let qos = Qos::from_bits(flags >> 3)?;
    if version == Version::V5 {
        properties::read(input)?;
    }
    let topic = input.text()?;
    let payload = input.binary()?;
    Ok(Some(Will { topic, payload, qos, retain: flags & 0x20 != 0 }))
}
