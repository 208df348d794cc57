//! Devices behind a real mosquitto, in the message formats that their makers document.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests")]

mod support;

use serde_json::{Value, json};
use support::{Agent, Broker, Collector, Mosquitto, source_health};

const DEVICES: &str = r#"
[[sources.mqtt]]
name = "zigbee"
url = "mqtt://127.0.0.1:PORT"
map = "zigbee2mqtt"
report = "all"
devices = [
  { topic = "zigbee2mqtt/hall-sensor", device = "env-1", use = "climate" },
  { topic = "zigbee2mqtt/door", device = "front", use = "door" },
  { topic = "zigbee2mqtt/kettle", device = "microwave-1", use = "plug", set = { amenity = "microwave" } },
]
[[sources.mqtt]]
url = "mqtt://127.0.0.1:PORT"
map = "tasmota"
report = "all"
devices = [
  { topic = "hall", device = "env-2", use = "climate" },
  { topic = "meter", device = "cab-1", use = "cabinet-meter" },
]
[[sources.mqtt]]
url = "mqtt://127.0.0.1:PORT"
map = "esphome"
report = "all"
devices = [
  { topic = "node", device = "env-3", use = "climate" },
  { topic = "node", device = "side", use = "door" },
]
[[sources.mqtt]]
url = "mqtt://127.0.0.1:PORT"
map = "shelly"
report = "all"
devices = [
  { topic = "shellies/shellyht-1234", device = "env-4", use = "climate" },
  { topic = "shellyplusht-b8d6", device = "env-5", use = "climate" },
  { topic = "shellies/shellydw2-7788", device = "back", use = "door" },
]
[[sources.mqtt]]
url = "mqtt://127.0.0.1:PORT"
report = "all"
[[sources.mqtt.devices]]
topic = "counter/gate"
device = "hall"
kind = "occupancy"
members = { entries_total = { pointer = "/in" }, people = { pointer = "/now", offset = -1 } }
"#;

#[tokio::test]
async fn documented_messages_become_readings() {
    let folder = tempfile::tempdir().unwrap();
    let (hub, broker) = (Mosquitto::start(folder.path()).await, Broker::start().await);
    let mut collector = Collector::subscribe(hub.port).await;
    let mut agent = Agent::new(folder.path(), hub.port, &DEVICES.replace("PORT", &broker.port().to_string()));
    agent.start();
    for name in ["zigbee", "mqtt-2", "mqtt-3", "mqtt-4", "mqtt-5"] {
        support::until("sources listen", || source_health(&agent, name)["state"] == "ok").await;
    }
    let mut check = async |topic: &str, payload: &str, expected: Option<Value>| {
        let before = collector.readings(0).len();
        broker.publish(topic, payload, false);
        // Another reading shows that what is not wanted had time to come.
        broker.publish("counter/gate", r#"{"in":7}"#, false);
        let wanted = before + 1 + usize::from(expected.is_some());
        collector.collect_until("the readings", |c| c.readings(0).len() >= wanted).await;
        let mut found = collector.readings(0).split_off(before);
        found.retain(|reading| reading["entries_total"] != 7);
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{topic} {payload}");
    };
    let environment = |device: &str, temperature: f64, humidity: f64| {
        Some(
            json!({"kind":"environment","device":device,"temperature_c":temperature,"humidity_pct":humidity}),
        )
    };

    let sensor = r#"{"battery":97,"humidity":44.72,"linkquality":120,"temperature":27.34,"voltage":3005}"#;
    check("zigbee2mqtt/hall-sensor", sensor, environment("env-1", 27.34, 44.72)).await;
    check("zigbee2mqtt/hall-sensor/availability", r#"{"state":"offline"}"#, None).await;
    let closed = json!({"kind":"door","device":"front","contact":"closed"});
    check("zigbee2mqtt/door", r#"{"battery":100,"contact":true,"linkquality":99}"#, Some(closed)).await;
    let opened = json!({"kind":"door","device":"front","contact":"open","event":"open"});
    check("zigbee2mqtt/door", r#"{"battery":100,"contact":false,"linkquality":99}"#, Some(opened)).await;
    let plug = json!({"kind":"amenity","device":"microwave-1","amenity":"microwave","power_w":1210.5});
    check("zigbee2mqtt/kettle", r#"{"state":"ON","power":1210.5,"energy":3.2}"#, Some(plug)).await;

    let sensor =
        r#"{"Time":"2026-11-22T12:00:00","AM2301":{"Temperature":24.6,"Humidity":58.2},"TempUnit":"C"}"#;
    check("tele/hall/SENSOR", sensor, environment("env-2", 24.6, 58.2)).await;
    let meter = r#"{"Time":"2026-11-22T12:00:00","ENERGY":{"TotalStartTime":"2026-01-01T00:00:00","Total":12.345,"Yesterday":0.5,"Today":0.1,"Power":230,"ApparentPower":240,"Factor":0.96,"Voltage":229,"Current":1.05}}"#;
    let expected =
        json!({"kind":"cabinet","device":"cab-1","mains_v":229.0,"power_w":230.0,"energy_kwh":12.345});
    check("tele/meter/SENSOR", meter, Some(expected)).await;
    check("tele/hall/STATE", r#"{"Uptime":"0T00:10:00"}"#, None).await;

    let esphome = json!({"kind":"environment","device":"env-3","temperature_c":21.5});
    check("node/sensor/temperature/state", "21.5", Some(esphome)).await;
    check("node/sensor/temperature/state", "nan", None).await;
    let humid = json!({"kind":"environment","device":"env-3","humidity_pct":48.0});
    check("node/sensor/humidity/state", "48", Some(humid)).await;
    check("node/sensor/temperature/state", "22.5", environment("env-3", 22.5, 48.0)).await;
    let side = json!({"kind":"door","device":"side","contact":"open"});
    check("node/binary_sensor/door/state", "ON", Some(side)).await;

    let gen1 = json!({"kind":"environment","device":"env-4","humidity_pct":55.5});
    check("shellies/shellyht-1234/sensor/humidity", "55.5", Some(gen1)).await;
    let contact = json!({"kind":"door","device":"back","contact":"closed"});
    check("shellies/shellydw2-7788/sensor/state", "close", Some(contact)).await;
    let full = r#"{"src":"shellyplusht-b8d6","dst":"shellyplusht-b8d6/events","method":"NotifyFullStatus","params":{"ts":1680962879.62,"ble":{},"devicepower:0":{"id":0,"battery":{"V":5.4,"percent":80},"external":{"present":false}},"humidity:0":{"id":0,"rh":42.2},"temperature:0":{"id":0,"tC":19.8,"tF":67.6}}}"#;
    check("shellyplusht-b8d6/events/rpc", full, environment("env-5", 19.8, 42.2)).await;
    let change = r#"{"src":"shellyplusht-b8d6","dst":"shellyplusht-b8d6/events","method":"NotifyStatus","params":{"ts":1680962899.1,"temperature:0":{"id":0,"tC":20.1,"tF":68.2}}}"#;
    check("shellyplusht-b8d6/events/rpc", change, environment("env-5", 20.1, 42.2)).await;
    let component = r#"{"id":0,"tC":20.2,"tF":68.4}"#;
    check("shellyplusht-b8d6/status/temperature:0", component, environment("env-5", 20.2, 42.2)).await;

    let counted = json!({"kind":"occupancy","device":"hall","people":3,"entries_total":8});
    check("counter/gate", r#"{"in":8,"now":4}"#, Some(counted)).await;
    check("zigbee2mqtt/door", r#"{"contact":"ajar"}"#, None).await;
    let health = source_health(&agent, "zigbee");
    let error = health["last_error"].as_str().unwrap();
    assert!(error.starts_with("A device's value for contact"), "{error}");
}

#[tokio::test]
async fn a_retained_contact_is_a_state_and_messages_wait_for_a_killed_agent() {
    let folder = tempfile::tempdir().unwrap();
    let (hub, mut broker) = (Mosquitto::start(folder.path()).await, Broker::start().await);
    let mut collector = Collector::subscribe(hub.port).await;
    broker.publish("zigbee2mqtt/door", r#"{"contact":false}"#, true);
    let mut agent = Agent::new(folder.path(), hub.port, &DEVICES.replace("PORT", &broker.port().to_string()));
    agent.start();
    collector.collect_until("the state", |c| !c.readings(0).is_empty()).await;
    let open = json!({"kind":"door","device":"front","contact":"open"});
    assert_eq!(collector.readings(0), std::slice::from_ref(&open));

    agent.kill();
    for humidity in 1..=20 {
        broker.publish("zigbee2mqtt/hall-sensor", &format!("{{\"humidity\":{humidity}}}"), false);
    }
    agent.start();
    collector
        .collect_until("what came meanwhile", |c| c.readings(0).iter().any(|r| r["humidity_pct"] == 20.0))
        .await;
    for humidity in 1..=20 {
        assert!(collector.readings(0).iter().any(|reading| reading["humidity_pct"] == f64::from(humidity)));
    }
    let events = collector.readings(0).into_iter().filter(|reading| reading.get("event").is_some()).count();
    assert_eq!(events, 0, "a retained message is no event");

    let check = agent.command("check").args(["--json", "--lang", "en"]).output().unwrap();
    let check = String::from_utf8(check.stdout).unwrap();
    assert!(check.contains(r#""trial":"source","subject":"zigbee","ok":true"#), "{check}");
    broker.stop();
    support::until("the source fails", || source_health(&agent, "zigbee")["state"] == "failing").await;
    broker.start_again().await;
    support::until("the source is back", || source_health(&agent, "zigbee")["state"] == "ok").await;
}

#[tokio::test]
async fn a_message_that_says_nothing_is_counted_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let (hub, broker) = (Mosquitto::start(folder.path()).await, Broker::start().await);
    let mut agent = Agent::new(folder.path(), hub.port, &DEVICES.replace("PORT", &broker.port().to_string()));
    agent.start();
    support::until("the source listens", || source_health(&agent, "zigbee")["state"] == "ok").await;
    let mut refused = 0;
    for (payload, expected) in [
        ("{", "A message on zigbee2mqtt/hall-sensor is no JSON."),
        (r#"{"foo":1}"#, "A message on zigbee2mqtt/hall-sensor has nothing that the map points to."),
        ("null", "A message on zigbee2mqtt/hall-sensor has nothing that the map points to."),
        (r#"{"temperature":true}"#, "A device's value for temperature_c"),
    ] {
        broker.publish("zigbee2mqtt/hall-sensor", payload, false);
        refused += 1;
        support::until("it is counted", || source_health(&agent, "zigbee")["refused"] == refused).await;
        let error = source_health(&agent, "zigbee")["last_error"].clone();
        assert!(error.as_str().unwrap().starts_with(expected), "{payload}: {error}");
    }
    assert_eq!(agent.outbox()["refused_total"], refused);
    let outbox = String::from_utf8(agent.command("outbox").output().unwrap().stdout).unwrap();
    assert!(
        outbox.contains("source zigbee (mqtt): ok, 0 readings, 4 refused; last error: A device's"),
        "{outbox}"
    );
}

#[tokio::test]
async fn a_message_that_is_too_large_takes_no_other_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (hub, broker) = (Mosquitto::start(folder.path()).await, Broker::start().await);
    let mut collector = Collector::subscribe(hub.port).await;
    let mut agent = Agent::new(folder.path(), hub.port, &DEVICES.replace("PORT", &broker.port().to_string()));
    agent.start();
    support::until("the source listens", || source_health(&agent, "zigbee")["state"] == "ok").await;
    agent.terminate().await;
    // All of them wait in the session that the broker keeps.
    broker.publish("zigbee2mqtt/hall-sensor", r#"{"temperature":11}"#, false);
    let large = folder.path().join("large");
    std::fs::write(&large, vec![b' '; 300 * 1024]).unwrap();
    let mut command = std::process::Command::new("mosquitto_pub");
    command.args(["-q", "1", "-p", &broker.port().to_string(), "-t", "zigbee2mqtt/hall-sensor", "-f"]);
    assert!(command.arg(&large).status().unwrap().success());
    broker.publish("zigbee2mqtt/hall-sensor", r#"{"temperature":31}"#, false);
    agent.start();
    let told = |c: &Collector, temperature_c: f64| {
        c.readings(0).iter().any(|reading| reading["temperature_c"] == temperature_c)
    };
    collector.collect_until("the one before", |c| told(c, 11.0)).await;
    collector.collect_until("the one after", |c| told(c, 31.0)).await;
    let health = source_health(&agent, "zigbee");
    assert_eq!((&health["state"], &health["refused"]), (&"ok".into(), &1.into()), "{health}");
    assert!(health["last_error"].as_str().unwrap().contains("larger than 256 KiB"), "{health}");
}
