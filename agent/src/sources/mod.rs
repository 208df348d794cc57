//! Where readings come from: JSON lines on local sockets and standard input, and the gateway itself.
//!
//! Every reading is checked by the protocol's own parser before it enters the outbox, so that the hub's quarantine is
//! not the first to notice a device that sends nonsense.

mod feed;
mod gateway;
mod line;
mod listen;

pub use feed::{Feed, FeedError};
pub use gateway::{GatewayFacts, GatewaySource};
pub use line::{LINE_BYTES_MAX, Refusal, read_line};
pub use listen::{JsonLines, ListenError};

use std::sync::atomic::AtomicU64;

/// What came in since the start.
#[derive(Debug, Default)]
pub struct Tally {
    pub accepted: AtomicU64,
    pub refused: AtomicU64,
}
