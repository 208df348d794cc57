//! What an outbox delivers: repeats are acknowledged and dropped, gaps are named, and what the agent dropped is told
//! from what is missing without a word; all of it also after kill -9.

use serde_json::{Value, json};
use waystation_tests::hub::Login;
use waystation_tests::readings::{batch, environment, in_batch, now_ms};
use waystation_tests::{Client, Hub, HubSettings, Influxd, Version, until};

const OUTBOX: &str = "4b2f9a60-1f3e-4a52-9f1e-6f1c1b9c0d11";

struct Outbox {
    hub: Hub,
    station: Login,
    start: i64,
}

impl Outbox {
    /// Publishes the readings of these sequence numbers as one batch.
    fn publish(&self, seqs: std::ops::RangeInclusive<u64>, lost: &[(u64, u64)]) {
        let mut client = Client::log_in(self.hub.mqtt, &self.station, Version::V5);
        let readings: Vec<Value> = seqs.clone().map(|seq| self.reading(seq)).collect();
        let payload = batch(OUTBOX, *seqs.start(), lost, &readings).to_string();
        assert_eq!(client.publish_acked(&self.station.topic("batch"), payload.as_bytes()), 0);
    }

    fn reading(&self, seq: u64) -> Value {
        let number = i64::try_from(seq).unwrap();
        in_batch("environment", &environment(self.start + number, 400 + number))
    }

    fn check(&self, expected: &Value) {
        let members = expected.as_object().unwrap();
        self.hub.ledger_once(&self.station, |ledger| {
            let good = members.iter().all(|(member, value)| ledger[member] == *value);
            if !good {
                eprintln!("not yet: {ledger}");
            }
            good
        });
    }

    fn duplicates(&self) -> f64 {
        self.hub.metric("waystation_readings_duplicate_total", "")
    }
}

#[test]
fn repeats_gaps_and_losses() {
    let influxd = Influxd::start();
    let hub = HubSettings::default().influx(&influxd).start();
    let station = hub.known_station("dx-0001");
    let mut outbox = Outbox { hub, station, start: now_ms() - 3_600_000 };

    outbox.publish(4711..=4720, &[]);
    outbox.check(&json!({ "outbox": OUTBOX, "durable_up_to": 4720, "received": 10, "gaps": [] }));
    assert_eq!(outbox.duplicates(), 0.0);
    outbox.publish(4711..=4720, &[]);
    outbox.publish(4716..=4725, &[]);
    assert_eq!(outbox.duplicates(), 15.0);
    outbox.check(&json!({ "durable_up_to": 4725, "received": 15, "missing_total": 0, "dropped_total": 0 }));

    // A gap without a word, and one that the agent owns up to.
    outbox.publish(4730..=4739, &[]);
    outbox.check(&json!({ "durable_up_to": 4725, "gaps": [[4726, 4729]], "missing_total": 4 }));
    outbox.publish(4750..=4759, &[(4740, 4749)]);
    let expected = json!({ "durable_up_to": 4725, "gaps": [[4726, 4729]], "missing_total": 4,
        "dropped": [[4740, 4749]], "dropped_total": 10, "received": 35 });
    outbox.check(&expected);
    until("the losses are counted", || {
        let lost = |cause| outbox.hub.metric("waystation_readings_lost_total", cause);
        lost("dropped") == 10.0 && lost("missing") == 4.0
    });

    // The same after a crash, and a repeat from before it is still known as one.
    outbox.hub.kill();
    outbox.hub.start();
    outbox.check(&expected);
    outbox.publish(4711..=4739, &[]);
    assert_eq!(outbox.duplicates(), 25.0);
    outbox.check(&json!({ "durable_up_to": 4759, "gaps": [], "missing_total": 0, "received": 39 }));
    // What was given up for lost turns up: it counts as received.
    outbox.publish(4745..=4749, &[]);
    outbox.check(&json!({ "dropped": [[4740, 4744]], "dropped_total": 5, "received": 44 }));
    until("every reading is stored once", || influxd.number("SELECT count(co2_ppm) FROM environment") == 44);

    // Another disk is another outbox; the first one is not forgotten.
    let other = batch("new-disk", 1, &[], &[outbox.reading(5000)]).to_string();
    let mut client = Client::log_in(outbox.hub.mqtt, &outbox.station, Version::V311);
    assert_eq!(client.publish_acked(&outbox.station.topic("batch"), other.as_bytes()), 0);
    until("both outboxes are listed", || outbox.hub.items("/api/v1/ledger?station=dx-0001").len() == 2);
}

/// Without an outbox it is the store that knows a repeat: the same station, device and time overwrite.
#[test]
fn a_reading_without_an_outbox_overwrites_itself() {
    let influxd = Influxd::start();
    let hub = HubSettings::default().influx(&influxd).start();
    let station = hub.known_station("dx-0001");
    let mut client = Client::log_in(hub.mqtt, &station, Version::V5);
    let ts = now_ms();
    for value in [500, 500, 501] {
        let payload = environment(ts, value).to_string();
        assert_eq!(client.publish_acked(&station.topic("environment"), payload.as_bytes()), 0);
    }
    until("the last one stands there", || {
        let rows = influxd.rows("SELECT co2_ppm FROM environment");
        rows.len() == 1 && rows[0]["co2_ppm"] == 501
    });
}

/// Every publish is answered, also one that leaves nothing to store, and without another one to push it out.
#[test]
fn a_message_with_nothing_new_is_acknowledged_alone() {
    let hub = HubSettings::default().start();
    let station = hub.known_station("dx-0001");
    let reading = in_batch("environment", &environment(now_ms(), 500));
    let whole = batch(OUTBOX, 1, &[], std::slice::from_ref(&reading)).to_string();
    let only_lost = batch(OUTBOX, 2, &[(5, 9)], &[]).to_string();
    let nothing = batch(OUTBOX, 2, &[], &[]).to_string();
    for version in Version::BOTH {
        for (channel, payload) in [
            ("batch", whole.as_str()),
            ("batch", &whole),
            ("batch", &only_lost),
            ("batch", &only_lost),
            ("batch", &nothing),
            ("environment", "[]"),
        ] {
            let mut client = Client::log_in(hub.mqtt, &station, version);
            assert_eq!(client.publish_acked(&station.topic(channel), payload.as_bytes()), 0, "{payload}");
        }
    }
}
