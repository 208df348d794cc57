//! The handle that everybody but the writer has on a log.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::Seq;
use crate::cursor::Cursor;
use crate::error::CursorError;
use crate::reader::Reader;
use crate::shared::{Shared, locked};
use crate::thin::{ClosedSegment, Thinned};

/// A log as its readers see it. Cheap to clone; any thread may use it.
///
/// The directory stays taken until the writer and every clone, reader and cursor are gone.
#[derive(Clone)]
pub struct Log {
    shared: Arc<Shared>,
}

impl Log {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Number of the last durable record; 0 before the first.
    pub fn durable(&self) -> Seq {
        self.shared.durable()
    }

    /// Number of the oldest record kept; `durable() + 1` when there is none.
    pub fn first(&self) -> Seq {
        self.shared.state().first()
    }

    /// Bytes taken on disk by segments, room reserved for the next records included.
    pub fn bytes(&self) -> u64 {
        self.shared.state().bytes()
    }

    /// 32 hex digits, drawn once when the log was created.
    pub fn id(&self) -> &str {
        &self.shared.id_hex
    }

    /// Reads from record `from` on, or from `first()` where that is later.
    pub fn reader(&self, from: Seq) -> Reader {
        Reader::new(Arc::clone(&self.shared), from)
    }

    /// The cursor called `name`, made at `first() - 1` when it is new. It holds back deletion until it is removed.
    pub fn cursor(&self, name: &str) -> Result<Cursor, CursorError> {
        Cursor::open(&self.shared, name)
    }

    /// Names and positions of all cursors, whether open or left by an earlier run.
    pub fn cursors(&self) -> Vec<(String, Seq)> {
        let state = self.shared.state();
        let position = |(name, cursor): (&String, &Arc<crate::cursor::CursorShared>)| {
            (name.clone(), cursor.position.load(Ordering::Acquire))
        };
        state.cursors.iter().map(position).collect()
    }

    /// Forgets a cursor whose consumer is gone for good, so that it holds back deletion no longer.
    pub fn remove_cursor(&self, name: &str) -> io::Result<()> {
        Cursor::remove(&self.shared, name)
    }

    /// Waits until something beyond `beyond` is durable, at most for `timeout`; returns what is durable then.
    ///
    /// Blocks the thread. Returns at once after [`Self::close_waiters`].
    pub fn wait_durable(&self, beyond: Seq, timeout: Duration) -> Seq {
        self.shared.wait_durable(beyond, timeout)
    }

    /// For shutdown: wakes everybody who waits, now and later.
    pub fn close_waiters(&self) {
        self.shared.state().closed = true;
        self.shared.durable_changed.notify_all();
    }

    /// Records that are gone for good, damaged or deleted unread, and that nobody has been told about yet.
    pub fn lost(&self) -> Vec<(Seq, Seq)> {
        locked(&self.shared.losses).lost.as_slice().to_vec()
    }

    /// Everything lost up to `upto` has been reported; it does not come up again. Durable when it returns `Ok`.
    pub fn forget_lost(&self, upto: Seq) -> io::Result<()> {
        let first = self.shared.state().first_on_disk();
        locked(&self.shared.losses).tell(upto, first);
        self.shared.save_losses()
    }

    /// Bytes not yet passed by the slowest cursor. Inside a segment the records count as equally long.
    pub fn unread_bytes(&self) -> u64 {
        self.shared.unread_bytes()
    }

    /// When the oldest record that the slowest cursor has not passed was committed, in ms since 1970; `None` when
    /// everything is read. To the second for records of this process, else the time when their segment was begun.
    pub fn oldest_unread_ms(&self) -> Option<u64> {
        self.shared.oldest_unread_ms()
    }

    /// Records that the slowest cursor has not passed and that are not gone.
    pub fn unread_records(&self) -> u64 {
        self.shared.unread_records()
    }

    /// The segments that are not written to any more, oldest first.
    pub fn closed_segments(&self) -> Vec<ClosedSegment> {
        self.shared.closed_segments()
    }

    /// Rewrites the closed segment that begins with `first_seq`: what every cursor has passed goes, and of the rest
    /// what `keep` does not want. It is remembered as lost, in at most `ranges_max` ranges: where there would be more,
    /// the shortest stretches stay. The segment is called `level` then. `None`: there is no such closed segment.
    ///
    /// For a log that may drop records ([`crate::WhenFull::DropOldest`]). While it works, twice the room of what stays
    /// is taken. A failure in the middle leaves the log in order; what it lost already stays lost.
    pub fn thin(
        &self,
        first_seq: Seq,
        level: u32,
        ranges_max: usize,
        mut keep: impl FnMut(Seq, &[u8]) -> bool,
    ) -> io::Result<Option<Thinned>> {
        self.shared.thin(first_seq, level, ranges_max, &mut keep)
    }

    /// Deletes the segments that every cursor's saved position has passed. `Cursor::save` and the writer do it too.
    pub fn reclaim(&self) -> io::Result<()> {
        self.shared.reclaim()
    }
}
