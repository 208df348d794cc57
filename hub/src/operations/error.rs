//! What can go wrong with `operations.db`, in words that say what to do.

use std::path::PathBuf;

use crate::texts::Said;
use thiserror::Error;

/// A failure of `operations.db`. Its text is for a person.
#[derive(Debug, Error)]
pub enum OperationsError {
    #[error("cannot create {}: {source}; the folder must belong to the user that runs the hub", path.display())]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("{} was written by a newer hub (format {found}, this one knows {known}); update this program", path.display())]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("{} is no operations.db of Waystation; move it away, or choose another `data_dir`", path.display())]
    Foreign { path: PathBuf },
    #[error("{} is busy: another program has held it for {waited_s} s; try again when it has finished", path.display())]
    Busy { path: PathBuf, waited_s: u64 },
    #[error("{} is damaged: {what}; restore it from a backup", path.display())]
    Damaged { path: PathBuf, what: String },
    #[error(
        "reading or writing {} failed: {source}; check that the disk has room and that the file belongs to the hub's \
         user", path.display()
    )]
    Sqlite { path: PathBuf, source: rusqlite::Error },
    #[error("{0}")]
    Refused(Said),
    #[error("the system gave no random numbers: {0}")]
    Random(getrandom::Error),
}

impl OperationsError {
    /// Whether the file itself is damaged.
    #[must_use]
    pub const fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }
}
