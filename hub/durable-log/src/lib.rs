//! A log that keeps its word: what [`Writer::commit`] has reported is on disk, and is read back in order after any
//! crash; what is gone all the same, through damage or a size cap, is counted to the record.
//!
//! The hub's telemetry log and the agent's outbox are both such logs. Everything here is synchronous: a thread owns
//! the [`Writer`], others read through clones of [`Log`], and [`Cursor`]s say what may be deleted.
//!
//! # On disk
//! ```text
//! lock                        held with flock by the one process that has the log open; names it
//! log.id                      id and salt of the log                               (module identity)
//! 00000000000000000001.seg    a segment, named by its first record: header, frames (modules header, frame)
//! cursors/NAME                a consumer's position                                (module cursor)
//! lost                        records that are gone, reported or not               (module losses)
//! *.tmp                       a file being made; a crash's leftovers are deleted by the next open
//!
//! segment = header (64 bytes) frame* zeros
//! frame   = length | CRC-32C | sequence number, low half | record
//!           (4)      (4)       (4, masked with the salt)   (length - 12)
//! ```
//! All numbers are little-endian. The top bit of `length` marks the first frame of a commit. The checksum covers the
//! length with that bit, the full sequence number and the record, and begins with the log's salt. A length of zero
//! means that nothing is here. Small files end in a checksum of their own and are replaced by rename.
//!
//! # Invariants
//! 1. Records are numbered from 1 without a gap, and no number that anybody was told of is used twice. The last
//!    segment is never deleted before its successor exists, because it keeps the numbering.
//! 2. A segment ends where the next one begins, whatever lies behind in its file. So what a closed segment holds is
//!    known from two file names, and nothing in it has to be read to open the log.
//! 3. A segment appears under its name complete: header written, room reserved, file and directory synced.
//! 4. A commit (or the piece of it that fits into a segment) is written only when everything before it is synced, and
//!    its first frame is marked. So a marked frame proves that everything before it was durable: a hole before it is
//!    damage, and is counted. A hole with no marked frame behind it is a torn commit that was never reported: it is
//!    cut off when the log is opened.
//! 5. A file is not written any more once a write or a sync of it has failed: what the page cache shows is not what
//!    the disk holds. It is cut to its synced length, and the records, still in memory, go into a new segment.
//! 6. Opening starts from what is durable: directories are synced first, and the last commit is written once more
//!    before it counts, because a killed process leaves a page cache that can look clean and not be on disk.
//! 7. A segment is deleted when every cursor's *saved* position has passed it; without cursors nothing is. Under
//!    [`WhenFull::DropOldest`] the unread range is made durable in `lost` before its segment goes.
//! 8. A cursor or a loss beyond the last record found proves that the missing ones were durable: they are damage, and
//!    the numbering goes on behind them.
//! 9. A closed segment may be rewritten with fewer records (module thin). Under [`WhenFull::DropOldest`] what is in
//!    `lost` is gone, whether a file still holds it or not.
//! 10. A log takes a fixed number of file descriptors (lock and active segment) and one for each reader. Memory is a few
//!     dozen bytes for each segment, what waits for a commit (at most 256 MiB), and 256 KiB or one record per reader.
//!
//! What cannot be told apart: damage to the *last* commit, when no cursor has passed it, looks like a torn commit and
//! is cut off with everything of that commit behind it; [`Recovery::torn_bytes`] says how much.
//!
//! # Why fallocate
//! `examples/log_speed.rs`, 2 cores, ext4 on a virtual disk that other work kept busy; write + fdatasync, median ms:
//!
//! | the file is   | 4 KiB | 64 KiB | 1 MiB | making it ready, 64 MiB |
//! |---------------|-------|--------|-------|-------------------------|
//! | growing       | 0.17  | 0.30   | 4.2   | -                       |
//! | fallocated    | 0.20  | 0.29   | 3.1   | 0.2 to 0.6 ms           |
//! | full of zeros | 0.33  | 0.19   | 2.6   | 82 to 188 ms            |
//!
//! Zeros make the larger syncs up to a third faster, at the price of writing everything twice and of a stall of 0.1 s
//! in the commit that begins a segment. Reserving costs nothing that can be seen, is at no size clearly slower than
//! growing, and makes a full disk show when a segment is begun instead of in its middle.
//!
//! On the same machine a log of 10 GiB (161 segments) opened in 0.6 s with 4 KiB more resident memory.

mod backlog;
mod cursor;
mod disk;
mod error;
mod frame;
mod header;
mod identity;
mod log;
mod losses;
mod options;
mod reader;
mod recovery;
mod retention;
mod scan;
mod segment_file;
mod shared;
mod small_file;
mod thin;
mod time_marks;
mod window;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use cursor::Cursor;
pub use disk::{Disk, DiskFile, Lock, RealDisk};
pub use error::{AppendError, CommitError, CursorError, OpenError, ReadError};
pub use log::Log;
pub use options::{Options, WhenFull};
pub use reader::Reader;
pub use thin::{ClosedSegment, Thinned};
pub use writer::Writer;

/// Number of a record: from 1, without gaps, never used twice.
pub type Seq = u64;

/// What opening a log found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Durable records that are gone, counted by the numbers of their neighbours. Readers may meet more in segments
    /// that opening does not read.
    pub records_damaged: u64,
    /// The same, as ranges; they are in [`Log::lost`] too.
    pub damaged_ranges: Vec<(Seq, Seq)>,
    /// Bytes of a commit that a crash interrupted, cut off. Nobody was told that they were safe.
    pub torn_bytes: u64,
    pub segments: usize,
    pub bytes: u64,
    pub first_seq: Seq,
    pub next_seq: Seq,
    /// Files whose checksum was wrong: headers and `log.id` are rebuilt or done without, a cursor starts over.
    pub files_damaged: Vec<PathBuf>,
}

/// Opens the log in `dir`, or creates it, for this process alone.
///
/// The directory is made durable in its parent; parents above that are the caller's.
pub fn open(dir: &Path, options: Options) -> Result<(Writer, Log, Recovery), OpenError> {
    open_with(RealDisk, dir, options)
}

/// As [`open`], on any disk: for tests that inject faults.
pub fn open_with(
    disk: impl Disk,
    dir: &Path,
    options: Options,
) -> Result<(Writer, Log, Recovery), OpenError> {
    recovery::open(Arc::new(disk), dir, options)
}
