//! What a server sends.

use super::Version;

/// The next thing that comes out of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    Packet(Packet),
    Closed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    /// `properties` as they came, without their length; empty in 3.1.1.
    ConnAck {
        session_present: bool,
        code: u8,
        properties: Vec<u8>,
    },
    Publish {
        topic: String,
        payload: Vec<u8>,
        qos: u8,
        retain: bool,
        id: u16,
    },
    PubAck {
        id: u16,
        code: u8,
    },
    PubRec {
        id: u16,
        code: u8,
    },
    PubRel {
        id: u16,
    },
    PubComp {
        id: u16,
        code: u8,
    },
    SubAck {
        id: u16,
        codes: Vec<u8>,
    },
    UnsubAck {
        id: u16,
    },
    PingResp,
    Disconnect {
        code: u8,
    },
}

/// The packet at the front and its length, once all of it is there.
pub fn parse(bytes: &[u8], version: Version) -> Option<(Packet, usize)> {
    let first = *bytes.first()?;
    let (length, head) = read_length(bytes.get(1..)?)?;
    let body = bytes.get(1 + head..1 + head + length)?;
    Some((parse_body(first, body, version), 1 + head + length))
}

fn parse_body(first: u8, body: &[u8], version: Version) -> Packet {
    let id = || u16::from_be_bytes([body[0], body[1]]);
    let code = || body.get(2).copied().unwrap_or(0);
    match first >> 4 {
        2 => Packet::ConnAck {
            session_present: body[0] & 1 == 1,
            code: body[1],
            properties: skip_properties_length(&body[2..]).to_vec(),
        },
        3 => parse_publish(first, body, version),
        4 => Packet::PubAck { id: id(), code: code() },
        5 => Packet::PubRec { id: id(), code: code() },
        6 => Packet::PubRel { id: id() },
        7 => Packet::PubComp { id: id(), code: code() },
        9 => Packet::SubAck { id: id(), codes: after_properties(&body[2..], version).to_vec() },
        11 => Packet::UnsubAck { id: id() },
        13 => Packet::PingResp,
        14 => Packet::Disconnect { code: body.first().copied().unwrap_or(0) },
        kind => panic!("a server must not send packets of type {kind}: {body:02x?}"),
    }
}

fn parse_publish(first: u8, body: &[u8], version: Version) -> Packet {
    let topic_len = usize::from(u16::from_be_bytes([body[0], body[1]]));
    let topic = String::from_utf8(body[2..2 + topic_len].to_vec()).expect("a topic in UTF-8");
    let qos = first >> 1 & 3;
    let mut rest = &body[2 + topic_len..];
    let mut id = 0;
    if qos > 0 {
        id = u16::from_be_bytes([rest[0], rest[1]]);
        rest = &rest[2..];
    }
    let payload = after_properties(rest, version).to_vec();
    Packet::Publish { topic, payload, qos, retain: first & 1 == 1, id }
}

fn after_properties(bytes: &[u8], version: Version) -> &[u8] {
    match version {
        Version::V311 => bytes,
        Version::V5 => {
            let (length, head) = read_length(bytes).expect("properties");
            &bytes[head + length..]
        }
    }
}

fn skip_properties_length(bytes: &[u8]) -> &[u8] {
    read_length(bytes).map_or(&[], |(_, head)| &bytes[head..])
}

/// A variable byte integer and the number of bytes that it takes.
fn read_length(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut length = 0;
    for (place, byte) in bytes.iter().take(4).enumerate() {
        length |= usize::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((length, place + 1));
        }
    }
    None
}
