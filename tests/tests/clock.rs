//! The hub tells stations the time.

use serde_json::Value;
use waystation_tests::readings::now_ms;
use waystation_tests::{Agent, Client, HubSettings, Version, until_some};

#[test]
fn a_station_that_listens_is_told_the_time() {
    let hub = HubSettings::default().start();
    let station = hub.known_station("dx-0001");
    for version in Version::BOTH {
        let mut client = Client::log_in(hub.mqtt, &station, version);
        let topic = station.topic("time");
        assert_eq!(client.publish_acked(&topic, br#"{"t":1}"#), 0, "taken, and not answered");
        assert_eq!(client.subscribe(&topic), 1);
        let before = now_ms();
        assert_eq!(client.publish_acked(&topic, br#"{"t":"x"}"#), 0, "no question");
        client.publish(&topic, br#"{"t":-81}"#);
        let message = client.message();
        assert_eq!((message.topic, message.qos, message.retain), (topic, 0, false));
        let answer: Value = serde_json::from_slice(&message.payload).expect("JSON");
        assert_eq!(answer["t"], -81);
        assert!((before..=now_ms()).contains(&answer["hub"].as_i64().expect("a time")), "{answer}");
        client.disconnect();
    }
    assert_eq!(hub.metric("waystation_mqtt_time_answers_total", ""), 2.0);
    assert_eq!(hub.metric("waystation_mqtt_refusals_total", "reason=\"time\""), 2.0);
    assert!(hub.items("/api/v1/quarantine").is_empty(), "and nothing of it was kept");
}

#[test]
fn the_agent_knows_how_far_its_clock_is_off() {
    let hub = HubSettings::default().start();
    let station = hub.known_station("dx-0001");
    let mut agent = Agent::prepare(&station, hub.mqtt);
    agent.set("gateway", "interval_s", 1);
    agent.start();
    let offset_ms = until_some("a reading with the offset", || {
        let station = hub.get("/api/v1/stations/dx-0001").json();
        station["latest"]["gateway"]["gateway"]["clock_offset_ms"].as_i64()
    });
    assert!(offset_ms.abs() < 5_000, "{offset_ms}");
}
