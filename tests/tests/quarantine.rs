//! What cannot be understood is acknowledged, set aside with the member's name, and costs no other reading.

use serde_json::{Value, json};
use waystation_tests::hub::Login;
use waystation_tests::readings::{batch, now_ms};
use waystation_tests::{Client, Hub, HubSettings, Influxd, Version, until, until_some};

/// A value that must not come up in any log.
const SECRET: &str = "ZhangSan13800138000";

struct Checker<'a> {
    hub: &'a Hub,
    client: Client,
    station: Login,
    items: usize,
}

impl Checker<'_> {
    /// Publishes, and expects one more item with this reason and member.
    fn check(&mut self, channel: &str, payload: &[u8], reason: &str, member: Option<&str>) {
        assert_eq!(self.client.publish_acked(&self.station.topic(channel), payload), 0);
        self.items += 1;
        let path = format!("/api/v1/quarantine?station={}", self.station.name);
        let item = until_some("one more item", || {
            let items = self.hub.items(&path);
            (items.len() == self.items).then(|| items[0].clone())
        });
        let expected = (json!(channel), json!(reason), json!(member));
        assert_eq!(
            (item["channel"].clone(), item["reason"].clone(), item["member"].clone()),
            expected,
            "{item}"
        );
        assert!(["zh", "en"].iter().all(|language| item["text"][language].is_string()), "{item}");
    }

    fn check_reading(&mut self, channel: &str, members: &Value, reason: &str, member: Option<&str>) {
        let mut reading = json!({ "ts": now_ms(), "device": "env-1" });
        reading.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        self.check(channel, reading.to_string().as_bytes(), reason, member);
    }
}

#[test]
fn bad_readings_are_set_aside_and_good_ones_stored() {
    let influxd = Influxd::start();
    let mut hub = HubSettings::default().influx(&influxd).start();
    let station = hub.known_station("dx-0001");
    let client = Client::log_in(hub.mqtt, &station, Version::V5);
    let mut checker = Checker { hub: &hub, client, station: station.clone(), items: 0 };
    let now = now_ms();

    checker.check("door", b"\xff\xfe", "not_utf8", None);
    checker.check("door", b"{\"ts\":", "not_json", None);
    checker.check("environment", b"[1]", "not_an_object", None);
    checker.check_reading("environment", &json!({ "phone": SECRET }), "unknown_member", Some("phone"));
    checker.check_reading("environment", &json!({ "co2_ppm": SECRET }), "wrong_type", Some("co2_ppm"));
    checker.check_reading("environment", &json!({ "co2_ppm": 10_001 }), "out_of_range", Some("co2_ppm"));
    checker.check_reading("door", &json!({ "event": SECRET }), "bad_value", Some("event"));
    checker.check_reading("environment", &json!({}), "no_measurement", None);
    checker.check("environment", b"{\"co2_ppm\":500}", "missing_member", Some("device"));
    let at = |ts: i64| json!({ "ts": ts, "co2_ppm": 500 });
    checker.check_reading("environment", &at(now + 3_600_000), "future_time", Some("ts"));
    checker.check_reading("environment", &at(now - 8 * 86_400_000), "too_old", Some("ts"));
    checker.check("batch", b"{\"outbox\":\"o\",\"readings\":[]}", "bad_batch", Some("first_seq"));
    checker.check("batch", b"\x28\xb5\x2f\xfdnonsense", "bad_compression", None);

    // Within an array and a batch, only the bad one is set aside.
    let mixed = json!([
        { "ts": now, "device": "env-1", "co2_ppm": 600 },
        { "ts": now, "device": "env-2", "co2_ppm": -1 },
        { "ts": now, "device": "env-3", "co2_ppm": 602 },
    ]);
    checker.check("environment", mixed.to_string().as_bytes(), "out_of_range", Some("co2_ppm"));
    let readings = [
        json!({ "kind": "environment", "ts": now, "device": "env-4", "co2_ppm": 603 }),
        json!({ "kind": "window", "ts": now, "device": "env-5", "co2_ppm": 604 }),
        json!({ "kind": "occupancy", "ts": now, "device": "zone-1", "people": 3 }),
    ];
    let mixed = batch("outbox-1", 1, &[], &readings);
    checker.check("batch", mixed.to_string().as_bytes(), "unknown_kind", Some("kind"));
    until("the good ones are stored", || {
        influxd.number("SELECT count(co2_ppm) FROM environment") == 3
            && influxd.number("SELECT count(people) FROM occupancy") == 1
    });
    hub.ledger_once(&station, |ledger| ledger["durable_up_to"] == 3);

    let shown = hub.items("/api/v1/quarantine").len();
    hub.kill();
    hub.start();
    assert_eq!(hub.items("/api/v1/quarantine").len(), shown);
    assert!(hub.metric("waystation_readings_quarantined_total", "") >= 0.0);
    hub.stop();
    assert!(!hub.log().contains(SECRET), "a value stands in the log");
}

/// The log names what was wrong, for who is looking for it, and never what was said.
#[test]
fn the_log_names_the_member_and_never_its_value() {
    let mut hub = HubSettings::default().prepare();
    hub.start_logging("waystation_hub=debug");
    let station = hub.known_station("dx-0001");
    let mut client = Client::log_in(hub.mqtt, &station, Version::V311);
    let payload = json!({ "ts": now_ms(), "device": "env-1", "id_card": SECRET, "co2_ppm": 500 });
    client.publish_acked(&station.topic("environment"), payload.to_string().as_bytes());
    until("the log names the member", || hub.log().contains("id_card"));
    assert!(!hub.log().contains(SECRET));
}
