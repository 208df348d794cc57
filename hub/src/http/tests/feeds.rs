//! What is for everybody: GBFS by its published rules, and the screens.

use super::*;
use crate::http::gbfs::FEEDS;
use serde_json::json;

/// The members that GBFS 3.0 requires of each element of an array, and the array's name.
fn required(feed: &str) -> (&'static str, &'static [&'static str]) {
    match feed {
        "gbfs" => ("feeds", &["name", "url"]),
        "vehicle_types" => {
            ("vehicle_types", &["vehicle_type_id", "form_factor", "propulsion_type", "max_range_meters"])
        }
        "station_information" => ("stations", &["station_id", "name", "lat", "lon"]),
        "station_status" => (
            "stations",
            &[
                "station_id",
                "num_vehicles_available",
                "is_installed",
                "is_renting",
                "is_returning",
                "last_reported",
            ],
        ),
        other => panic!("{other}"),
    }
}

fn is_rfc3339(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains('T') && crate::http::time::parse(text).is_some())
}

/// Wherever a member is localised, it is an array of text and language, and counts are no less than zero.
fn check_members(value: &Value, path: &str) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let path = format!("{path}/{name}");
                if name == "name" && !path.contains("feeds") {
                    for text in member.as_array().unwrap_or_else(|| panic!("{path} is not localised")) {
                        assert!(text["text"].as_str().is_some_and(|text| !text.is_empty()), "{path}");
                        assert!(["zh-CN", "en"].contains(&text["language"].as_str().unwrap()), "{path}");
                    }
                }
                if name == "count" || name.starts_with("num_") || name == "capacity" {
                    assert!(member.is_u64(), "{path}: {member}");
                }
                check_members(member, &path);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| check_members(item, path)),
        Value::Null => panic!("{path} is null; GBFS leaves out what is not known"),
        _ => {}
    }
}

#[tokio::test]
async fn the_feeds_keep_the_rules_of_gbfs() {
    let server = Server::start(false).await;
    server.until("/api/v1/stations", |answer| answer.body.contains("online")).await;
    for feed in FEEDS {
        let answer = server.get(&format!("/gbfs/3.0/{feed}.json")).await;
        assert_eq!(answer.status, 200, "{feed}: {}", answer.body);
        let document = answer.json();
        assert_eq!(document["version"], "3.0", "{feed}");
        assert!(document["ttl"].is_u64() && is_rfc3339(&document["last_updated"]), "{feed}: {document}");
        check_members(&document["data"], feed);
        if feed == "system_information" {
            for member in
                ["system_id", "languages", "name", "opening_hours", "feed_contact_email", "timezone"]
            {
                assert!(!document["data"][member].is_null(), "{member}");
            }
            continue;
        }
        let (array, members) = required(feed);
        let items = document["data"][array].as_array().unwrap();
        assert!(!items.is_empty(), "{feed}");
        for item in items {
            members.iter().for_each(|member| assert!(!item[member].is_null(), "{feed}: {member}: {item}"));
        }
    }
    assert_eq!(server.get("/gbfs/3.0/").await.json()["data"]["feeds"].as_array().unwrap().len(), FEEDS.len());
    check_problem(&server.get("/gbfs/3.0/vehicle_status.json").await, 404, "no such feed");
    server.stop().await;
}

#[tokio::test]
async fn without_an_address_of_contact_there_are_no_feeds() {
    let server = Server::start_with(|config| config.gbfs.contact_email = None).await;
    for path in ["/gbfs/3.0/", "/gbfs/3.0/gbfs.json", "/gbfs/3.0/system_information.json"] {
        let answer = server.get(path).await;
        check_problem(&answer, 404, path);
        assert!(answer.json()["detail"].as_str().unwrap().contains("contact_email"), "{}", answer.body);
    }
    assert_eq!(server.get("/public/occupancy").await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn a_feed_links_to_the_address_that_the_caller_used() {
    let server = Server::start(false).await;
    let feeds = server.get("/gbfs/3.0/gbfs.json").await.json()["data"]["feeds"].clone();
    for feed in feeds.as_array().unwrap() {
        let url = feed["url"].as_str().unwrap();
        let path = url.strip_prefix(&format!("http://{}", server.address)).unwrap_or_else(|| panic!("{url}"));
        assert_eq!(server.get(path).await.status, 200, "{url}");
    }
    server.stop().await;
}

#[tokio::test]
async fn ready_batteries_and_free_slots_are_offered_while_the_station_is_there() {
    let mut server = Server::start(false).await;
    let slots = json!([
        { "slot": 1, "state": "ready", "class": "48V" }, { "slot": 2, "state": "ready", "class": "60V" },
        { "slot": 3, "state": "ready", "class": "60V" }, { "slot": 4, "state": "empty" },
        { "slot": 5, "state": "fault" }, { "slot": 6, "state": "charging", "class": "48V" },
    ]);
    let cabinet = json!({ "device": "cab-2", "slots": slots, "snapshot": true }).to_string();
    let broken = json!({ "device": "cab-3", "status": "fault", "slots": [{ "slot": 1, "state": "ready", "class": "48V" }] });
    let readings = vec![reading(Kind::Cabinet, &cabinet), reading(Kind::Cabinet, &broken.to_string())];
    append(&mut server.writer, vec![("jb-001", What::Readings(readings))]);
    let path = "/gbfs/3.0/station_status.json";
    let status = server.until(path, |answer| answer.body.contains("\"num_docks_available\":1")).await.json();
    let station = &status["data"]["stations"][0];
    let expected =
        json!([{ "vehicle_type_id": "48V", "count": 2 }, { "vehicle_type_id": "60V", "count": 2 }]);
    assert_eq!(station["vehicle_types_available"], expected, "one of them is in cab-1");
    assert_eq!((&station["num_vehicles_available"], &station["is_renting"]), (&4.into(), &true.into()));
    assert_eq!(station["num_docks_disabled"], 1);
    let information = server.get("/gbfs/3.0/station_information.json").await.json();
    assert_eq!(information["data"]["stations"][0]["capacity"], 8);
    server.stop().await;
}

#[tokio::test]
async fn screens_see_bands_and_no_numbers() {
    let server = Server::start(false).await;
    let known = |answer: &Answer| answer.body.contains("moderate");
    let page = server.until("/public/occupancy?limit=2", known).await;
    assert!(!page.body.contains("people"), "{}", page.body);
    let page = page.json();
    assert_eq!(page["items"][0]["band"], "moderate");
    assert_eq!(page["items"][0]["text"]["zh"], "适中");
    assert_eq!((&page["items"][1]["band"], &page["next"]), (&Value::Null, &"jb-002".into()));
    server.stop().await;
}

#[tokio::test]
async fn feeds_are_open_to_everybody_only_where_it_was_asked_for() {
    for (public, status) in [(false, 401), (true, 200)] {
        let server = Server::start_with(|config| {
            config.http.require_token = true;
            config.gbfs.public = public;
        })
        .await;
        for path in ["/gbfs/3.0/gbfs.json", "/public/occupancy"] {
            assert_eq!(server.get(path).await.status, status, "{path}");
            assert_eq!(server.request("GET", path, Some("viewer")).await.status, 200, "{path}");
        }
        server.stop().await;
    }
}

#[tokio::test]
async fn a_quarantine_opens_in_a_spreadsheet() {
    let server = Server::start(false).await;
    let item = |answer: &Answer| answer.body.contains("out_of_range");
    let answer = server.until("/api/v1/quarantine?format=csv", item).await;
    assert!(answer.head.contains("content-type: text/csv; charset=utf-8"), "{}", answer.head);
    assert!(answer.body.starts_with("\u{feff}id,received_at (Asia/Shanghai),station"), "{}", answer.body);
    assert!(!answer.body.contains("999"), "a payload in {}", answer.body);
    check_problem(&server.get("/api/v1/quarantine?format=xlsx").await, 400, "format");
    server.stop().await;
}

#[tokio::test]
async fn a_stream_goes_on_where_it_broke_off() {
    let server = Server::start(false).await;
    server.until("/api/v1/stations", |answer| answer.body.contains("online")).await;
    let open = async |last: &str| {
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        let request =
            format!("GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: {last}\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        read_until(&mut socket, &mut text, |text| text.contains("\nid: ")).await;
        text
    };
    let first = open("none").await;
    assert_eq!(first.matches("event: station").count(), 4);
    let id = first.rsplit("\nid: ").next().unwrap().split_whitespace().next().unwrap().to_owned();
    let second = open(&id).await;
    assert!(second.contains("event: counts") && !second.contains("jb-003"), "{second}");
    for stranger in ["1-0", "x", &id.replace('-', "-9999")] {
        assert_eq!(open(stranger).await.matches("event: station").count(), 4, "{stranger}");
    }
    server.stop().await;
}
