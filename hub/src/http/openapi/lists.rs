//! What can be read.

use super::super::mark;
use super::super::readings::{POINTS_DEFAULT, POINTS_MAX, SLOT_MAX};
use super::operation::Operation;
use super::shapes::{
    STATION_ID, choice, integer, page, paged, paged_by, paged_by_number, path, pattern, query, reference,
    states, string, time,
};
use super::{Entry, get};
use crate::config::{Rule, Severity};
use crate::history::{By, Resolution};
use crate::registry::StationKind;
use serde_json::{Value, json};
use waystation_protocol::Kind;

pub fn all() -> Vec<Entry> {
    let stations = [
        query("district", "Only of this district", string()),
        query("state", "Only in this state", states()),
    ];
    let of_station = query("station", "Only of this station", string());
    let of_reason = query("reason", "Only for this reason", string());
    let last_event = json!({ "name": "Last-Event-ID", "in": "header", "schema": string(),
        "description": "The last id received: only what changed since is sent" });
    let outage = pattern("^[0-9]{1,15}-[a-z0-9][a-z0-9-]{0,47}$");
    let mark = pattern(mark::PATTERN);
    let mut stream = paged(&stations);
    stream.push(last_event);
    stream.push(query(
        "view",
        "How much to say of a station: `brief` as in the fleet, and of all of them",
        choice(&["full", "brief"]),
    ));
    vec![
        get("/api/v1/stations", list("Registered stations by id, with their latest readings", "Station", paged(&stations))),
        get(
            "/api/v1/stations/{id}",
            Operation::reads("One station, with its ledger")
                .answers_json("200", reference("StationDetail"))
                .parameters(&[path("id")])
                .fails(&["404"]),
        ),
        get(
            "/api/v1/stations/{id}/registration",
            Operation::reads_for("What the registry says of a station: the members that registering takes", "operator")
                .answers_json("200", reference("Registration"))
                .parameters(&[path("id")])
                .fails(&["404"]),
        ),
        get(
            "/api/v1/stations/{id}/configuration",
            Operation::reads("What a station was told to report, and whether it does")
                .answers_json("200", reference("StationConfiguration"))
                .parameters(&[path("id")])
                .fails(&["404"]),
        ),
        get(
            "/api/v1/stations/{id}/commands",
            list(
                "Commands to a station and what became of them, newest first",
                "Command",
                paged_by_number(&[path("id")]),
            )
            .fails(&["404"]),
        ),
        get(
            "/api/v1/ledger",
            list("What each outbox delivered, dropped and misses", "Outbox", paged(std::slice::from_ref(&of_station)))
                .fails(&["404"]),
        ),
        get("/api/v1/alerts", alerts()),
        get(
            "/api/v1/alerts/{id}",
            Operation::reads("One alert")
                .answers_json("200", reference("Alert"))
                .parameters(&[path("id")])
                .fails(&["404"]),
        ),
        get(
            "/api/v1/outages",
            list("When stations were not there, and why, by station and time", "Outage", paged_by(outage, &[
                of_station.clone(),
                time("from", "Default: 30 days before `to`"),
                time("to", "Default: now; not included"),
            ]))
            .fails(&["404"]),
        ),
        get(
            "/api/v1/stations/{id}/availability",
            Operation::reads("The share of its time that a station was there: as the hub saw it, and its own")
                .answers_json("200", reference("Availability"))
                .parameters(&[
                    path("id"),
                    time("from", "Default: 30 days before `to`"),
                    time("to", "Default: now; not included"),
                ])
                .fails(&["404"]),
        ),
        get("/api/v1/stations/{id}/readings", readings()),
        get("/api/v1/utilisation", utilisation()),
        get("/api/v1/coverage", coverage()),
        get(
            "/api/v1/low-use",
            list(
                "Stations of low use: the bottom tenth of each kind and host over eight weeks, with evidence",
                "LowUse",
                paged_by(mark.clone(), &[]),
            )
            .fails(&["404"]),
        ),
        get(
            "/api/v1/stars",
            list("A proposal of one to five stars for each station, with what it rests on", "StarProposal", paged_by(mark, &[
                time("from", "Default: 28 days before `to`"),
                time("to", "Default: now"),
            ]))
            .fails(&["404"]),
        ),
        get("/api/v1/quarantine", quarantine(&[of_station, of_reason, format()])),
        get(
            "/api/v1/tokens",
            Operation::writes("Whose tokens there are, by name", "admin")
                .answers_json("200", page("TokenSummary"))
                .parameters(&paged(&[])),
        ),
        get("/api/v1/silences", ended("Silences that have not ended, the latest first", "Silence")),
        get("/api/v1/maintenance", ended("Maintenance windows that have not ended, the latest first", "Maintenance")),
        get(
            "/api/v1/audit",
            list("Who did what, newest first; for the roles operator and admin", "AuditEntry", paged_by_number(&[
                time("from", "Default: from the oldest on"),
                time("to", "Default: up to the newest; not included"),
                query("who", "Only of this name", string()),
                query("role", "Only of this role", string()),
                query("action", "Only this action, or those that begin so, such as `command.`", string()),
                query("target", "Only what was done to this", string()),
                format(),
            ]))
            .answers("200", "text/csv", string()),
        ),
        get(
            "/api/v1/stream",
            Operation::reads(
                "Server-sent events: `station` (a Station, first all that are asked for, then each that changes), \
                 `alert` and `counts`",
            )
            .answers("200", "text/event-stream", string())
            .parameters(&stream),
        ),
    ]
}

pub fn list(summary: &str, item: &str, parameters: Vec<Value>) -> Operation {
    Operation::reads(summary).answers_json("200", page(item)).parameters(&parameters)
}

/// A list in one page.
fn ended(summary: &str, item: &str) -> Operation {
    let ended = query("ended", "Those that have ended too", choice(&["true", "false"]));
    Operation::reads(summary).answers_json("200", page(item)).parameters(&[ended])
}

fn alerts() -> Operation {
    let rules: Vec<&str> = Rule::ALL.iter().map(|rule| rule.as_str()).collect();
    let more = [
        query("state", "Only in this state", choice(&["firing", "resolved"])),
        query("rule", "Only of this rule", choice(&rules)),
        query("severity", "Only of this severity", choice(&Severity::ALL.map(Severity::as_str))),
        query(
            "station",
            "Only those that cover this station",
            json!({ "type": "string", "pattern": STATION_ID }),
        ),
        query("district", "Only of this district", string()),
        format(),
    ];
    let cursor = json!({ "type": "string", "pattern": "^[0-9]{1,18}-[0-9a-f]{16}$" });
    list("Alerts, the newest first, firing or resolved", "Alert", paged_by(cursor, &more)).answers(
        "200",
        "text/csv",
        string(),
    )
}

fn readings() -> Operation {
    let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    let mut kind = query("kind", "Of this kind", choice(&kinds));
    kind["required"] = true.into();
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": POINTS_MAX, "default": POINTS_DEFAULT });
    let step = json!({ "type": "string", "pattern": "^[1-9][0-9]{0,5}[smhd]?$" });
    Operation::reads(
        "What a station sent, as it came (`step` absent) or gathered to steps, by time and device",
    )
    .answers_json("200", reference("Series"))
    .fails(&["404"])
    .parameters(&[
        path("id"),
        kind,
        query(
            "device",
            "Only of this device",
            json!({ "type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,31}$" }),
        ),
        query(
            "slot",
            "Charge and temperature of this slot; with kind=cabinet and a step",
            json!({ "type": "integer", "minimum": 1, "maximum": SLOT_MAX }),
        ),
        time("from", "Default: a day before `to`"),
        time("to", "Default: now; not included"),
        query("step", "Seconds, or like 5m, 1h, 1d, up to 28d", step),
        query("limit", "Points of an answer", limit),
        query(
            "cursor",
            "The `next` of the answer before",
            json!({ "type": "string", "pattern": "^[0-9]{1,18}$" }),
        ),
    ])
}

fn utilisation() -> Operation {
    let more = [
        time(
            "from",
            "Default: seven days before `to`; the whole local hours that begin in the stretch count",
        ),
        time("to", "Default: now; not included"),
        query(
            "by",
            "What stations are summed by; kinds of stations are never added up",
            choice(&By::ALL.map(By::as_str)),
        ),
        query("resolution", "What time is summed by", choice(&Resolution::ALL.map(Resolution::as_str))),
        query("station", "Only this station", string()),
        query("district", "Only this district", string()),
        format(),
    ];
    list(
        "How rooms and cabinets were used; each row states the part of its hour, day or stretch that is counted, and a \
         figure of too little data is null and says so",
        "Utilisation",
        paged_by(pattern(mark::PATTERN), &more),
    )
    .answers("200", "text/csv", string())
    .fails(&["404"])
}

fn coverage() -> Operation {
    let more = [
        query("by", "What the shares are of", choice(&["district", "total"])),
        query("kind", "Of these stations; default: rest", choice(&StationKind::ALL.map(StationKind::as_str))),
        query("district", "Only cells of this district", string()),
    ];
    Operation::reads("Which demand cells have a station near; the others are listed, the heaviest first")
        .answers_json("200", reference("Coverage"))
        .parameters(&paged_by(pattern(mark::PATTERN), &more))
        .fails(&["404"])
}

fn quarantine(more: &[Value]) -> Operation {
    let summary = "What could not be taken, newest first: at most 100,000 items or 256 MiB, counted in dropped_total \
         past that";
    let mut schema = page("Quarantined");
    schema["properties"]["dropped_total"] = integer();
    Operation::reads(summary)
        .answers_json("200", schema)
        .answers("200", "text/csv", string())
        .parameters(&paged_by_number(more))
}

/// Lists that a spreadsheet may want.
pub fn format() -> Value {
    query(
        "format",
        "`csv`: UTF-8 with a byte order mark; the next cursor is in the header Waystation-Next",
        choice(&["json", "csv"]),
    )
}
