//! Properties over generated readings, mutated documents and arbitrary bytes.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};
use waystation_protocol::{
    Accepted, Command, CommandResult, Decoded, Kind, MemberSpec, MemberType, Presence, Reading, Reason,
    Topic, Value, compress_batch, filter_matches, members, valid_filter, valid_topic_name,
};

use crate::support::{NOW_MS, decode, decode_as_batch};

/// Decimals of at most three places, which serde_json reads exactly, within the range.
fn number((low, high): (f64, f64)) -> impl Strategy<Value = Json> {
    const LIMIT: f64 = 1e9;
    let thousandths = |bound: f64| (bound.clamp(-LIMIT, LIMIT) * 1000.0) as i64;
    (thousandths(low)..=thousandths(high)).prop_map(|number| json!(number as f64 / 1000.0))
}

fn value(spec: &MemberSpec) -> BoxedStrategy<Json> {
    let range = spec.range.unwrap_or((-9e15, 9e15));
    match spec.ty {
        MemberType::Float => number(range).boxed(),
        MemberType::Integer | MemberType::Count => {
            (range.0 as i64..=range.1 as i64).prop_map(Json::from).boxed()
        }
        MemberType::Bool => any::<bool>().prop_map(Json::from).boxed(),
        MemberType::Text { chars_max } => {
            vec(any::<char>().prop_filter("no control", |c| !c.is_control()), 1..=chars_max)
                .prop_map(|chars| Json::from(chars.into_iter().collect::<String>()))
                .boxed()
        }
        MemberType::Choice(names) => proptest::sample::select(names).prop_map(Json::from).boxed(),
        MemberType::Slots(slot) => vec(object(slot, &["slot"]), 1..4)
            .prop_map(|slots| {
                let numbered = slots.into_iter().enumerate().map(|(index, mut slot)| {
                    slot.insert("slot".to_owned(), json!(index * 7 + 1));
                    Json::Object(slot)
                });
                Json::Array(numbered.collect())
            })
            .boxed(),
    }
}

/// An object with the members of `always` and some of the others, now and then as null.
fn object(specs: &'static [MemberSpec], always: &'static [&'static str]) -> BoxedStrategy<Map<String, Json>> {
    let each: Vec<BoxedStrategy<Option<Json>>> = specs
        .iter()
        .map(|spec| {
            if always.contains(&spec.name) {
                value(spec).prop_map(Some).boxed()
            } else {
                prop_oneof![2 => value(spec).prop_map(Some), 2 => Just(None), 1 => Just(Some(Json::Null))]
                    .boxed()
            }
        })
        .collect();
    each.prop_map(|values| {
        let present = specs.iter().zip(values);
        present.filter_map(|(spec, value)| Some((spec.name.to_owned(), value?))).collect()
    })
    .boxed()
}

/// A good reading: its kind and its JSON.
fn reading() -> impl Strategy<Value = (Kind, Map<String, Json>)> {
    let of_kind = |kind: Kind| {
        let always: &[&str] = match kind {
            Kind::Door => &["event"],
            Kind::Cabinet => &["status"],
            Kind::Swap => &["swap", "result"],
            Kind::Occupancy => &["seats_taken"],
            Kind::Environment => &["temperature_c"],
            Kind::Amenity => &["amenity", "state"],
            Kind::Fund => &["sales_total"],
            Kind::Gateway => &["mains", "source", "source_state"],
        };
        (object(members(kind), always), NOW_MS - 600_000_000..=NOW_MS + 120_000, "[a-z0-9][a-z0-9-]{0,31}")
            .prop_map(move |(mut object, ts, device)| {
                object.insert("ts".to_owned(), json!(ts));
                object.insert("device".to_owned(), json!(device));
                (kind, object)
            })
    };
    proptest::sample::select(Kind::ALL).prop_flat_map(of_kind).prop_filter("people fit", |(_, object)| {
        let number = |name| object.get(name).and_then(Json::as_i64);
        match (number("people"), number("capacity")) {
            (Some(people), Some(capacity)) => capacity == 0 || people <= 3 * capacity,
            _ => true,
        }
    })
}

/// What a reading shows of itself equals the JSON that it came from, nulls left out.
fn shows_its_json(reading: &Reading, object: &Map<String, Json>) {
    let mut seen = Map::new();
    seen.insert("ts".to_owned(), json!(reading.ts));
    seen.insert("device".to_owned(), json!(reading.device));
    reading.body.visit(&mut |name, value| {
        let value = match value {
            Value::Float(number) => json!(number),
            Value::Count(number) => json!(number),
            Value::Bool(flag) => json!(flag),
            Value::Text(text) => json!(text),
        };
        assert!(seen.insert(name.to_owned(), value).is_none(), "{name} twice");
    });
    for (name, value) in object.iter().filter(|(name, value)| !value.is_null() && *name != "slots") {
        let shown = seen.remove(name);
        let equal = match (&shown, value) {
            (Some(Json::Number(shown)), Json::Number(sent)) => shown.as_f64() == sent.as_f64(),
            (shown, sent) => shown.as_ref() == Some(sent),
        };
        assert!(equal, "{name}: {shown:?} instead of {value}");
    }
    assert!(seen.is_empty(), "shown but never sent: {seen:?}");
}

/// One way to spoil an object.
#[derive(Debug, Clone)]
enum Damage {
    None,
    Remove(prop::sample::Index),
    Replace(prop::sample::Index, Json),
    Add(String, Json),
    Repeat(prop::sample::Index),
    Cut(prop::sample::Index),
    Flip(prop::sample::Index, u8),
}

fn damage() -> impl Strategy<Value = Damage> {
    let value = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,70}".prop_map(Json::from),
        Just(json!([])),
        Just(json!([{}])),
        Just(json!({"a": [1]})),
    ];
    let index = any::<prop::sample::Index>;
    prop_oneof![
        Just(Damage::None),
        index().prop_map(Damage::Remove),
        (index(), value.clone()).prop_map(|(at, value)| Damage::Replace(at, value)),
        (prop_oneof![Just("kind".to_owned()), ".{0,80}"], value)
            .prop_map(|(name, value)| Damage::Add(name, value)),
        index().prop_map(Damage::Repeat),
        index().prop_map(Damage::Cut),
        (index(), any::<u8>()).prop_map(|(at, byte)| Damage::Flip(at, byte)),
    ]
}

/// The members of the object as JSON text, spoilt.
fn spoil(object: &Map<String, Json>, damage: &Damage) -> Vec<u8> {
    let mut members: Vec<(String, Json)> = object.clone().into_iter().collect();
    match damage {
        Damage::Remove(at) => drop(members.remove(at.index(members.len()))),
        Damage::Replace(at, value) => {
            let position = at.index(members.len());
            members[position].1 = value.clone();
        }
        Damage::Add(name, value) => members.push((name.clone(), value.clone())),
        Damage::Repeat(at) => members.push(members[at.index(members.len())].clone()),
        _ => {}
    }
    let text: Vec<String> = members.iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    let mut bytes = format!("{{{}}}", text.join(",")).into_bytes();
    match damage {
        Damage::Cut(at) => bytes.truncate(at.index(bytes.len())),
        Damage::Flip(at, byte) => {
            let position = at.index(bytes.len());
            bytes[position] = *byte;
        }
        _ => {}
    }
    bytes
}

/// A verdict without the position and the text.
type Verdict = Result<Reading, (Reason, Option<String>)>;

/// The verdict on the first reading of a payload.
fn first(out: Decoded) -> Option<Verdict> {
    let good = out.accepted.into_iter().find(|accepted| accepted.index == 0);
    let bad = out.rejected.into_iter().find(|rejected| rejected.index == 0);
    match (good, bad) {
        (Some(Accepted { reading, .. }), None) => Some(Ok(reading)),
        (None, Some(rejected)) => Some(Err((rejected.reason, rejected.member))),
        (None, None) => None,
        both => panic!("one reading, two verdicts: {both:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_reading_survives_json_and_binary((kind, object) in reading()) {
        let json = Json::Object(object.clone()).to_string();
        let reading = first(decode(kind, json.as_bytes())).unwrap();
        let reading = reading.unwrap_or_else(|refusal| panic!("{json}: {refusal:?}"));
        shows_its_json(&reading, &object);

        let mut record = Vec::new();
        reading.encode(&mut record);
        let mut input = record.as_slice();
        let decoded = Reading::decode(&mut input).unwrap();
        prop_assert_eq!(&decoded, &reading);
        prop_assert!(input.is_empty());

        let mut written = Vec::new();
        decoded.write_json(false, &mut written);
        prop_assert_eq!(first(decode(kind, &written)), Some(Ok(decoded)));
    }

    /// A lone reading takes the fast path if it is good; next to a bad one it never does.
    #[test]
    fn both_paths_give_the_same_verdict((kind, object) in reading(), damage in damage()) {
        let bytes = spoil(&object, &damage);
        let alone = first(decode(kind, &bytes)).unwrap();
        let Ok(text) = std::str::from_utf8(&bytes) else {
            prop_assert_eq!(alone, Err((Reason::NotUtf8, None)));
            return Ok(());
        };
        if serde_json::from_str::<&serde_json::value::RawValue>(text).is_err() {
            prop_assert_eq!(alone, Err((Reason::NotJson, None)));
            return Ok(());
        }
        let array = first(decode(kind, format!("[{text}]").as_bytes()));
        let spoilt_array = first(decode(kind, format!("[{text},1]").as_bytes()));
        prop_assert_eq!(&array, &spoilt_array);
        prop_assert_eq!(&array, &Some(alone.clone()));

        let adds_kind = matches!(&damage, Damage::Add(name, _) if name == "kind");
        let lacks_ts = matches!(&alone, Ok(reading) if reading.ts == NOW_MS);
        if text.starts_with('{') && !adds_kind && !lacks_ts && text.trim() != "{}" {
            let inside = &text[1..text.rfind('}').unwrap()];
            let batch = |readings: String| {
                let json = format!(r#"{{"outbox":"o","first_seq":1,"readings":[{readings}]}}"#);
                first(decode_as_batch(json.as_bytes()).1)
            };
            let kind_first = batch(format!(r#"{{"kind":"{kind}",{inside}}}"#));
            let kind_last = batch(format!(r#"{{{inside},"kind":"{kind}"}}"#));
            prop_assert_eq!(&kind_first, &kind_last);
            prop_assert_eq!(&kind_first, &Some(alone));
        }
    }

    #[test]
    fn nothing_that_is_parsed_can_panic(bytes in vec(any::<u8>(), 0..300)) {
        never_panics(&bytes);
        never_panics(&compress_batch(&bytes).unwrap());
        never_panics(&[&[0x28, 0xb5, 0x2f, 0xfd], bytes.as_slice()].concat());
    }

    #[test]
    fn nothing_that_looks_like_json_can_panic(text in r#"[\[\]{}:,"\\0-9.eE+\-a-z ]{0,200}"#) {
        never_panics(text.as_bytes());
    }

    #[test]
    fn a_damaged_record_cannot_panic(
        (kind, object) in reading(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let json = Json::Object(object).to_string();
        let reading = first(decode(kind, json.as_bytes())).unwrap().unwrap();
        let mut record = Vec::new();
        reading.encode(&mut record);
        let position = at.index(record.len());
        record[position] = byte;
        if let Ok(other) = Reading::decode(&mut record.as_slice()) {
            let mut again = Vec::new();
            other.encode(&mut again);
            prop_assert_eq!(Reading::decode(&mut again.as_slice()), Ok(other));
        }
    }

    /// What a log may show of a refusal is a member's name from the payload's keys, never one of its values.
    #[test]
    fn a_refusal_never_shows_a_value((kind, object) in reading(), at in any::<prop::sample::Index>()) {
        const SECRET: &str = "Zhang-San-13800138000";
        let mut object = object;
        let name = object.keys().nth(at.index(object.len())).unwrap().clone();
        object.insert(name, json!(SECRET));
        let json = Json::Object(object).to_string();
        for rejected in decode(kind, json.as_bytes()).rejected {
            prop_assert!(!rejected.member.unwrap_or_default().contains(SECRET));
        }
    }
}

fn never_panics(bytes: &[u8]) {
    for kind in Kind::ALL {
        let out = decode(*kind, bytes);
        assert!(!out.accepted.is_empty() || !out.rejected.is_empty());
    }
    let (header, out) = decode_as_batch(bytes);
    assert!(header.is_some() || out.rejected.len() == 1);
    let parsed = (Presence::parse(bytes), Command::parse(bytes), CommandResult::parse(bytes));
    drop(parsed);
    let mut input = bytes;
    while Reading::decode(&mut input).is_ok() && !input.is_empty() {}
    let text = String::from_utf8_lossy(bytes);
    let (half, rest) =
        text.split_at((0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0));
    if valid_filter(half) && valid_topic_name(rest) {
        filter_matches(half, rest);
    }
    if let Some(topic) = Topic::parse(&text) {
        assert!(text.contains(topic.station));
    }
}
