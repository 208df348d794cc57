//! mosquitto as Debian packages it, without persistence and without passwords.

use super::{Places, Server, open_logins};
use crate::load::Target;
use crate::process::{Process, free_address};
use anyhow::Result;
use std::process::Command;

/// Starts mosquitto. Nothing limits what it may hold for a subscriber, so that it drops as little as it can.
pub fn mosquitto(places: &Places, stations: usize) -> Result<Server> {
    let folder = places.folder()?;
    let address = free_address()?;
    let config = folder.path().join("mosquitto.conf");
    std::fs::write(
        &config,
        format!(
            "listener {} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type error\nlog_type warning\n\
             max_inflight_messages 0\nmax_queued_messages 0\nset_tcp_nodelay true\n",
            address.port()
        ),
    )?;
    let mut command = Command::new("/usr/sbin/mosquitto");
    command.arg("-c").arg(&config);
    let mut process = Process::start("mosquitto", &mut command, &folder.path().join("output.log"))?;
    process.wait_listening(address)?;
    Ok(Server::new(process, Target { address, logins: open_logins(stations) }, folder))
}
