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
const GROUP_BYTES: usize = 128 * 1024;
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
    /// Hands the records over, waiting while the queue is full; the ticket tells when they are on disk.
    pub async fn submit(&self, records: Records) -> Result<Ticket, OutboxClosed> {
        let (durable, told) = oneshot::channel();
        self.0.send(Submission { records, durable }).await.map_err(|_| OutboxClosed)?;
        Ok(Ticket(told))
    }
}

/// Records on their way to disk.
pub struct Ticket(oneshot::Receiver<()>);

impl Ticket {
    /// Returns once the records are on disk. Cancel-safe.
    pub async fn durable(&mut self) -> Result<(), OutboxClosed> {
        (&mut self.0).await.map_err(|_| OutboxClosed)
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
        let mut attempt = append_and_commit(self.writer, records).await?;
        let taken = attempt.taken;
        while let Err(error) = &attempt.outcome {
            tracing::error!(%error, "readings cannot be written; tried again, sources wait meanwhile");
            sleep(RETRY).await;
            attempt = append_and_commit(attempt.writer, Vec::new()).await?;
        }
        if let Ok(durable) = attempt.outcome {
            self.durable.send_replace(durable);
        }
        self.writer = attempt.writer;
        // A ticket that is dropped instead tells the source that its readings are not safe.
        for told in waiting.into_iter().filter(|_| taken) {
            if told.send(()).is_err() {
                tracing::debug!("a source left before its readings were on disk");
            }
        }
        Ok(self)
    }
}

struct Attempt {
    writer: Writer,
    /// Every record went into the log's buffer, which forgets nothing.
    taken: bool,
    outcome: Result<Seq, CommitError>,
}

/// The disk may be slow, so it is never waited for on the runtime's thread.
async fn append_and_commit(mut writer: Writer, records: Vec<Records>) -> Result<Attempt, JoinError> {
    spawn_blocking(move || {
        let appended =
            records.iter().flat_map(Records::iter).try_for_each(|record| writer.append(record).map(drop));
        if let Err(error) = &appended {
            // Sources bound their lines far below the largest record, and groups far below the buffer.
            tracing::error!(%error, "readings were not taken into the outbox");
        }
        let outcome = writer.commit();
        Attempt { writer, taken: appended.is_ok(), outcome }
    })
    .await
}
