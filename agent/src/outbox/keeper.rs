//! Follows how far the hub has acknowledged, saves it now and then, and forgets lost ranges that the hub knows of.

use super::{Growth, OutboxView};
use crate::publisher::State;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::{Instant, sleep_until};
use waystation_durable_log::{Cursor, Seq};

/// Least time between two saves while live: each writes some blocks of a flash card, and a late one only means that
/// more is sent again after a power cut.
const SAVE_EVERY_LIVE: Duration = Duration::from_secs(30);
/// And while a backlog leaves, whose room is wanted, or while the hub is told of losses: each batch tells of some, and
/// the next ones only when these are forgotten.
const SAVE_EVERY: Duration = Duration::from_secs(1);

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
    pub state: watch::Receiver<State>,
    /// Readings that come no oftener need no more saves.
    pub commit_interval: Duration,
    /// Lost readings that the hub was told of, since the agent started.
    pub lost_told: Arc<AtomicU64>,
    pub growth: Growth,
}

impl Keeper {
    /// Follows until the sender of `done` is gone, and saves once more then.
    ///
    /// # Errors
    /// The saving thread panicked.
    pub async fn run(mut self) -> Result<(), JoinError> {
        let mut saved_at = None;
        let (mut unsaved, mut tells_losses) = (false, false);
        loop {
            self.growth.sample(&self.view);
            let quiet = *self.state.borrow() == State::Live && !tells_losses;
            let every = if quiet { SAVE_EVERY_LIVE.max(self.commit_interval) } else { SAVE_EVERY };
            let save_at = saved_at.map_or_else(Instant::now, |at: Instant| at + every);
            tokio::select! {
                changed = self.done.changed() => {
                    if changed.is_err() {
                        return self.save().await.map(drop);
                    }
                    let Done { last, lost_to } = *self.done.borrow_and_update();
                    // In memory, so that what is shown is true at once.
                    self.cursor.advance(last);
                    unsaved = true;
                    tells_losses = self.view.lost().first().is_some_and(|(first, _)| *first <= lost_to);
                }
                () = sleep_until(save_at), if unsaved => {
                    self = self.save().await?;
                    (saved_at, unsaved) = (Some(Instant::now()), false);
                }
                () = sleep_until(Instant::now() + Growth::SAMPLE_EVERY) => {}
            }
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
