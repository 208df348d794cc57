use super::*;
use waystation_protocol::{Decoded, Kind, Limits, decode_channel};

fn reading(json: &str) -> Reading {
    let mut decoded = Decoded::default();
    decode_channel(Kind::Environment, json.as_bytes(), 1_763_800_000_000, &Limits::default(), &mut decoded);
    decoded.accepted.remove(0).reading
}

fn check(what: What) {
    let entry =
        Entry { station: StationId::try_from("jb-001").unwrap(), received_ms: 1_763_800_000_123, what };
    let mut record = Vec::new();
    entry.encode(&mut record);
    assert_eq!(Entry::decode(&record).as_ref(), Ok(&entry));
    for cut in 0..record.len() {
        // A record that was cut is an error or a shorter list of readings, never a panic.
        if let Ok(shorter) = Entry::decode(&record[..cut]) {
            assert_ne!(shorter, entry, "cut at {cut}");
        }
    }
}

#[test]
fn entries_survive_the_log() {
    let readings = || {
        vec![
            reading(r#"{"ts":1763800000000,"device":"env-1","temperature_c":21.5}"#),
            reading(r#"{"ts":1763800000001,"device":"env-2","co2_ppm":612}"#),
        ]
    };
    check(What::Readings(readings()));
    let place = Place {
        outbox: OutboxId::try_from("0f8c").unwrap(),
        first_seq: 4711,
        count: 2,
        lost: vec![(4600, 4650), (4652, 4652)],
    };
    check(What::Batch(place.clone(), readings()));
    check(What::Batch(place, vec![]));
    check(What::Quarantined(Quarantined {
        channel: "environment".into(),
        reason: "out_of_range".into(),
        member: Some("temperature_c".into()),
        payload: b"{\"temperature_c\":999}".to_vec(),
    }));
    check(What::Presence(PresenceChange {
        state: PresenceState::Offline,
        ts: 1_763_800_000_000,
        agent: Some("1.2.0".into()),
    }));
    check(What::Result(b"{\"id\":\"c1\"}".to_vec()));
}

#[test]
fn a_newer_tag_says_so() {
    let mut record = Vec::new();
    head(&mut record, 200, &StationId::try_from("jb-001").unwrap(), 0);
    assert_eq!(Entry::decode(&record), Err(EntryError::Newer("tag")));
}
