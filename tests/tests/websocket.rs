//! MQTT over WebSocket, plain and over TLS, by a client that nobody here wrote: Eclipse paho for Python.

use std::path::{Path, PathBuf};
use std::process::Command;
use waystation_tests::certs::Authority;
use waystation_tests::ports::free_address;
use waystation_tests::{HubSettings, process, until};

fn check_paho(settings: HubSettings, authority: Option<PathBuf>) {
    let address = free_address();
    let hub = settings.set_text("mqtt", "ws_listen", address).start();
    let station = hub.known_station("dx-0001");
    let reader = hub.add_token("screen", "reader");
    until("the hub knows the reader", || {
        let connect = waystation_tests::Connect::new(waystation_tests::Version::V5, &reader);
        waystation_tests::Client::try_connect(hub.mqtt, &connect).1 == Some(0)
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("paho_websocket.py");
    // Debian's Python, which has python3-paho-mqtt.
    let mut command = Command::new("/usr/bin/python3");
    command.arg(script).arg("--port").arg(address.port().to_string());
    command.args(["--station", &station.name, "--station-token", &station.token]);
    command.args(["--reader", &reader.name, "--reader-token", &reader.token]);
    if let Some(authority) = authority {
        command.arg("--ca").arg(authority);
    }
    let printed = process::run(&mut command);
    assert!(printed.trim_end().ends_with("ok"), "{printed}");
    assert!(hub.metric("waystation_readings_total", "environment") >= 2.0);
}

#[test]
fn paho_publishes_and_reads_over_websocket() {
    check_paho(HubSettings::default(), None);
}

#[test]
fn paho_publishes_and_reads_over_websocket_and_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new(folder.path());
    let pair = authority.issue("hub");
    let settings = HubSettings::default()
        .set_text("mqtt.tls", "cert", pair.cert.display())
        .set_text("mqtt.tls", "key", pair.key.display())
        .set("mqtt", "ws_tls", true);
    check_paho(settings, Some(authority.cert()));
}
