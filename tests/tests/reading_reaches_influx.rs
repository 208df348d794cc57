//! A reading of each kind, published by mosquitto's own client, stands in a real InfluxDB under its contract's names.

use serde_json::{Value, json};
use waystation_tests::hub::Login;
use waystation_tests::influxd::Row;
use waystation_tests::mosquitto;
use waystation_tests::readings::{batch, environment, in_batch, now_ms, zstd};
use waystation_tests::{Hub, HubSettings, Influxd, until, until_some};

/// Publishes one reading of `kind` and compares the row of `measurement` at its time, common columns left out.
struct Checker<'a> {
    hub: &'a Hub,
    influxd: &'a Influxd,
    station: Login,
    ts: i64,
}

impl Checker<'_> {
    fn check(&mut self, kind: &str, members: &Value, expected: &[(&str, Value)]) {
        self.ts += 1;
        let mut reading = json!({ "ts": self.ts, "device": "d-1" });
        reading.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let payload = reading.to_string();
        mosquitto::publish(self.hub.mqtt, &self.station, &self.station.topic(kind), payload.as_bytes(), &[]);
        for (measurement, expected) in expected {
            self.check_row(measurement, expected);
        }
    }

    fn check_row(&self, measurement: &str, expected: &Value) {
        let query = format!("SELECT * FROM {measurement} WHERE time = {}ms", self.ts);
        let mut row: Row = until_some(&query, || self.influxd.rows(&query).pop());
        let common = [("time", json!(self.ts)), ("station", json!("dx-0001")), ("district", json!("大兴区"))];
        for (name, value) in common.into_iter().chain([("device", json!("d-1"))]) {
            assert_eq!(row.remove(name), Some(value), "{measurement}: {name}");
        }
        assert_eq!(Value::from(row), *expected, "{measurement}");
    }
}

#[test]
fn every_kind_as_the_contract_names_it() {
    let influxd = Influxd::start_without_database();
    let mut hub = HubSettings::default().influx(&influxd).prepare();
    waystation_tests::process::run(&mut hub.command(&["influx", "init"]));
    hub.start();
    let station = hub.known_station("dx-0001");
    let mut checker = Checker { hub: &hub, influxd: &influxd, station, ts: now_ms() - 3_600_000 };

    checker.check(
        "door",
        &json!({ "event": "open", "method": "qr", "contact": "open", "lock_battery_pct": 80 }),
        &[(
            "door",
            json!({ "event": "open", "method": "qr", "contact": "open", "lock_battery_pct": 80, "events": 1 }),
        )],
    );
    checker.check(
        "cabinet",
        &json!({ "status": "idle", "temperature_c": 21.5, "smoke": false, "mains_v": 229.8, "slots": [
            { "slot": 3, "state": "ready", "class": "48V", "soc_pct": 97, "cycles": 120, "battery": "BT \"7\", 电" },
        ] }),
        &[
            ("cabinet", json!({ "status": "idle", "temperature_c": 21.5, "smoke": false, "mains_v": 229.8 })),
            (
                "slot",
                json!({ "slot": "3", "state": "ready", "class": "48V", "soc_pct": 97, "cycles": 120,
                    "battery": "BT \"7\", 电" }),
            ),
        ],
    );
    checker.check(
        "swap",
        &json!({ "swap": "s-77", "class": "60V", "result": "ok", "slot_in": 4, "slot_out": 9, "soc_in_pct": 11.5,
            "duration_s": 38 }),
        &[(
            "swap",
            json!({ "swap": "s-77", "class": "60V", "result": "ok", "slot_in": 4, "slot_out": 9,
                "soc_in_pct": 11.5, "duration_s": 38 }),
        )],
    );
    checker.check(
        "occupancy",
        &json!({ "people": 4, "capacity": 10, "entries_total": 1207 }),
        &[("occupancy", json!({ "people": 4, "capacity": 10, "entries_total": 1207 }))],
    );
    checker.check(
        "environment",
        &json!({ "temperature_c": 23.4, "co2_ppm": 612, "noise_dba": null }),
        &[("environment", json!({ "temperature_c": 23.4, "co2_ppm": 612 }))],
    );
    checker.check(
        "amenity",
        &json!({ "amenity": "microwave", "state": "in_use", "uses_total": 51, "power_w": 820.5 }),
        &[(
            "amenity",
            json!({ "amenity": "microwave", "state": "in_use", "uses_total": 51, "power_w": 820.5 }),
        )],
    );
    checker.check(
        "fund",
        &json!({ "sales_total": 12, "fund_total_fen": 123_456_789_012_i64, "breakfasts_total": 3 }),
        &[(
            "fund",
            json!({ "sales_total": 12, "fund_total_fen": 123_456_789_012_i64, "breakfasts_total": 3 }),
        )],
    );
    checker.check(
        "gateway",
        &json!({ "agent": "1.2.0", "uptime_s": 86400, "lost_total": 0, "mains": true, "rssi_dbm": -71 }),
        &[(
            "gateway",
            json!({ "agent": "1.2.0", "uptime_s": 86400, "lost_total": 0, "mains": true, "rssi_dbm": -71 }),
        )],
    );

    let types = [
        ("environment", "co2_ppm", "float"),
        ("occupancy", "entries_total", "integer"),
        ("fund", "fund_total_fen", "integer"),
        ("swap", "duration_s", "float"),
        ("gateway", "mains", "boolean"),
        ("cabinet", "status", "string"),
    ];
    for (measurement, field, expected) in types {
        let rows = influxd.rows(&format!("SHOW FIELD KEYS FROM {measurement}"));
        let found = rows.iter().find(|row| row["fieldKey"] == field);
        assert_eq!(found.map(|row| &row["fieldType"]), Some(&json!(expected)), "{measurement}.{field}");
    }
    for secret in ["battery", "swap"] {
        let rows = influxd.rows("SHOW TAG KEYS");
        assert!(rows.iter().all(|row| row["tagKey"] != secret), "{secret} must not be a tag");
    }
    hub.stop();
}

/// However the readings are wrapped, each becomes a row.
#[test]
fn arrays_batches_and_compressed_batches() {
    let influxd = Influxd::start();
    let hub = HubSettings::default().influx(&influxd).start();
    let station = hub.known_station("dx-0001");
    let start = now_ms() - 3_600_000;
    let mut stored = 0;
    let mut check = |channel: &str, readings: std::ops::Range<i64>, payload: &dyn Fn(&[Value]) -> Vec<u8>| {
        let wanted: Vec<Value> =
            readings.clone().map(|number| environment(start + number, 400 + number)).collect();
        mosquitto::publish(hub.mqtt, &station, &station.topic(channel), &payload(&wanted), &[]);
        stored += wanted.len() as u64;
        until("all readings are rows", || influxd.number("SELECT count(co2_ppm) FROM environment") == stored);
    };
    let of_kind = |readings: &[Value]| -> Vec<Value> {
        readings.iter().map(|reading| in_batch("environment", reading)).collect()
    };
    let as_batch = |outbox: &str, first_seq, readings: &[Value]| {
        batch(outbox, first_seq, &[], &of_kind(readings)).to_string().into_bytes()
    };
    check("environment", 0..1, &|readings| readings[0].to_string().into_bytes());
    check("environment", 10..30, &|readings| json!(readings).to_string().into_bytes());
    check("batch", 40..140, &|readings| as_batch("plain", 1, readings));
    check("batch", 200..1200, &|readings| zstd(&as_batch("packed", 1, readings)));
}

/// A device without a clock: its reading is stamped when it arrives.
#[test]
fn a_reading_without_a_time_is_stamped_on_receipt() {
    let influxd = Influxd::start();
    let hub = HubSettings::default().influx(&influxd).start();
    let station = hub.known_station("dx-0001");
    let before = now_ms();
    let payload = br#"{"device":"env-1","temperature_c":20}"#;
    mosquitto::publish(hub.mqtt, &station, &station.topic("environment"), payload, &[]);
    let after = now_ms();
    let row = until_some("the row", || influxd.rows("SELECT temperature_c FROM environment").pop());
    let time = row["time"].as_i64().unwrap();
    assert!((before..=after).contains(&time), "{before} {time} {after}");
}
