//! Puts what the sources submit on disk: one fsync for all that came meanwhile.
//!
//! Readings that nobody waits for, and that are neither urgent nor vital, share an fsync every
//! [`config::Outbox::commit_interval`], to spare flash; an urgent or vital one, or the first look at a [`Ticket`],
//! shortens that to the commit delay.
//!
//! The queue holds at most [`QUEUE_MAX`] submissions of a source's buffer each; when it is full, sources wait, and with
//! them the devices behind their sockets. A disk that fails is tried again every second; nothing is promised until
//! it works.

use super::Records;
use super::class::is_vital;
use super::policy::Policy;
use super::unstamped::time_ms;
use crate::config;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::{Instant, sleep, sleep_until};
use waystation_durable_log::{CommitError, Log, Seq, Writer};

/// Submissions that may wait.
const QUEUE_MAX: usize = 16;
/// A group of this size is not held back for more to come.
const GROUP_BYTES: usize = 128 * 1024;
/// What the log adds to a record.
const FRAME_BYTES: usize = 12;
/// Between two attempts on a disk that fails.
const RETRY: Duration = Duration::from_secs(1);

/// The outbox is closed: the agent stops, or its disk failed for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the outbox is closed: the agent is stopping")]
pub struct OutboxClosed;

struct Submission {
    number: u64,
    records: Records,
    durable: oneshot::Sender<()>,
}

/// The highest number of a submission that is wanted on disk soon.
#[derive(Default)]
struct Wanted {
    number: AtomicU64,
    changed: Notify,
}

impl Wanted {
    fn want(&self, number: u64) {
        if self.number.fetch_max(number, Ordering::AcqRel) < number {
            self.changed.notify_one();
        }
    }
}

/// The sources' way into the outbox. Cheap to clone.
#[derive(Clone)]
pub struct OutboxSender {
    queue: mpsc::Sender<Submission>,
    submitted: Arc<AtomicU64>,
    wanted: Arc<Wanted>,
}

impl OutboxSender {
    /// Hands the records over, waiting while the queue is full; the ticket tells when they are on disk.
    pub async fn submit(&self, records: Records) -> Result<Ticket, OutboxClosed> {
        let place = self.queue.reserve().await.map_err(|_| OutboxClosed)?;
        let (durable, told) = oneshot::channel();
        let number = self.submitted.fetch_add(1, Ordering::AcqRel) + 1;
        if records.is_urgent() || records.iter().any(is_vital) {
            self.wanted.want(number);
        }
        place.send(Submission { number, records, durable });
        Ok(Ticket { number, told, wanted: Arc::clone(&self.wanted) })
    }
}

/// Records on their way to disk.
pub struct Ticket {
    number: u64,
    told: oneshot::Receiver<()>,
    wanted: Arc<Wanted>,
}

impl Ticket {
    /// Returns once the records are on disk, which is soon now that somebody waits for it. Cancel-safe.
    pub async fn durable(&mut self) -> Result<(), OutboxClosed> {
        self.wanted.want(self.number);
        (&mut self.told).await.map_err(|_| OutboxClosed)
    }
}

/// The task behind the senders; it ends when they are all gone.
pub struct WriteLoop {
    submissions: mpsc::Receiver<Submission>,
    wanted: Arc<Wanted>,
    disk: OnDisk,
    delay: Duration,
    interval: Duration,
    durable: watch::Sender<Seq>,
}

/// What the writing thread needs.
struct OnDisk {
    writer: Writer,
    log: Log,
    policy: Policy,
}

pub(super) fn write_loop(
    writer: Writer,
    log: Log,
    config: &config::Outbox,
    durable: watch::Sender<Seq>,
    policy: Policy,
) -> (OutboxSender, WriteLoop) {
    let (queue, submissions) = mpsc::channel(QUEUE_MAX);
    let wanted = Arc::<Wanted>::default();
    let sender = OutboxSender { queue, submitted: Arc::default(), wanted: Arc::clone(&wanted) };
    let disk = OnDisk { writer, log, policy };
    let (delay, interval) = (config.commit_delay, config.commit_interval);
    (sender, WriteLoop { submissions, wanted, disk, delay, interval, durable })
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

    /// Waits for more, so that a trickle of readings costs few fsyncs: within the interval, and within the delay from
    /// when one of them is wanted.
    async fn gather(&mut self, first: Submission) -> Vec<Submission> {
        let mut deadline = Instant::now() + self.interval.max(self.delay);
        let mut is_wanted = false;
        let (mut bytes, number) = (first.records.bytes(), first.number);
        let mut group = vec![first];
        while bytes < GROUP_BYTES {
            if !is_wanted && self.wanted.number.load(Ordering::Acquire) >= number {
                is_wanted = true;
                deadline = deadline.min(Instant::now() + self.delay);
            }
            tokio::select! {
                biased;
                next = self.submissions.recv() => {
                    let Some(next) = next else { break };
                    bytes += next.records.bytes();
                    group.push(next);
                }
                () = self.wanted.changed.notified() => {}
                () = sleep_until(deadline) => break,
            }
        }
        group
    }

    async fn write(mut self, group: Vec<Submission>) -> Result<Self, JoinError> {
        let (records, waiting): (Vec<_>, Vec<_>) =
            group.into_iter().map(|submission| (submission.records, submission.durable)).unzip();
        let mut attempt = append_and_commit(self.disk, records).await?;
        let taken = attempt.taken;
        while let Err(error) = &attempt.outcome {
            tracing::error!(%error, "readings cannot be written; tried again, sources wait meanwhile");
            sleep(RETRY).await;
            attempt = append_and_commit(attempt.disk, Vec::new()).await?;
        }
        if let Ok(durable) = attempt.outcome {
            self.durable.send_replace(durable);
        }
        // A ticket that is dropped instead tells the source that its readings are not safe.
        for told in waiting.into_iter().filter(|_| taken) {
            if told.send(()).is_err() {
                tracing::trace!("nobody waits for these readings to be on disk");
            }
        }
        self.disk = spawn_blocking(move || {
            attempt.disk.policy.follow(attempt.dropped, attempt.newest_ms);
            attempt.disk
        })
        .await?;
        Ok(self)
    }
}

struct Attempt {
    disk: OnDisk,
    /// Every record went into the log's buffer, which forgets nothing.
    taken: bool,
    outcome: Result<Seq, CommitError>,
    /// Readings that a full log gave up for these.
    dropped: u64,
    newest_ms: Option<i64>,
}

/// The disk may be slow, so it is never waited for on the runtime's thread.
async fn append_and_commit(mut disk: OnDisk, records: Vec<Records>) -> Result<Attempt, JoinError> {
    spawn_blocking(move || {
        let bytes: usize = records.iter().map(|records| records.bytes() + records.len() * FRAME_BYTES).sum();
        disk.policy.make_room(bytes as u64);
        let appended = records
            .iter()
            .flat_map(Records::iter)
            .try_for_each(|record| disk.writer.append(record).map(drop));
        if let Err(error) = &appended {
            // Sources bound their lines far below the largest record, and groups far below the buffer.
            tracing::error!(%error, "readings were not taken into the outbox");
        }
        let newest_ms = records.iter().rev().find_map(|records| records.iter().last()).and_then(time_ms);
        let lost_before = lost(&disk.log);
        let outcome = disk.writer.commit();
        let dropped = lost(&disk.log).saturating_sub(lost_before);
        Attempt { disk, taken: appended.is_ok(), outcome, dropped, newest_ms }
    })
    .await
}

fn lost(log: &Log) -> u64 {
    log.lost().iter().map(|(first, last)| last - first + 1).sum()
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
