//! Commits what intake took: one thread owns the log's writer, gathers the chunks of all connection threads, and
//! makes one write and one fdatasync of them.
//!
//! Invariants:
//! - A ticket is done only after the fdatasync that covers its records. Tickets of one connection thread are done in
//!   order.
//! - A commit that fails forgets nothing: the writer keeps what was appended, the thread takes no further chunk, and
//!   tries again until the disk takes it. The channel of chunks is bounded, so connection threads stop reading
//!   publishers; no acknowledgement leaves. Healing needs nobody: freed space is enough.
//! - `commit_delay` bounds the fsyncs per second; a commit after a quiet time starts at once.

mod chunk;

pub use chunk::{Chunk, Done, Ticket};

use crate::health::Health;
use crate::metrics::Metrics;
use crate::shutdown::Shutdown;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use waystation_durable_log::{AppendError, CommitError, Log, Writer};

/// Chunks that may wait for the recorder, over all connection threads.
const CHUNKS_MAX: usize = 8;
/// One commit takes no more than about this many bytes, so that the first acknowledgements leave early.
const COMMIT_BYTES_MAX: usize = 16 << 20;
/// Between two tries of a failed commit.
const RETRY_DELAY: Duration = Duration::from_millis(250);

/// The log's health as `/readyz` names it.
pub const HEALTH_PART: &str = "log";

/// Where connection threads hand their chunks over.
pub type ChunkSender = flume::Sender<Chunk>;

/// Starts the recorder. It ends when every [`ChunkSender`] is gone and all chunks are committed, or, while the disk
/// refuses writes, when `shutdown` is asked for: then nothing that waits was acknowledged.
///
/// # Errors
/// If the thread cannot be started.
pub fn spawn(
    writer: Writer,
    log: Log,
    commit_delay: Duration,
    health: Health,
    metrics: Metrics,
    shutdown: Shutdown,
) -> std::io::Result<(ChunkSender, JoinHandle<()>)> {
    let (sender, chunks) = flume::bounded(CHUNKS_MAX);
    let recorder =
        Recorder { writer, log, commit_delay, chunks, health, metrics, shutdown, taken: Vec::new() };
    let thread = std::thread::Builder::new().name("recorder".into()).spawn(move || recorder.run())?;
    Ok((sender, thread))
}

struct Recorder {
    writer: Writer,
    log: Log,
    commit_delay: Duration,
    chunks: flume::Receiver<Chunk>,
    health: Health,
    metrics: Metrics,
    shutdown: Shutdown,
    /// Appended, not yet committed.
    taken: Vec<(Arc<Done>, Ticket)>,
}

impl Recorder {
    fn run(mut self) {
        self.accepting(true);
        let mut next_commit = Instant::now();
        while let Ok(first) = self.chunks.recv() {
            if let Err(error) = self.append(first).and_then(|()| self.gather(next_commit)) {
                // Packets are bounded far below the log's largest record, so this is a mistake of ours: stop
                // acknowledging rather than acknowledge what was not kept.
                tracing::error!(%error, "the log refused a record for its size; nothing more is acknowledged");
                self.health.set(HEALTH_PART, Err(error.to_string()));
                return;
            }
            next_commit = Instant::now() + self.commit_delay;
            if !self.commit_until_durable() {
                tracing::error!(
                    waiting = self.taken.len(),
                    "stopping while the disk refuses writes: what waits was never acknowledged, stations send it again"
                );
                return;
            }
        }
        tracing::info!(durable = self.log.durable(), "log closed");
    }

    /// Takes what else is there, waiting for more only until the next commit is due.
    fn gather(&mut self, due: Instant) -> Result<(), AppendError> {
        while self.writer.pending_bytes() < COMMIT_BYTES_MAX {
            match self.chunks.recv_deadline(due) {
                Ok(chunk) => self.append(chunk)?,
                Err(_) => break,
            }
        }
        Ok(())
    }

    fn append(&mut self, chunk: Chunk) -> Result<(), AppendError> {
        for record in chunk.records() {
            self.writer.append(record)?;
        }
        self.taken.push((chunk.done, chunk.ticket));
        Ok(())
    }

    /// Commits, however long that takes; `false` if the hub stops before the disk took it.
    fn commit_until_durable(&mut self) -> bool {
        let mut failing_since: Option<Instant> = None;
        loop {
            let started = Instant::now();
            match self.writer.commit() {
                Ok(_) => {
                    self.metrics.log_fsync_seconds.observe(started.elapsed());
                    if let Some(since) = failing_since {
                        tracing::warn!(seconds = since.elapsed().as_secs(), "log takes writes again");
                        self.accepting(true);
                    }
                    self.taken.drain(..).for_each(|(done, ticket)| done.complete(ticket));
                    return true;
                }
                Err(error) => {
                    self.report(&error, &mut failing_since);
                    if self.shutdown.stopping() {
                        return false;
                    }
                    std::thread::park_timeout(RETRY_DELAY);
                }
            }
        }
    }

    fn report(&self, error: &CommitError, failing_since: &mut Option<Instant>) {
        self.metrics.log_write_errors.with_label_values(&[error_kind(error)]).inc();
        if failing_since.is_none() {
            *failing_since = Some(Instant::now());
            self.accepting(false);
            tracing::error!(%error, "log refuses writes: nothing is acknowledged until it takes them again; nothing is lost");
        }
        self.health.set(HEALTH_PART, Err(error.to_string()));
    }

    fn accepting(&self, yes: bool) {
        self.metrics.log_accepting.set(i64::from(yes));
        if yes {
            self.health.set(HEALTH_PART, Ok::<_, String>(()));
        }
    }
}

fn error_kind(error: &CommitError) -> &'static str {
    match error {
        CommitError::Full { .. } => "full",
        CommitError::NoSpace { .. } => "no_space",
        CommitError::Io { .. } => "io",
    }
}
