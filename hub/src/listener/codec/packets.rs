//! Packets of a client that has been let in.

use super::input::Input;
use super::{Frame, Malformed, Qos, Version, kind, properties};
use crate::broker::Retained;

/// A client's packet, borrowed from the socket's buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet<'a> {
    Publish(Publish<'a>),
    PubAck(u16),
    /// The second member: the client refused the message (5.0).
    PubRec(u16, bool),
    PubRel(u16),
    PubComp(u16),
    Subscribe(Subscribe<'a>),
    Unsubscribe(Unsubscribe<'a>),
    PingReq,
    Disconnect {
        /// 5.0: the client wants its will to be published all the same.
        with_will: bool,
    },
}

/// A message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Publish<'a> {
    pub qos: Qos,
    pub dup: bool,
    pub retain: bool,
    pub topic: &'a str,
    /// 0 at QoS 0.
    pub packet_id: u16,
    pub payload: &'a [u8],
    /// 5.0: an alias was used, though the hub allows none.
    pub aliased: bool,
}

/// Filters that a client wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscribe<'a> {
    pub packet_id: u16,
    pub filters: Vec<Filter<'a>>,
    /// 5.0: an identifier was given, though the hub supports none.
    pub identified: bool,
}

/// One filter of a SUBSCRIBE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter<'a> {
    pub path: &'a str,
    pub qos: Qos,
    pub retained: Retained,
}

/// Filters that a client no longer wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsubscribe<'a> {
    pub packet_id: u16,
    pub filters: Vec<&'a str>,
}

/// Reads one packet.
///
/// # Errors
/// If it breaks a rule of the protocol, or is of a type that only a server sends, or a second CONNECT.
pub fn decode<'a>(version: Version, frame: &Frame<'a>) -> Result<Packet<'a>, Malformed> {
    let mut input = Input(frame.body);
    let flags = frame.first & 0x0F;
    match (frame.kind(), flags) {
        (kind::PUBLISH, _) => publish(version, flags, input).map(Packet::Publish),
        (kind::PUBACK, 0) => acknowledged(version, &mut input).map(|(id, _)| Packet::PubAck(id)),
        (kind::PUBREC, 0) => acknowledged(version, &mut input).map(|(id, bad)| Packet::PubRec(id, bad)),
        (kind::PUBREL, 2) => acknowledged(version, &mut input).map(|(id, _)| Packet::PubRel(id)),
        (kind::PUBCOMP, 0) => acknowledged(version, &mut input).map(|(id, _)| Packet::PubComp(id)),
        (kind::SUBSCRIBE, 2) => subscribe(version, input).map(Packet::Subscribe),
        (kind::UNSUBSCRIBE, 2) => unsubscribe(version, input).map(Packet::Unsubscribe),
        (kind::PINGREQ, 0) if input.is_empty() => Ok(Packet::PingReq),
        (kind::DISCONNECT, 0) => disconnect(version, input),
        (kind::CONNECT, _) => Err(Malformed("a second CONNECT")),
        (kind::CONNACK | kind::SUBACK | kind::UNSUBACK | kind::PINGRESP, _) => {
            Err(Malformed("a packet that only a server sends"))
        }
        (0 | 15, _) => Err(Malformed("a reserved packet type")),
        _ => Err(Malformed("reserved flags are set")),
    }
}

fn publish<'a>(version: Version, flags: u8, mut input: Input<'a>) -> Result<Publish<'a>, Malformed> {
    let qos = Qos::from_bits(flags >> 1)?;
    let dup = flags & 8 != 0;
    if dup && qos == Qos::AtMostOnce {
        return Err(Malformed("DUP at QoS 0"));
    }
    let topic = input.text()?;
    let packet_id = if qos == Qos::AtMostOnce { 0 } else { input.packet_id()? };
    let aliased = version == Version::V5 && properties::read(&mut input)?.topic_alias.is_some();
    if !aliased && (topic.is_empty() || topic.bytes().any(|byte| byte == b'+' || byte == b'#')) {
        return Err(Malformed("a topic that is empty or has a wildcard"));
    }
    Ok(Publish { qos, dup, retain: flags & 1 != 0, topic, packet_id, payload: input.0, aliased })
}

/// PUBACK, PUBREC, PUBREL and PUBCOMP are alike: an identifier, and in 5.0 perhaps a reason and properties.
fn acknowledged(version: Version, input: &mut Input<'_>) -> Result<(u16, bool), Malformed> {
    let packet_id = input.packet_id()?;
    let mut failed = false;
    if version == Version::V5 && !input.is_empty() {
        failed = input.u8()? >= 0x80;
        if !input.is_empty() {
            properties::read(input)?;
        }
    }
    if !input.is_empty() {
        return Err(Malformed("bytes behind the end of an acknowledgement"));
    }
    Ok((packet_id, failed))
}

fn subscribe<'a>(version: Version, mut input: Input<'a>) -> Result<Subscribe<'a>, Malformed> {
    let packet_id = input.packet_id()?;
    let identified = version == Version::V5 && properties::read(&mut input)?.subscription_id;
    let mut filters = Vec::new();
    while !input.is_empty() {
        let path = input.text()?;
        let options = input.u8()?;
        let reserved = if version == Version::V5 { 0xC0 } else { 0xFC };
        let retained = match options >> 4 & 3 {
            0 => Some(Retained::Always),
            1 => Some(Retained::IfNew),
            2 => Some(Retained::Never),
            _ => None,
        };
        let Some(retained) = retained.filter(|_| options & reserved == 0) else {
            return Err(Malformed("reserved bits of a subscription are set"));
        };
        filters.push(Filter { path, qos: Qos::from_bits(options)?, retained });
    }
    if filters.is_empty() {
        return Err(Malformed("SUBSCRIBE without a filter"));
    }
    Ok(Subscribe { packet_id, filters, identified })
}

fn unsubscribe<'a>(version: Version, mut input: Input<'a>) -> Result<Unsubscribe<'a>, Malformed> {
    let packet_id = input.packet_id()?;
    if version == Version::V5 {
        properties::read(&mut input)?;
    }
    let mut filters = Vec::new();
    while !input.is_empty() {
        filters.push(input.text()?);
    }
    if filters.is_empty() {
        return Err(Malformed("UNSUBSCRIBE without a filter"));
    }
    Ok(Unsubscribe { packet_id, filters })
}

fn disconnect<'a>(version: Version, mut input: Input<'_>) -> Result<Packet<'a>, Malformed> {
    if input.is_empty() {
        return Ok(Packet::Disconnect { with_will: false });
    }
    if version == Version::V311 {
        return Err(Malformed("bytes behind the end of DISCONNECT"));
    }
    let code = input.u8()?;
    if !input.is_empty() {
        properties::read(&mut input)?;
    }
    Ok(Packet::Disconnect { with_will: code == 0x04 })
}
