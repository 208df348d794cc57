//! What InfluxDB refuses costs that line alone, and an outage costs nothing.

use serde_json::json;
use waystation_tests::load::{Style, check_stored};
use waystation_tests::readings::{environment, now_ms};
use waystation_tests::{Client, HubSettings, Influxd, Load, Version, until, until_some};

#[test]
fn a_type_conflict_costs_that_line_alone() {
    let influxd = Influxd::start();
    let hub = HubSettings::default().influx(&influxd).start();
    let station = hub.known_station("dx-0001");
    let start = now_ms() - 60_000;
    // Somebody else wrote text where the contract has numbers.
    influxd.write(&format!("environment,station=other tvoc_mgm3=\"much\" {start}"));

    let mut client = Client::log_in(hub.mqtt, &station, Version::V5);
    let topic = station.topic("environment");
    for number in 0..50 {
        let mut reading = environment(start + number, 600 + number);
        if number == 20 {
            reading["tvoc_mgm3"] = json!(0.25);
        }
        assert_eq!(client.publish_acked(&topic, reading.to_string().as_bytes()), 0);
    }
    let count = "SELECT count(co2_ppm) FROM environment WHERE station = 'dx-0001'";
    until("the good lines are stored", || influxd.number(count) == 49);
    let item = until_some("the quarantine shows the line", || hub.items("/api/v1/quarantine").pop());
    assert_eq!((&item["station"], &item["reason"]), (&json!("dx-0001"), &json!("influx_refused")));
    assert!(item["payload"].as_str().unwrap().contains("tvoc_mgm3=0.25"), "{item}");
    assert_eq!(hub.items("/api/v1/quarantine").len(), 1);
    assert!(hub.metric("waystation_influx_errors_total", "") >= 1.0);
}

#[test]
fn a_backlog_arrives_when_influxdb_returns() {
    let mut influxd = Influxd::start();
    let mut hub = HubSettings::default().influx(&influxd).start();
    let logins = hub.import_stations("dx", 4);
    let styles = [
        Style::Single { version: Version::V5, window: 50 },
        Style::Batch { version: Version::V311, window: 2, readings: 50, zstd: true },
    ];
    let load = Load::start(hub.mqtt, &logins, &styles);
    for _ in 0..2 {
        load.wait_acknowledged(500);
        influxd.kill();
        // The outage is noticed, and stations do not notice it.
        until("the hub notices", || hub.metric("waystation_influx_up", "") == 0.0);
        load.wait_acknowledged(2_000);
        influxd.run();
        until("the hub notices", || hub.metric("waystation_influx_up", "") == 1.0);
    }
    let sent = load.finish();
    check_stored(&influxd, &sent);
    until("nothing waits", || hub.metric("waystation_log_unsent_bytes", "") == 0.0);
    hub.stop();
}
