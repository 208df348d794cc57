//! What can go wrong with the registry, in words that say what to do.

use std::fmt;
use std::path::PathBuf;

use crate::texts::Said;
use thiserror::Error;

/// A failure of the registry. Its text is for a person at a terminal.
#[derive(Debug, Error)]
pub enum RegistryError {
    #[error("cannot create {}: {source}; create it yourself, or choose another `data_dir`", path.display())]
    Folder { path: PathBuf, source: std::io::Error },
    #[error(
        "cannot open {}: {source}; run this as the user that runs the hub, and check the folder's permissions",
        path.display()
    )]
    Open { path: PathBuf, source: rusqlite::Error },
    #[error("{} was written by a newer hub (format {found}, this one knows {known}); update this program", path.display())]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("{} is not a Waystation registry; move it away, or choose another `data_dir`", path.display())]
    Foreign { path: PathBuf },
    #[error("{} is busy: another program has held it for {waited_s} s; try again when it has finished", path.display())]
    Busy { path: PathBuf, waited_s: u64 },
    #[error("reading or writing {} failed: {source}", path.display())]
    Sqlite { path: PathBuf, source: rusqlite::Error },
    #[error(
        "{} is damaged: {what}; stop the hub and put your backup of it in its place. Without one move the file away, \
         register the stations again, and give each its new token", path.display()
    )]
    Damaged { path: PathBuf, what: String },
    #[error("{}", list(.0))]
    Mistakes(Vec<Mistake>),
    #[error("station `{0}` exists already; `station rotate-token {0}` gives it a new token")]
    StationExists(String),
    #[error("there is no station `{0}`; `station list` shows them all")]
    NoSuchStation(String),
    #[error(
        "a token named `{0}` exists already; remove it first with `token remove {0}`, or choose another name"
    )]
    TokenExists(String),
    #[error("there is no token named `{0}`; `token list` shows them all")]
    NoSuchToken(String),
    #[error("the system gave no random numbers: {0}")]
    Random(getrandom::Error),
}

/// One thing that is wrong with one member of a station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The column, as in [`super::COLUMNS`].
    pub column: &'static str,
    /// What is wrong and what would be right.
    pub text: Said,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.column, self.text)
    }
}

fn list(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
