//! Who is let in, what each may do, and what a refusal looks like in both versions.

use serde_json::json;
use waystation_tests::hub::Login;
use waystation_tests::mqtt::{publish, remaining_length, subscribe, text};
use waystation_tests::readings::{environment, now_ms, topic};
use waystation_tests::{Client, Connect, Hub, HubSettings, Packet, Version, until};

fn reading() -> Vec<u8> {
    environment(now_ms(), 600).to_string().into_bytes()
}

/// CONNACK with this code, then the end of the connection.
fn check_refused(hub: &Hub, connect: &Connect, code: u8) {
    let (mut client, refusal) = Client::try_connect(hub.mqtt, connect);
    assert_eq!(refusal, Some(code), "{connect:?}");
    assert_eq!(client.closed(), None);
}

/// A reader or service that the hub knows by now.
fn known_token(hub: &Hub, name: &str, role: &str) -> Login {
    let login = hub.add_token(name, role);
    until("the hub knows the token", || {
        Client::try_connect(hub.mqtt, &Connect::new(Version::V5, &login)).1 == Some(0)
    });
    login
}

#[test]
fn refusals_at_the_door() {
    let hub = HubSettings::default().start();
    let station = hub.known_station("dx-0001");
    let other = hub.known_station("dx-0002");
    let reader = known_token(&hub, "node-red", "reader");
    for version in Version::BOTH {
        let not_authorized = version.code(5, 0x87);
        let bad_client_id = version.code(2, 0x85);
        let connect = |login: &Login| Connect::new(version, login);
        check_refused(&hub, &connect(&station).password("wst_0000"), not_authorized);
        check_refused(&hub, &connect(&station).user("nobody").client_id("nobody"), not_authorized);
        check_refused(&hub, &connect(&other).password(&station.token), not_authorized);
        check_refused(&hub, &Connect { user: None, password: None, ..connect(&station) }, not_authorized);
        for client_id in ["dx-0002", "dx-00012", "dx-0001.", "dx-0001/x", "x"] {
            check_refused(&hub, &connect(&station).client_id(client_id), bad_client_id);
        }
        let presence = other.topic("presence");
        check_refused(&hub, &connect(&station).will(&presence, "{}"), not_authorized);
        check_refused(&hub, &connect(&station).will("anything", "{}"), not_authorized);
        check_refused(&hub, &connect(&reader).will(&presence, "{}"), not_authorized);
        for client_id in ["dx-0001", "dx-0001.modem"] {
            Client::connect(hub.mqtt, &connect(&station).client_id(client_id)).disconnect();
        }
    }
    assert!(hub.metric("waystation_mqtt_refusals_total", "credentials") >= 8.0);
    assert!(hub.metric("waystation_mqtt_refusals_total", "client_id") >= 10.0);
}

#[test]
fn readers_without_a_client_id_are_given_one() {
    let hub = HubSettings::default().start();
    let station = hub.known_station("dx-0001");
    let reader = known_token(&hub, "node-red", "reader");
    for version in Version::BOTH {
        check_refused(&hub, &Connect::new(version, &station).client_id(""), version.code(2, 0x85));
        let mut first = Client::connect(hub.mqtt, &Connect::new(version, &reader).client_id(""));
        let mut second = Client::connect(hub.mqtt, &Connect::new(version, &reader).client_id(""));
        assert!(first.is_alive() && second.is_alive(), "they must not take each other over");
    }
    let mut client = Client::open(hub.mqtt, Version::V5).unwrap();
    client.send(&Connect::new(Version::V5, &reader).client_id("").bytes());
    let Packet::ConnAck { code: 0, properties, .. } = client.packet() else { panic!("no welcome") };
    assert!(properties.contains(&0x12), "no Assigned Client Identifier in {properties:02x?}");
}

/// 5.0 is told 0x87 and stays connected; 3.1.1 has no word for it and is disconnected. Nothing is stored.
#[test]
fn refused_publishes() {
    let hub = HubSettings::default().start();
    let station = hub.known_station("dx-0001");
    hub.known_station("dx-0002");
    let reader = known_token(&hub, "node-red", "reader");
    let cases = [
        (&station, topic("dx-0002", "environment")),
        (&station, topic("dx-0001", "window")),
        (&station, topic("dx-0001", "command")),
        (&station, "v1/stations/dx-0001".to_owned()),
        (&station, "anything".to_owned()),
        (&station, "$SYS/broker".to_owned()),
        (&reader, topic("dx-0001", "environment")),
    ];
    for (login, topic) in &cases {
        let mut modern = Client::log_in(hub.mqtt, login, Version::V5);
        assert_eq!(modern.publish_acked(topic, &reading()), 0x87, "{topic}");
        assert!(modern.is_alive());
        modern.disconnect();
        let mut old = Client::log_in(hub.mqtt, login, Version::V311);
        old.publish(topic, &reading());
        assert_eq!(old.closed(), None, "{topic}");
    }
    let refusals = hub.metric("waystation_mqtt_refusals_total", "publish");
    assert!(refusals >= 2.0 * cases.len() as f64, "{refusals}");
    assert!(hub.items("/api/v1/stations").iter().all(|station| station["latest"] == json!({})));
    assert!(hub.items("/api/v1/quarantine").is_empty());
}

#[test]
fn a_service_publishes_for_every_station() {
    let hub = HubSettings::default().start();
    let station = hub.known_station("dx-0001");
    let service = known_token(&hub, "bridge", "service");
    let mut client = Client::log_in(hub.mqtt, &service, Version::V5);
    assert_eq!(client.publish_acked(&station.topic("environment"), &reading()), 0);
    assert_eq!(client.publish_acked(&topic("dx-9999", "environment"), &reading()), 0x87);
    assert_eq!(client.publish_acked(&station.topic("command"), &reading()), 0x87);
}

#[test]
fn subscriptions() {
    let hub = HubSettings::default().start();
    let station = hub.known_station("dx-0001");
    let reader = known_token(&hub, "node-red", "reader");
    for version in Version::BOTH {
        let refused = version.code(0x80, 0x87);
        let mut client = Client::log_in(hub.mqtt, &station, version);
        for filter in ["v1/stations/dx-0002/command", "v1/stations/dx-0001/#", "v1/stations/+/command", "#"] {
            assert_eq!(client.subscribe(filter), refused, "{filter}");
        }
        assert_eq!(client.subscribe("v1/stations/dx-0001/command"), 1);
        let mut client = Client::log_in(hub.mqtt, &reader, version);
        for filter in ["v1/stations/dx-0001/#", "v1/stations/+/command", "#", "$share/group/v1/#"] {
            assert_eq!(client.subscribe(filter), 1, "{filter}");
        }
        // QoS 2 is granted as QoS 1.
        client.send(&subscribe(version, 77, "v1/stations/+/door", 2));
        assert_eq!(client.packet(), Packet::SubAck { id: 77, codes: vec![1] });
    }
}

/// A second connection takes over the first, and readers hear of no outage.
#[test]
fn a_take_over_is_no_outage() {
    let hub = HubSettings::default().start();
    let station = hub.known_station("dx-0001");
    let reader = known_token(&hub, "node-red", "reader");
    let mut watcher = Client::log_in(hub.mqtt, &reader, Version::V5);
    assert_eq!(watcher.subscribe("v1/stations/+/presence"), 1);
    let presence = station.topic("presence");
    let online = r#"{"state":"online"}"#;
    for version in Version::BOTH {
        let connect = Connect::new(version, &station).will(&presence, r#"{"state":"offline"}"#);
        let mut first = Client::connect(hub.mqtt, &connect);
        assert_eq!(first.publish_acked(&presence, online.as_bytes()), 0);
        assert_eq!(watcher.message().payload, online.as_bytes());
        let mut second = Client::connect(hub.mqtt, &connect);
        assert_eq!(first.closed(), (version == Version::V5).then_some(0x8E));
        assert_eq!(second.publish_acked(&presence, online.as_bytes()), 0);
        // Had the first one's will been published, it would stand before this.
        assert_eq!(watcher.message().payload, online.as_bytes());
        until("the station is online", || hub.get("/api/v1/stations/dx-0001").good()["state"] == "online");
        second.disconnect();
    }
    // Another suffix is another connection.
    let mut modem =
        Client::connect(hub.mqtt, &Connect::new(Version::V5, &station).client_id("dx-0001.modem"));
    let mut main = Client::log_in(hub.mqtt, &station, Version::V5);
    assert!(modem.is_alive() && main.is_alive());
}

/// A connection that is lost leaves its will; one that says goodbye does not.
#[test]
fn wills() {
    let hub = HubSettings::default().start();
    let station = hub.known_station("dx-0001");
    let reader = known_token(&hub, "node-red", "reader");
    let mut watcher = Client::log_in(hub.mqtt, &reader, Version::V5);
    assert_eq!(watcher.subscribe("v1/stations/+/presence"), 1);
    let presence = station.topic("presence");
    for version in Version::BOTH {
        let offline = format!(r#"{{"state":"offline","agent":"{version:?}"}}"#);
        let connect = Connect::new(version, &station).will(&presence, &offline);
        Client::connect(hub.mqtt, &connect).disconnect();
        Client::connect(hub.mqtt, &connect).cut();
        let message = watcher.message();
        assert_eq!((message.topic, message.payload), (presence.clone(), offline.into_bytes()));
    }
    // Too long a silence is a loss too: half a keep-alive more than was agreed on.
    let offline = r#"{"state":"offline","agent":"silent"}"#;
    let connect = Connect::new(Version::V5, &station).keep_alive_s(1).will(&presence, offline);
    let mut silent = Client::connect(hub.mqtt, &connect);
    assert_eq!(silent.closed(), Some(0x8D));
    assert_eq!(watcher.message().payload, offline.as_bytes());
}

#[test]
fn more_in_flight_than_the_receive_maximum() {
    // Nothing is acknowledged before everything is sent: a commit waits for so long.
    let hub =
        HubSettings::default().set("mqtt", "inflight_max", 20).set("log", "commit_delay_ms", 500).start();
    let station = hub.known_station("dx-0001");
    let mut client = Client::open(hub.mqtt, Version::V5).unwrap();
    client.send(&Connect::new(Version::V5, &station).bytes());
    let Packet::ConnAck { code: 0, properties, .. } = client.packet() else { panic!("no welcome") };
    let advertised = properties.windows(3).any(|property| property == [0x21, 0, 20]);
    assert!(advertised, "no Receive Maximum of 20 in {properties:02x?}");

    let burst = |version, count: u16| -> Vec<u8> {
        let one = |id| publish(version, &station.topic("environment"), &reading(), 1, id);
        (1..=count).flat_map(one).collect()
    };
    // Two bursts: the commit of the first one starts the pause that the second one waits for.
    let mut acknowledged = 0;
    client.send(&burst(Version::V5, 1));
    client.send(&burst(Version::V5, 200));
    loop {
        match client.packet() {
            Packet::PubAck { code: 0, .. } => acknowledged += 1,
            Packet::Disconnect { code } => break assert_eq!(code, 0x93),
            other => panic!("{other:?} after {acknowledged}"),
        }
    }
    // 3.1.1 knows no such limit: the rest waits its turn.
    let mut client = Client::log_in(hub.mqtt, &station, Version::V311);
    client.send(&burst(Version::V311, 200));
    for id in 1..=200 {
        assert_eq!(client.packet(), Packet::PubAck { id, code: 0 });
    }
}

#[test]
fn qos_2_is_kept_under_the_same_promise() {
    let hub = HubSettings::default().start();
    let station = hub.known_station("dx-0001");
    for version in Version::BOTH {
        let mut client = Client::log_in(hub.mqtt, &station, version);
        let publish = publish(version, &station.topic("environment"), &reading(), 2, 9);
        let release = [0x62, 2, 0, 9];
        client.send(&publish);
        assert_eq!(client.packet(), Packet::PubRec { id: 9, code: 0 });
        // Sent again before PUBREL: the same answer, and no second message.
        client.send(&publish);
        assert_eq!(client.packet(), Packet::PubRec { id: 9, code: 0 });
        client.send(&release);
        assert_eq!(client.packet(), Packet::PubComp { id: 9, code: 0 });
        client.send(&release);
        assert_eq!(client.packet(), Packet::PubComp { id: 9, code: version.code(0, 0x92) });
    }
    assert_eq!(hub.metric("waystation_readings_total", "environment"), 2.0);
}

#[test]
fn a_packet_that_is_too_large_ends_the_connection() {
    let hub = HubSettings::default().set_text("mqtt", "packet_bytes_max", "64KiB").start();
    let station = hub.known_station("dx-0001");
    for version in Version::BOTH {
        let mut client = Client::log_in(hub.mqtt, &station, version);
        assert_eq!(client.publish_acked(&station.topic("environment"), &vec![b' '; 60_000]), 0);
        client.publish(&station.topic("environment"), &vec![b' '; 70_000]);
        assert_eq!(client.closed(), (version == Version::V5).then_some(0x95));
        // The length alone is enough: nobody waits for 256 MiB.
        let mut client = Client::log_in(hub.mqtt, &station, version);
        client.send(&[0x32, 0xFF, 0xFF, 0xFF, 0x7F]);
        assert_eq!(client.closed(), (version == Version::V5).then_some(0x95));
    }
}

/// CONNECTs of versions that nobody speaks here are told so, in the version's own words where there are any.
#[test]
fn other_versions_are_refused() {
    let hub = HubSettings::default().start();
    for (level, code) in [(3, 1), (6, 0x84)] {
        let mut body = text("MQTT");
        body.extend([level, 2, 0, 0]);
        body.extend(text("x"));
        let mut client = Client::open(hub.mqtt, Version::V311).unwrap();
        client.send(&[&[0x10][..], &remaining_length(body.len()), &body].concat());
        match client.packet() {
            Packet::ConnAck { code: refusal, .. } => assert_eq!(refusal, code, "level {level}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(client.closed(), None);
    }
}

/// The registry is changed by the command line while the hub runs.
#[test]
fn stations_come_and_go_while_the_hub_runs() {
    let hub = HubSettings::default().start();
    let station = hub.add_station("dx-0001");
    until("the station may log in", || {
        Client::try_connect(hub.mqtt, &Connect::new(Version::V5, &station)).1 == Some(0)
    });
    let mut client = Client::log_in(hub.mqtt, &station, Version::V5);
    assert_eq!(client.publish_acked(&station.topic("environment"), &reading()), 0);
    let listed = hub.items("/api/v1/stations");
    assert_eq!((&listed[0]["id"], &listed[0]["district"]), (&json!("dx-0001"), &json!("大兴区")));

    hub.remove_station("dx-0001");
    // Cut while it is connected, and for good.
    assert!(client.closed().is_none_or(|code| code == 0x87 || code == 0x98));
    check_refused(&hub, &Connect::new(Version::V5, &station), 0x87);
    let again = hub.add_station("dx-0001");
    assert_ne!(again.token, station.token);
    until("the new token is good", || {
        Client::try_connect(hub.mqtt, &Connect::new(Version::V5, &again)).1 == Some(0)
    });
    check_refused(&hub, &Connect::new(Version::V5, &station), 0x87);
}
