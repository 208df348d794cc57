//! Commands from the HTTP API to a station's own connection, and its answer back to whoever asked.

use serde_json::{Value, json};
use waystation_tests::hub::Login;
use waystation_tests::{Client, Hub, HubSettings, Packet, Version, http, until, until_some};

/// A token that the running hub knows.
fn known_operator(hub: &Hub) -> Login {
    let operator = hub.add_token("zhang", "operator");
    let knows = || ask(hub, "GET", "/api/v1/stations", &operator, "").0 == 200;
    until("the hub knows the token", knows);
    operator
}

fn ask(hub: &Hub, method: &str, path: &str, login: &Login, body: &str) -> (u16, Value) {
    let headers = format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", login.token);
    let answer = http::ask(hub.http, method, path, &headers, body.as_bytes()).expect("an answer");
    (answer.status, answer.json())
}

fn command(hub: &Hub, station: &Login, operator: &Login, body: &Value) -> (u16, Value) {
    let path = format!("/api/v1/stations/{}/commands", station.name);
    ask(hub, "POST", &path, operator, &body.to_string())
}

/// The newest command to the station, once it is as `is_good` wants it.
fn newest(hub: &Hub, station: &Login, is_good: impl Fn(&Value) -> bool) -> Value {
    let path = format!("/api/v1/stations/{}/commands", station.name);
    until_some("the command", || hub.items(&path).into_iter().next().filter(|item| is_good(item)))
}

#[test]
fn a_command_reaches_the_station_once_and_its_answer_comes_back() {
    let mut hub = HubSettings::default().start();
    let station = hub.known_station("dx-0001");
    let operator = known_operator(&hub);
    for version in Version::BOTH {
        let mut client = Client::log_in(hub.mqtt, &station, version);
        assert_eq!(client.subscribe(&station.topic("command")), 1);
        let (status, asked) =
            command(&hub, &station, &operator, &json!({ "action": "unlock", "device": "front" }));
        assert_eq!(status, 202, "{asked}");
        assert_eq!((&asked["state"], &asked["asked_by"]), (&"sent".into(), &"zhang".into()));
        let message = client.message();
        assert_eq!((message.topic, message.qos, message.retain), (station.topic("command"), 1, false));
        let sent: Value = serde_json::from_slice(&message.payload).expect("JSON");
        let expected = json!({
            "id": asked["id"], "action": "unlock", "device": "front", "expires": asked["expires"]
        });
        assert_eq!(sent, expected);
        let result = json!({ "id": asked["id"], "ts": 1, "outcome": "done", "detail": "contact open" });
        assert_eq!(client.publish_acked(&station.topic("result"), result.to_string().as_bytes()), 0);
        let shown = newest(&hub, &station, |item| item["state"] == "done");
        assert_eq!((&shown["id"], &shown["detail"]), (&asked["id"], &"contact open".into()));
        client.disconnect();
    }
    let audit: Vec<Value> = hub.items("/api/v1/audit");
    let actions: Vec<&str> = audit.iter().rev().filter_map(|item| item["action"].as_str()).collect();
    assert_eq!(actions, ["command.unlock", "command.done", "command.unlock", "command.done"]);
    // What was asked and answered is there after a crash.
    hub.kill();
    hub.start();
    assert_eq!(newest(&hub, &station, |_| true)["state"], "done");
}

#[test]
fn nothing_waits_for_a_station_that_is_away() {
    let hub = HubSettings::default().start();
    let station = hub.known_station("dx-0001");
    let operator = known_operator(&hub);
    let unlock = json!({ "id": "u-1", "action": "unlock", "device": "front" });
    assert_eq!(command(&hub, &station, &operator, &unlock).0, 409, "never connected");
    let mut client = Client::log_in(hub.mqtt, &station, Version::V5);
    let report = json!({ "action": "report_now" });
    assert_eq!(command(&hub, &station, &operator, &report).0, 409, "connected, not subscribed");
    assert_eq!(client.subscribe(&station.topic("command")), 1);
    assert_eq!(command(&hub, &station, &operator, &unlock).0, 409, "the same id again");
    assert_eq!(command(&hub, &station, &operator, &report).0, 202);
    let first: Value = serde_json::from_slice(&client.message().payload).expect("JSON");
    assert_eq!(first["action"], "report_now", "nothing was kept for later");
    client.unsubscribe(&station.topic("command"));
    assert_eq!(command(&hub, &station, &operator, &report).0, 409, "no longer subscribed");
    assert!(client.is_alive(), "and nothing came");
}

#[test]
fn every_session_of_a_station_gets_the_command_and_no_other_does() {
    let hub = HubSettings::default().start();
    let (station, other) = (hub.known_station("dx-0001"), hub.known_station("dx-0002"));
    let operator = known_operator(&hub);
    let connect = |suffix: &str| {
        let connect = waystation_tests::Connect::new(Version::V311, &station).client_id(suffix);
        let mut client = Client::connect(hub.mqtt, &connect);
        assert_eq!(client.subscribe(&station.topic("command")), 1);
        client
    };
    let mut both = [connect("dx-0001"), connect("dx-0001.door")];
    let mut stranger = Client::log_in(hub.mqtt, &other, Version::V311);
    assert_eq!(stranger.subscribe(&other.topic("command")), 1);
    let (status, asked) = command(&hub, &station, &operator, &json!({ "action": "restart_agent" }));
    assert_eq!(status, 202, "{asked}");
    for client in &mut both {
        let sent: Value = serde_json::from_slice(&client.message().payload).expect("JSON");
        assert_eq!(sent["id"], asked["id"]);
    }
    assert!(stranger.is_alive(), "and nothing came");
}

#[test]
fn a_station_that_acknowledges_nothing_is_sent_no_more() {
    let hub = HubSettings::default().set("commands", "per_minute_max", 0).start();
    let station = hub.known_station("dx-0001");
    let operator = known_operator(&hub);
    let mut client = Client::log_in(hub.mqtt, &station, Version::V5);
    assert_eq!(client.subscribe(&station.topic("command")), 1);
    let report = json!({ "action": "report_now" });
    let taken = (0..100).take_while(|_| command(&hub, &station, &operator, &report).0 == 202).count();
    assert!((1..100).contains(&taken), "{taken}");
    for _ in 0..taken {
        match client.packet() {
            Packet::Publish { id, .. } => client.ack(id),
            other => panic!("{other:?} instead of a command"),
        }
    }
    assert!(client.is_alive());
    assert_eq!(command(&hub, &station, &operator, &report).0, 202, "after it has acknowledged");
}

#[test]
fn a_station_is_asked_so_often_a_minute() {
    let hub = HubSettings::default().set("commands", "per_minute_max", 2).start();
    let (station, other) = (hub.known_station("dx-0001"), hub.known_station("dx-0002"));
    let operator = known_operator(&hub);
    let report = json!({ "action": "report_now" });
    let statuses = [(); 3].map(|()| command(&hub, &station, &operator, &report).0);
    assert_eq!(statuses, [409, 409, 429], "an attempt counts as well");
    assert_eq!(command(&hub, &other, &operator, &report).0, 409, "each station by itself");
}

#[test]
fn a_door_opens_only_after_a_second_person_agreed() {
    let hub = HubSettings::default().set("commands", "two_person", true).start();
    let station = hub.known_station("dx-0001");
    let (zhang, li) = (known_operator(&hub), hub.add_token("li", "operator"));
    until("the hub knows the second", || ask(&hub, "GET", "/api/v1/stations", &li, "").0 == 200);
    let mut client = Client::log_in(hub.mqtt, &station, Version::V5);
    assert_eq!(client.subscribe(&station.topic("command")), 1);
    let unlock = json!({ "action": "unlock", "device": "front" });
    let (status, asked) = command(&hub, &station, &zhang, &unlock);
    assert_eq!((status, &asked["state"]), (202, &"awaiting".into()), "{asked}");
    let id = asked["id"].as_str().expect("an id");
    let path = format!("/api/v1/stations/dx-0001/commands/{id}/confirm");
    assert_eq!(ask(&hub, "POST", &path, &zhang, "").0, 403, "not by himself");
    assert_eq!(ask(&hub, "POST", &path.replace(id, "other"), &li, "").0, 409);
    assert!(client.is_alive(), "and nothing came");
    let (status, confirmed) = ask(&hub, "POST", &path, &li, "");
    assert_eq!(
        (status, &confirmed["state"], &confirmed["confirmed_by"]),
        (202, &"sent".into(), &"li".into())
    );
    let sent: Value = serde_json::from_slice(&client.message().payload).expect("JSON");
    assert_eq!((&sent["id"], &sent["expires"]), (&asked["id"], &asked["expires"]));
    assert_eq!(ask(&hub, "POST", &path, &li, "").0, 409, "once");
    assert!(client.is_alive(), "and nothing came");
    // What is not confirmed in time is not sent.
    let soon = json!({ "action": "unlock", "device": "front", "expires": waystation_tests::readings::now_ms() + 1_000 });
    let (_, asked) = command(&hub, &station, &zhang, &soon);
    let path = format!("/api/v1/stations/dx-0001/commands/{}/confirm", asked["id"].as_str().expect("an id"));
    newest(&hub, &station, |item| item["state"] == "not_sent");
    assert_eq!(ask(&hub, "POST", &path, &li, "").0, 409, "too late");
    // What opens nothing needs one person.
    assert_eq!(command(&hub, &station, &zhang, &json!({ "action": "report_now" })).1["state"], "sent");
}
