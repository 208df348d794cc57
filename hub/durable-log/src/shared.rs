//! What writer, readers and cursors of one log know together.
//!
//! Invariants
//! - `segments` is never empty after the first commit, in order of `first_seq`; a segment ends where the next begins.
//! - Every record up to `durable` is on disk (or known to be damaged); nothing beyond is shown to a reader.
//! - Three locks, none taken while a later one is held: `reclaiming` (across deletions and rewrites), `losses_file` (across a
//!   write of `lost`), then `state` or `losses`, which are held for a few instructions and never across a disk call.

use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::Seq;
use crate::cursor::CursorShared;
use crate::disk::Disk;
use crate::identity::Identity;
use crate::losses::Losses;
use crate::options::Options;
use crate::time_marks::TimeMarks;

pub(crate) struct Shared {
    pub dir: PathBuf,
    pub disk: Arc<dyn Disk>,
    pub identity: Identity,
    pub id_hex: String,
    /// As fitted.
    pub options: Options,
    /// A copy of `State::durable` that costs no lock.
    pub durable: AtomicU64,
    pub state: Mutex<State>,
    pub durable_changed: Condvar,
    pub losses: Mutex<Losses>,
    pub losses_file: Mutex<()>,
    pub reclaiming: Mutex<()>,
    /// Grows when what a segment holds changes, so that readers look again.
    pub rewrites: AtomicU64,
    /// Held, not used: the directory is ours until it is dropped.
    pub _lock: Box<dyn Any + Send + Sync>,
}

pub(crate) struct State {
    pub segments: VecDeque<Segment>,
    /// Given up, but the disk has not let go of the files yet; no reader sees them any more.
    pub doomed: VecDeque<Segment>,
    pub durable: Seq,
    pub cursors: BTreeMap<String, Arc<CursorShared>>,
    pub time_marks: TimeMarks,
    pub closed: bool,
}

/// A few dozen bytes for each file, however long it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub first_seq: Seq,
    pub created_ms: u64,
    /// Readers stop here: the durable part of the file.
    pub end: u64,
    /// What the file takes on disk, reserved room included.
    pub disk_bytes: u64,
    pub level: u32,
}

impl State {
    pub fn first(&self) -> Seq {
        self.segments.front().map_or(self.durable + 1, |segment| segment.first_seq)
    }

    /// As `first`, with the files that could not be deleted yet.
    pub fn first_on_disk(&self) -> Seq {
        self.doomed.front().map_or_else(|| self.first(), |segment| segment.first_seq)
    }

    pub fn bytes(&self) -> u64 {
        self.segments.iter().chain(&self.doomed).map(|segment| segment.disk_bytes).sum()
    }

    /// The segment that holds `seq` (or would hold it), with the last record in it.
    pub fn segment_of(&self, seq: Seq) -> Option<(Segment, Seq)> {
        let after = self.segments.partition_point(|segment| segment.first_seq <= seq);
        let index = after.checked_sub(1)?;
        Some((self.segments[index], self.last_seq(index)))
    }

    pub fn last_seq(&self, index: usize) -> Seq {
        self.segments.get(index + 1).map_or(self.durable, |next| next.first_seq - 1)
    }

    /// Every cursor has saved a position at or beyond this; `None` without cursors, when nothing may be deleted.
    pub fn saved_by_all(&self) -> Option<Seq> {
        self.cursors.values().map(|cursor| cursor.saved.load(Ordering::Acquire)).min()
    }

    /// The slowest cursor's position, saved or not.
    pub fn passed_by_all(&self) -> Option<Seq> {
        self.cursors.values().map(|cursor| cursor.position.load(Ordering::Acquire)).min()
    }
}

impl Shared {
    pub fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    pub fn durable(&self) -> Seq {
        self.durable.load(Ordering::Acquire)
    }

    pub fn segment_path(&self, first_seq: Seq) -> PathBuf {
        self.dir.join(segment_name(first_seq))
    }

    pub fn wait_durable(&self, beyond: Seq, timeout: Duration) -> Seq {
        let deadline = Instant::now().checked_add(timeout);
        let mut state = self.state();
        while state.durable <= beyond && !state.closed {
            let left = deadline.map_or(Duration::MAX, |at| at.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                break;
            }
            let waited = self.durable_changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.durable
    }
}

/// State stays consistent between statements, so a panic elsewhere is no reason to stop the log.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) const SEGMENT_EXTENSION: &str = "seg";

pub(crate) fn segment_name(first_seq: Seq) -> String {
    format!("{first_seq:020}.{SEGMENT_EXTENSION}")
}

pub(crate) fn now_ms() -> u64 {
    // A clock before 1970 gives 0: the times serve people and metrics only.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}
