//! Packets of the hub, appended to a buffer that goes out in one write.

use super::{Qos, Version, kind, reason};

/// What a CONNACK tells.
#[derive(Debug, Clone, Default)]
pub struct ConnAck<'a> {
    /// Reason code of 5.0; translated for 3.1.1.
    pub code: u8,
    pub session_present: bool,
    /// 5.0 only, on success: the limits that the hub keeps.
    pub receive_maximum: u16,
    pub packet_bytes_max: u32,
    pub assigned_client_id: Option<&'a str>,
    /// 5.0: how long the session is kept, seconds, where that is less than the client asked for.
    pub session_expiry_s: Option<u32>,
}

/// Appends a CONNACK.
pub fn conn_ack(version: Version, ack: &ConnAck<'_>, out: &mut Vec<u8>) {
    let present = u8::from(ack.session_present);
    if version == Version::V311 {
        out.extend_from_slice(&[kind::CONNACK << 4, 2, present, return_code(ack.code)]);
        return;
    }
    let mut properties = Vec::new();
    if ack.code == reason::SUCCESS {
        properties.push(33);
        properties.extend_from_slice(&ack.receive_maximum.to_be_bytes());
        properties.push(39);
        properties.extend_from_slice(&ack.packet_bytes_max.to_be_bytes());
        // No subscription identifiers.
        properties.extend_from_slice(&[41, 0]);
        if let Some(seconds) = ack.session_expiry_s {
            properties.push(17);
            properties.extend_from_slice(&seconds.to_be_bytes());
        }
        if let Some(id) = ack.assigned_client_id {
            properties.push(18);
            text(id.as_bytes(), &mut properties);
        }
    }
    let mut body = vec![present, ack.code];
    varint(properties.len(), &mut body);
    body.extend_from_slice(&properties);
    packet(kind::CONNACK << 4, &body, out);
}

/// The return code of 3.1.1, section 3.2.2.3, for a reason of 5.0. Bad credentials are 5, not 4: an unknown station
/// is never told apart.
fn return_code(code: u8) -> u8 {
    match code {
        reason::SUCCESS => 0,
        reason::UNSUPPORTED_VERSION => 1,
        reason::CLIENT_ID_NOT_VALID => 2,
        reason::NOT_AUTHORIZED | reason::BAD_AUTHENTICATION_METHOD => 5,
        _ => 3,
    }
}

/// Appends PUBACK, PUBREC, PUBREL or PUBCOMP (`kind`). A reason goes out in 5.0 only, where 0 is left out.
pub fn ack(version: Version, packet_kind: u8, packet_id: u16, code: u8, out: &mut Vec<u8>) {
    let first = (packet_kind << 4) | if packet_kind == kind::PUBREL { 2 } else { 0 };
    let [high, low] = packet_id.to_be_bytes();
    if version == Version::V5 && code != reason::SUCCESS {
        out.extend_from_slice(&[first, 3, high, low, code]);
    } else {
        out.extend_from_slice(&[first, 2, high, low]);
    }
}

/// Appends a SUBACK with one code a filter.
pub fn sub_ack(version: Version, packet_id: u16, codes: &[u8], out: &mut Vec<u8>) {
    filter_ack(kind::SUBACK, version, packet_id, codes, out);
}

/// Appends an UNSUBACK; 3.1.1 has no codes in it.
pub fn unsub_ack(version: Version, packet_id: u16, codes: &[u8], out: &mut Vec<u8>) {
    let codes = if version == Version::V5 { codes } else { &[] };
    filter_ack(kind::UNSUBACK, version, packet_id, codes, out);
}

fn filter_ack(packet_kind: u8, version: Version, packet_id: u16, codes: &[u8], out: &mut Vec<u8>) {
    let mut body = packet_id.to_be_bytes().to_vec();
    if version == Version::V5 {
        body.push(0);
    }
    body.extend_from_slice(codes);
    packet(packet_kind << 4, &body, out);
}

/// Appends a PINGRESP.
pub fn ping_response(out: &mut Vec<u8>) {
    out.extend_from_slice(&[kind::PINGRESP << 4, 0]);
}

/// Appends a DISCONNECT of 5.0; 3.1.1 servers close without a word.
pub fn disconnect(version: Version, code: u8, out: &mut Vec<u8>) {
    if version == Version::V5 {
        out.extend_from_slice(&[kind::DISCONNECT << 4, 1, code]);
    }
}

/// The flags of a PUBLISH.
#[derive(Debug, Clone, Copy)]
pub struct Flags {
    pub qos: Qos,
    pub retain: bool,
    pub dup: bool,
}

/// Appends a PUBLISH to a reader or a station.
pub fn publish(
    version: Version,
    topic: &[u8],
    payload: &[u8],
    flags: Flags,
    packet_id: u16,
    out: &mut Vec<u8>,
) {
    let Flags { qos, retain, dup } = flags;
    let id_bytes = if qos == Qos::AtMostOnce { 0 } else { 2 };
    let properties_bytes = usize::from(version == Version::V5);
    out.push((kind::PUBLISH << 4) | ((qos as u8) << 1) | (u8::from(dup) << 3) | u8::from(retain));
    varint(2 + topic.len() + id_bytes + properties_bytes + payload.len(), out);
    text(topic, out);
    if id_bytes > 0 {
        out.extend_from_slice(&packet_id.to_be_bytes());
    }
    if properties_bytes > 0 {
        out.push(0);
    }
    out.extend_from_slice(payload);
}

fn packet(first: u8, body: &[u8], out: &mut Vec<u8>) {
    out.push(first);
    varint(body.len(), out);
    out.extend_from_slice(body);
}

/// Topics and client ids came in as MQTT strings, so their length fits 16 bits.
fn text(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(bytes);
}

#[allow(clippy::cast_possible_truncation)] // masked to seven bits
fn varint(mut value: usize, out: &mut Vec<u8>) {
    loop {
        let byte = (value & 0x7F) as u8;
        value >>= 7;
        if value == 0 {
            return out.push(byte);
        }
        out.push(byte | 0x80);
    }
}
