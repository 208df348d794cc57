//! From the log into InfluxDB, oldest first, however long InfluxDB is away.
//!
//! ```text
//! log ─▶ tail (thread: decode, lines, window, batches) ─▶ bounded channel ─▶ writer (task: a few deliveries at once)
//!          ▲                                                                   │ 204 / quarantine
//!          └────────────────── progress: end of the first run of finished batches ◀┘     then the cursor is saved
//! ```
//! Derived points take a task of their own (`derived`), which keeps its place in a file.
//! Everything in memory is bounded: one window gathered, a few batches in the channel, `writers` under way.
//! When the channel is full the thread waits, and what waits then waits in the log, on disk.

mod answer;
mod batch;
mod client;
mod deliver;
mod derived;
mod line;
mod progress;
mod quarantine;
mod setup;
mod stations;
mod status;
mod tail;
mod writer;

pub use client::ClientError;
pub(crate) use client::{beginning, explain};
pub use derived::{DerivedError, DerivedSource};
pub use line::{DerivedPoint, Measurement};
pub use quarantine::{QuarantineError, QuarantineSink, RefusedLine};
pub use setup::{InitError, Probe, ProbeError, init, probe};
pub use stations::Stations;
pub use status::Trouble;

use crate::config;
use crate::metrics::Metrics;
use crate::registry::SharedDirectory;
use crate::shutdown::Shutdown;
use deliver::{BODY_BYTES_MAX, Link, Pauses};
use progress::Progress;
use status::Health;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::thread;
use std::time::Duration;
use thiserror::Error;
use tokio::task::JoinHandle;
use waystation_durable_log::{CursorError, Log, Seq};

/// Name of the log's cursor of this stage.
pub const CURSOR: &str = "influx";

/// Batches' worth of lines that are ordered together: enough for a fleet's series to come up several times.
const WINDOW_BATCHES: usize = 16;

/// Batches ready to be sent, per writer: enough to keep InfluxDB busy while the next window is gathered.
const READY_PER_WRITER: usize = 4;

/// The stage cannot start.
#[derive(Debug, Error)]
pub enum StartError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Cursor(#[from] CursorError),
    #[error("the thread that reads the log for InfluxDB cannot be started: {0}")]
    Thread(std::io::Error),
}

/// How the stage fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Everything up to this record is in InfluxDB or in the quarantine.
    pub position: Seq,
    /// Why nothing reaches InfluxDB at present; `None` while all is well.
    pub trouble: Option<Trouble>,
}

/// The running stage.
pub struct Influx {
    link: Arc<Link>,
    progress: Arc<Progress>,
    writer: JoinHandle<Result<(), tokio::task::JoinError>>,
    tail: thread::JoinHandle<()>,
    derived: Option<JoinHandle<()>>,
}

/// A part of the stage ended by a panic. What it had not finished is still in the log.
#[derive(Debug, Error)]
#[error("{0} ended by a panic; its message is in the log above")]
pub struct Panicked(&'static str);

/// Starts the stage on the present runtime.
///
/// # Errors
/// If the address is none, TLS cannot be set up, or the cursor cannot be made.
pub fn spawn(
    config: &config::Influx,
    log: Log,
    directory: SharedDirectory,
    quarantine: Arc<dyn QuarantineSink>,
    metrics: Metrics,
    shutdown: Shutdown,
) -> Result<Influx, StartError> {
    spawn_with(config, log, directory, quarantine, metrics, shutdown, Pauses::default())
}

fn spawn_with(
    config: &config::Influx,
    log: Log,
    directory: SharedDirectory,
    quarantine: Arc<dyn QuarantineSink>,
    metrics: Metrics,
    shutdown: Shutdown,
    pauses: Pauses,
) -> Result<Influx, StartError> {
    let client = client::Client::new(config)?;
    let cursor = log.cursor(CURSOR)?;
    let progress = Arc::new(Progress::new(cursor.position()));
    let health = Health::new(metrics.clone());
    let body_bytes_max = AtomicUsize::new(BODY_BYTES_MAX);
    let link = Arc::new(Link { client, health, metrics, quarantine, pauses, body_bytes_max });
    let writers = config.writers.max(1);
    let (to_writer, batches) = tokio::sync::mpsc::channel(READY_PER_WRITER * writers);
    let (to_tail, spent) = std::sync::mpsc::sync_channel(READY_PER_WRITER * writers);
    let tail = tail::Tail {
        log,
        cursor,
        directory,
        link: link.clone(),
        batches: to_writer,
        spent,
        progress: progress.clone(),
        batch_lines: config.batch_lines.max(1),
        window_lines: config.batch_lines.saturating_mul(WINDOW_BATCHES).clamp(1, batch::WINDOW_LINES_MAX),
        batch_age: Duration::from_millis(config.batch_age_ms),
        shutdown: shutdown.clone(),
    };
    let tail =
        thread::Builder::new().name("influx-tail".into()).spawn(|| tail.run()).map_err(StartError::Thread)?;
    let writer = writer::Writer {
        link: link.clone(),
        batches,
        progress: progress.clone(),
        spent: to_tail,
        deliveries_max: writers,
        shutdown,
    };
    Ok(Influx { link, progress, writer: tokio::spawn(writer.run()), tail, derived: None })
}

impl Influx {
    /// How it fares now.
    #[must_use]
    pub fn status(&self) -> Status {
        Status { position: self.progress.position(), trouble: self.link.health.trouble() }
    }

    /// Where it writes to.
    #[must_use]
    pub fn address(&self) -> &str {
        self.link.client.address()
    }

    /// Writes what the sources work out as well; `folder` is where the place in each is kept.
    #[must_use]
    pub fn with_derived(
        mut self,
        sources: Vec<Arc<dyn DerivedSource>>,
        folder: &Path,
        shutdown: Shutdown,
    ) -> Self {
        let derived = derived::Derived::new(self.link.clone(), sources, folder, shutdown);
        self.derived = Some(tokio::spawn(derived.run()));
        self
    }

    /// Waits until it has ended, which takes the hub's shutdown and at most some six seconds.
    ///
    /// # Errors
    /// If a part of it panicked.
    pub async fn join(self) -> Result<(), Panicked> {
        let writer = self.writer.await;
        let tail = tokio::task::spawn_blocking(|| self.tail.join()).await;
        let derived = match self.derived {
            Some(derived) => derived.await,
            None => Ok(()),
        };
        match (writer, tail) {
            (Ok(Ok(())), Ok(Ok(()))) if derived.is_err() => {
                Err(Panicked("the task that writes derived points"))
            }
            (Ok(Ok(())), Ok(Ok(()))) => Ok(()),
            (_, Ok(Ok(()))) => Err(Panicked("the task that writes to InfluxDB")),
            _ => Err(Panicked("the thread that reads the log for InfluxDB")),
        }
    }
}

#[cfg(test)]
mod tests;
