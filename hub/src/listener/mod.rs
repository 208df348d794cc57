//! MQTT from the first byte of a connection to its last: TCP, TLS and WebSocket, CONNECT, sessions, and the moment
//! at which an acknowledgement leaves.
//!
//! Connections are spread over shards, one thread each. Everything of a connection happens on its shard, without a
//! lock: reading, decoding, intake, acknowledging. A shard's sockets share one read buffer, so that an idle
//! connection costs little more than its bookkeeping.
//!
//! Invariants:
//! - Accepting never waits for a client: TLS, WebSocket and CONNECT happen on the shard, under one deadline.
//! - Acknowledgements of a connection leave in the order of its publishes, each after its ticket is done.
//! - A shard that cannot hand its chunk to the recorder stops reading publishers; what they sent stays in their
//!   sockets, unacknowledged.

mod acceptor;
mod acks;
pub mod codec;
mod commands;
mod configurations;
mod connect;
mod reader;
mod rotations;
mod session;
mod sessions;
mod shard;
mod tls;
mod transport;
mod websocket;
mod will;

pub use acceptor::{BESIDE_CONNECTIONS, BindError, Bound, bind, connections_max};
pub use commands::Commands;
pub use configurations::configure;
pub use rotations::{Books, rotate};
pub use sessions::Sessions;
pub use shard::{Shards, ShardsError, start};
pub use tls::{ReloadingTls, TlsError};

use crate::access::{Addresses, Throttle};
use crate::broker::Broker;
use crate::clock::now_ms;
use crate::config;
use crate::fleet::SessionEvents;
use crate::metrics::Metrics;
use crate::registry::SharedDirectory;

/// What every connection needs, shared by all shards.
pub struct Shared {
    pub config: config::Mqtt,
    pub directory: SharedDirectory,
    pub addresses: Addresses,
    pub throttle: Throttle,
    pub sessions: Sessions,
    pub commands: Commands,
    pub broker: Broker,
    pub events: SessionEvents,
    pub metrics: Metrics,
}
