//! The packet codec under arbitrary bytes: it must not panic, must not look behind what it was given, must read back
//! what it writes, and must agree with another decoder on what it takes.
//!
//! Input: any number of packets, one after another, as a socket would deliver them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rumqttd::protocol::{Packet as Theirs, Protocol, v4::V4};
use waystation_hub::listener::codec::{
    self, ConnAck, Flags, Frame, FrameError, Packet, Publish, Qos, Version, decode, decode_connect, frame,
    kind,
};

/// Small, so that the limit is met.
const PACKET_BYTES_MAX: usize = 4 << 10;

fuzz_target!(|input: &[u8]| {
    let mut rest = input;
    while let Ok(Some(found)) = frame(rest, PACKET_BYTES_MAX) {
        check_cut(rest, &found);
        check_packet(&found);
        rest = &rest[found.len..];
    }
    if let Err(FrameError::TooLarge(len)) = frame(rest, PACKET_BYTES_MAX) {
        assert!(len > PACKET_BYTES_MAX);
    }
});

/// A packet is cut off only once it is whole, and the same whatever follows it.
fn check_cut(bytes: &[u8], found: &Frame<'_>) {
    assert!(found.len <= PACKET_BYTES_MAX && found.body.len() < found.len);
    assert_eq!(frame(&bytes[..found.len], PACKET_BYTES_MAX), Ok(Some(*found)));
    for shorter in [0, 1, found.len / 2, found.len - 1] {
        assert_eq!(frame(&bytes[..shorter], PACKET_BYTES_MAX), Ok(None));
    }
    assert_eq!(frame(bytes, found.len - 1), Err(FrameError::TooLarge(found.len)));
}

fn check_packet(found: &Frame<'_>) {
    if let Ok(connect) = decode_connect(found.body) {
        assert!(connect.receive_maximum > 0 && connect.packet_bytes_max != Some(0));
        assert!(!connect.client_id.contains('\0'));
    }
    for version in [Version::V311, Version::V5] {
        let Ok(packet) = decode(version, found) else { continue };
        let server_only = [kind::CONNACK, kind::SUBACK, kind::UNSUBACK, kind::PINGRESP, kind::CONNECT];
        assert!(!server_only.contains(&found.kind()));
        if version == Version::V311 {
            check_other_decoder(found, &packet);
        }
        match packet {
            Packet::Publish(publish) => check_publish(version, &publish),
            Packet::PubAck(id) => check_ack(version, kind::PUBACK, id, &packet),
            Packet::PubRel(id) => check_ack(version, kind::PUBREL, id, &packet),
            Packet::PubComp(id) => check_ack(version, kind::PUBCOMP, id, &packet),
            Packet::PubRec(id, _) => check_ack(version, kind::PUBREC, id, &Packet::PubRec(id, false)),
            Packet::Subscribe(subscribe) => {
                assert!(subscribe.packet_id > 0 && !subscribe.filters.is_empty());
                let codes = vec![0; subscribe.filters.len()];
                check_written(|out| codec::sub_ack(version, subscribe.packet_id, &codes, out));
            }
            Packet::Unsubscribe(unsubscribe) => {
                assert!(unsubscribe.packet_id > 0 && !unsubscribe.filters.is_empty());
                let codes = vec![0; unsubscribe.filters.len()];
                check_written(|out| codec::unsub_ack(version, unsubscribe.packet_id, &codes, out));
            }
            Packet::PingReq => check_written(codec::ping_response),
            Packet::Disconnect { .. } => {
                let ack = ConnAck { code: found.body.first().copied().unwrap_or(0), ..ConnAck::default() };
                check_written(|out| codec::conn_ack(version, &ack, out));
            }
        }
    }
}

fn check_publish(version: Version, publish: &Publish<'_>) {
    assert_eq!(publish.qos == Qos::AtMostOnce, publish.packet_id == 0);
    assert!(publish.aliased || !publish.topic.is_empty());
    if publish.aliased {
        return;
    }
    let Publish { qos, retain, dup, topic, payload, packet_id, .. } = *publish;
    let mut out = Vec::new();
    codec::publish(version, topic.as_bytes(), payload, Flags { qos, retain, dup }, packet_id, &mut out);
    assert_eq!(read(version, &out), Packet::Publish(*publish));
}

/// What goes out without a reason reads back the same.
fn check_ack(version: Version, packet_kind: u8, id: u16, expected: &Packet<'_>) {
    assert!(id > 0);
    let mut out = Vec::new();
    codec::ack(version, packet_kind, id, 0, &mut out);
    assert_eq!(read(version, &out), *expected);
}

fn read(version: Version, bytes: &[u8]) -> Packet<'_> {
    let found = frame(bytes, usize::MAX).expect("a good length").expect("a whole packet");
    assert_eq!(found.len, bytes.len());
    decode(version, &found).expect("the hub's own packet")
}

/// One whole packet, no more.
fn check_written(write: impl FnOnce(&mut Vec<u8>)) {
    let mut out = Vec::new();
    write(&mut out);
    let found = frame(&out, usize::MAX).expect("a good length").expect("a whole packet");
    assert_eq!(found.len, out.len());
}

/// What this codec takes as 3.1.1, rumqttd's takes as the same. It is laxer in places, so not the other way round.
fn check_other_decoder(found: &Frame<'_>, packet: &Packet<'_>) {
    let mut whole = vec![found.first];
    let mut remaining = found.body.len();
    loop {
        let more = remaining >= 0x80;
        whole.push((remaining & 0x7F) as u8 | if more { 0x80 } else { 0 });
        remaining >>= 7;
        if !more {
            break;
        }
    }
    whole.extend_from_slice(found.body);
    let theirs =
        V4.read_mut(&mut bytes::BytesMut::from(&whole[..]), usize::MAX).expect("rumqttd takes it too");
    match (packet, theirs) {
        (Packet::Publish(ours), Theirs::Publish(theirs, _)) => {
            assert_eq!((ours.topic.as_bytes(), ours.payload), (&theirs.topic[..], &theirs.payload[..]));
            assert_eq!(ours.retain, theirs.retain);
        }
        (Packet::Subscribe(ours), Theirs::Subscribe(theirs, _)) => {
            let theirs = theirs.filters.iter().map(|filter| (filter.path.as_str(), filter.qos as u8));
            assert!(ours.filters.iter().map(|filter| (filter.path, filter.qos as u8)).eq(theirs));
        }
        (Packet::Unsubscribe(ours), Theirs::Unsubscribe(theirs, _)) => {
            assert!(ours.filters.iter().eq(theirs.filters.iter()));
        }
        (Packet::PubAck(id), Theirs::PubAck(theirs, _)) => assert_eq!(*id, theirs.pkid),
        (Packet::PubRec(id, _), Theirs::PubRec(theirs, _)) => assert_eq!(*id, theirs.pkid),
        (Packet::PubRel(id), Theirs::PubRel(theirs, _)) => assert_eq!(*id, theirs.pkid),
        (Packet::PubComp(id), Theirs::PubComp(theirs, _)) => assert_eq!(*id, theirs.pkid),
        (Packet::PingReq, Theirs::PingReq(_)) | (Packet::Disconnect { .. }, Theirs::Disconnect(..)) => {}
        (ours, theirs) => panic!("{ours:?} is {theirs:?} to rumqttd"),
    }
}
