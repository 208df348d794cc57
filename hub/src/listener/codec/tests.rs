use super::*;
use crate::broker::Retained;

/// Decodes one packet given as bytes; the packet must be whole.
fn decoded(version: Version, bytes: &[u8]) -> Result<Packet<'_>, Malformed> {
    let frame = frame(bytes, 1 << 20).expect("framed").expect("whole");
    decode(version, &frame)
}

fn check(version: Version, bytes: &[u8], expected: Packet<'_>) {
    assert_eq!(decoded(version, bytes), Ok(expected));
    for cut in 0..bytes.len() {
        assert!(matches!(frame(&bytes[..cut], 1 << 20), Ok(None)), "cut at {cut}");
    }
}

fn check_refused(version: Version, bytes: &[u8]) {
    assert!(decoded(version, bytes).is_err(), "{bytes:x?}");
}

#[test]
fn publishes() {
    let publish = Publish {
        qos: Qos::AtLeastOnce,
        dup: false,
        retain: false,
        topic: "a/b",
        packet_id: 7,
        payload: b"hi",
        aliased: false,
    };
    check(Version::V311, b"\x32\x09\0\x03a/b\0\x07hi", Packet::Publish(publish));
    check(Version::V5, b"\x32\x0a\0\x03a/b\0\x07\0hi", Packet::Publish(publish));
    check(
        Version::V311,
        b"\x31\x05\0\x03a/b",
        Packet::Publish(Publish {
            qos: Qos::AtMostOnce,
            retain: true,
            packet_id: 0,
            payload: b"",
            ..publish
        }),
    );
    check_refused(Version::V311, b"\x36\x07\0\x03a/b\0\x07"); // QoS 3
    check_refused(Version::V311, b"\x32\x07\0\x03a/b\0\0"); // packet id 0
    check_refused(Version::V311, b"\x32\x07\0\x03a/+\0\x07"); // wildcard
    check_refused(Version::V311, b"\x38\x05\0\x03a/b"); // DUP at QoS 0
    check_refused(Version::V311, b"\x32\x03\0\x03a"); // short
    check_refused(Version::V311, b"\x30\x04\0\x02a\0"); // NUL
}

#[test]
fn only_a_server_sends_these() {
    for first in [0x20, 0x90, 0xb0, 0xd0, 0x00, 0xf0] {
        check_refused(Version::V5, &[first, 3, 0, 1, 0]);
        check_refused(Version::V311, &[first, 2, 0, 1]);
    }
}

#[test]
fn subscriptions() {
    let filter = Filter { path: "#", qos: Qos::AtLeastOnce, retained: Retained::Always };
    check(
        Version::V311,
        b"\x82\x06\0\x01\0\x01#\x01",
        Packet::Subscribe(Subscribe { packet_id: 1, filters: vec![filter], identified: false }),
    );
    check(
        Version::V5,
        b"\x82\x09\0\x01\x02\x0b\x05\0\x01#\x01",
        Packet::Subscribe(Subscribe { packet_id: 1, filters: vec![filter], identified: true }),
    );
    for (options, retained) in [(0x11, Retained::IfNew), (0x21, Retained::Never)] {
        let packet = [0x82, 7, 0, 1, 0, 0, 1, b'#', options];
        let filters = vec![Filter { retained, ..filter }];
        check(
            Version::V5,
            &packet,
            Packet::Subscribe(Subscribe { packet_id: 1, filters, identified: false }),
        );
    }
    check_refused(Version::V5, b"\x82\x07\0\x01\0\0\x01#\x31");
    check_refused(Version::V311, b"\x82\x02\0\x01");
    check_refused(Version::V311, b"\x82\x06\0\x01\0\x01#\x03");
    check_refused(Version::V311, b"\x80\x06\0\x01\0\x01#\x01");
}

#[test]
fn a_length_above_the_limit_is_refused_before_the_body_arrives() {
    assert_eq!(frame(b"\x30\xff\xff\xff\x7f", 1024), Err(FrameError::TooLarge(5 + 268_435_455)));
    assert_eq!(frame(b"\x30\xff\xff\xff\xff", 1024), Err(FrameError::Length));
}

#[test]
fn connects() {
    let body = b"\0\x04MQTT\x04\xc6\0\x3c\0\x02c1\0\x03w/t\0\x01x\0\x01u\0\x01p";
    let connect = decode_connect(body).expect("connect");
    assert_eq!(connect.version, Version::V311);
    assert_eq!((connect.client_id, connect.user_name), ("c1", Some("u")));
    assert_eq!(connect.password, Some(&b"p"[..]));
    assert_eq!(connect.will.map(|will| (will.topic, will.payload)), Some(("w/t", &b"x"[..])));
    let bridge = decode_connect(b"\0\x04MQTT\x84\x02\0\x3c\0\x01c").expect("a bridge of mosquitto");
    assert_eq!(bridge.version, Version::V311);
    for cut in 0..body.len() {
        assert!(decode_connect(&body[..cut]).is_err(), "cut at {cut}");
    }
    assert_eq!(
        decode_connect(b"\0\x06MQIsdp\x03\x02\0\x3c\0\x01c"),
        Err(ConnectError::UnsupportedVersion(3))
    );
    assert_eq!(decode_connect(b"\0\x04MQTT\x09\x02\0\x3c\0\x01c"), Err(ConnectError::UnsupportedVersion(9)));
    assert!(decode_connect(b"\0\x04MQTT\x04\x03\0\x3c\0\x01c").is_err(), "reserved flag");
    assert!(decode_connect(b"\0\x04HTTP\x04\x02\0\x3c\0\x01c").is_err(), "another protocol");
}

#[test]
fn answers_are_read_back_by_a_client() {
    let mut out = Vec::new();
    conn_ack(Version::V311, &ConnAck { code: reason::NOT_AUTHORIZED, ..ConnAck::default() }, &mut out);
    ack(Version::V311, kind::PUBACK, 258, reason::NOT_AUTHORIZED, &mut out);
    ack(Version::V5, kind::PUBACK, 258, reason::NOT_AUTHORIZED, &mut out);
    ack(Version::V5, kind::PUBREL, 258, 0, &mut out);
    disconnect(Version::V311, reason::SESSION_TAKEN_OVER, &mut out);
    disconnect(Version::V5, reason::SESSION_TAKEN_OVER, &mut out);
    assert_eq!(out, b"\x20\x02\0\x05\x40\x02\x01\x02\x40\x03\x01\x02\x87\x62\x02\x01\x02\xe0\x01\x8e");
}
