//! The file that is being written: how it comes to be, how it grows, and how it ends.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use crate::Seq;
use crate::disk::{DiskFile, write_all_at};
use crate::header::Header;
use crate::shared::{Segment, Shared, now_ms};
use crate::small_file::TEMPORARY;

/// Written at `end` only; everything before `end` is synced.
pub(crate) struct Active {
    pub file: Box<dyn DiskFile>,
    pub path: PathBuf,
    pub end: u64,
    pub capacity: u64,
}

impl Active {
    pub fn room(&self) -> u64 {
        self.capacity - self.end
    }

    pub fn write_and_sync(&self, piece: &[u8]) -> (&'static str, io::Result<()>) {
        match write_all_at(&*self.file, piece, self.end) {
            Ok(()) => ("sync", self.file.sync()),
            failed => ("write", failed),
        }
    }
}

impl Shared {
    pub fn create_segment(
        &self,
        path: &Path,
        header: &Header,
        capacity: u64,
    ) -> io::Result<Box<dyn DiskFile>> {
        let temporary = path.with_extension(TEMPORARY);
        let prepared = self.prepare_segment(&temporary, path, header, capacity);
        if prepared.is_err() {
            // Its room is needed. If this fails too, the next attempt starts with the same name.
            self.disk.remove(&temporary).ok();
        }
        prepared
    }

    fn prepare_segment(
        &self,
        temporary: &Path,
        path: &Path,
        header: &Header,
        capacity: u64,
    ) -> io::Result<Box<dyn DiskFile>> {
        let file = self.disk.create(temporary)?;
        file.allocate(capacity)?;
        write_all_at(&*file, &header.encode(), 0)?;
        file.sync()?;
        self.disk.rename(temporary, path)?;
        self.disk.sync_dir(&self.dir)?;
        Ok(file)
    }

    /// Gives back the room behind the end of a file that is not written any more.
    pub fn cut(&self, active: &Active) {
        // If it cannot be cut, it stays counted at full length, and the next segment's number says where it ends.
        if active.file.set_len(active.end).is_ok()
            && let Some(last) = self.state().segments.back_mut()
        {
            last.disk_bytes = active.end;
        }
    }

    pub fn last_is_empty(&self, next_seq: Seq) -> bool {
        self.state().segments.back().is_some_and(|last| last.first_seq == next_seq)
    }

    pub fn add_segment(&self, segment: Segment) {
        let mut state = self.state();
        if state.segments.back().is_some_and(|last| last.first_seq == segment.first_seq) {
            state.segments.pop_back();
        }
        state.segments.push_back(segment);
    }

    /// Shows readers that everything up to `last` is durable and lies before `end`.
    pub fn publish(&self, first: Seq, last: Seq, end: u64) {
        let mut state = self.state();
        if let Some(segment) = state.segments.back_mut() {
            segment.end = end;
        }
        state.durable = last;
        state.time_marks.note(first, now_ms());
        self.durable.store(last, Ordering::Release);
        drop(state);
        self.durable_changed.notify_all();
    }
}
