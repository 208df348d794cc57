//! What a connection thread hands to the recorder, and how it learns that it is on disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Notify;

/// Number of a chunk within its connection thread, from 1.
pub type Ticket = u64;

/// Records of many publishes, end to end.
#[derive(Debug)]
pub struct Chunk {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    pub(super) ticket: Ticket,
    pub(super) done: Arc<Done>,
}

impl Chunk {
    /// An empty chunk.
    #[must_use]
    pub fn new(ticket: Ticket, done: Arc<Done>) -> Self {
        Self { bytes: Vec::new(), ends: Vec::new(), ticket, done }
    }

    /// Appends one record, written by `encode`.
    pub fn record(&mut self, encode: impl FnOnce(&mut Vec<u8>)) {
        encode(&mut self.bytes);
        self.ends.push(self.bytes.len());
    }

    /// The number that [`Done::committed`] reaches when the records are on disk.
    #[must_use]
    pub fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// Bytes of all records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Number of records.
    #[must_use]
    pub fn records_len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The records in order.
    pub fn records(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.bytes[start..*end])
    }
}

/// Tells one connection thread how far its chunks are on disk.
#[derive(Debug, Default)]
pub struct Done {
    committed: AtomicU64,
    changed: Notify,
}

impl Done {
    /// The last ticket whose records are on disk.
    #[must_use]
    pub fn committed(&self) -> Ticket {
        self.committed.load(Ordering::Acquire)
    }

    /// Resolves after a ticket was completed since the last call. For one waiter.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    pub(crate) fn complete(&self, ticket: Ticket) {
        self.committed.store(ticket, Ordering::Release);
        self.changed.notify_one();
    }
}
