//! A bounded queue that several receivers take from: tokio's own have one receiver.
//!
//! Invariant: `free` and `filled` together hold as many permits as the queue has places, less those in the hands of
//! a call that is between its permit and its lock; neither of these waits. So both calls are cancel-safe.

use std::collections::VecDeque;
use std::sync::Mutex;

use tokio::sync::{AcquireError, Semaphore};

use super::lock;

pub(super) struct Handoff<T> {
    items: Mutex<VecDeque<T>>,
    free: Semaphore,
    filled: Semaphore,
}

/// There is nobody left to receive.
#[derive(Debug)]
pub(super) struct Closed;

impl From<AcquireError> for Closed {
    fn from(_: AcquireError) -> Self {
        Self
    }
}

impl<T> Handoff<T> {
    pub fn new(places: usize) -> Self {
        Self { items: Mutex::default(), free: Semaphore::new(places), filled: Semaphore::new(0) }
    }

    /// Waits for a place.
    pub async fn send(&self, item: T) -> Result<(), Closed> {
        self.free.acquire().await?.forget();
        lock(&self.items).push_back(item);
        self.filled.add_permits(1);
        Ok(())
    }

    /// Waits for an item; the receivers that wait are served in turn.
    pub async fn receive(&self) -> Result<T, Closed> {
        self.filled.acquire().await?.forget();
        let item = lock(&self.items).pop_front();
        self.free.add_permits(1);
        item.ok_or(Closed)
    }

    /// Whoever waits to send or receive gets an error.
    pub fn close(&self) {
        self.free.close();
        self.filled.close();
    }
}
