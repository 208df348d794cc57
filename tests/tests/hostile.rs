//! Silent and hostile connections hurt nobody else: while all of them still hold their sockets, an honest station
//! connects, publishes and is acknowledged.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use waystation_tests::certs::Authority;
use waystation_tests::hub::Login;
use waystation_tests::mqtt::{remaining_length, text};
use waystation_tests::readings::{environment, now_ms};
use waystation_tests::{Client, Connect, Hub, HubSettings, Random, Version, until};

/// The longest that there is: no hostile socket is gone before the honest station was served.
const CONNECT_TIMEOUT_S: u64 = 300;

fn start() -> Hub {
    let folder = tempfile::tempdir().unwrap();
    let server = Authority::new(folder.path()).issue("localhost");
    let settings = HubSettings::default()
        .set("mqtt", "connect_timeout_s", CONNECT_TIMEOUT_S)
        .set_text("mqtt", "tls_listen", waystation_tests::ports::free_address())
        .set_text("mqtt.tls", "cert", server.cert.display())
        .set_text("mqtt.tls", "key", server.key.display());
    let data_dir = folder.path().join("data");
    let mut hub = settings.prepare_in(folder, &data_dir);
    hub.start();
    hub
}

/// Connects, publishes and is acknowledged; prints how long that took.
fn check_honest(hub: &mut Hub, station: &Login, beside: &str) {
    let started = Instant::now();
    for version in Version::BOTH {
        let mut client = Client::log_in(hub.mqtt, station, version);
        let reading = environment(now_ms(), 700).to_string();
        assert_eq!(client.publish_acked(&station.topic("environment"), reading.as_bytes()), 0);
    }
    eprintln!("beside {beside}: two logins and two PUBACKs in {:?}", started.elapsed());
    hub.assert_running();
}

fn say(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("the hub accepts");
    // The hub may have closed it by the second write, which is its right.
    stream.write_all(bytes).ok();
    stream
}

#[test]
fn three_hundred_silent_and_hostile_sockets() {
    let mut hub = start();
    let station = hub.known_station("dx-0001");
    let mut random = Random::from_environment();
    let tls = tls_address(&hub);
    let huge_length = [&[0x10][..], &[0xFF, 0xFF, 0xFF, 0x7F]].concat();
    let connect = Connect::new(Version::V5, &station).bytes();
    let mut held = Vec::new();
    for number in 0..300 {
        held.push(match number % 10 {
            0 | 1 => say(hub.mqtt, b""),
            2 => say(tls, b""),
            // The first bytes of a ClientHello, and never the rest.
            3 => say(tls, &[0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC]),
            4 => say(tls, &random.bytes(600)),
            5 => say(hub.mqtt, &huge_length),
            6 => say(hub.mqtt, &random.bytes(600)),
            7 => say(hub.mqtt, &connect[..connect.len() - 3]),
            8 => say(hub.mqtt, &[0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
            _ => say(hub.mqtt, b"GET / HTTP/1.1\r\nHost: hub\r\n\r\n"),
        });
    }
    check_honest(&mut hub, &station, "300 silent and hostile sockets");
    drop(held);
    check_honest(&mut hub, &station, "their end");
}

fn tls_address(hub: &Hub) -> SocketAddr {
    let text = std::fs::read_to_string(hub.config()).unwrap();
    let line = text.lines().find(|line| line.starts_with("tls_listen")).unwrap();
    line.split('"').nth(1).unwrap().parse().unwrap()
}

/// What rumqttd's accept thread panicked on.
#[test]
fn strange_client_ids() {
    let mut hub = start();
    let station = hub.known_station("dx-0001");
    let reader = hub.add_token("node-red", "reader");
    until("the hub knows the reader", || {
        Client::try_connect(hub.mqtt, &Connect::new(Version::V5, &reader)).1 == Some(0)
    });
    let long = "x".repeat(60_000);
    for client_id in ["a/b", "/", "#", "+", "$share/x/#", "中文", "\u{1}", " ", &long] {
        for version in Version::BOTH {
            let refusal = Some(version.code(2, 0x85));
            let connect = Connect::new(version, &station).client_id(client_id);
            let (mut client, code) = Client::try_connect(hub.mqtt, &connect);
            assert!(code == refusal || code.is_none(), "{client_id:?}: {code:?}");
            assert_eq!(client.closed(), None);
            let (mut client, code) =
                Client::try_connect(hub.mqtt, &Connect::new(version, &reader).client_id(client_id));
            if code == Some(0) {
                client.subscribe("v1/#");
            }
        }
    }
    check_honest(&mut hub, &station, "strange client ids");
}

/// Packets that only a server sends, reserved types, and broken bodies, after a good login.
#[test]
fn hostile_packets_of_a_known_station_end_its_own_connection_only() {
    let mut hub = start();
    let station = hub.known_station("dx-0001");
    let mut honest = Client::log_in(hub.mqtt, &hub.known_station("honest"), Version::V5);
    let topic = station.topic("environment");
    let bodies: Vec<Vec<u8>> = vec![
        vec![0x00, 0x00],
        vec![0x20, 0x02, 0x00, 0x00],
        vec![0x20, 0x03, 0x00, 0x00, 0x00],
        vec![0x90, 0x03, 0x00, 0x01, 0x00],
        vec![0xB0, 0x02, 0x00, 0x01],
        vec![0xA2, 0x02, 0x00, 0x01],
        vec![0xD0, 0x00],
        vec![0xF0, 0x00],
        // A second CONNECT.
        Connect::new(Version::V5, &station).bytes(),
        // QoS 3, a wildcard in a topic, a packet id of 0, a topic longer than its packet.
        [&[0x36][..], &remaining_length(topic.len() + 4), &text(&topic), &[0, 1]].concat(),
        [&[0x32, 8][..], &text("v1/#"), &[0, 1]].concat(),
        [&[0x32][..], &remaining_length(topic.len() + 5), &text(&topic), &[0, 0, 0]].concat(),
        vec![0x32, 0x04, 0xFF, 0xFF, 0x00, 0x01],
        // Not UTF-8.
        vec![0x30, 0x05, 0x00, 0x02, 0xFF, 0xFE, 0x00],
        // SUBSCRIBE without a filter, with bad flags.
        vec![0x82, 0x02, 0x00, 0x01],
        vec![0x80, 0x05, 0x00, 0x01, 0x00, 0x00, 0x00],
        vec![0xC0, 0xFF, 0xFF, 0xFF, 0xFF],
        vec![0x3F, 0xFF, 0xFF, 0xFF, 0x7F],
    ];
    for version in Version::BOTH {
        for bytes in &bodies {
            let mut client = Client::log_in(hub.mqtt, &station, version);
            client.send(bytes);
            client.closed();
            assert!(honest.is_alive(), "{version:?} {bytes:02x?}");
        }
    }
    let mut random = Random::from_environment();
    for round in 0..200 {
        let mut client = Client::log_in(hub.mqtt, &station, Version::BOTH[round % 2]);
        let mut bytes = random.bytes(64);
        // Lengths that fit, so that it is the body that is looked at.
        bytes[1] = 62;
        client.send(&bytes);
        client.cut();
    }
    assert!(honest.is_alive());
    check_honest(&mut hub, &station, "hostile packets");
}

/// A station that sends and never reads: its acknowledgements pile up for it alone.
#[test]
fn a_station_that_never_reads_its_acknowledgements() {
    let mut hub = start();
    let deaf = hub.known_station("deaf");
    let station = hub.known_station("dx-0001");
    let client = Client::log_in(hub.mqtt, &deaf, Version::V311);
    let packet = waystation_tests::mqtt::publish(Version::V311, &deaf.topic("fund"), b"not json", 1, 1);
    let burst = packet.repeat(2_000);
    let mut stream = client.stream().try_clone().unwrap();
    stream.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
    // Until the hub reads no more, or has taken 100 MB and sent what answers it into a full socket.
    let mut sent = 0;
    while sent < 100 << 20 && stream.write_all(&burst).is_ok() {
        sent += burst.len();
    }
    check_honest(&mut hub, &station, "a deaf station");
    // It was held back, not cut off: what it owes itself comes once it reads.
    let mut answer = [0; 4];
    stream.set_read_timeout(Some(waystation_tests::PATIENCE)).unwrap();
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(answer, [0x40, 2, 0, 1]);
}
