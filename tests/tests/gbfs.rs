//! The GBFS feeds of a real hub against the published schemas of GBFS 3.0, by a validator that knows nothing of us, and
//! which is itself held to finding mistakes.

use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use waystation_tests::{Client, Hub, HubSettings, Version, process, programs, until};

const FEEDS: [&str; 5] =
    ["gbfs", "system_information", "vehicle_types", "station_information", "station_status"];

/// A hub with a station on the map that has cabinets, one that has none, and one that was never heard.
fn hub() -> Hub {
    let hub = HubSettings::default().set_text("gbfs", "contact_email", "gbfs@example.com");
    let hub = hub.set_text("gbfs", "system_id", "example.com").start();
    let (list, tokens) = (hub.folder().join("list.csv"), hub.folder().join("tokens.csv"));
    let rows = "id,name_zh,name_en,city,district,latitude,longitude,opening_hours\n\
                jb-001,中马驿站,Zhongma,宁波市,江北区,29.8836,121.5555,24h\n\
                jb-002,白沙驿站,,宁波市,江北区,29.8949,121.5650,06:00-22:00\n\
                jb-003,,,,,29.9071,121.5809,\n";
    std::fs::write(&list, rows).expect("the list");
    let mut command = hub.command(&["station", "import"]);
    process::run(command.arg(&list).arg("--tokens-out").arg(&tokens));
    let tokens = std::fs::read_to_string(&tokens).expect("the tokens");
    let cabinets = [
        ("jb-001", json!([{ "slot": 1, "state": "ready", "class": "48V" }, { "slot": 2, "state": "empty" }])),
        ("jb-002", json!([{ "slot": 1, "state": "fault" }, { "slot": 2, "state": "ready", "class": "60V" }])),
    ];
    for (id, slots) in cabinets {
        let token = tokens.lines().find_map(|line| line.strip_prefix(&format!("{id},"))).expect("a token");
        let login = waystation_tests::hub::Login { name: id.to_owned(), token: token.to_owned() };
        hub.wait_known(&login);
        let mut client = Client::log_in(hub.mqtt, &login, Version::V5);
        let cabinet = json!({ "device": "cab-1", "slots": slots }).to_string();
        assert_eq!(client.publish_acked(&login.topic("cabinet"), cabinet.as_bytes()), 0);
    }
    until("both stations are in the feeds", || {
        hub.get("/gbfs/3.0/station_status.json").json()["data"]["stations"]
            .as_array()
            .is_some_and(|all| all.len() == 2)
    });
    hub
}

/// The validator's report on the feeds at this address or in this folder.
fn report(url: &str) -> Value {
    let mut command = Command::new(programs::from_pypi("gbfs-validator"));
    let output = command.args(["--docked", "-u", url]).output().expect("the validator runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Feeds in which it found something.
fn mistaken(report: &Value) -> Vec<&str> {
    let files = report["files"].as_array().expect("files");
    files.iter().filter(|file| file["hasErrors"] == true).filter_map(|file| file["file"].as_str()).collect()
}

#[test]
fn the_feeds_of_a_real_hub_keep_the_published_schemas() {
    let hub = hub();
    let report = report(&format!("http://{}/gbfs/3.0/gbfs.json", hub.http));
    assert_eq!(report["summary"]["version"], json!({ "detected": "3.0", "validated": "3.0" }), "{report}");
    assert_eq!((mistaken(&report), &report["summary"]["hasErrors"]), (vec![], &json!(false)), "{report}");
    let files = report["files"].as_array().expect("files");
    for feed in FEEDS {
        let seen = files.iter().any(|file| file["file"] == format!("{feed}.json") && file["exists"] == true);
        assert!(seen, "{feed} was not looked at: {report}");
    }
    the_validator_finds_mistakes(&hub);
}

/// A copy of the feeds on disk is fine, and none of these mistakes in it goes unseen.
fn the_validator_finds_mistakes(hub: &Hub) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = |feed: &str| format!("file://{}", folder.path().join(format!("{feed}.json")).display());
    let mut feeds: Vec<(&str, Value)> =
        FEEDS.map(|feed| (feed, hub.get(&format!("/gbfs/3.0/{feed}.json")).json())).into();
    for feed in feeds[0].1["data"]["feeds"].as_array_mut().expect("feeds") {
        feed["url"] = url(feed["name"].as_str().expect("a name")).into();
    }
    feeds.iter().for_each(|(feed, document)| save(folder.path(), feed, document));
    assert_eq!(mistaken(&report(&url("gbfs"))), Vec::<&str>::new());
    for (feed, place, wrong) in [
        ("gbfs", "/data/feeds/0/name", json!("free_bike_status")),
        ("system_information", "/data/feed_contact_email", json!("nobody")),
        ("system_information", "/data/languages/0", json!("Chinese")),
        ("system_information", "/data/timezone", json!("Asia/Peking")),
        ("system_information", "/data/name/0/language", json!("zh_CN")),
        ("system_information", "/last_updated", json!(1_772_380_800)),
        ("vehicle_types", "/data/vehicle_types/0/form_factor", json!("battery")),
        ("vehicle_types", "/data/vehicle_types/0/return_constraint", json!("anywhere")),
        ("vehicle_types", "/data/vehicle_types/0/max_range_meters", json!(-1)),
        ("station_information", "/data/stations/0/lat", json!(129.9)),
        ("station_information", "/data/stations/0/name", json!("中马驿站")),
        ("station_information", "/data/stations/0/capacity", json!(1.5)),
        ("station_status", "/data/stations/0/is_renting", json!("yes")),
        ("station_status", "/data/stations/0/last_reported", json!("2026-03-01 08:00")),
        ("station_status", "/data/stations/0/vehicle_types_available/0/vehicle_type_id", json!("72V")),
        ("station_status", "/data/stations/0/vehicle_docks_available/0/count", json!(-1)),
        ("station_status", "/version", json!("2.3")),
    ] {
        let document = &feeds.iter().find(|(name, _)| *name == feed).expect("a feed").1;
        let mut broken = document.clone();
        *broken.pointer_mut(place).unwrap_or_else(|| panic!("{feed} has no {place}: {document}")) = wrong;
        save(folder.path(), feed, &broken);
        let report = report(&url("gbfs"));
        assert!(mistaken(&report).contains(&format!("{feed}.json").as_str()), "{feed}{place}: {report}");
        save(folder.path(), feed, document);
    }
}

fn save(folder: &Path, feed: &str, document: &Value) {
    std::fs::write(folder.join(format!("{feed}.json")), document.to_string()).expect("a file");
}
