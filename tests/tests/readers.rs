//! MQTT readers: wildcards, retained presence of every station, shared subscriptions, and payloads that arrive as they
//! were sent, only after they are on disk.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use waystation_tests::hub::Login;
use waystation_tests::mqtt::publish;
use waystation_tests::readings::{batch, environment, in_batch, now_ms, zstd};
use waystation_tests::{Client, Connect, Hub, HubSettings, Packet, Received, Version, until};

fn reader(hub: &Hub, version: Version, client_id: &str) -> Client {
    let login = hub.add_token(&format!("for-{client_id}"), "reader");
    let connect = Connect::new(version, &login).client_id(client_id);
    let known = |client: &mut Option<Client>| {
        let (connected, code) = Client::try_connect(hub.mqtt, &connect);
        *client = (code == Some(0)).then_some(connected);
        client.is_some()
    };
    let mut client = None;
    until("the hub knows the reader", || known(&mut client));
    client.unwrap()
}

/// Publishes and gives what arrives at the reader: channel and payload, `count` of them.
fn check_forwarded(
    station: (&Login, &mut Client),
    reader: &mut Client,
    channel: &str,
    payload: &[u8],
    expected: &[(&str, &[u8])],
) {
    let (login, publisher) = station;
    assert_eq!(publisher.publish_acked(&login.topic(channel), payload), 0);
    for (channel, payload) in expected {
        let message = reader.message();
        assert_eq!((message.topic, message.retain), (login.topic(channel), false));
        let text = String::from_utf8_lossy(&message.payload);
        assert_eq!(message.payload, *payload, "{channel}: {text}");
    }
}

#[test]
fn what_a_reader_gets_of_each_message() {
    let hub = HubSettings::default().start();
    let station = hub.known_station("dx-0001");
    let other = hub.known_station("dx-0002");
    for (index, version) in Version::BOTH.into_iter().enumerate() {
        let mut all = reader(&hub, version, &format!("all-{index}"));
        assert_eq!(all.subscribe("v1/stations/#"), 1);
        let mut publisher = Client::log_in(hub.mqtt, &station, version);
        let mut check = |channel: &str, payload: &[u8], expected: &[(&str, &[u8])]| {
            check_forwarded((&station, &mut publisher), &mut all, channel, payload, expected);
        };
        let now = now_ms();
        // Byte for byte, blanks and order of members included.
        let odd = format!("{{ \"co2_ppm\" : 6.0e2,\"device\":\"env-1\" , \"ts\":{now} }}\n");
        check("environment", odd.as_bytes(), &[("environment", odd.as_bytes())]);
        let array = json!([environment(now, 601), environment(now + 1, 602)]).to_string();
        check("environment", array.as_bytes(), &[("environment", array.as_bytes())]);
        // Of a message with a bad reading, the good ones.
        let mixed = format!("[{{\"device\":\"env-1\",\"phone\":1}},{}]", environment(now, 603));
        let good = format!("{{\"ts\":{now},\"device\":\"env-1\",\"co2_ppm\":603.0}}");
        let publish_mixed = publisher.publish_acked(&station.topic("environment"), mixed.as_bytes());
        assert_eq!(publish_mixed, 0);
        let message = all.message();
        assert_eq!(as_json(&message.payload), as_json(good.as_bytes()));
        // Of a repeat, nothing; of a bad one, nothing: the next message is the one after.
        check_batch(&station, &mut publisher, &mut all, &format!("outbox-{index}"), now);
    }
    // A narrower filter gets no more than it asked for.
    let mut narrow = reader(&hub, Version::V5, "narrow");
    assert_eq!(narrow.subscribe("v1/stations/dx-0002/+"), 1);
    let mut door = reader(&hub, Version::V311, "door");
    assert_eq!(door.subscribe("v1/stations/+/door"), 1);
    let mut first = Client::log_in(hub.mqtt, &station, Version::V5);
    let mut second = Client::log_in(hub.mqtt, &other, Version::V5);
    first.publish_acked(&station.topic("environment"), environment(now_ms(), 604).to_string().as_bytes());
    second.publish_acked(&other.topic("environment"), environment(now_ms(), 605).to_string().as_bytes());
    second.publish_acked(&other.topic("door"), br#"{"device":"front","contact":"open"}"#);
    assert_eq!(narrow.message().topic, other.topic("environment"));
    assert_eq!(narrow.message().topic, other.topic("door"));
    assert_eq!(door.message().topic, other.topic("door"));
    narrow.unsubscribe("v1/stations/dx-0002/+");
    second.publish_acked(&other.topic("door"), br#"{"device":"front","contact":"closed"}"#);
    assert_eq!(door.message().topic, other.topic("door"));
    assert!(narrow.is_alive(), "nothing comes after UNSUBACK");
}

fn as_json(payload: &[u8]) -> Value {
    serde_json::from_slice(payload).unwrap()
}

/// A batch arrives as it came on `batch`, and each reading on the channel of its kind.
fn check_batch(station: &Login, publisher: &mut Client, all: &mut Client, outbox: &str, now: i64) {
    let readings = [
        environment(now, 610),
        json!({ "ts": now, "device": "zone-1", "people": 4 }),
        environment(now + 1, 611),
    ];
    let kinds = ["environment", "occupancy", "environment"];
    let in_batch: Vec<Value> =
        kinds.iter().zip(&readings).map(|(kind, reading)| in_batch(kind, reading)).collect();
    let payload = zstd(batch(outbox, 1, &[], &in_batch).to_string().as_bytes());
    let topic = station.topic("batch");
    assert_eq!(publisher.publish_acked(&topic, &payload), 0);
    let whole = all.message();
    assert_eq!((whole.topic, whole.payload), (topic.clone(), payload.clone()));
    for (kind, reading) in kinds.iter().zip(&readings) {
        let message = all.message();
        assert_eq!(message.topic, station.topic(kind));
        let (received, sent) = (as_json(&message.payload), reading);
        assert_eq!((&received["ts"], &received["device"]), (&sent["ts"], &sent["device"]));
        for member in ["co2_ppm", "people"] {
            assert_eq!(received[member].as_f64(), sent[member].as_f64(), "{received}");
        }
        assert!(received.get("kind").is_none(), "{received}");
    }
    // A repeat is acknowledged and goes no further.
    assert_eq!(publisher.publish_acked(&topic, &payload), 0);
    let last = environment(now + 2, 612).to_string();
    assert_eq!(publisher.publish_acked(&station.topic("environment"), last.as_bytes()), 0);
    assert_eq!(all.message().payload, last.as_bytes());
}

/// rumqttd alone hands a new reader the first 100 to 200 retained messages and no more.
#[test]
fn a_new_reader_gets_the_presence_of_every_station() {
    let mut hub = HubSettings::default().start();
    let logins = hub.import_stations("dx", 300);
    let birth = |login: &Login| format!(r#"{{"state":"online","agent":"{}"}}"#, login.name);
    for login in &logins {
        let mut client = Client::log_in(hub.mqtt, login, Version::V5);
        assert_eq!(client.publish_acked(&login.topic("presence"), birth(login).as_bytes()), 0);
        client.disconnect();
    }
    let names: BTreeSet<String> = logins.iter().map(|login| login.topic("presence")).collect();
    for (version, filter) in [(Version::V311, "v1/stations/+/presence"), (Version::V5, "#")] {
        let mut client = reader(&hub, version, &format!("all-{version:?}"));
        assert_eq!(client.subscribe(filter), 1);
        let mut seen = BTreeSet::new();
        while seen.len() < logins.len() {
            let message = client.message();
            assert!(message.retain && message.payload.starts_with(b"{\"state\":\"online\""), "{message:?}");
            assert!(seen.insert(message.topic), "twice");
        }
        assert_eq!(seen, names);
        assert!(client.is_alive(), "each once");
    }
    let mut one = reader(&hub, Version::V5, "one");
    assert_eq!(one.subscribe("v1/stations/dx-0250/presence"), 1);
    assert_eq!(one.message().topic, logins[250].topic("presence"));
    assert!(one.is_alive());
    // A shared subscription gets no retained messages [MQTT5 4.8.2].
    let mut shared = reader(&hub, Version::V5, "shared");
    assert_eq!(shared.subscribe("$share/g/v1/stations/+/presence"), 1);
    assert!(shared.is_alive());
    // They outlive the hub.
    hub.kill();
    hub.start();
    let mut client = reader(&hub, Version::V5, "after");
    assert_eq!(client.subscribe("v1/stations/+/presence"), 1);
    let seen: BTreeSet<String> = logins.iter().map(|_| client.message().topic).collect();
    assert_eq!(seen, names);
}

#[test]
fn a_shared_subscription_splits_the_messages() {
    const MESSAGES: i64 = 200;
    let hub = HubSettings::default().start();
    let station = hub.known_station("dx-0001");
    let mut workers = [reader(&hub, Version::V5, "one"), reader(&hub, Version::V5, "two")];
    for worker in &mut workers {
        assert_eq!(worker.subscribe("$share/group/v1/stations/+/environment"), 1);
    }
    let mut whole = reader(&hub, Version::V5, "whole");
    assert_eq!(whole.subscribe("v1/stations/+/environment"), 1);
    let mut publisher = Client::log_in(hub.mqtt, &station, Version::V5);
    let start = now_ms() - 60_000;
    for number in 0..MESSAGES {
        let payload = environment(start + number, 600).to_string();
        assert_eq!(publisher.publish_acked(&station.topic("environment"), payload.as_bytes()), 0);
        assert_eq!(whole.message().payload, payload.as_bytes());
    }
    // The hub's end ends both, and everything that they were sent stands before it.
    let counts: Vec<BTreeSet<Vec<u8>>> = workers.iter_mut().map(collect_until_pong).collect();
    assert!(counts.iter().all(|messages| !messages.is_empty()), "one of them got nothing");
    assert!(counts[0].is_disjoint(&counts[1]));
    assert_eq!(counts[0].len() + counts[1].len(), usize::try_from(MESSAGES).unwrap());
}

/// Everything that arrives before the answer to PINGREQ, acknowledged.
fn collect_until_pong(client: &mut Client) -> BTreeSet<Vec<u8>> {
    let mut messages = BTreeSet::new();
    client.ping();
    loop {
        match client.next() {
            Received::Packet(Packet::Publish { payload, id, qos, .. }) => {
                assert_eq!(qos, 1);
                client.ack(id);
                messages.insert(payload);
            }
            Received::Packet(Packet::PingResp) => return messages,
            other => panic!("{other:?}"),
        }
    }
}

/// What is not on disk reaches nobody: a full log holds acknowledgement and readers' copy back alike.
#[test]
fn readers_see_nothing_that_is_not_durable() {
    let mut influxd = waystation_tests::Influxd::start();
    influxd.kill();
    let hub = HubSettings::default().influx(&influxd).set_text("log", "max_bytes", "8MiB").start();
    let filler = hub.known_station("filler");
    let station = hub.known_station("dx-0001");
    let mut watcher = reader(&hub, Version::V5, "watcher");
    assert_eq!(watcher.subscribe("v1/stations/dx-0001/environment"), 1);
    let mut publisher = Client::log_in(hub.mqtt, &filler, Version::V5);
    let junk = vec![b'x'; 60_000];
    let packet = publish(Version::V5, &filler.topic("environment"), &junk, 0, 0);
    let mut stuffing = publisher.stream().try_clone().unwrap();
    std::thread::scope(|scope| {
        // Ends when the hub reads no more from it and is stopped, or when all is taken.
        scope.spawn(|| {
            use std::io::Write;
            (0..2_000).try_for_each(|_| stuffing.write_all(&packet)).ok();
        });
        until("the log is full", || hub.failing().iter().any(|part| part == "log"));
        let mut client = Client::log_in(hub.mqtt, &station, Version::V5);
        let id =
            client.publish(&station.topic("environment"), environment(now_ms(), 600).to_string().as_bytes());
        client.ping();
        assert_eq!(client.packet(), Packet::PingResp);
        assert!(watcher.is_alive(), "it was shown what may still be lost");
        influxd.run();
        assert_eq!(client.packet(), Packet::PubAck { id, code: 0 });
        assert_eq!(watcher.message().topic, station.topic("environment"));
        publisher.ping();
        publisher.stream().shutdown(std::net::Shutdown::Both).ok();
    });
}
