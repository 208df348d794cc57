//! Opening a log: what is there, what a crash left behind, and where the numbering goes on.
//!
//! Only the headers of all segments and the last segment's frames are read, so the time does not depend on the size
//! of the log. The steps are in the order in which they may touch the disk; each can be interrupted and done again.

mod files;
mod tail;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use crate::cursor::{CURSORS, CursorFile, CursorShared};
use crate::disk::{Disk, Lock};
use crate::error::OpenError;
use crate::log::Log;
use crate::losses::Losses;
use crate::options::{Options, WhenFull};
use crate::retention::LOST;
use crate::shared::{Shared, State, locked};
use crate::time_marks::TimeMarks;
use crate::writer::Writer;
use crate::{Recovery, Seq, small_file};

use tail::Tail;

const LOCK: &str = "lock";

pub(crate) fn io_error<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> OpenError + 'a {
    move |source| OpenError::Io { action, path: path.to_owned(), source }
}

pub(crate) fn open(
    disk: Arc<dyn Disk>,
    dir: &Path,
    options: Options,
) -> Result<(Writer, Log, Recovery), OpenError> {
    let options = options.fitted()?;
    let lock = take_directory(&*disk, dir)?;
    let mut recovery = Recovery::default();
    let files = files::read(&*disk, dir, &mut recovery)?;
    let losses = read_losses(&*disk, dir, &mut recovery)?;
    let cursors = read_cursors(&*disk, dir, files.first_seq(), &mut recovery)?;
    let tail = match files.segments.back() {
        Some(last) => tail::recover(&*disk, &files.path_of(last), &files.identity, last.first_seq)?,
        None => Tail::empty(1),
    };
    let mut segments = files.segments;
    if let Some(last) = segments.back_mut() {
        (last.end, last.disk_bytes) = (tail.end, tail.end);
    }
    let state = State {
        segments,
        doomed: Default::default(),
        durable: tail.next_seq - 1,
        cursors,
        time_marks: TimeMarks::default(),
        closed: false,
    };
    let shared = Shared {
        dir: dir.to_owned(),
        disk,
        id_hex: files.identity.id_hex(),
        identity: files.identity,
        options,
        durable: AtomicU64::new(state.durable),
        state: Mutex::new(state),
        durable_changed: Condvar::new(),
        losses: Mutex::new(losses),
        losses_file: Mutex::new(()),
        reclaiming: Mutex::new(()),
        rewrites: AtomicU64::new(0),
        _lock: lock,
    };
    shared.resume(tail, &mut recovery);
    let shared = Arc::new(shared);
    Ok((Writer::new(Arc::clone(&shared)), Log::new(shared), recovery))
}

/// Makes the directory, and takes it for this process.
fn take_directory(disk: &dyn Disk, dir: &Path) -> Result<Box<dyn std::any::Any + Send + Sync>, OpenError> {
    let cursors = dir.join(CURSORS);
    disk.create_dir_all(&cursors).map_err(io_error("create", &cursors))?;
    let lock_path = dir.join(LOCK);
    match disk.lock(&lock_path).map_err(io_error("lock", &lock_path))? {
        Lock::HeldBy(holder) => Err(OpenError::Busy { dir: dir.to_owned(), holder }),
        Lock::Taken(lock) => {
            // A process that was killed may have left renames that are in memory only.
            for made in [cursors.as_path(), dir].into_iter().chain(dir.parent()) {
                let made = if made.as_os_str().is_empty() { Path::new(".") } else { made };
                disk.sync_dir(made).map_err(io_error("sync the directory", made))?;
            }
            Ok(lock)
        }
    }
}

fn read_losses(disk: &dyn Disk, dir: &Path, recovery: &mut Recovery) -> Result<Losses, OpenError> {
    let path = dir.join(LOST);
    let losses = match small_file::read(disk, &path).map_err(io_error("read", &path))? {
        small_file::Content::Absent => Some(Losses::default()),
        small_file::Content::Damaged => None,
        small_file::Content::Text(text) => Losses::from_text(&text),
    };
    Ok(losses.unwrap_or_else(|| {
        recovery.files_damaged.push(path);
        Losses::default()
    }))
}

/// A damaged cursor starts over at the oldest record: its consumer sees records again rather than missing some.
fn read_cursors(
    disk: &dyn Disk,
    dir: &Path,
    first: Seq,
    recovery: &mut Recovery,
) -> Result<BTreeMap<String, Arc<CursorShared>>, OpenError> {
    let dir = dir.join(CURSORS);
    let mut cursors = BTreeMap::new();
    for name in files::list_without_leftovers(disk, &dir)? {
        if !crate::cursor::is_valid(&name) {
            continue;
        }
        let path: PathBuf = dir.join(&name);
        let position = match small_file::read(disk, &path).map_err(io_error("read", &path))? {
            small_file::Content::Text(text) => text.parse().ok(),
            small_file::Content::Absent | small_file::Content::Damaged => None,
        };
        let position = position.unwrap_or_else(|| {
            recovery.files_damaged.push(path.clone());
            first - 1
        });
        cursors.insert(name, Arc::new(CursorShared::new(path, position, CursorFile::Written)));
    }
    Ok(cursors)
}

impl Shared {
    /// Settles the numbering, remembers damage, and finishes deletions that a crash cut short.
    ///
    /// A full disk must not keep a log from opening: what cannot be written or deleted now stays due, and the next
    /// save of a cursor or the next new segment tries it again.
    fn resume(&self, tail: Tail, recovery: &mut Recovery) {
        let mut damaged = tail.damaged;
        damaged.extend(self.settle_numbering(tail.next_seq));
        for &(from, to) in &damaged {
            self.remember_loss(from, to);
            recovery.records_damaged += to - from + 1;
        }
        self.save_losses().ok();
        if self.options.when_full == WhenFull::DropOldest {
            self.doom_what_was_given_up();
        }
        self.reclaim().ok();
        let state = self.state();
        recovery.damaged_ranges = damaged;
        recovery.torn_bytes = tail.torn_bytes;
        recovery.segments = state.segments.len();
        recovery.bytes = state.bytes();
        recovery.first_seq = state.first();
        recovery.next_seq = state.durable + 1;
    }

    /// A number is never given twice. A cursor or a loss beyond the last record found proves that more was durable:
    /// what is missing up to there is damage.
    fn settle_numbering(&self, next_seq: Seq) -> Option<(Seq, Seq)> {
        let lost = locked(&self.losses).last();
        let mut state = self.state();
        let positions = state.cursors.values().map(|cursor| cursor.saved.load(Ordering::Acquire));
        let last = positions.max().unwrap_or(0).max(lost);
        if last < next_seq {
            return None;
        }
        state.durable = last;
        self.durable.store(last, Ordering::Release);
        Some((next_seq, last))
    }
}
