//! Puts what the sources submit on disk: one fsync for all that came meanwhile.
//!
//! The queue holds at most [`QUEUE_MAX`] submissions of a source's buffer each; when it is full, sources wait, and with
//! them the devices behind their sockets. A disk that fails is tried again every second; nothing is promised until
//! it works.

use super::Records;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::{Instant, sleep, timeout_at};
use waystation_durable_log::{CommitError, Seq, Writer};

/// Submissions that may wait.
const QUEUE_MAX: usize = 16;
/// A group of this size is not held back for more to come.
const GROUP_BYTES: usize = 32 * 1024;
/// Between two attempts on a disk that fails.
const RETRY: Duration = Duration::from_secs(1);

/// The outbox is closed: the agent stops, or its disk failed for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the outbox is closed: the agent is stopping")]
pub struct OutboxClosed;

struct Submission {
    records: Records,
    durable: oneshot::Sender<()>,
}

/// The sources' way into the outbox. Cheap to clone.
#[derive(Clone)]
pub struct OutboxSender(mpsc::Sender<Submission>);

impl OutboxSender {
    /// Returns once the records are on disk.
    pub async fn submit(&self, records: Records) -> Result<(), OutboxClosed> {
        let (durable, told) = oneshot::channel();
        self.0.send(Submission { records, durable }).await.map_err(|_| OutboxClosed)?;
        told.await.map_err(|_| OutboxClosed)
    }
}

/// The task behind the senders; it ends when they are all gone.
pub struct WriteLoop {
    submissions: mpsc::Receiver<Submission>,
    writer: Writer,
    commit_delay: Duration,
    durable: watch::Sender<Seq>,
}

pub(super) fn write_loop(
    writer: Writer,
    commit_delay: Duration,
    durable: watch::Sender<Seq>,
) -> (OutboxSender, WriteLoop) {
    let (sender, submissions) = mpsc::channel(QUEUE_MAX);
    (OutboxSender(sender), WriteLoop { submissions, writer, commit_delay, durable })
}

impl WriteLoop {
    /// Writes until every sender is gone.
    ///
    /// # Errors
    /// The writing thread panicked; the agent cannot go on without it.
    pub async fn run(mut self) -> Result<(), JoinError> {
        while let Some(first) = self.submissions.recv().await {
            let group = self.gather(first).await;
            self = self.write(group).await?;
        }
        Ok(())
    }

    /// Waits for more within the commit delay, so that a trickle of readings costs few fsyncs.
    async fn gather(&mut self, first: Submission) -> Vec<Submission> {
        let deadline = Instant::now() + self.commit_delay;
        let mut bytes = first.records.bytes();
        let mut group = vec![first];
        while bytes < GROUP_BYTES
            && let Ok(Some(next)) = timeout_at(deadline, self.submissions.recv()).await
        {
            bytes += next.records.bytes();
            group.push(next);
        }
        group
    }

    async fn write(mut self, group: Vec<Submission>) -> Result<Self, JoinError> {
        let (records, waiting): (Vec<_>, Vec<_>) =
            group.into_iter().map(|submission| (submission.records, submission.durable)).unzip();
        let mut outcome;
        (self.writer, outcome) = append_and_commit(self.writer, records).await?;
        while let Err(error) = &outcome {
            tracing::error!(%error, "readings cannot be written; tried again, sources wait meanwhile");
            sleep(RETRY).await;
            (self.writer, outcome) = append_and_commit(self.writer, Vec::new()).await?;
        }
        if let Ok(durable) = outcome {
            self.durable.send_replace(durable);
        }
        for told in waiting {
            if told.send(()).is_err() {
                tracing::debug!("a source left before its readings were on disk");
            }
        }
        Ok(self)
    }
}

/// The disk may be slow, so it is never waited for on the runtime's thread.
async fn append_and_commit(
    mut writer: Writer,
    records: Vec<Records>,
) -> Result<(Writer, Result<Seq, CommitError>), JoinError> {
    spawn_blocking(move || {
        for record in records.iter().flat_map(Records::iter) {
            if let Err(error) = writer.append(record) {
                // Sources bound their lines far below the largest record.
                tracing::error!(%error, "a reading was not taken into the outbox");
            }
        }
        let outcome = writer.commit();
        (writer, outcome)
    })
    .await
}
