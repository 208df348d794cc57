//! Where readings come from: the devices behind brokers, buses and commands, JSON lines on local sockets and standard
//! input, and the gateway itself. docs/agent/sources.md shows how each is configured.
//!
//! Every reading is checked by the protocol's own parser before it enters the outbox, so that the hub's quarantine is
//! not the first to notice a device that sends nonsense.

mod cabinet;
mod contact;
mod exec;
mod feed;
mod fetch;
mod gateway;
mod health;
mod http;
mod line;
mod listen;
mod mapping;
mod modbus;
mod mqtt;
mod seats;
mod serial;
mod serve;
mod source;
mod system;

pub use feed::{Feed, FeedError};
pub use fetch::{Ask, FetchError, send};
pub use gateway::{GatewayFacts, GatewaySource};
pub use health::{Board, Health, SourceHealth};
pub use line::{LINE_BYTES_MAX, Refusal, read_line};
pub use listen::{JsonLines, ListenError};
pub use source::{Source, Work, World};
pub use system::Machine;

use crate::config;
use std::sync::atomic::AtomicU64;
use tokio::sync::watch;

/// What came in since the start.
#[derive(Debug, Default)]
pub struct Tally {
    pub accepted: AtomicU64,
    pub refused: AtomicU64,
}

/// The sources that the configuration lists, to be run.
pub fn all(config: &config::Sources, machine: watch::Sender<Machine>) -> Vec<Box<dyn Source>> {
    list(config, modbus::Modbus::lines(&config.modbus), machine)
}

/// The sources that the configuration lists, each to be tried once.
pub fn trials(config: &config::Sources) -> Vec<Box<dyn Source>> {
    list(config, modbus::Modbus::each(&config.modbus), watch::Sender::default())
}

fn list(
    config: &config::Sources,
    modbus: Vec<modbus::Modbus>,
    machine: watch::Sender<Machine>,
) -> Vec<Box<dyn Source>> {
    fn boxed(source: impl Source + 'static) -> Box<dyn Source> {
        Box::new(source)
    }
    let mqtt = config.mqtt.iter().cloned().map(|mqtt| boxed(mqtt::Mqtt::new(mqtt)));
    let modbus = modbus.into_iter().map(boxed);
    let http = config.http.iter().cloned().map(|http| boxed(http::Http::new(http)));
    let line = config.line.iter().cloned().map(|line| boxed(contact::ContactLine::new(line)));
    let exec = config.exec.iter().cloned().map(|exec| boxed(exec::Exec::new(exec)));
    let cabinet = config.cabinet.iter().cloned().map(|cabinet| boxed(cabinet::Cabinet::new(cabinet)));
    let system = std::iter::once(boxed(system::System::new(config.system.clone(), machine)));
    mqtt.chain(modbus).chain(http).chain(line).chain(exec).chain(cabinet).chain(system).collect()
}
