//! The ids of commands that came, on disk: each is obeyed once, across restarts and power cuts.
//!
//! Format: a line a id, the oldest first. Invariant: an id is on disk, synced, before anything is done about its
//! command; so of a command that a kill interrupted only the refusal of its repetition is left.

use crate::files;
use std::collections::{HashSet, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The file under `data_dir`.
const FILE: &str = "commands-seen";
/// Ids kept. Commands expire within an hour, and the hub sends a few a minute: older ones cannot come again.
const KEPT: usize = 4_096;

/// The ids, in memory and on disk.
#[derive(Debug)]
pub struct Seen {
    path: PathBuf,
    order: VecDeque<String>,
    ids: HashSet<String>,
    /// Open for appending; none after an error, so that the next id writes the whole file anew.
    file: Option<File>,
    lines: usize,
    /// Why the ids of earlier runs are not known.
    unread: Option<io::ErrorKind>,
}

impl Seen {
    /// Reads the file; blocks. If it is there and cannot be read, nothing is remembered, so that nothing is obeyed.
    pub fn open(data_dir: &Path) -> Self {
        let path = data_dir.join(FILE);
        let (text, unread) = match std::fs::read(&path) {
            Ok(bytes) => (String::from_utf8_lossy(&bytes).into_owned(), None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (String::new(), None),
            Err(error) => {
                tracing::error!(%error, path = %path.display(), "commands are refused: those that came before cannot be read");
                (String::new(), Some(error.kind()))
            }
        };
        let (order, ids) = (VecDeque::new(), HashSet::new());
        let mut seen = Self { path, order, ids, file: None, lines: 0, unread };
        // A line that a power cut tore is no id that anybody uses; it stays harmless.
        text.lines().filter(|line| !line.is_empty()).for_each(|id| seen.note(id));
        seen
    }

    pub fn contains(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    /// Puts an id on disk; blocks. It counts as seen even if that fails.
    ///
    /// # Errors
    /// It is not on disk: its command must not be obeyed.
    pub fn remember(&mut self, id: &str) -> io::Result<()> {
        if let Some(kind) = self.unread {
            return Err(kind.into());
        }
        self.note(id);
        let written = self.write(id);
        if written.is_err() {
            self.file = None;
        }
        written
    }

    fn write(&mut self, id: &str) -> io::Result<()> {
        match &mut self.file {
            Some(file) if self.lines < 2 * KEPT => {
                file.write_all(format!("{id}\n").as_bytes())?;
                self.lines += 1;
                file.sync_data()
            }
            _ => self.rewrite(),
        }
    }

    fn rewrite(&mut self) -> io::Result<()> {
        let text: String = self.order.iter().flat_map(|id| [id.as_str(), "\n"]).collect();
        files::replace(&self.path, text.as_bytes())?;
        self.file = Some(OpenOptions::new().append(true).open(&self.path)?);
        self.lines = self.order.len();
        Ok(())
    }

    fn note(&mut self, id: &str) {
        if !self.ids.insert(id.to_owned()) {
            return;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_seen_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut seen = Seen::open(folder.path());
        assert!(!seen.contains("a"));
        ["a", "b"].iter().for_each(|id| seen.remember(id).unwrap());
        let mut again = Seen::open(folder.path());
        assert!(again.contains("a") && again.contains("b") && !again.contains("c"));
        for number in 0..2 * KEPT + 10 {
            again.note(&format!("n{number}"));
        }
        again.remember("last").unwrap();
        let after = Seen::open(folder.path());
        assert!(after.contains("last") && !after.contains("a"));
        assert_eq!(after.order.len(), KEPT);
    }

    #[test]
    fn what_cannot_be_kept_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut seen = Seen::open(&folder.path().join("gone"));
        assert!(seen.remember("a").is_err());
        assert!(seen.contains("a"));
        std::fs::create_dir(folder.path().join(FILE)).unwrap();
        assert!(Seen::open(folder.path()).remember("b").is_err());
    }
}
