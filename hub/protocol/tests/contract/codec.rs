//! The binary record format: fixed bytes, and what a newer or damaged record says.

use waystation_protocol::{CodecError, Kind, Reading};

use crate::support::good;

fn encode(reading: &Reading) -> Vec<u8> {
    let mut out = Vec::new();
    reading.encode(&mut out);
    out
}

/// These bytes are on the disks of users: a change here is a change of the log's format.
#[test]
fn the_format_is_pinned() {
    let door =
        good(Kind::Door, r#"{"ts":1763800000000,"device":"f","contact":"closed","lock_battery_pct":50}"#);
    assert_eq!(
        encode(&door),
        [
            0, // door
            0x80, 0x98, 0xe1, 0xaa, 0xd5, 0x66, // ts, zigzag
            1, b'f',       // device
            0b100_1000, // contact and lock_battery_pct
            1,          // closed
            0, 0, 0, 0, 0, 0, 0x49, 0x40, // 50.0
        ]
    );
    let cabinet = good(
        Kind::Cabinet,
        r#"{"ts":1763800000000,"device":"c","smoke":true,"slots":[{"slot":3,"class":"60V","battery":"B"}]}"#,
    );
    assert_eq!(
        encode(&cabinet)[9..],
        [
            0x88, 0x04, // smoke and slots
            1,    // true
            1,    // one slot
            0x85, 0x04, // slot, class, battery
            6, 1, 1, b'B', // 3 as zigzag, 60V, "B"
        ]
    );
}

#[test]
fn a_record_is_taken_off_the_front() {
    let readings = [
        good(Kind::Fund, r#"{"device":"t","fund_total_fen":9007199254740991}"#),
        good(Kind::Gateway, r#"{"device":"g","clock_offset_ms":-9223372036854775808,"agent":"站 1.2"}"#),
    ];
    let mut bytes = Vec::new();
    for reading in &readings {
        reading.encode(&mut bytes);
    }
    let mut input = bytes.as_slice();
    for reading in &readings {
        assert_eq!(Reading::decode(&mut input).as_ref(), Ok(reading));
    }
    assert!(input.is_empty());
    for length in 0..encode(&readings[0]).len() {
        assert_eq!(Reading::decode(&mut &bytes[..length]), Err(CodecError::Truncated));
    }
}

#[test]
fn a_newer_or_damaged_record_is_told_apart() {
    for (bytes, expected) in [
        (&[8][..], CodecError::Newer),                  // an unknown kind
        (&[0, 0, 1, b'f', 0x80, 1], CodecError::Newer), // door: member 7
        (&[0, 0, 1, b'f', 1, 6], CodecError::Newer),    // door: a seventh event
        (&[0, 0, 1, b'F', 1, 0], CodecError::Corrupt("device")),
        (&[0, 0, 1, 0xff, 1, 0], CodecError::Corrupt("text")),
        (&[7, 0, 1, b'f', 0x80, 0x10, 2], CodecError::Corrupt("boolean")),
        (&[4, 0, 1, b'f', 1, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f], CodecError::Corrupt("number")), // infinity
        (&[1, 0, 1, b'f', 0x80, 0x04, 0xe9, 7], CodecError::Corrupt("number of slots")),    // 1,001
        (&[0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2], CodecError::Corrupt("number")),
        (&[0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], CodecError::Truncated),
    ] {
        assert_eq!(Reading::decode(&mut &bytes[..]), Err(expected), "{bytes:?}");
    }
}
