//! Intake against what it leaves in the chunk: the records that the log will hold.

use super::*;
use crate::broker::Options;
use crate::entry::{Entry, What};
use waystation_protocol::{Topic, topic_name};

const NOW: i64 = 1_763_800_000_000;

struct Bench {
    intake: Intake,
    _threads: crate::broker::BrokerThreads,
}

impl Bench {
    fn new() -> Self {
        let metrics = Metrics::new();
        let (broker, threads) = Broker::start(Options::default(), metrics.clone()).expect("broker");
        let ledgers = Arc::new(Ledgers::new([]));
        let done = Arc::new(Done::default());
        Self { intake: Intake::new(Limits::default(), ledgers, broker, metrics, done), _threads: threads }
    }

    /// Takes a payload in and returns what stands in the log for it.
    fn take(&mut self, channel: &str, payload: &str) -> Vec<What> {
        let station = StationId::try_from("jb-001").expect("id");
        let topic = format!("v1/stations/jb-001/{channel}");
        let channel = Topic::parse(&topic).expect("topic").channel;
        assert_eq!(topic, topic_name(&station, channel));
        let payload = payload.as_bytes();
        let message =
            Message { station: &station, channel, topic: &topic, payload, received_ms: NOW, is_will: false };
        let ticket = self.intake.take(&message);
        let Some(chunk) = self.intake.seal() else {
            assert_eq!(ticket, NOTHING_TO_WAIT_FOR, "no record, nothing that could ever be committed");
            return Vec::new();
        };
        assert_eq!(chunk.ticket(), ticket, "the ticket is the one of the chunk that holds the message");
        chunk.records().map(|record| Entry::decode(record).expect("entry").what).collect()
    }

    /// As when the recorder has committed everything that was sealed.
    fn commit(&mut self) {
        if let Some((ticket, _)) = self.intake.waiting.back() {
            self.intake.done.complete(*ticket);
        }
        self.intake.committed();
    }
}

/// What the log holds, in words: `3 good`, or `bad out_of_range temperature_c`.
fn words(records: &[What]) -> Vec<String> {
    let one = |what: &What| match what {
        What::Readings(readings) => format!("{} good", readings.len()),
        What::Batch(place, readings) => {
            format!("batch {}+{} with {} good", place.first_seq, place.count, readings.len())
        }
        What::Quarantined(item) => {
            format!("bad {} {}", item.reason, item.member.as_deref().unwrap_or("-"))
        }
        What::Presence(change) => format!("presence {:?}", change.state),
        What::Result(_) => "result".into(),
    };
    records.iter().map(one).collect()
}

fn check(channel: &str, payload: &str, expected: &[&str]) {
    assert_eq!(words(&Bench::new().take(channel, payload)), expected, "{channel} {payload}");
}

#[test]
fn every_message_leaves_a_record() {
    check("environment", r#"{"device":"e","temperature_c":21}"#, &["1 good"]);
    check("environment", r#"{"device":"e","temperature_c":999}"#, &["bad out_of_range temperature_c"]);
    check(
        "environment",
        r#"[{"device":"e","temperature_c":21},{"device":"e","openid":"x"},{"device":"f","co2_ppm":600}]"#,
        &["2 good", "bad unknown_member openid"],
    );
    check("environment", "rubbish", &["bad not_json -"]);
    check("presence", r#"{"state":"online","agent":"1.2.0"}"#, &["presence Online"]);
    check("presence", r#"{"state":"asleep"}"#, &["bad bad_value state"]);
    check("result", r#"{"id":"c1","ts":1763800000000,"outcome":"done"}"#, &["result"]);
    check("batch", "{}", &["bad bad_batch outbox"]);
}

fn batch(first_seq: u64, devices: &[&str]) -> String {
    let reading = |device: &&str| {
        format!(r#"{{"kind":"environment","ts":{NOW},"device":"{device}","temperature_c":20}}"#)
    };
    let readings: Vec<_> = devices.iter().map(reading).collect();
    format!(r#"{{"outbox":"o1","first_seq":{first_seq},"readings":[{}]}}"#, readings.join(","))
}

#[test]
fn a_repeat_is_dropped_only_once_the_first_copy_is_on_disk() {
    let mut bench = Bench::new();
    let first = batch(1, &["a", "b"]);
    assert_eq!(words(&bench.take("batch", &first)), ["batch 1+2 with 2 good"]);
    // Not committed yet: the second copy is recorded too, else its acknowledgement could outrun the first's commit.
    assert_eq!(words(&bench.take("batch", &first)), ["batch 1+2 with 2 good"]);
    bench.commit();
    assert_eq!(words(&bench.take("batch", &first)), [""; 0]);
    assert_eq!(words(&bench.take("batch", &batch(2, &["b", "c"]))), ["batch 2+2 with 1 good"]);
}

#[test]
fn a_will_is_dated_when_the_connection_broke() {
    let mut bench = Bench::new();
    let station = StationId::try_from("jb-001").expect("id");
    let message = Message {
        station: &station,
        channel: Channel::Presence,
        topic: "v1/stations/jb-001/presence",
        payload: br#"{"state":"offline","ts":1763700000000}"#,
        received_ms: NOW,
        is_will: true,
    };
    bench.intake.take(&message);
    let chunk = bench.intake.seal().expect("chunk");
    let record = chunk.records().next().expect("record");
    let Ok(Entry { what: What::Presence(change), .. }) = Entry::decode(record) else { panic!("presence") };
    assert_eq!(change.ts, NOW);
}
