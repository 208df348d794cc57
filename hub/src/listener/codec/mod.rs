//! MQTT 3.1.1 and 5.0 as a server sees them: bytes of a client in, bytes for a client out.
//!
//! Decoding borrows from the socket's buffer and allocates nothing for the packets of the hot path. Packet types
//! that only a server sends are refused before anything of them is looked at. Every length is checked before it is
//! used; nothing here panics on any input (see the fuzz targets).

mod connect;
mod encode;
mod input;
mod packets;
mod properties;

#[cfg(test)]
mod tests;

pub use connect::{Connect, ConnectError, Will, decode_connect};
pub use encode::{ConnAck, Flags, ack, conn_ack, disconnect, ping_response, publish, sub_ack, unsub_ack};
pub use packets::{Filter, Packet, Publish, Subscribe, Unsubscribe, decode};

use thiserror::Error;

/// Protocol level of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// MQTT 3.1.1, level 4.
    V311,
    /// MQTT 5.0, level 5.
    V5,
}

/// Delivery guarantee of a publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Qos {
    AtMostOnce = 0,
    AtLeastOnce = 1,
    ExactlyOnce = 2,
}

impl Qos {
    fn from_bits(bits: u8) -> Result<Self, Malformed> {
        match bits & 3 {
            0 => Ok(Self::AtMostOnce),
            1 => Ok(Self::AtLeastOnce),
            2 => Ok(Self::ExactlyOnce),
            _ => Err(Malformed("QoS 3")),
        }
    }
}

/// Packet types, the high half of the first byte.
pub mod kind {
    pub const CONNECT: u8 = 1;
    pub const CONNACK: u8 = 2;
    pub const PUBLISH: u8 = 3;
    pub const PUBACK: u8 = 4;
    pub const PUBREC: u8 = 5;
    pub const PUBREL: u8 = 6;
    pub const PUBCOMP: u8 = 7;
    pub const SUBSCRIBE: u8 = 8;
    pub const SUBACK: u8 = 9;
    pub const UNSUBSCRIBE: u8 = 10;
    pub const UNSUBACK: u8 = 11;
    pub const PINGREQ: u8 = 12;
    pub const PINGRESP: u8 = 13;
    pub const DISCONNECT: u8 = 14;
}

/// Reason codes of MQTT 5.0, section 2.4, that the hub sends.
pub mod reason {
    pub const SUCCESS: u8 = 0x00;
    pub const NO_SUBSCRIPTION: u8 = 0x11;
    pub const MALFORMED: u8 = 0x81;
    pub const UNSUPPORTED_VERSION: u8 = 0x84;
    pub const CLIENT_ID_NOT_VALID: u8 = 0x85;
    pub const NOT_AUTHORIZED: u8 = 0x87;
    pub const SERVER_SHUTTING_DOWN: u8 = 0x8B;
    pub const BAD_AUTHENTICATION_METHOD: u8 = 0x8C;
    pub const KEEP_ALIVE_TIMEOUT: u8 = 0x8D;
    pub const SESSION_TAKEN_OVER: u8 = 0x8E;
    pub const PACKET_ID_NOT_FOUND: u8 = 0x92;
    pub const RECEIVE_MAXIMUM_EXCEEDED: u8 = 0x93;
    pub const TOPIC_ALIAS_INVALID: u8 = 0x94;
    pub const PACKET_TOO_LARGE: u8 = 0x95;
    pub const QUOTA_EXCEEDED: u8 = 0x97;
    pub const SUBSCRIPTION_IDS_NOT_SUPPORTED: u8 = 0xA1;
}

/// Bytes that are no valid packet; says which rule they break, never what they held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("malformed packet: {0}")]
pub struct Malformed(pub &'static str);

/// A whole packet at the front of a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// First byte: type and flags.
    pub first: u8,
    /// Everything behind the fixed header.
    pub body: &'a [u8],
    /// Bytes that the whole packet takes.
    pub len: usize,
}

impl Frame<'_> {
    /// The packet's type, one of [`kind`].
    #[must_use]
    pub fn kind(&self) -> u8 {
        self.first >> 4
    }
}

/// Why a buffer does not begin with a packet that can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FrameError {
    #[error("malformed packet: remaining length of more than four bytes")]
    Length,
    #[error("packet of {0} bytes")]
    TooLarge(usize),
}

/// Cuts the first packet off `buffer`; `None` if more bytes are needed. A length above `max_bytes` is refused as
/// soon as the header shows it, whatever has arrived of the body.
///
/// # Errors
/// See [`FrameError`].
pub fn frame(buffer: &[u8], max_bytes: usize) -> Result<Option<Frame<'_>>, FrameError> {
    let Some((&first, rest)) = buffer.split_first() else { return Ok(None) };
    let mut remaining = 0_usize;
    for at in 0..4 {
        let Some(&byte) = rest.get(at) else { return Ok(None) };
        remaining |= usize::from(byte & 0x7F) << (7 * at);
        if byte & 0x80 == 0 {
            let header = at + 2;
            let len = header + remaining;
            if len > max_bytes {
                return Err(FrameError::TooLarge(len));
            }
            return Ok(buffer.get(header..len).map(|body| Frame { first, body, len }));
        }
    }
    Err(FrameError::Length)
}
