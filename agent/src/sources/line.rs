//! One line: a reading as JSON with its `kind`.

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use waystation_protocol::{Decoded, Kind, Limits, Reading, Reason, decode_channel};

/// The longest line: a snapshot of the largest cabinet has room, and a batch takes it.
pub const LINE_BYTES_MAX: usize = 160 * 1024;

/// Why a line was not taken. Never says a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The protocol's stable label.
    pub error: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    pub detail: &'static str,
}

impl Refusal {
    pub fn new(reason: Reason, member: Option<&str>) -> Self {
        Self { error: reason.as_str(), member: member.map(str::to_owned), detail: reason.en() }
    }
}

/// Any time at all: whether it is too old or in the future is judged where the right time is known.
const ANY_TIME: Limits = Limits { future_ms: i64::MAX, past_ms: i64::MAX, decompressed_bytes: 0 };
/// No device gives this time; it stands for a reading without `ts`.
const NO_TS: i64 = -1;

/// Checks a line as the hub would, its time apart; gives the reading, and the time if the device gave one.
pub fn read_line(line: &[u8], scratch: &mut Decoded) -> Result<(Reading, Option<i64>), Refusal> {
    let (kind, reading) = split_kind(line)?;
    scratch.clear();
    decode_channel(kind, &reading, NO_TS, &ANY_TIME, scratch);
    if let Some(rejected) = scratch.rejected.first() {
        return Err(Refusal::new(rejected.reason, rejected.member.as_deref()));
    }
    match (scratch.accepted.pop(), scratch.accepted.is_empty()) {
        (Some(accepted), true) => {
            let ts = Some(accepted.reading.ts).filter(|ts| *ts != NO_TS);
            Ok((accepted.reading, ts))
        }
        _ => Err(Refusal::new(Reason::NotAnObject, None)),
    }
}

/// Takes `kind` out of the object, since it belongs to the channel and not to the reading.
fn split_kind(line: &[u8]) -> Result<(Kind, Vec<u8>), Refusal> {
    if let Some(split) = split_leading_kind(line) {
        return Ok(split);
    }
    let text = std::str::from_utf8(line).map_err(|_| Refusal::new(Reason::NotUtf8, None))?;
    let value: &RawValue = serde_json::from_str(text).map_err(|_| Refusal::new(Reason::NotJson, None))?;
    if !value.get().starts_with('{') {
        return Err(Refusal::new(Reason::NotAnObject, None));
    }
    let Members(members) = serde_json::from_str(text).map_err(|_| Refusal::new(Reason::NotJson, None))?;
    let mut kinds = members.iter().filter(|(name, _)| name == "kind");
    let (Some((_, kind)), more) = (kinds.next(), kinds.next()) else {
        return Err(Refusal::new(Reason::MissingMember, Some("kind")));
    };
    if more.is_some() {
        return Err(Refusal::new(Reason::DuplicateMember, Some("kind")));
    }
    let kind: Cow<'_, str> =
        serde_json::from_str(kind.get()).map_err(|_| Refusal::new(Reason::WrongType, Some("kind")))?;
    let kind = Kind::from_str(&kind).map_err(|_| Refusal::new(Reason::UnknownKind, Some("kind")))?;
    Ok((kind, join(members.iter().filter(|(name, _)| name != "kind"))))
}

/// The usual line begins with `{"kind":"…",`: the rest is the reading, whatever it holds.
fn split_leading_kind(line: &[u8]) -> Option<(Kind, Vec<u8>)> {
    let rest = line.strip_prefix(br#"{"kind":""#)?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    let kind = Kind::from_str(std::str::from_utf8(&rest[..end]).ok()?).ok()?;
    let members = rest[end + 1..].strip_prefix(b",")?;
    // `{"kind":"door",}` is no JSON, so the comma must be followed by a member.
    members.trim_ascii_start().strip_prefix(b"\"")?;
    Some((kind, [b"{", members].concat()))
}

fn join<'m>(members: impl Iterator<Item = &'m (Cow<'m, str>, &'m RawValue)>) -> Vec<u8> {
    let mut object = String::from("{");
    for (name, value) in members {
        if object.len() > 1 {
            object.push(',');
        }
        // A JSON text of the name: it may hold characters that need escaping.
        object.push_str(&serde_json::Value::from(name.as_ref()).to_string());
        object.push(':');
        object.push_str(value.get());
    }
    object.push('}');
    object.into_bytes()
}

/// The members of an object, repeated ones included.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            members.push((name, map.next_value()?));
        }
        Ok(Members(members))
    }
}

/// A member's name, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    /// The line is taken as this record, or refused with this label and member.
    fn check(line: &str, expected: Result<&str, (&str, Option<&str>)>) {
        let found = read_line(line.as_bytes(), &mut Decoded::default());
        match (&found, expected) {
            (Ok((reading, ts)), Ok(wanted)) => {
                let mut record = Vec::new();
                reading.write_json(true, &mut record);
                assert_eq!(String::from_utf8_lossy(&record), wanted, "{line}");
                assert_eq!(ts.unwrap_or(NO_TS), reading.ts);
            }
            (Err(refusal), Err(wanted)) => {
                assert_eq!((refusal.error, refusal.member.as_deref()), wanted, "{line}");
            }
            _ => panic!("{line}: {found:?}"),
        }
    }

    #[test]
    fn lines_are_checked_as_the_hub_checks_them() {
        let stored = r#"{"kind":"environment","ts":1763800000000,"device":"env-1","temperature_c":23.4}"#;
        check(stored, Ok(stored));
        let unstamped = r#"{"kind":"environment","ts":-1,"device":"env-1","temperature_c":23.4}"#;
        check(r#"{"kind":"environment","device":"env-1","temperature_c":23.4}"#, Ok(unstamped));
        check(r#" {"temperature_c":23.4, "kind" : "environment" ,"device":"env-1"} "#, Ok(unstamped));
        check(r#"{"kind":"environment","device":"env-1"}"#, Err(("no_measurement", None)));
        check(
            r#"{"kind":"environment","device":"env-1","co2_ppm":5}"#,
            Err(("out_of_range", Some("co2_ppm"))),
        );
        check(
            r#"{"kind":"door","device":"front","event":"open","card":"1"}"#,
            Err(("unknown_member", Some("card"))),
        );
        check(r#"{"kind":"door","device":"front","kind":"door"}"#, Err(("unknown_member", Some("kind"))));
        check(r#"{"device":"front","kind":"door","kind":"door"}"#, Err(("duplicate_member", Some("kind"))));
        check(r#"{"kind":"weather","device":"front"}"#, Err(("unknown_kind", Some("kind"))));
        check(r#"{"kind":7,"device":"front"}"#, Err(("wrong_type", Some("kind"))));
        check(r#"{"device":"front"}"#, Err(("missing_member", Some("kind"))));
        check(r#"{"kind":"door",}"#, Err(("not_json", None)));
        check(r#"[1]"#, Err(("not_an_object", None)));
        check("colour", Err(("not_json", None)));
    }
}
