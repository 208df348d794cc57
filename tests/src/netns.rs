//! A network of its own for a station: a namespace with one cable to the test's own, which can be pulled.

use crate::process;
use crate::programs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::Command;

/// A namespace; it goes with the test.
pub struct Netns {
    name: String,
    cable: String,
    /// The address of the test's end of the cable.
    pub outside: Ipv4Addr,
}

impl Netns {
    /// Makes it, with a loopback of its own and the cable plugged in. `None` where that takes more rights than the
    /// test has.
    pub fn new() -> Option<Self> {
        // The number of this process makes names and addresses that no other test has at the same time.
        let number = std::process::id();
        let [_, _, high, low] = number.to_be_bytes();
        let (name, cable) = (format!("station-{number}"), format!("ws{number}"));
        let made = Command::new(ip()).args(["netns", "add", &name]).output();
        if !made.is_ok_and(|output| output.status.success()) {
            return None;
        }
        let net = Self { name, cable, outside: Ipv4Addr::new(10, high, low, 1) };
        let inside = format!("10.{high}.{low}.2/30");
        let peer = format!("wi{number}");
        net.ip(&["link", "add", &net.cable, "type", "veth", "peer", "name", &peer, "netns", &net.name]);
        net.ip(&["address", "add", &format!("{}/30", net.outside), "dev", &net.cable]);
        net.ip(&["-netns", &net.name, "address", "add", &inside, "dev", &peer]);
        net.ip(&["-netns", &net.name, "link", "set", "lo", "up"]);
        net.ip(&["-netns", &net.name, "link", "set", &peer, "up"]);
        net.plug();
        Some(net)
    }

    /// The same command, to be run inside.
    pub fn inside(&self, command: &Command) -> Command {
        let mut inside = Command::new(ip());
        inside.args(["netns", "exec", &self.name]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => inside.env(name, value),
                None => inside.env_remove(name),
            };
        }
        inside
    }

    /// Pulls the cable: what is on its way is lost, and nobody is told.
    pub fn pull(&self) {
        self.ip(&["link", "set", &self.cable, "down"]);
    }

    pub fn plug(&self) {
        self.ip(&["link", "set", &self.cable, "up"]);
    }

    fn ip(&self, arguments: &[&str]) {
        process::run(Command::new(ip()).args(arguments));
    }
}

impl Drop for Netns {
    fn drop(&mut self) {
        // The cable goes with the namespace. A failure here must not hide the test's own.
        let removed = Command::new(ip()).args(["netns", "delete", &self.name]).status();
        if !removed.is_ok_and(|status| status.success()) {
            eprintln!("the network namespace {} is left over", self.name);
        }
    }
}

fn ip() -> PathBuf {
    programs::system("ip", "iproute2")
}
