//! From a payload to readings.
//!
//! Two passes over the same code. The fast one reads the whole document in one typed pass, without a copy and without
//! a heap allocation for a reading. If anything at all is wrong it is forgotten, and the slow one cuts the document
//! into readings and parses each alone, so that the good ones are kept and a bad one gets its exact reason.

mod batch;
mod channel;
mod fields;
mod frame;
mod object;

pub use batch::{BatchHeader, compress_batch, decode_batch, write_batch};
pub use channel::decode_channel;
pub(crate) use fields::Fields;

use crate::reading::Reading;
use crate::reason::{Reason, Rejected};

/// The most readings of one payload. It keeps a payload of worthless elements from growing a hundredfold in memory;
/// 4 MiB of real readings are fewer.
pub const READINGS_MAX: usize = 65_536;

/// What the hub accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How far ahead of the hub's clock a reading may be.
    pub future_ms: i64,
    /// How old a reading may be.
    pub past_ms: i64,
    /// The largest JSON document in a zstd frame.
    pub decompressed_bytes: usize,
}

impl Default for Limits {
    /// domain.md, "Time"; wire.md, "A batch".
    fn default() -> Self {
        Self { future_ms: 120_000, past_ms: 7 * 24 * 3_600_000, decompressed_bytes: 4 << 20 }
    }
}

/// A good reading and its position in the payload.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    pub index: u32,
    pub reading: Reading,
}

/// What a payload held. Meant to be reused: `clear` keeps the memory.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Decoded {
    pub accepted: Vec<Accepted>,
    pub rejected: Vec<Rejected>,
}

impl Decoded {
    pub fn clear(&mut self) {
        self.accepted.clear();
        self.rejected.clear();
    }

    /// Refuses the whole payload.
    fn refuse(&mut self, reason: Reason, payload: &[u8]) {
        self.rejected.push(Rejected { index: 0, reason, member: None, payload: payload.to_vec() });
    }
}
