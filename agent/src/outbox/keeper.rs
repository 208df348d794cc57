//! Saves how far the hub has acknowledged, now and then, and forgets lost ranges that it knows of.

use super::{Growth, OutboxView};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::sleep;
use waystation_durable_log::{Cursor, Seq};

/// Least time between two saves: a save is two fsyncs, and a late one only means that a crash repeats more.
const SAVE_EVERY: Duration = Duration::from_millis(500);

/// What the hub has acknowledged so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    pub last: Seq,
    pub lost_to: Seq,
}

/// The task that owns the cursor.
pub struct Keeper {
    pub cursor: Cursor,
    pub view: OutboxView,
    pub done: watch::Receiver<Done>,
    /// Lost readings that the hub was told of, since the agent started.
    pub lost_told: Arc<AtomicU64>,
    pub growth: Growth,
}

impl Keeper {
    /// Saves until the sender of `done` is gone, and once more then.
    ///
    /// # Errors
    /// The saving thread panicked.
    pub async fn run(mut self) -> Result<(), JoinError> {
        loop {
            self.growth.sample(self.view.waiting_bytes(), self.view.max_bytes());
            let going_on = tokio::select! {
                changed = self.done.changed() => changed.is_ok(),
                () = sleep(Growth::SAMPLE_EVERY) => continue,
            };
            self = self.save().await?;
            if !going_on {
                return Ok(());
            }
            sleep(SAVE_EVERY).await;
        }
    }

    async fn save(mut self) -> Result<Self, JoinError> {
        let done = *self.done.borrow_and_update();
        spawn_blocking(move || {
            if let Err(error) = self.save_blocking(done) {
                // The position stays in memory, and the next save tries again.
                tracing::warn!(%error, "the outbox cursor cannot be saved; after a crash more is sent again");
            }
            self
        })
        .await
    }

    fn save_blocking(&mut self, done: Done) -> io::Result<()> {
        self.cursor.advance(done.last);
        self.cursor.save()?;
        let known: u64 = self
            .view
            .lost()
            .iter()
            .filter(|(first, _)| *first <= done.lost_to)
            .map(|&(first, last)| last.min(done.lost_to) - first + 1)
            .sum();
        if known > 0 {
            self.view.log.forget_lost(done.lost_to)?;
            self.lost_told.fetch_add(known, Relaxed);
        }
        Ok(())
    }
}
