//! Presence, commands and their results.

use waystation_protocol::{
    Action, Command, CommandResult, Kind, Outcome, Presence, PresenceState, Reason, Rejected,
};

/// Checks what a message is refused for, or that it survives being written and read again.
fn check<M: PartialEq + std::fmt::Debug>(
    parse: fn(&[u8]) -> Result<M, Rejected>,
    write: fn(&M) -> Vec<u8>,
    json: &str,
    expected: Result<(), (Reason, Option<&str>)>,
) {
    match parse(json.as_bytes()) {
        Ok(message) => {
            assert_eq!(expected, Ok(()), "{json}");
            assert_eq!(parse(&write(&message)).as_ref(), Ok(&message), "{json}");
        }
        Err(rejected) => {
            assert_eq!(Err((rejected.reason, rejected.member.as_deref())), expected, "{json}");
            assert_eq!(rejected.payload, json.as_bytes());
        }
    }
}

#[test]
fn presence() {
    let check = |json, expected| check(Presence::parse, Presence::to_json, json, expected);
    check(r#"{"state":"online","ts":1763800000000,"agent":"1.2.0"}"#, Ok(()));
    check(r#"{"state":"offline"}"#, Ok(()));
    check(r#"{"state":"offline","ts":null,"agent":null}"#, Ok(()));
    check(r#"{"ts":1}"#, Err((Reason::MissingMember, Some("state"))));
    check(r#"{"state":"gone"}"#, Err((Reason::BadValue, Some("state"))));
    check(r#"{"state":1}"#, Err((Reason::WrongType, Some("state"))));
    check(r#"{"state":"online","ts":1.5}"#, Err((Reason::WrongType, Some("ts"))));
    check(r#"{"state":"online","agent":""}"#, Err((Reason::BadValue, Some("agent"))));
    check(r#"{"state":"online","phone":"1"}"#, Err((Reason::UnknownMember, Some("phone"))));
    check(r#"{"state":"online","state":"online"}"#, Err((Reason::DuplicateMember, Some("state"))));
    check("[]", Err((Reason::NotAnObject, None)));
    check("x", Err((Reason::NotJson, None)));
    assert_eq!(Presence::parse(b"\xff").unwrap_err().reason, Reason::NotUtf8);

    let birth = Presence { state: PresenceState::Online, ts: Some(5), agent: Some("1.2.0".into()) };
    assert_eq!(birth.to_json(), br#"{"state":"online","ts":5,"agent":"1.2.0"}"#);
}

#[test]
fn commands() {
    let check = |json, expected| check(Command::parse, Command::to_json, json, expected);
    check(r#"{"id":"c-1","action":"unlock","device":"front","expires":1763800030000}"#, Ok(()));
    check(r#"{"id":"c-1","action":"report_now","expires":1}"#, Ok(()));
    check(r#"{"id":"c-1","action":"restart_agent","expires":1}"#, Ok(()));
    check(
        r#"{"id":"c","action":"set_intervals","expires":1,"intervals_s":{"door":300,"gateway":60}}"#,
        Ok(()),
    );
    for (json, reason, member) in [
        (r#"{"id":"c","action":"unlock","expires":1}"#, Reason::MissingMember, "device"),
        (r#"{"id":"c","action":"unlock","device":"A","expires":1}"#, Reason::BadValue, "device"),
        (r#"{"id":"c","action":"report_now"}"#, Reason::MissingMember, "expires"),
        (r#"{"id":"","action":"report_now","expires":1}"#, Reason::BadValue, "id"),
        (r#"{"action":"report_now","expires":1}"#, Reason::MissingMember, "id"),
        (r#"{"id":"c","action":"dance","expires":1}"#, Reason::BadValue, "action"),
        (r#"{"id":"c","action":"report_now","expires":1,"x":1}"#, Reason::UnknownMember, "x"),
        (r#"{"id":"c","action":"set_intervals","expires":1}"#, Reason::MissingMember, "intervals_s"),
        (
            r#"{"id":"c","action":"report_now","expires":1,"intervals_s":{"door":1}}"#,
            Reason::UnknownMember,
            "intervals_s",
        ),
        (
            r#"{"id":"c","action":"set_intervals","expires":1,"intervals_s":{"door":0}}"#,
            Reason::OutOfRange,
            "intervals_s.door",
        ),
        (
            r#"{"id":"c","action":"set_intervals","expires":1,"intervals_s":{"door":86401}}"#,
            Reason::OutOfRange,
            "intervals_s.door",
        ),
        (
            r#"{"id":"c","action":"set_intervals","expires":1,"intervals_s":{"x":1}}"#,
            Reason::UnknownMember,
            "intervals_s.x",
        ),
        (
            r#"{"id":"c","action":"set_intervals","expires":1,"intervals_s":{"door":1.5}}"#,
            Reason::WrongType,
            "intervals_s.door",
        ),
    ] {
        check(json, Err((reason, Some(member))));
    }

    let command =
        Command::parse(br#"{"id":"c","action":"set_intervals","expires":9,"intervals_s":{"door":300}}"#)
            .unwrap();
    assert_eq!((command.action, command.intervals_s[&Kind::Door]), (Action::SetIntervals, 300));
}

#[test]
fn results() {
    let check = |json, expected| check(CommandResult::parse, CommandResult::to_json, json, expected);
    for outcome in Outcome::ALL {
        let json = format!(r#"{{"id":"c-1","ts":1763800000000,"outcome":"{outcome}","detail":"锁已打开"}}"#);
        self::check(CommandResult::parse, CommandResult::to_json, &json, Ok(()));
    }
    check(r#"{"id":"c-1","ts":1,"outcome":"done"}"#, Ok(()));
    check(r#"{"id":"c-1","ts":1}"#, Err((Reason::MissingMember, Some("outcome"))));
    check(r#"{"id":"c-1","outcome":"done"}"#, Err((Reason::MissingMember, Some("ts"))));
    check(r#"{"id":"c-1","ts":1,"outcome":"maybe"}"#, Err((Reason::BadValue, Some("outcome"))));
    check(r#"{"id":"c-1","ts":1,"outcome":"done","detail":"a\nb"}"#, Err((Reason::BadValue, Some("detail"))));
    let long = format!(r#"{{"id":"c-1","ts":1,"outcome":"done","detail":"{}"}}"#, "x".repeat(257));
    check(&long, Err((Reason::BadValue, Some("detail"))));
}
