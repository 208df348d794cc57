//! Named cursors: how far each consumer of the log has come.
//!
//! `cursors/NAME` holds a position in decimal: everything up to it is done with, and may be deleted. The saved
//! position alone counts for deletion, so that a crash never finds a record gone that its consumer still needs.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::disk::Disk;
use crate::error::CursorError;
use crate::shared::{Shared, locked};
use crate::{Seq, small_file};

pub(crate) const CURSORS: &str = "cursors";

pub(crate) struct CursorShared {
    pub path: PathBuf,
    pub position: AtomicU64,
    pub saved: AtomicU64,
    /// Held across a write of the file.
    pub file: Mutex<CursorFile>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CursorFile {
    New,
    Written,
    /// Nothing is written any more.
    Removed,
}

impl CursorShared {
    pub fn new(path: PathBuf, position: Seq, file: CursorFile) -> Self {
        let (position, saved) = (AtomicU64::new(position), AtomicU64::new(position));
        Self { path, position, saved, file: Mutex::new(file) }
    }

    /// Puts the position on disk, unless it is there.
    pub fn write(&self, disk: &dyn Disk) -> io::Result<()> {
        let mut file = locked(&self.file);
        let position = self.position.load(Ordering::Acquire);
        let up_to_date = *file == CursorFile::Written && position <= self.saved.load(Ordering::Acquire);
        if up_to_date || *file == CursorFile::Removed {
            return Ok(());
        }
        small_file::replace(disk, &self.path, &position.to_string())?;
        *file = CursorFile::Written;
        self.saved.fetch_max(position, Ordering::AcqRel);
        Ok(())
    }
}

/// A consumer's place in the log. Opening the same name twice gives two handles on one position.
#[derive(Clone)]
pub struct Cursor {
    log: Arc<Shared>,
    cursor: Arc<CursorShared>,
}

impl Cursor {
    pub(crate) fn open(log: &Arc<Shared>, name: &str) -> Result<Self, CursorError> {
        if !is_valid(name) {
            return Err(CursorError::Name { name: name.to_owned() });
        }
        let path = log.dir.join(CURSORS).join(name);
        let cursor = {
            let mut state = log.state();
            let position = state.first() - 1;
            let new = || Arc::new(CursorShared::new(path, position, CursorFile::New));
            // From here on nothing beyond `position` is deleted; the file makes that outlive a restart.
            Arc::clone(state.cursors.entry(name.to_owned()).or_insert_with(new))
        };
        let this = Self { log: Arc::clone(log), cursor };
        match this.cursor.write(&*log.disk) {
            Ok(()) => Ok(this),
            Err(source) => Err(CursorError::Io { path: this.cursor.path.clone(), source }),
        }
    }

    pub(crate) fn remove(log: &Shared, name: &str) -> io::Result<()> {
        let Some(cursor) = log.state().cursors.remove(name) else { return Ok(()) };
        let mut file = locked(&cursor.file);
        *file = CursorFile::Removed;
        log.disk.remove(&cursor.path)?;
        log.disk.sync_dir(&log.dir.join(CURSORS))
    }

    /// Everything up to here is done with.
    pub fn position(&self) -> Seq {
        self.cursor.position.load(Ordering::Acquire)
    }

    /// Moves on, in memory. Never backwards, and never past what is durable.
    pub fn advance(&mut self, to: Seq) {
        let to = to.min(self.log.durable.load(Ordering::Acquire));
        self.cursor.position.fetch_max(to, Ordering::AcqRel);
    }

    /// Makes the position durable, and deletes segments that every cursor has passed.
    ///
    /// Damage that readers met is made durable first: a position must not outlive the reason for what it skipped.
    pub fn save(&mut self) -> io::Result<()> {
        if self.position() > self.cursor.saved.load(Ordering::Acquire) {
            self.log.save_losses()?;
            self.cursor.write(&*self.log.disk)?;
            self.log.reclaim()?;
        }
        Ok(())
    }
}

pub(crate) fn is_valid(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=64).contains(&name.len()) && name.bytes().all(allowed)
}
