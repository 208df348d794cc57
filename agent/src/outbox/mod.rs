//! The outbox: what the devices said waits on disk until the hub has it on its own disk.
//!
//! Over the durable log, with `WhenFull::DropOldest`: a full outbox thins its oldest segments (module policy), drops
//! them when that is not enough, and remembers the ranges.
//! One record is one reading as JSON with its `kind`, valid by the protocol when it was taken in, or one that waits for
//! its time (module unstamped); its sequence number is its place in the log, and the log's id is the outbox id. On disk, under `data_dir/outbox`: the log's files and
//! one cursor, `hub`.
//!
//! Invariants:
//! - [`Ticket::durable`] returns only after an fsync; before it, nothing is promised to the source.
//! - The cursor passes a record only after the hub's PUBACK. It is saved some time later, so that after a crash the
//!   hub may see readings again, which it recognises by their sequence numbers, but none is skipped.
//! - A lost range is forgotten only after the PUBACK of a batch that told of it.

mod batches;
mod class;
mod growth;
mod keeper;
mod policy;
mod records;
mod unstamped;
mod writer;

pub use batches::{Batch, BatchError, BatchLimits, BatchSource};
pub use growth::Growth;
pub use keeper::{Done, Keeper};
pub use policy::GivenUp;
pub use records::Records;
pub use unstamped::write_record;
pub use writer::{OutboxClosed, OutboxSender, Ticket, WriteLoop};

use crate::clock::PLAUSIBLE_FROM_MS;
use crate::config;
use policy::Policy;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use waystation_durable_log::{Cursor, CursorError, Log, OpenError, Options, Seq, WhenFull};
use waystation_protocol::{IdError, OutboxId};

/// The folder under `data_dir`.
const FOLDER: &str = "outbox";
/// What was given up, for people.
const GIVEN_UP: &str = "given-up";
/// The cursor's name.
const CURSOR: &str = "hub";
/// A reading is far smaller; a line of a source is bounded before.
const RECORD_BYTES_MAX: u32 = 1 << 20;

/// How long a start waits for another process to leave the outbox, and how often it looks.
const BUSY_MAX: Duration = Duration::from_secs(5);
const BUSY_RETRY: Duration = Duration::from_millis(50);

/// The outbox cannot be opened.
#[derive(Debug, Error)]
pub enum OutboxError {
    #[error("the folder {path} cannot be made ({error}): check data_dir and its owner")]
    Folder { path: PathBuf, error: io::Error },
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Cursor(#[from] CursorError),
    #[error(transparent)]
    Id(#[from] IdError),
}

/// An open outbox, to be wired by the app.
pub struct Outbox {
    pub sender: OutboxSender,
    pub write_loop: WriteLoop,
    pub view: OutboxView,
    pub cursor: Cursor,
    /// The last durable record, told after each commit.
    pub durable: watch::Receiver<Seq>,
}

/// What others may know about the outbox. Cheap to clone.
#[derive(Clone)]
pub struct OutboxView {
    log: Log,
    id: OutboxId,
    max_bytes: u64,
    age_max: Duration,
    given_up: watch::Receiver<GivenUp>,
}

impl OutboxError {
    /// Another process has the outbox open.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Open(OpenError::Busy { .. }))
    }
}

impl Outbox {
    /// As [`Self::open`], waiting a while for a process that only looks at the outbox, or that is just ending.
    pub async fn open_patiently(data_dir: &Path, config: &config::Outbox) -> Result<Self, OutboxError> {
        let deadline = Instant::now() + BUSY_MAX;
        loop {
            match Self::open(data_dir, config) {
                Err(error) if error.is_busy() && Instant::now() < deadline => sleep(BUSY_RETRY).await,
                opened => return opened,
            }
        }
    }

    /// Opens or creates the outbox under `data_dir`, recovering what a crash left.
    pub fn open(data_dir: &Path, config: &config::Outbox) -> Result<Self, OutboxError> {
        let path = data_dir.join(FOLDER);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .map_err(|error| OutboxError::Folder { path: path.clone(), error })?;
        let options = Options {
            segment_bytes: config.segment_bytes,
            max_bytes: config.max_bytes,
            when_full: WhenFull::DropOldest,
            max_record_bytes: RECORD_BYTES_MAX,
        };
        let (writer, log, recovery) = waystation_durable_log::open(&path, options)?;
        if recovery.records_damaged > 0 || recovery.torn_bytes > 0 {
            let (damaged, torn) = (recovery.records_damaged, recovery.torn_bytes);
            tracing::warn!(records_damaged = damaged, torn_bytes = torn, "outbox recovered after a crash");
        }
        let cursor = log.cursor(CURSOR)?;
        let (durable_sender, durable) = watch::channel(log.durable());
        let given_up_path = data_dir.join(GIVEN_UP);
        let (told, given_up) = watch::channel(GivenUp::read(&given_up_path));
        let (max_bytes, age_max) = (config.max_bytes, config.age_max);
        let policy = Policy::new(log.clone(), max_bytes, config.segment_bytes, age_max, told, given_up_path);
        let (sender, write_loop) = writer::write_loop(writer, log.clone(), config, durable_sender, policy);
        let view = OutboxView { id: OutboxId::try_from(log.id())?, log, max_bytes, age_max, given_up };
        Ok(Self { sender, write_loop, view, cursor, durable })
    }
}

impl OutboxView {
    pub fn id(&self) -> &OutboxId {
        &self.id
    }

    /// Readings on disk that the hub has not acknowledged.
    pub fn records(&self) -> u64 {
        self.log.unread_records()
    }

    /// Their bytes.
    pub fn waiting_bytes(&self) -> u64 {
        self.log.unread_bytes()
    }

    /// Bytes taken on disk.
    pub fn disk_bytes(&self) -> u64 {
        self.log.bytes()
    }

    pub fn max_bytes(&self) -> u64 {
        self.max_bytes
    }

    /// The oldest reading that is kept.
    pub fn age_max(&self) -> Duration {
        self.age_max
    }

    /// What a full outbox gave up since it was made.
    pub fn given_up(&self) -> GivenUp {
        *self.given_up.borrow()
    }

    /// When the oldest waiting reading was written, ms since the Unix epoch by the system clock; `None` as well if that
    /// clock was plainly wrong then.
    pub fn oldest_ms(&self) -> Option<u64> {
        let plausible_from_ms = PLAUSIBLE_FROM_MS.unsigned_abs();
        self.log.oldest_unread_ms().filter(|ms| self.records() > 0 && *ms >= plausible_from_ms)
    }

    /// Ranges that were dropped or damaged, and that the hub does not know of yet.
    pub fn lost(&self) -> Vec<(Seq, Seq)> {
        self.log.lost()
    }

    pub fn lost_readings(&self) -> u64 {
        self.lost().iter().map(|(first, last)| last - first + 1).sum()
    }
}
