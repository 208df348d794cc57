//! The load generator: one thread, one epoll set, QoS 1 publishes on many connections.
//!
//! All that a socket holds is read at once, all acknowledgements in it are taken, and what they make room for is
//! composed into one buffer and leaves in one write. Nothing is allocated once every buffer has its size. An
//! acknowledgement of anything that is not in flight, a refusal, or a closed connection ends the run with an error.

mod backpressure;
mod closed;
mod connection;
mod connects;
mod generator;
mod idle;
mod open;
mod readiness;
mod subscriber;

pub use backpressure::Backpressure;
pub use closed::{Closed, Throughput};
pub use connects::connects_per_second;
pub use idle::{Idle, IdleCost};
pub use open::{Open, OpenOutcome};
pub use subscriber::Subscriber;

use anyhow::{Context, Result};
use std::net::SocketAddr;
use std::time::Duration;

/// A station and the token that it logs in with; no token: no login.
#[derive(Debug, Clone)]
pub struct Login {
    pub station: String,
    pub token: Option<String>,
}

/// A server under load, and who may connect to it. All station names have the same length.
#[derive(Debug, Clone)]
pub struct Target {
    pub address: SocketAddr,
    pub logins: Vec<Login>,
}

impl Target {
    /// The login of connection `index`; connections beyond the logins are an error.
    pub fn login(&self, index: usize) -> Result<&Login> {
        self.logins.get(index).with_context(|| {
            format!("connection {index} has no station: only {} are registered", self.logins.len())
        })
    }
}

/// How long a server may leave a publish or a CONNECT unanswered.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Longer than any run: no idle connection is closed and no ping is due.
const KEEP_ALIVE_S: u16 = 1800;

/// Wall clock, milliseconds since the Unix epoch.
pub fn now_ms() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
