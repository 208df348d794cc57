//! Starts the real programs — the hub, the agent, InfluxDB, mosquitto, Prometheus, Alertmanager, a mail server, a browser — each in a folder and on ports of its own, and
//! talks to them the way that their users do. Nothing in here is a mock, and nothing links the hub's code: what the
//! tests know of it is the wire contract.
//!
//! A helper that cannot do its work panics with what it saw: in a test, that is the report.

// The whole crate is test code; clippy.toml allows these in tests only.
#![allow(clippy::expect_used, clippy::unwrap_used)]

pub mod agent;
pub mod alertmanager;
pub mod browser;
pub mod certs;
pub mod grafana;
pub mod http;
pub mod hub;
pub mod influxd;
pub mod load;
pub mod mailserver;
pub mod mosquitto;
pub mod mqtt;
pub mod netns;
pub mod ports;
pub mod process;
pub mod programs;
pub mod prometheus;
pub mod random;
pub mod readings;
pub mod receiver;
pub mod relay;
pub mod story;
pub mod toml;
pub mod wait;

pub use agent::Agent;
pub use alertmanager::Alertmanager;
pub use hub::{Hub, HubSettings};
pub use influxd::Influxd;
pub use load::Load;
pub use mailserver::MailServer;
pub use mqtt::{Client, Connect, Packet, Received, Version};
pub use netns::Netns;
pub use prometheus::Prometheus;
pub use random::Random;
pub use receiver::{Post, Receiver};
pub use wait::{PATIENCE, until, until_some};
