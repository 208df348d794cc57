//! Whole readings: the common members, what counts as a measurement, what a kind demands, and what is shown of it.

use waystation_protocol::{Body, Kind, Reason, Value};

use crate::support::{NOW_MS, base, check, decode, good};

fn with(kind: Kind, members: &str) -> String {
    format!("{{{members},{}}}", base(kind))
}

#[test]
fn the_device_is_required_and_has_a_pattern() {
    let refused = |reason| Err((reason, Some("device")));
    for kind in Kind::ALL.iter().copied() {
        let device = |value: &str| with(kind, &format!(r#""device":{value}"#));
        check(kind, &format!("{{{}}}", base(kind)), refused(Reason::MissingMember));
        check(kind, &device("null"), refused(Reason::MissingMember));
        check(kind, &device("1"), refused(Reason::WrongType));
        check(kind, &device(&format!("\"{}\"", "a".repeat(32))), Ok(()));
        check(kind, &device(&format!("\"{}\"", "a".repeat(33))), refused(Reason::BadValue));
        for bad in ["", "-a", "A", "a_b", "a/b", "门"] {
            check(kind, &device(&format!("\"{bad}\"")), refused(Reason::BadValue));
        }
    }
}

#[test]
fn the_time_is_stamped_if_absent_and_must_lie_in_the_window() {
    let refused = |reason| Err((reason, Some("ts")));
    let week_ms = 7 * 24 * 3_600_000;
    for kind in Kind::ALL.iter().copied() {
        let at = |ts: &str| with(kind, &format!(r#""device":"d-1","ts":{ts}"#));
        assert_eq!(good(kind, &at("null")).ts, NOW_MS);
        assert_eq!(good(kind, &with(kind, r#""device":"d-1""#)).ts, NOW_MS);
        for (ts, expected) in [
            (NOW_MS + 120_000, Ok(())),
            (NOW_MS + 120_001, refused(Reason::FutureTime)),
            (i64::MAX, refused(Reason::FutureTime)),
            (NOW_MS - week_ms, Ok(())),
            (NOW_MS - week_ms - 1, refused(Reason::TooOld)),
            (0, refused(Reason::TooOld)),
            (i64::MIN, refused(Reason::TooOld)),
        ] {
            check(kind, &at(&ts.to_string()), expected);
        }
        for (ts, reason) in [
            ("1763800000000.5", Reason::WrongType),
            ("\"1763800000000\"", Reason::WrongType),
            ("true", Reason::WrongType),
            ("9223372036854775808", Reason::OutOfRange),
            ("1e999", Reason::OutOfRange),
        ] {
            check(kind, &at(ts), refused(reason));
        }
    }
}

#[test]
fn a_reading_must_measure_something() {
    for kind in Kind::ALL.iter().copied() {
        check(kind, r#"{"device":"d-1"}"#, Err((Reason::NoMeasurement, None)));
        check(kind, r#"{"device":"d-1","ts":1763800000000}"#, Err((Reason::NoMeasurement, None)));
    }
    for (kind, members) in [
        (Kind::Door, r#""method":"qr""#),
        (Kind::Door, r#""method":"qr","deny_reason":"blocked""#),
        (Kind::Cabinet, r#""snapshot":true"#),
        (Kind::Cabinet, r#""slots":[]"#),
        (Kind::Cabinet, r#""slots":[],"snapshot":true"#),
        (Kind::Amenity, r#""amenity":"shower""#),
    ] {
        check(kind, &format!(r#"{{"device":"d-1",{members}}}"#), Err((Reason::NoMeasurement, None)));
    }
}

#[test]
fn a_kind_demands_what_makes_it_whole() {
    for (kind, members, expected) in [
        (Kind::Swap, r#""swap":"s-1""#, Err((Reason::MissingMember, Some("result")))),
        (Kind::Swap, r#""result":"ok""#, Err((Reason::MissingMember, Some("swap")))),
        (Kind::Amenity, r#""power_w":800"#, Err((Reason::MissingMember, Some("amenity")))),
        (Kind::Occupancy, r#""people":30,"capacity":10"#, Ok(())),
        (Kind::Occupancy, r#""capacity":10,"people":31"#, Err((Reason::OutOfRange, Some("people")))),
        (Kind::Occupancy, r#""people":31,"capacity":0"#, Ok(())),
        (Kind::Occupancy, r#""people":31"#, Ok(())),
        (Kind::Cabinet, r#""slots":[{"state":"ready"}]"#, Err((Reason::MissingMember, Some("slots.slot")))),
        (Kind::Cabinet, r#""slots":[{"slot":1},{"slot":1}]"#, Err((Reason::BadValue, Some("slots")))),
        (Kind::Cabinet, r#""slots":[{"slot":1},{"slot":1000}]"#, Ok(())),
        (Kind::Cabinet, r#""slots":[{"slot":1,"x":2}]"#, Err((Reason::UnknownMember, Some("slots.x")))),
        (Kind::Cabinet, r#""slots":[{"slot":1,"ts":2}]"#, Err((Reason::UnknownMember, Some("slots.ts")))),
    ] {
        check(kind, &format!(r#"{{"device":"d-1",{members}}}"#), expected);
    }
}

#[test]
fn a_cabinet_may_hold_a_thousand_slots() {
    let slots: Vec<String> =
        (1..=1000).map(|slot| format!(r#"{{"slot":{slot},"state":"ready","class":"48V"}}"#)).collect();
    let reading = good(Kind::Cabinet, &format!(r#"{{"device":"c-1","slots":[{}]}}"#, slots.join(",")));
    let Body::Cabinet(cabinet) = reading.body else { panic!("a cabinet") };
    assert_eq!(cabinet.slots.map(|slots| slots.len()), Some(1000));
}

#[test]
fn an_unknown_member_is_named_without_its_value() {
    for kind in Kind::ALL.iter().copied() {
        let unknown = |name: &str| with(kind, &format!(r#""device":"d-1","{name}":"13800138000""#));
        check(kind, &unknown("phone"), Err((Reason::UnknownMember, Some("phone"))));
        check(kind, &unknown(""), Err((Reason::UnknownMember, Some(""))));
        check(kind, &unknown("kind"), Err((Reason::UnknownMember, Some("kind"))));
        check(kind, &unknown(r"a\u0000\nb"), Err((Reason::UnknownMember, Some("a\u{fffd}\u{fffd}b"))));
        let (long, shown) = ("名".repeat(1000), "名".repeat(64));
        check(kind, &unknown(&long), Err((Reason::UnknownMember, Some(&shown))));
    }
}

#[test]
fn an_escaped_name_is_the_same_name() {
    check(Kind::Environment, r#"{"d\u0065vice":"env-1","temperature\u005fc":20}"#, Ok(()));
    let twice = r#"{"device":"env-1","temperature\u005fc":20,"temperature_c":20}"#;
    check(Kind::Environment, twice, Err((Reason::DuplicateMember, Some("temperature_c"))));
}

#[test]
fn what_is_no_object_is_refused() {
    for (json, reason) in [
        ("", Reason::NotJson),
        ("  ", Reason::NotJson),
        ("{", Reason::NotJson),
        ("{}{}", Reason::NotJson),
        (r#"{"device":"d-1","temperature_c":NaN}"#, Reason::NotJson),
        (r#"{"device":"d-1","temperature_c":Infinity}"#, Reason::NotJson),
        (r#"{"device":"d-1","temperature_c":20,}"#, Reason::NotJson),
        (r#"{"device":"d-1","temperature_c":20} x"#, Reason::NotJson),
        ("[1,", Reason::NotJson),
        ("\u{feff}{}", Reason::NotJson),
        ("1", Reason::NotAnObject),
        ("null", Reason::NotAnObject),
        (" \"{\" ", Reason::NotAnObject),
        ("[]", Reason::NoMeasurement),
    ] {
        check(Kind::Environment, json, Err((reason, None)));
    }
    let out = decode(Kind::Environment, b"{\"device\":\"\xff\"}");
    assert_eq!(out.rejected[0].reason, Reason::NotUtf8);
    let deep = "[".repeat(100_000);
    assert_eq!(decode(Kind::Environment, deep.as_bytes()).rejected[0].reason, Reason::NotJson);
}

#[test]
fn an_array_keeps_its_good_readings_and_their_positions() {
    let json = br#" [{"device":"a","co2_ppm":500}, 7, {"device":"b","co2_ppm":1}, {"device":"c","co2_ppm":600}, []]"#;
    let out = decode(Kind::Environment, json);
    let good: Vec<_> = out.accepted.iter().map(|a| (a.index, a.reading.device.as_str())).collect();
    assert_eq!(good, [(0, "a"), (3, "c")]);
    let bad: Vec<_> = out.rejected.iter().map(|r| (r.index, r.reason, r.payload.as_slice())).collect();
    assert_eq!(
        bad,
        [
            (1, Reason::NotAnObject, b"7".as_slice()),
            (2, Reason::OutOfRange, br#"{"device":"b","co2_ppm":1}"#),
            (4, Reason::NotAnObject, b"[]"),
        ]
    );
}

#[test]
fn results_are_added_to_what_is_there() {
    let mut out = decode(Kind::Fund, br#"[{"device":"a","sales_total":1},1]"#);
    let limits = waystation_protocol::Limits::default();
    for payload in [r#"{"device":"b","sales_total":2}"#, r#"[{"device":"c","sales_total":3},2]"#, "x"] {
        waystation_protocol::decode_channel(Kind::Fund, payload.as_bytes(), NOW_MS, &limits, &mut out);
    }
    let devices: Vec<_> = out.accepted.iter().map(|a| a.reading.device.as_str()).collect();
    assert_eq!(devices, ["a", "b", "c"]);
    assert_eq!(out.rejected.len(), 3);
}

#[test]
fn a_payload_of_worthless_elements_is_refused_as_a_whole() {
    let many = format!("[{}1]", "1,".repeat(waystation_protocol::READINGS_MAX));
    check(Kind::Door, &many, Err((Reason::TooLarge, None)));
}

#[test]
fn members_are_visited_in_order_with_their_types() {
    let reading = good(
        Kind::Amenity,
        r#"{"device":"w","uses_total":7,"water_c":4,"state":"in_use","amenity":"water_dispenser","ports_in_use":2}"#,
    );
    let mut seen = Vec::new();
    reading.body.visit(&mut |name, value| seen.push(format!("{name}={value:?}")));
    assert_eq!(
        seen,
        [
            r#"amenity=Text("water_dispenser")"#,
            r#"state=Text("in_use")"#,
            "uses_total=Count(7)",
            "ports_in_use=Float(2.0)",
            "water_c=Float(4.0)",
        ]
    );
}

#[test]
fn slots_are_visited_on_their_own() {
    let json =
        r#"{"device":"c","smoke":false,"slots":[{"battery":"B1","slot":3,"cycles":12}],"snapshot":true}"#;
    let reading = good(Kind::Cabinet, json);
    let mut names = Vec::new();
    reading.body.visit(&mut |name, _| names.push(name));
    assert_eq!(names, ["smoke", "snapshot"]);

    let Body::Cabinet(cabinet) = reading.body else { panic!("a cabinet") };
    let mut seen = Vec::new();
    cabinet.slots.unwrap()[0].visit(&mut |name, value| seen.push((name, format!("{value:?}"))));
    let text = |value: Value| format!("{value:?}");
    assert_eq!(
        seen,
        [
            ("slot", text(Value::Float(3.0))),
            ("cycles", text(Value::Float(12.0))),
            ("battery", text(Value::Text("B1"))),
        ]
    );
}

#[test]
fn a_reading_is_written_as_the_contract_has_it() {
    let json =
        r#"{"ts":1763800000000,"device":"c-1","temperature_c":-3.5,"slots":[{"slot":1,"state":"ready"}]}"#;
    let reading = good(Kind::Cabinet, json);
    assert_eq!(serde_json::to_string(&reading).unwrap(), json);
    let mut out = Vec::new();
    reading.write_json(true, &mut out);
    let tagged = json.replacen('{', r#"{"kind":"cabinet","#, 1);
    assert_eq!(String::from_utf8(out).unwrap(), tagged);
}
