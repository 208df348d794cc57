//! What is for everybody: GBFS and the screens.

use super::super::gbfs::FEEDS;
use super::operation::Operation;
use super::shapes::{array, boolean, integer, number, object, page, paged, query, string};
use super::{Entry, get};
use serde_json::{Value, json};

pub fn all() -> Vec<Entry> {
    let mut entries = vec![
        get("/gbfs/3.0/", feed("gbfs")),
        get(
            "/public/occupancy",
            public("How full stations are: a band, never a number")
                .answers_json("200", page("Occupancy"))
                .parameters(&paged(&[query("district", "Only of this district", string())])),
        ),
    ];
    entries.extend(FEEDS.map(|name| get(&format!("/gbfs/3.0/{name}.json"), feed(name))));
    entries
}

fn public(summary: &str) -> Operation {
    Operation::reads(summary)
}

fn feed(name: &str) -> Operation {
    let summary = format!("GBFS 3.0, {name}: a vehicle is a ready battery, a dock an empty slot");
    let envelope = object(json!({
        "last_updated": { "type": "string", "format": "date-time" },
        "ttl": integer(),
        "version": { "const": "3.0" },
        "data": data(name),
    }));
    // Off without an address in the configuration.
    public(&summary).answers_json("200", envelope).fails(&["404"])
}

fn data(name: &str) -> Value {
    match name {
        "gbfs" => object(json!({ "feeds": array(object(json!({ "name": string(), "url": string() }))) })),
        "system_information" => object(json!({
            "system_id": string(), "languages": array(string()), "name": localized(), "opening_hours": string(),
            "feed_contact_email": string(), "timezone": string(),
        })),
        "vehicle_types" => object(json!({ "vehicle_types": array(object(json!({
            "vehicle_type_id": string(), "form_factor": string(), "propulsion_type": string(),
            "max_range_meters": number(), "name": localized(), "return_constraint": string(),
        }))) })),
        "station_information" => object(json!({ "stations": array(station()) })),
        _ => object(json!({ "stations": array(status()) })),
    }
}

fn station() -> Value {
    let mut station = object(json!({
        "station_id": string(), "name": localized(), "lat": number(), "lon": number(), "capacity": integer(),
        "is_virtual_station": boolean(), "is_charging_station": boolean(),
    }));
    station["properties"]["address"] = string();
    station["properties"]["station_opening_hours"] = string();
    station
}

fn status() -> Value {
    object(json!({
        "station_id": string(),
        "num_vehicles_available": integer(),
        "vehicle_types_available": array(object(json!({ "vehicle_type_id": string(), "count": integer() }))),
        "num_docks_available": integer(),
        "vehicle_docks_available":
            array(object(json!({ "vehicle_type_ids": array(string()), "count": integer() }))),
        "num_docks_disabled": integer(),
        "is_installed": boolean(), "is_renting": boolean(), "is_returning": boolean(),
        "last_reported": { "type": "string", "format": "date-time" },
    }))
}

fn localized() -> Value {
    array(object(json!({ "text": string(), "language": string() })))
}
