//! The shapes of what is read and sent.

use super::super::occupancy::Band;
use super::shapes::{
    array, bilingual, boolean, choice, input, integer, nullable, object, reference, states, string,
};
use crate::fleet::{Rule, Severity};
use crate::operations::Silence;
use crate::registry::{Role, StationKind};
use serde_json::{Map, Value, json};
use waystation_protocol::{
    Action, INTERVAL_S_MAX, Kind, MIN_INTERVAL_S_MAX, MemberSpec, MemberType, Outcome, measured, members,
};

pub fn all() -> Value {
    let mut schemas = Map::new();
    let mut latest = Map::new();
    for kind in Kind::ALL.iter().copied() {
        let name = schema_name(kind);
        let by_device = json!({ "type": "object", "additionalProperties": reference(&name) });
        latest.insert(kind.as_str().into(), by_device);
        schemas.insert(name, reading(kind));
    }
    let range = json!({ "type": "array", "prefixItems": [integer(), integer()], "minItems": 2, "maxItems": 2,
        "description": "first and last sequence number" });
    let ranges = json!({ "type": "array", "items": range });
    let outbox = json!({
        "outbox": string(), "durable_up_to": integer(), "gaps": ranges, "dropped": ranges,
        "received": integer(), "missing_total": integer(), "dropped_total": integer(),
    });
    let mut outbox_item = outbox.clone();
    outbox_item["station"] = string();
    let station = station(Value::Object(latest));
    let mut detail = station.clone();
    detail["ledger"] = json!({ "type": "array", "items": object(outbox) });
    schemas.extend(inputs());
    schemas.extend(outputs());
    schemas.extend(super::figures::all());
    schemas.extend(super::trouble::all());
    schemas.extend(super::console::schemas());
    schemas.insert("Station".into(), object(station));
    schemas.insert("StationDetail".into(), object(detail));
    schemas.insert("Outbox".into(), object(outbox_item));
    schemas.insert("Quarantined".into(), object(quarantined()));
    schemas.insert("Problem".into(), problem());
    Value::Object(schemas)
}

fn problem() -> Value {
    let mut problem =
        object(json!({ "type": string(), "title": string(), "status": integer(), "detail": string() }));
    let mistakes = array(object(json!({ "member": string(), "detail": string() })));
    problem["properties"]["mistakes"] = mistakes;
    problem["properties"]["mistakes"]["description"] =
        "What is wrong with which member of the body, where members are judged one by one".into();
    problem
}

/// What the registry says of a station. A name may be empty.
/// How far a new token is on its way to a station; null if none is.
fn rotation_states(or_none: bool) -> Value {
    let states = ["pending", "insecure", "sent", "refused"];
    match or_none {
        true => {
            json!({ "enum": states.map(Value::from).into_iter().chain([Value::Null]).collect::<Vec<_>>() })
        }
        false => choice(&states),
    }
}

fn registration() -> Value {
    let text = nullable("string");
    object(json!({
        "id": string(), "name_zh": string(), "name_en": string(),
        "city": text, "district": text, "street": text, "grid": text,
        "latitude": nullable("number"), "longitude": nullable("number"),
        "kind": choice(&StationKind::ALL.map(StationKind::as_str)),
        "host_type": text, "opening_hours": text, "capacity": nullable("integer"), "time_zone": text,
        "rotation": rotation_states(true), "rotation_detail": text,
    }))
}

fn station(latest: Value) -> Value {
    json!({
        "id": string(),
        "name": bilingual(),
        "city": nullable("string"), "district": nullable("string"), "street": nullable("string"), "grid": nullable("string"),
        "position": { "type": ["object", "null"], "description": "WGS-84 degrees",
            "properties": { "latitude": { "type": "number" }, "longitude": { "type": "number" } } },
        "kind": choice(&StationKind::ALL.map(StationKind::as_str)),
        "host_type": nullable("string"), "opening_hours": nullable("string"), "capacity": nullable("integer"),
        "state": states(),
        "last_seen": nullable("integer"),
        "connected": { "type": "boolean" },
        "agent": nullable("string"),
        "latest": { "type": "object", "description": "kind → device → reading", "properties": latest },
    })
}

fn quarantined() -> Value {
    json!({
        "id": integer(), "received_at": integer(), "station": nullable("string"), "channel": string(),
        "reason": string(), "text": bilingual(),
        "member": nullable("string"), "detail": nullable("string"), "payload_bytes": integer(),
        "payload": { "type": ["string", "null"], "description": "The beginning of it; null for viewers" },
    })
}

fn reading(kind: Kind) -> Value {
    let mut schema = table(members(kind));
    schema["properties"]["ts"] = integer();
    schema["properties"]["device"] = string();
    schema["required"] = json!(["ts", "device"]);
    schema
}

fn table(specs: &[MemberSpec]) -> Value {
    let properties: Map<String, Value> =
        specs.iter().map(|spec| (spec.name.to_owned(), member(spec))).collect();
    json!({ "type": "object", "properties": properties })
}

fn member(spec: &MemberSpec) -> Value {
    let mut schema = match spec.ty {
        MemberType::Float => json!({ "type": "number" }),
        MemberType::Integer | MemberType::Count => integer(),
        MemberType::Bool => json!({ "type": "boolean" }),
        MemberType::Text { chars_max } => json!({ "type": "string", "maxLength": chars_max }),
        MemberType::Choice(names) => json!({ "type": "string", "enum": names }),
        MemberType::Slots(specs) => json!({ "type": "array", "items": table(specs) }),
    };
    if let Some((low, high)) = spec.range {
        schema["minimum"] = json!(low);
        schema["maximum"] = json!(high);
    }
    schema
}

fn schema_name(kind: Kind) -> String {
    let mut name = kind.as_str().to_owned();
    name[..1].make_ascii_uppercase();
    format!("{name}Reading")
}

/// What is shown of tokens, commands and the audit log.
fn outputs() -> Map<String, Value> {
    let role = choice(&Role::ALL.map(Role::as_str));
    let outcomes = Outcome::ALL.iter().map(|outcome| outcome.as_str());
    let command_states: Vec<&str> =
        ["awaiting", "sent", "not_sent", "unanswered"].into_iter().chain(outcomes).collect();
    let command = object(json!({
        "station": string(), "id": string(), "action": string(), "device": nullable("string"),
        "expires": integer(), "asked_at": integer(), "asked_by": string(), "confirmed_by": nullable("string"),
        "state": choice(&command_states), "detail": nullable("string"), "answered_at": nullable("integer"),
    }));
    let configuration = object(json!({
        "version": integer(), "report": reference("Reporting"), "set_at": nullable("integer"),
        "set_by": nullable("string"),
        "state": choice(&["unset", "pending", "acknowledged", "refused", "rolled_back"]),
        "detail": nullable("string"), "answered_at": nullable("integer"),
    }));
    let audit = object(json!({
        "id": integer(), "at": integer(), "who": string(), "role": string(), "action": string(),
        "target": string(), "detail": string(),
    }));
    let mut band = choice(&Band::NAMES);
    band["type"] = json!(["string", "null"]);
    if let Some(names) = band["enum"].as_array_mut() {
        names.push(Value::Null);
    }
    let mut text = bilingual();
    text["type"] = json!(["object", "null"]);
    let silence = object(json!({
        "id": string(), "matchers": array(reference("Matcher")), "starts_at": integer(), "ends_at": integer(),
        "by": string(), "why": string(), "active": boolean(),
    }));
    let maintenance = object(json!({
        "id": string(), "station": nullable("string"), "district": nullable("string"), "starts_at": integer(),
        "ends_at": integer(), "by": string(), "why": string(), "active": boolean(),
    }));
    named([
        ("Silence", silence),
        ("Maintenance", maintenance),
        ("TokenSummary", object(json!({ "name": string(), "role": role, "created_at": integer() }))),
        ("Token", object(json!({ "name": string(), "role": role, "token": string() }))),
        ("Registration", registration()),
        ("Claim", object(json!({ "station": string(), "claim": string(), "expires": integer() }))),
        (
            "Claimed",
            object(json!({
                "station": string(), "token": string(), "hub": nullable("string"), "ca": nullable("string"),
            })),
        ),
        (
            "ClaimableStation",
            object(
                json!({ "station": string(), "token": string(), "claim": string(), "expires": integer() }),
            ),
        ),
        ("StationToken", object(json!({ "station": string(), "token": string() }))),
        (
            "RotationAsked",
            object(json!({
                "station": string(), "online": { "type": "boolean", "const": true }, "state": rotation_states(false),
            })),
        ),
        ("Command", command),
        ("StationConfiguration", configuration),
        ("AuditEntry", audit),
        (
            "Occupancy",
            object(json!({ "station": string(), "name": bilingual(), "band": band, "text": text })),
        ),
    ])
}

/// No line breaks, nor any other control character; and something that is no white space.
pub const ONE_LINE: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$";
const ONE_LINE_SAID: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*\
    [^\\u0000-\\u0020\\u007f-\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]\
    [^\\u0000-\\u001f\\u007f-\\u009f]*$";

/// What may be sent.
fn inputs() -> Map<String, Value> {
    let text = json!({ "type": ["string", "null"], "maxLength": 100, "pattern": ONE_LINE });
    let kinds = StationKind::ALL.iter().map(|kind| json!(kind.as_str())).chain([Value::Null]);
    let kind = json!({ "type": ["string", "null"], "enum": kinds.collect::<Vec<_>>() });
    let station = json!({
        "id": { "type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,47}$" },
        "name_zh": text, "name_en": text, "city": text, "district": text, "street": text, "grid": text,
        "latitude": { "type": ["number", "null"], "minimum": -90, "maximum": 90 },
        "longitude": { "type": ["number", "null"], "minimum": -180, "maximum": 180 },
        "kind": kind,
        "host_type": text,
        "opening_hours": { "type": ["string", "null"], "description": "24h, or HH:MM-HH:MM in the station's own time; empty as null",
            "pattern": "^(24h|([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9])?$" },
        "capacity": { "type": ["integer", "null"], "minimum": 1, "maximum": 100_000 },
        "time_zone": { "type": ["string", "null"], "description": "IANA name; absent: that of the hub" },
    });
    let intervals: Map<String, Value> = Kind::ALL
        .iter()
        .map(|kind| (kind.as_str().to_owned(), json!({ "type": "integer", "minimum": 1, "maximum": 86_400 })))
        .collect();
    let command = json!({
        "id": { "type": "string", "minLength": 1, "maxLength": 64,
            "description": "Made by the hub if absent; a repeated one is refused" },
        "action": choice(&Action::ALL.iter().map(|action| action.as_str()).collect::<Vec<_>>()),
        "device": { "type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,31}$", "description": "Required to unlock" },
        "expires": { "type": "integer", "description": "Default: in 30 s, in 120 s if a second person has to confirm; at most 120 s ahead to unlock, else an hour" },
        "intervals_s": { "type": "object", "properties": intervals, "additionalProperties": false,
            "description": "Kind → seconds; required to set intervals" },
    });
    let token = json!({
        "name": { "type": "string", "pattern": "^[A-Za-z0-9._@-]{1,64}$" },
        "role": choice(&Role::ALL.map(Role::as_str)),
    });
    let instant = json!({ "anyOf": [integer(), { "type": "string", "format": "date-time" }] });
    let why = json!({ "type": "string", "maxLength": 500, "pattern": ONE_LINE_SAID });
    let ends = [json!({ "required": ["ends_at"] }), json!({ "required": ["for_s"] })];
    let seconds = json!({ "type": "integer", "minimum": 1, "maximum": 31_536_000 });
    let matcher = json!({ "name": choice(&Silence::NAMES), "value": string() });
    let silence = json!({
        "matchers": { "type": "array", "items": reference("NewMatcher"), "minItems": 1, "maxItems": 16 },
        "starts_at": instant, "ends_at": instant, "for_s": seconds, "why": why,
    });
    let maintenance = json!({
        "station": string(), "district": string(),
        "starts_at": instant, "ends_at": instant, "for_s": seconds, "why": why,
    });
    let places = [json!({ "required": ["station"] }), json!({ "required": ["district"] })];
    let mut maintenance = input(&["why"], maintenance);
    maintenance["allOf"] = json!([{ "oneOf": ends }, { "oneOf": places }]);
    let mut silence = input(&["matchers", "why"], silence);
    silence["oneOf"] = json!(ends);
    let mut edit = station.clone();
    if let Some(members) = edit.as_object_mut() {
        members.remove("id");
    }
    let mut station = input(&["id"], station);
    station["properties"]["claim"] =
        json!({ "type": ["boolean", "null"], "description": "Whether a claim code is made too" });
    let both = |ty: &str| json!({ "latitude": { "type": ty }, "longitude": { "type": ty } });
    station["anyOf"] = json!([
        { "required": ["latitude", "longitude"], "properties": both("number") },
        { "properties": both("null") },
    ]);
    named([
        ("Matcher", input(&["name", "value"], matcher)),
        ("NewMatcher", new_matcher()),
        ("NewSilence", silence),
        ("NewMaintenance", maintenance),
        ("NewStation", station),
        ("RegistrationEdit", input(&[], edit)),
        ("NewCommand", input(&["action"], command)),
        ("Reporting", reporting()),
        (
            "TokenWay",
            input(
                &[],
                json!({ "online": { "type": "boolean", "description": "Over the station's own connection; not in the answer" } }),
            ),
        ),
        (
            "NewClaim",
            input(
                &[],
                json!({ "expires_s": { "type": ["integer", "null"], "minimum": 1, "maximum": 2_592_000,
                "description": "How long the code is good; default: a day" } }),
            ),
        ),
        ("Claiming", input(&["code"], json!({ "code": string() }))),
        ("NewToken", input(&["name", "role"], token)),
    ])
}

/// What sources that are polled report; members are those that the wire contract has.
fn reporting() -> Value {
    let each = |of: &dyn Fn(Kind) -> Value| {
        let properties: Map<String, Value> =
            Kind::ALL.iter().map(|kind| (kind.as_str().to_owned(), of(*kind))).collect();
        json!({ "type": "object", "properties": properties, "additionalProperties": false })
    };
    let deadbands = each(&|kind| {
        let properties: Map<String, Value> = measured(kind)
            .into_iter()
            .map(|member| (member.to_owned(), json!({ "type": "number", "minimum": 0 })))
            .collect();
        json!({ "type": "object", "properties": properties, "additionalProperties": false })
    });
    let members = json!({
        "intervals_s": each(&|_| json!({ "type": "integer", "minimum": 1, "maximum": INTERVAL_S_MAX })),
        "deadbands": deadbands,
        "min_interval_s": { "type": ["integer", "null"], "minimum": 0, "maximum": MIN_INTERVAL_S_MAX },
    });
    input(&[], members)
}

/// A condition that some alert can meet; which stations and districts there are no schema knows.
fn new_matcher() -> Value {
    let rules: Vec<&str> = Rule::ALL.iter().map(|rule| rule.as_str()).collect();
    let of = |name: &str, value: Value| {
        input(&["name", "value"], json!({ "name": choice(&[name]), "value": value }))
    };
    json!({ "oneOf": [
        of("rule", choice(&rules)),
        of("severity", choice(&Severity::ALL.map(Severity::as_str))),
        of("station", json!({ "type": "string", "description": "id of a station that is registered" })),
        of("district", json!({ "type": "string", "description": "district of a station that is registered" })),
    ] })
}

fn named<const N: usize>(schemas: [(&str, Value); N]) -> Map<String, Value> {
    schemas.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}
