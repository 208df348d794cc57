//! The clock, the shortest good reading of each kind, and the one way to decode.

use waystation_protocol::{
    BatchHeader, Decoded, Kind, Limits, Reading, Reason, decode_batch, decode_channel,
};

/// The hub's clock in every test.
pub const NOW_MS: i64 = 1_763_800_000_000;

/// Members that make a reading of a kind complete.
pub fn base(kind: Kind) -> &'static str {
    match kind {
        Kind::Door => r#""event":"open""#,
        Kind::Cabinet => r#""status":"idle""#,
        Kind::Swap => r#""swap":"s-1","result":"ok""#,
        Kind::Occupancy => r#""seats_taken":3"#,
        Kind::Environment => r#""temperature_c":20"#,
        Kind::Amenity => r#""amenity":"microwave","state":"ok""#,
        Kind::Fund => r#""sales_total":12"#,
        Kind::Gateway => r#""mains":true,"source":"mqtt","source_state":"ok""#,
    }
}

pub fn decode(kind: Kind, payload: &[u8]) -> Decoded {
    let mut out = Decoded::default();
    decode_channel(kind, payload, NOW_MS, &Limits::default(), &mut out);
    out
}

pub fn decode_as_batch(payload: &[u8]) -> (Option<BatchHeader>, Decoded) {
    let mut out = Decoded::default();
    let header = decode_batch(payload, NOW_MS, &Limits::default(), &mut out);
    (header, out)
}

pub fn good(kind: Kind, json: &str) -> Reading {
    let mut out = decode(kind, json.as_bytes());
    assert!(out.rejected.is_empty(), "{kind} {json}: {:?}", out.rejected);
    assert_eq!(out.accepted.len(), 1, "{kind} {json}");
    out.accepted.remove(0).reading
}

/// Checks what becomes of a single reading: `Ok`, or the reason and the member named.
pub fn check(kind: Kind, json: &str, expected: Result<(), (Reason, Option<&str>)>) {
    let out = decode(kind, json.as_bytes());
    let found = match (out.accepted.as_slice(), out.rejected.as_slice()) {
        ([_], []) => Ok(()),
        ([], [rejected]) => {
            assert_eq!(rejected.index, 0, "{kind} {json}");
            assert_eq!(rejected.payload, json.as_bytes(), "{kind} {json}");
            Err((rejected.reason, rejected.member.as_deref()))
        }
        _ => panic!("{kind} {json}: neither one good nor one bad reading: {out:?}"),
    };
    assert_eq!(found, expected, "{kind} {json}");
}
