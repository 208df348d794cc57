//! What can go wrong, in words that say where it happened and what to do.

use std::io;
use std::path::{Path, PathBuf};

use crate::Seq;

/// Why a log could not be opened. Nothing on disk has been thrown away when this is returned.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the log in {dir} is in use by {holder}; stop that process, or give this one another directory")]
    Busy { dir: PathBuf, holder: String },
    #[error("unusable log options: {reason}")]
    Options { reason: String },
    #[error(
        "{path} was written by format version {version}, this program reads version {supported}; use the newer program"
    )]
    Version { path: PathBuf, version: u32, supported: u32 },
    #[error("{path} belongs to another log ({found}, this one is {expected}); move it out of the directory")]
    Foreign { path: PathBuf, found: String, expected: String },
    #[error(
        "the log in {dir} has segments, but neither log.id nor any segment header can be read, so no record can be \
         verified; restore log.id from a copy, or move the directory away to start an empty log"
    )]
    IdentityLost { dir: PathBuf },
    #[error("cannot {action} {path}: {source}; mend the disk or the permissions and start again")]
    Io { action: &'static str, path: PathBuf, source: io::Error },
}

/// Why a record was not taken. The log is as it was before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    #[error("a record of {bytes} bytes is over the limit of {max} bytes")]
    TooLarge { bytes: usize, max: u32 },
    /// Back-pressure: commits have been failing, or the caller appends without committing.
    #[error("{pending} bytes wait for a commit, the most is {max}; commit before appending more")]
    Backlog { pending: usize, max: usize },
}

/// Why not everything appended is durable yet. Nothing is forgotten: the next commit tries the rest again.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    #[error("the log in {dir} is full: {bytes} of {max} bytes; it goes on when its readers have caught up")]
    Full { dir: PathBuf, bytes: u64, max: u64 },
    #[error("no space left on the disk for {path}; free some, the log goes on by itself")]
    NoSpace { path: PathBuf, source: io::Error },
    #[error("cannot {action} {path}: {source}; it is tried again with the next commit")]
    Io { action: &'static str, path: PathBuf, source: io::Error },
}

impl CommitError {
    /// Sorts an operating system's error into "the disk is full" and the rest.
    pub(crate) fn from_disk(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace { path, source },
            _ => Self::Io { action, path, source },
        }
    }
}

/// Why a record could not be read. The reader stays where it is, and the next call tries again.
#[derive(Debug, thiserror::Error)]
#[error("cannot read record {seq} from {path}: {source}; it is tried again, see Reader::skip_unreadable")]
pub struct ReadError {
    pub seq: Seq,
    pub path: PathBuf,
    pub source: io::Error,
}

/// Why a cursor could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum CursorError {
    #[error("{name:?} cannot name a cursor: use 1 to 64 of a-z, A-Z, 0-9, '-' and '_'")]
    Name { name: String },
    #[error("cannot write the cursor {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
}
