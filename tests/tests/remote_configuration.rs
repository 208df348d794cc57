//! What a station reports is set at the hub and holds at its gateway, over restarts of both.

use serde_json::{Value, json};
use waystation_tests::hub::Login;
use waystation_tests::{Agent, Client, Hub, HubSettings, Version, http, until, until_some};

fn ask(hub: &Hub, method: &str, station: &Login, login: &Login, body: &Value) -> (u16, Value) {
    let headers = format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", login.token);
    let path = format!("/api/v1/stations/{}/configuration", station.name);
    let answer =
        http::ask(hub.http, method, &path, &headers, body.to_string().as_bytes()).expect("an answer");
    (answer.status, answer.json())
}

fn known_admin(hub: &Hub, station: &Login) -> Login {
    let admin = hub.add_token("li", "admin");
    let knows = || ask(hub, "GET", station, &admin, &Value::Null).0 == 200;
    until("the hub knows the token", knows);
    admin
}

/// The configuration, once the station has answered.
fn answered(hub: &Hub, station: &Login, admin: &Login) -> Value {
    until_some("an answer of the station", || {
        let (_, kept) = ask(hub, "GET", station, admin, &Value::Null);
        (kept["state"] != "pending").then_some(kept)
    })
}

/// The time of the last gateway reading.
fn last_word(hub: &Hub, station: &Login) -> Option<i64> {
    let path = format!("/api/v1/stations/{}/readings?kind=gateway", station.name);
    hub.items(&path).iter().filter_map(|item| item["ts"].as_i64()).max()
}

/// Readings of the gateway come far more often than its own configuration says.
fn check_in_force(hub: &Hub, station: &Login) {
    let before = last_word(hub, station);
    until("the gateway speaks", || last_word(hub, station) > before);
    let first = last_word(hub, station);
    until("the gateway speaks again", || last_word(hub, station) > first);
}

#[test]
fn what_is_set_is_acknowledged_in_force_and_outlives_restarts() {
    let mut hub = HubSettings::default().start();
    let station = hub.known_station("dx-0001");
    let admin = known_admin(&hub, &station);
    let mut agent = Agent::prepare(&station, hub.mqtt);
    agent.set("gateway", "interval_s", 3_600);
    // Set while the station is away, again when it is there.
    let set = |hub: &Hub, seconds: u32| {
        let report = json!({ "intervals_s": { "gateway": seconds } });
        let (status, kept) = ask(hub, "PUT", &station, &admin, &report);
        assert_eq!(
            (status, &kept["state"], &kept["set_by"]),
            (200, &"pending".into(), &"li".into()),
            "{kept}"
        );
    };
    set(&hub, 1_800);
    agent.start();
    let kept = answered(&hub, &station, &admin);
    assert_eq!((&kept["version"], &kept["state"]), (&1.into(), &"acknowledged".into()), "{kept}");
    set(&hub, 1);
    let kept = answered(&hub, &station, &admin);
    assert_eq!((&kept["version"], &kept["state"]), (&2.into(), &"acknowledged".into()), "{kept}");
    check_in_force(&hub, &station);
    agent.kill();
    agent.start();
    check_in_force(&hub, &station);
    hub.kill();
    hub.start();
    check_in_force(&hub, &station);
    assert_eq!(answered(&hub, &station, &admin), kept);
    // A new card in the gateway: what was in force is again, and it is acknowledged as before.
    agent.kill();
    std::fs::remove_file(agent.data_dir().join("remote.json")).expect("what the hub set");
    agent.start();
    check_in_force(&hub, &station);
    assert_eq!(answered(&hub, &station, &admin), kept);
    let actions: Vec<Value> =
        hub.items("/api/v1/audit?role=station").into_iter().map(|item| item["action"].clone()).collect();
    assert_eq!(actions, ["configuration.acknowledged", "configuration.acknowledged"]);
}

#[test]
fn what_a_station_refuses_is_shown_and_not_sent_again() {
    let hub = HubSettings::default().start();
    let station = hub.known_station("dx-0001");
    let admin = known_admin(&hub, &station);
    let report = json!({ "deadbands": { "environment": { "temperature_c": 0.5 } }, "min_interval_s": 10 });
    for nonsense in [json!({ "intervals_s": { "door": 0 } }), json!({ "colour": 1 }), Value::Null] {
        assert_eq!(ask(&hub, "PUT", &station, &admin, &nonsense).0, 400, "{nonsense}");
    }
    assert_eq!(ask(&hub, "PUT", &station, &admin, &report).0, 200);
    let mut client = Client::log_in(hub.mqtt, &station, Version::V5);
    assert_eq!(client.subscribe(&station.topic("config")), 1);
    let message = client.message();
    assert_eq!((message.topic, message.qos, message.retain), (station.topic("config"), 1, false));
    let sent: Value = serde_json::from_slice(&message.payload).expect("JSON");
    assert_eq!(sent, json!({ "version": 1, "report": report }));
    let refused = json!({ "id": "config-1", "ts": 1, "outcome": "refused", "detail": "no such sensor" });
    assert_eq!(client.publish_acked(&station.topic("result"), refused.to_string().as_bytes()), 0);
    let kept = answered(&hub, &station, &admin);
    assert_eq!((&kept["state"], &kept["detail"]), (&"refused".into(), &"no such sensor".into()));
    client.disconnect();
    let mut client = Client::log_in(hub.mqtt, &station, Version::V311);
    assert_eq!(client.subscribe(&station.topic("config")), 1);
    assert!(client.is_alive(), "and nothing came");
}
