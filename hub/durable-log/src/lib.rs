//! A durable log.

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
mod shared;
mod small_file;
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
