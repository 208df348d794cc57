//! Appending: records gather in memory as finished frames; a commit puts them on disk.
//!
//! Invariants
//! - `pending` holds the frames from `first_pending` to `next_seq - 1`, none of them durable, in order and whole.
//! - The active file is written at `end` only, and everything before `end` is synced. After any failed write or sync
//!   the file is given up: what it holds beyond `end` is unknown, so it is cut there (if the disk still lets us; if
//!   not, the next segment's first number says where it ends), and the frames go into a new segment.
//! - The first frame of every piece that is synced on its own is marked as the start of a commit.

use std::sync::Arc;

use crate::Seq;
use crate::error::{AppendError, CommitError};
use crate::frame::{FRAME_HEADER_BYTES, FrameKey, encoded_bytes};
use crate::header::{HEADER_BYTES, Header};
use crate::segment_file::Active;
use crate::shared::{Segment, Shared, now_ms};

/// Appends records; owned by one thread.
pub struct Writer {
    log: Arc<Shared>,
    key: FrameKey,
    pending: Vec<u8>,
    /// How much of `pending` is durable already; more than 0 only while a commit is under way.
    committed_bytes: usize,
    first_pending: Seq,
    next_seq: Seq,
    active: Option<Active>,
}

/// The most that waits in memory while commits fail.
const PENDING_BYTES_MAX: usize = 256 << 20;
/// Room that an empty buffer keeps between commits.
const PENDING_BYTES_KEPT: usize = 4 << 20;

impl Writer {
    pub(crate) fn new(log: Arc<Shared>) -> Self {
        let next_seq = log.durable() + 1;
        let key = log.identity.frame_key();
        Self {
            log,
            key,
            pending: Vec::new(),
            committed_bytes: 0,
            first_pending: next_seq,
            next_seq,
            active: None,
        }
    }

    /// Takes a record into memory and gives it its number. It is safe only once `commit` has returned that number.
    pub fn append(&mut self, record: &[u8]) -> Result<Seq, AppendError> {
        let max = self.log.options.max_record_bytes;
        if record.len() > max as usize {
            return Err(AppendError::TooLarge { bytes: record.len(), max });
        }
        let pending = self.pending.len();
        // One record always fits, however large the limit for records.
        if pending > 0 && pending + FRAME_HEADER_BYTES + record.len() > PENDING_BYTES_MAX {
            return Err(AppendError::Backlog { pending, max: PENDING_BYTES_MAX });
        }
        let seq = self.next_seq;
        self.key.encode(seq, record, &mut self.pending);
        self.next_seq += 1;
        Ok(seq)
    }

    /// Writes and syncs everything appended; returns the number of the last durable record.
    ///
    /// On an error nothing is forgotten: what is not durable yet stays in memory, and the next commit tries again.
    /// A part may have become durable all the same, see [`crate::Log::durable`].
    pub fn commit(&mut self) -> Result<Seq, CommitError> {
        let mut outcome = Ok(());
        while outcome.is_ok() && self.committed_bytes < self.pending.len() {
            outcome = self.commit_piece();
        }
        self.pending.drain(..self.committed_bytes);
        self.pending.shrink_to(PENDING_BYTES_KEPT);
        self.committed_bytes = 0;
        outcome.map(|()| self.next_seq - 1)
    }

    /// Bytes in memory that no commit has made durable.
    pub fn pending_bytes(&self) -> usize {
        self.pending.len()
    }

    /// The number that the next record will get.
    pub fn next_seq(&self) -> Seq {
        self.next_seq
    }

    /// Writes and syncs as many frames as fit into the active segment.
    fn commit_piece(&mut self) -> Result<(), CommitError> {
        let first_frame_bytes = encoded_bytes(&self.pending[self.committed_bytes..]) as u64;
        let mut active = match self.active.take() {
            Some(active) if active.room() >= first_frame_bytes => active,
            full => {
                if let Some(full) = full {
                    self.log.cut(&full);
                }
                self.begin_segment(first_frame_bytes)?
            }
        };
        let (bytes, frames) = frames_within(&self.pending[self.committed_bytes..], active.room());
        let piece = &mut self.pending[self.committed_bytes..self.committed_bytes + bytes];
        self.key.mark_starts_commit(self.first_pending, piece);
        let (action, written) = active.write_and_sync(piece);
        if let Err(error) = written {
            self.log.cut(&active);
            return Err(CommitError::from_disk(action, &active.path, error));
        }
        active.end += bytes as u64;
        self.log.publish(self.first_pending, self.first_pending + frames - 1, active.end);
        self.committed_bytes += bytes;
        self.first_pending += frames;
        self.active = Some(active);
        Ok(())
    }

    /// Makes the file for the records from `first_pending` on. It appears under its name complete and durable.
    fn begin_segment(&mut self, first_frame_bytes: u64) -> Result<Active, CommitError> {
        let log = &self.log;
        let capacity = log.options.segment_bytes.max(HEADER_BYTES as u64 + first_frame_bytes);
        log.reclaim().map_err(|error| CommitError::from_disk("delete segments in", &log.dir, error))?;
        log.make_room(capacity, log.last_is_empty(self.first_pending))?;
        let path = log.segment_path(self.first_pending);
        let created_ms = now_ms();
        let header = Header {
            identity: log.identity.clone(),
            record_bytes_max: log.options.max_record_bytes,
            first_seq: self.first_pending,
            created_ms,
            level: 0,
        };
        let file = log.create_segment(&path, &header, capacity);
        let file = file.map_err(|error| CommitError::from_disk("create", &path, error))?;
        let end = HEADER_BYTES as u64;
        log.add_segment(Segment {
            first_seq: self.first_pending,
            created_ms,
            end,
            disk_bytes: capacity,
            level: 0,
        });
        log.trim()?;
        Ok(Active { file, path, end, capacity })
    }
}

/// How many bytes and frames at the start of `frames` fit into `room`.
fn frames_within(frames: &[u8], room: u64) -> (usize, u64) {
    let (mut bytes, mut count) = (0, 0);
    while bytes < frames.len() {
        let frame = encoded_bytes(&frames[bytes..]);
        if (bytes + frame) as u64 > room {
            break;
        }
        bytes += frame;
        count += 1;
    }
    (bytes, count)
}
