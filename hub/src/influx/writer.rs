//! The task that writes: takes batches oldest first and keeps a few deliveries under way at once.

use super::answer::Answer;
use super::batch::{Batch, Body};
use super::deliver::{Delivery, Link};
use super::progress::Progress;
use crate::shutdown::Shutdown;
use bytes::BytesMut;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};
use tokio::sync::mpsc::Receiver;
use tokio::task::{JoinError, JoinSet};

/// What the task works with.
pub struct Writer {
    pub link: Arc<Link>,
    pub batches: Receiver<Batch>,
    pub progress: Arc<Progress>,
    /// Bodies that are done with, for their memory. Dropped when the task ends, which tells the reading thread.
    pub spent: SyncSender<BytesMut>,
    pub deliveries_max: usize,
    pub shutdown: Shutdown,
}

impl Writer {
    /// Runs until the batches end or the hub stops. A delivery's panic ends it: the panic is a mistake in the
    /// program, and the batch is still in the log.
    ///
    /// # Errors
    /// The delivery's panic.
    pub async fn run(mut self) -> Result<(), JoinError> {
        self.greet().await;
        let mut under_way = JoinSet::new();
        let mut open = true;
        let mut stopping = false;
        while open || !under_way.is_empty() {
            tokio::select! {
                Some(ended) = under_way.join_next() => self.ended(ended?),
                batch = self.batches.recv(), if open && under_way.len() < self.deliveries_max => match batch {
                    Some(batch) => {
                        under_way.spawn(deliver(self.link.clone(), batch, self.shutdown.clone()));
                    }
                    None => open = false,
                },
                () = self.shutdown.stopped(), if !stopping => {
                    stopping = true;
                    open = false;
                    self.batches.close();
                }
            }
        }
        Ok(())
    }

    /// Says early whether InfluxDB is there and lets us in.
    async fn greet(&mut self) {
        let answer = tokio::select! {
            (answer, _) = self.link.client.write_nothing() => answer,
            () = self.shutdown.stopped() => return,
        };
        let class = answer.class().unwrap_or("taken");
        match answer {
            Answer::Held { cause, message } => {
                self.link.health.trouble_with(class, &message, Some(cause.advice()));
            }
            Answer::Failed { message } => self.link.health.trouble_with(class, &message, None),
            Answer::Busy { .. } => self.link.health.trouble_with(class, "InfluxDB is overloaded", None),
            _ => self.link.health.well(),
        }
    }

    fn ended(&self, (batch, delivered): (Batch, bool)) {
        if delivered {
            self.progress.finish(batch.order, batch.last);
        }
        self.recycle(batch.body);
    }

    /// Hands the body's memory back if nobody else holds it any more.
    fn recycle(&self, body: Body) {
        if let Ok(room) = body.bytes.try_into_mut() {
            match self.spent.try_send(room) {
                Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
            }
        }
    }
}

async fn deliver(link: Arc<Link>, batch: Batch, shutdown: Shutdown) -> (Batch, bool) {
    let delivered = Delivery::new(link, &batch, shutdown).run().await;
    (batch, delivered)
}
