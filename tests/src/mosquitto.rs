//! mosquitto's broker and command line clients: MQTT that nobody here wrote.

use crate::hub::Login;
use crate::ports::free_address;
use crate::process::{self, Process};
use crate::programs;
use std::net::SocketAddr;
use std::process::Command;
use tempfile::TempDir;

/// A broker that takes everybody.
pub struct Mosquitto {
    _process: Process,
    pub address: SocketAddr,
    _folder: TempDir,
}

impl Mosquitto {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let address = free_address();
        let config = folder.path().join("mosquitto.conf");
        let text =
            format!("listener {} 127.0.0.1\nallow_anonymous true\npersistence false\n", address.port());
        std::fs::write(&config, text).expect("mosquitto.conf");
        let mut command = Command::new(programs::system("mosquitto", "mosquitto"));
        command.arg("-c").arg(&config);
        let mut process = Process::start("mosquitto", &mut command, &folder.path().join("output.log"));
        process.wait_listening(address);
        Self { _process: process, address, _folder: folder }
    }
}

/// Publishes one payload at QoS 1 with `mosquitto_pub`, which ends well only after the PUBACK.
pub fn publish(address: SocketAddr, login: &Login, topic: &str, payload: &[u8], more: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("payload");
    std::fs::write(&file, payload).expect("payload");
    let mut command = Command::new(programs::system("mosquitto_pub", "mosquitto-clients"));
    command.args(["-h", "127.0.0.1", "-p"]).arg(address.port().to_string());
    command.args(["-i", &login.name, "-u", &login.name, "-P", &login.token]);
    command.args(["-q", "1", "-t", topic, "-f"]).arg(&file).args(more);
    process::run(&mut command);
}
