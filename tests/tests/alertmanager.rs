//! Alerts of a real hub in a real Alertmanager: they appear, are grouped, and resolve; an outage and kill -9 lose none.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use waystation_tests::hub::Login;
use waystation_tests::readings::{environment, now_ms};
use waystation_tests::{Alertmanager, Client, Hub, HubSettings, Version, until};

/// Stations are missed within seconds, and each has an alert of its own.
fn settings(alertmanager: &Alertmanager) -> HubSettings {
    HubSettings::default()
        .set("presence", "warn_after_s", 2)
        .set("presence", "offline_after_s", 4)
        .set("alerts", "group_window_s", 0)
        .set_text("alerts.channels.am", "kind", "alertmanager")
        .set_text("alerts.channels.am", "url", alertmanager.url())
        .set_text("alerts.channels.am", "min_severity", "info")
}

/// One contact of each, after which they are silent.
fn contact(hub: &Hub, stations: &[Login]) {
    for station in stations {
        let mut client = Client::log_in(hub.mqtt, station, Version::V5);
        let reading = environment(now_ms(), 600).to_string();
        assert_eq!(client.publish_acked(&station.topic("environment"), reading.as_bytes()), 0);
    }
}

/// The label of each alert that is critical by now.
fn critical(alerts: &[Value], label: &str) -> BTreeSet<String> {
    let critical = alerts.iter().filter(|alert| alert["labels"]["severity"] == "critical");
    critical.map(|alert| alert["labels"][label].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn alerts_appear_are_grouped_and_resolve() {
    let alertmanager = Alertmanager::start();
    let mut hub = settings(&alertmanager).start();
    let stations = hub.import_stations("dx", 3);
    let names: BTreeSet<String> = stations.iter().map(|station| station.name.clone()).collect();
    contact(&hub, &stations);
    until("all three are missed", || critical(&alertmanager.firing("offline"), "station") == names);
    let firing = alertmanager.firing("offline");
    let alert = firing.iter().find(|alert| alert["labels"]["station"] == "dx-0001").unwrap();
    assert_eq!(alert["labels"]["district"], "大兴区");
    assert!(alert["annotations"]["summary"].as_str().unwrap().contains("dx-0001"), "{alert}");
    assert!(!alert["annotations"]["advice_en"].as_str().unwrap().is_empty(), "{alert}");

    let labels = json!({ "alertname": "offline", "district": "大兴区" });
    until("they are one group", || {
        let groups = alertmanager.groups();
        let group = groups.iter().find(|group| group["labels"] == labels);
        group.is_some_and(|group| critical(group["alerts"].as_array().unwrap(), "station") == names)
    });

    until("all three are back, and Alertmanager knows", || {
        contact(&hub, &stations);
        alertmanager.firing("offline").is_empty()
    });
    assert!(hub.metric("waystation_alert_notifications_total", "channel=\"am\",result=\"delivered\"") >= 6.0);
    hub.stop();
}

#[test]
fn an_alert_waits_for_its_channel_through_kill_9() {
    let mut alertmanager = Alertmanager::prepare();
    let mut hub = settings(&alertmanager).start();
    let station = hub.known_station("dx-0001");
    contact(&hub, std::slice::from_ref(&station));
    let failed = "channel=\"am\",result=\"failed\"";
    until("the channel is tried in vain", || {
        hub.metric("waystation_alert_notifications_total", failed) > 0.0
    });
    hub.kill();
    hub.start();
    alertmanager.run();
    until("the alert arrives", || !alertmanager.firing("offline").is_empty());
    hub.stop();
}

#[test]
fn check_tries_the_channels() {
    let alertmanager = Alertmanager::start();
    let hub = settings(&alertmanager)
        .set_text("alerts.channels.gone", "kind", "webhook")
        .set_text("alerts.channels.gone", "url", "http://127.0.0.1:1/hook")
        .prepare();
    let check = |arguments: &[&str]| {
        let output = hub.command(arguments).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        let outcome = |key: &str| {
            let items = report["items"].as_array().unwrap();
            let item =
                items.iter().find(|item| item["key"] == key).unwrap_or_else(|| panic!("{key} in {report}"));
            item["outcome"].as_str().unwrap().to_owned()
        };
        [outcome("alerts.channels.am"), outcome("alerts.channels.gone")]
    };
    assert_eq!(check(&["check", "--json"]), ["ok", "failed"]);
    assert!(alertmanager.firing("waystation_test").is_empty(), "nobody is told by a check alone");
    assert_eq!(check(&["check", "--json", "--send"]), ["ok", "failed"]);
    assert_eq!(alertmanager.firing("waystation_test").len(), 1);
}
