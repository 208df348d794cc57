//! The shapes of what the history tells.

use super::super::utilisation::{BY_CLASS, FIGURES, SWAPS};
use super::shapes::{array, choice, integer, nullable, number, object, reference, string};
use crate::history::By;
use crate::registry::StationKind;
use serde_json::{Map, Value, json};

pub fn all() -> Map<String, Value> {
    let kind = choice(&StationKind::ALL.map(StationKind::as_str));
    let low_use = object(json!({
        "station": string(), "district": nullable("string"), "kind": kind, "host": nullable("string"),
        "visits_per_day": reference("Figure"), "seat_utilisation": reference("Figure"),
        "weeks": array(nullable("number")), "rank": integer(), "compared_with": integer(),
        "median_visits_per_day": number(), "from": integer(), "to": integer(),
    }));
    let weight = object(json!({ "name": string(), "weight": number(), "score": nullable("number") }));
    let stars = object(json!({
        "station": string(), "district": nullable("string"), "kind": kind, "stars": nullable("integer"),
        "score": nullable("number"), "weights": array(weight), "capped_by": array(string()),
        "from": integer(), "to": integer(),
    }));
    let schemas = [
        ("Figure", figure()),
        ("Utilisation", utilisation(&kind)),
        ("LowUse", low_use),
        ("StarProposal", stars),
        ("Series", series()),
        ("Coverage", coverage(&kind)),
    ];
    schemas.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

fn figure() -> Value {
    let mut figure = object(json!({ "value": nullable("number"), "data_coverage": number() }));
    figure["description"] =
        "A number with the share of the row's scheduled time that it rests on; null where that is below 0.8, where a rate \
         per day would be of less than a day, or a peak of less than a quarter of an hour"
            .into();
    figure["properties"]["reason"] = choice(&["not_enough_data", "not_measured", "nothing_happened"]);
    figure
}

fn utilisation(kind: &Value) -> Value {
    let mut members = json!({
        "by": choice(&By::ALL.map(By::as_str)), "key": string(), "district": nullable("string"), "kind": kind,
        "stations": integer(), "from": integer(), "to": integer(),
    });
    for name in FIGURES {
        members[name] = reference("Figure");
    }
    for name in BY_CLASS {
        members[name] = object(json!({ "48V": reference("Figure"), "60V": reference("Figure") }));
    }
    members["swaps"] = object(SWAPS.map(|name| (name.to_owned(), integer())).into_iter().collect());
    let mut item = object(members);
    item["description"] =
        "`from` and `to` are the stretch that is counted: the part of the local hour or day that was \
                           asked for and has passed; `data_coverage` is of this stretch"
            .into();
    item
}

fn coverage(kind: &Value) -> Value {
    let share = json!({
        "cells": integer(), "covered": integer(), "weight": number(), "covered_weight": number(),
        "share": nullable("number"),
    });
    let mut group = share.clone();
    group["district"] = nullable("string");
    let cell = object(json!({
        "id": string(), "latitude": number(), "longitude": number(), "weight": number(),
        "district": nullable("string"),
    }));
    object(json!({
        "radius_m": integer(), "kind": kind, "total": object(share), "groups": array(object(group)),
        "items": array(cell), "next": nullable("string"),
    }))
}

fn series() -> Value {
    let by_class = |description: &str| json!({ "type": "object", "properties": { "48V": number(), "60V": number() }, "description": description });
    let ready = "With kind=cabinet and a step: the mean number of batteries of each class that were ready, over the \
        cabinet's full snapshots (`snapshot: true`) in the step, each counted alike; absent in a step without one. None is \
        ready in a cabinet that is out of order. A class that the cabinet never had in all the steps of the answer is absent";
    let installed = "The same for all batteries of each class in slots that are not disabled";
    let point = json!({ "type": "object", "required": ["ts", "device"],
        "properties": { "ts": integer(), "device": string(), "ready": by_class(ready), "installed": by_class(installed) },
        "description": "A reading as on the wire; or of a step: count, and mean, min, max by member" });
    let mut series = object(json!({
        "level": choice(&["raw", "minute", "hour"]), "step_ms": nullable("integer"),
        "items": array(point), "next": nullable("string"),
    }));
    series["description"] = "Pass `next` as `cursor`".into();
    series
}
