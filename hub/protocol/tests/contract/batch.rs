//! Batches: the header, the readings, and that one bad reading costs itself alone.

use waystation_protocol::{OutboxId, Reason, write_batch};

use crate::support::{NOW_MS, decode_as_batch, good};

const GOOD: &str = r#"{"kind":"environment","ts":1763800000000,"device":"env-1","temperature_c":23.4}"#;

fn batch(header: &str, readings: &[&str]) -> String {
    format!(r#"{{{header},"readings":[{}]}}"#, readings.join(","))
}

/// Checks the fate of a reading between two good ones.
fn check_reading(json: &str, expected: Result<(), (Reason, Option<&str>)>) {
    let payload = batch(r#""outbox":"o","first_seq":1"#, &[GOOD, json, GOOD]);
    let (header, out) = decode_as_batch(payload.as_bytes());
    assert_eq!(header.map(|header| header.count), Some(3), "{json}");
    let found = match out.rejected.as_slice() {
        [] => Ok(()),
        [rejected] => {
            assert_eq!((rejected.index, rejected.payload.as_slice()), (1, json.as_bytes()));
            Err((rejected.reason, rejected.member.as_deref()))
        }
        more => panic!("{json}: {more:?}"),
    };
    assert_eq!(found, expected, "{json}");
    let kept: Vec<u32> = out.accepted.iter().map(|accepted| accepted.index).collect();
    assert_eq!(kept, if expected.is_ok() { vec![0, 1, 2] } else { vec![0, 2] }, "{json}");
}

/// Checks that the whole payload is refused.
fn check_refused(payload: &str, reason: Reason, member: Option<&str>) {
    let (header, out) = decode_as_batch(payload.as_bytes());
    assert_eq!((header, out.accepted.len(), out.rejected.len()), (None, 0, 1), "{payload}");
    let rejected = &out.rejected[0];
    assert_eq!((rejected.reason, rejected.member.as_deref()), (reason, member), "{payload}");
    assert_eq!(rejected.payload, payload.as_bytes());
}

#[test]
fn a_reading_of_a_batch_needs_its_kind_and_its_time() {
    for (json, expected) in [
        (r#"{"ts":1763800000000,"device":"d","co2_ppm":500,"kind":"environment"}"#, Ok(())),
        (r#"{"kind":"door","ts":1763800000000,"device":"d","event":"open"}"#, Ok(())),
        (r#"{"k\u0069nd":"do\u006fr","ts":1763800000000,"device":"d","event":"open"}"#, Ok(())),
        (r#"{"ts":1763800000000,"device":"d","co2_ppm":500}"#, Err((Reason::MissingMember, Some("kind")))),
        (r#"{"kind":"door","device":"d","event":"open"}"#, Err((Reason::MissingMember, Some("ts")))),
        (
            r#"{"kind":"door","ts":null,"device":"d","event":"open"}"#,
            Err((Reason::MissingMember, Some("ts"))),
        ),
        (r#"{"kind":"batch","ts":1}"#, Err((Reason::UnknownKind, Some("kind")))),
        (r#"{"kind":5,"ts":1}"#, Err((Reason::WrongType, Some("kind")))),
        (r#"{"kind":"door","kind":"door"}"#, Err((Reason::DuplicateMember, Some("kind")))),
        (r#"{"kind":"door","ts":0,"device":"d","event":"open"}"#, Err((Reason::TooOld, Some("ts")))),
        (
            r#"{"kind":"door","ts":1763800000000,"device":"d","co2_ppm":500}"#,
            Err((Reason::UnknownMember, Some("co2_ppm"))),
        ),
        ("7", Err((Reason::NotAnObject, None))),
    ] {
        check_reading(json, expected);
    }
}

#[test]
fn the_header_may_stand_in_any_order() {
    let payload = format!(r#"{{"readings":[{GOOD}],"lost":[[1,5],[7,7]],"first_seq":9,"outbox":"0f8c"}}"#);
    let (header, out) = decode_as_batch(payload.as_bytes());
    let header = header.unwrap();
    assert_eq!((header.outbox.as_str(), header.first_seq, header.count), ("0f8c", 9, 1));
    assert_eq!(header.lost, [(1, 5), (7, 7)]);
    assert_eq!((out.accepted.len(), out.accepted[0].reading.ts), (1, NOW_MS));
}

#[test]
fn a_batch_may_hold_no_reading_and_no_loss() {
    for lost in ["", r#""lost":[],"#, r#""lost":null,"#] {
        let payload = format!(r#"{{"outbox":"o",{lost}"first_seq":0,"readings":[]}}"#);
        let (header, out) = decode_as_batch(payload.as_bytes());
        let header = header.unwrap();
        assert_eq!((header.count, header.lost.len(), out.accepted.len()), (0, 0, 0));
    }
}

#[test]
fn a_bad_header_refuses_the_whole_batch() {
    let bad = |member| (Reason::BadBatch, Some(member));
    for (header, (reason, member)) in [
        (r#""first_seq":1"#, bad("outbox")),
        (r#""outbox":"","first_seq":1"#, bad("outbox")),
        (r#""outbox":"a b","first_seq":1"#, bad("outbox")),
        (r#""outbox":7,"first_seq":1"#, bad("outbox")),
        (r#""outbox":"o""#, bad("first_seq")),
        (r#""outbox":"o","first_seq":-1"#, bad("first_seq")),
        (r#""outbox":"o","first_seq":1.5"#, bad("first_seq")),
        (r#""outbox":"o","first_seq":18446744073709551615"#, bad("first_seq")),
        (r#""outbox":"o","first_seq":1,"lost":[[5,4]]"#, bad("lost")),
        (r#""outbox":"o","first_seq":1,"lost":[[5,6],[6,7]]"#, bad("lost")),
        (r#""outbox":"o","first_seq":1,"lost":[[5]]"#, bad("lost")),
        (r#""outbox":"o","first_seq":1,"lost":7"#, bad("lost")),
        (r#""outbox":"o","first_seq":1,"phone":7"#, bad("phone")),
        (r#""outbox":"o","first_seq":1,"first_seq":1"#, bad("first_seq")),
        (r#""outbox":"o","first_seq":1,"readings":[]"#, bad("readings")),
    ] {
        check_refused(&batch(header, &[GOOD]), reason, member);
    }
    check_refused(r#"{"outbox":"o","first_seq":1}"#, Reason::BadBatch, Some("readings"));
    check_refused(r#"{"outbox":"o","first_seq":1,"readings":{}}"#, Reason::BadBatch, Some("readings"));
    check_refused("[]", Reason::BadBatch, None);
    check_refused("", Reason::NotJson, None);
    check_refused(&format!("{} x", batch(r#""outbox":"o","first_seq":1"#, &[GOOD])), Reason::NotJson, None);
}

#[test]
fn a_batch_of_worthless_elements_is_refused_as_a_whole() {
    let many = vec!["1"; waystation_protocol::READINGS_MAX + 1];
    check_refused(&batch(r#""outbox":"o","first_seq":1"#, &many), Reason::TooLarge, Some("readings"));
}

#[test]
fn what_is_written_is_what_is_read() {
    use waystation_protocol::Kind;
    let readings = [
        good(Kind::Door, r#"{"device":"front","event":"denied","deny_reason":"blocked"}"#),
        good(Kind::Cabinet, r#"{"device":"c-1","slots":[{"slot":2,"soc_pct":98.5,"battery":"\"B\\1"}]}"#),
    ];
    let outbox: OutboxId = "0f8c".parse().unwrap();
    let mut json = Vec::new();
    write_batch(&outbox, 4711, &[(4600, 4650)], &readings, &mut json);
    let (header, out) = decode_as_batch(&json);
    let header = header.unwrap();
    assert_eq!((header.outbox, header.first_seq, header.count), (outbox, 4711, 2));
    assert_eq!(header.lost, [(4600, 4650)]);
    let read: Vec<_> = out.accepted.into_iter().map(|accepted| accepted.reading).collect();
    assert_eq!(read, readings);
}
