//! A sliding view of a file: what was read stays until something further on is asked for.

use std::io;

use crate::disk::{DiskFile, read_full_at};

/// One read from the disk. Larger only where a single frame is larger.
pub(crate) const CHUNK_BYTES: usize = 256 << 10;

pub(crate) struct Window {
    file: Box<dyn DiskFile>,
    /// What lies in the file from `start`.
    bytes: Vec<u8>,
    start: u64,
    /// Blocks that the disk cannot read count as zeros instead of failing (see `Reader::skip_unreadable`).
    pub unreadable_is_zero: bool,
}

/// The unit in which unreadable places are passed over: a page, the least that a disk reads.
const BLOCK_BYTES: u64 = 4096;

impl Window {
    pub fn new(file: Box<dyn DiskFile>) -> Self {
        Self { file, bytes: Vec::new(), start: 0, unreadable_is_zero: false }
    }

    pub fn file(&self) -> &dyn DiskFile {
        &*self.file
    }

    /// Makes up to `wanted` bytes from `offset` available, none of them beyond `end`; fewer where the file ends.
    pub fn load(&mut self, offset: u64, wanted: usize, end: u64) -> io::Result<&[u8]> {
        let wanted = wanted.min(usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX));
        if self.held(offset) < wanted {
            self.slide_to(offset);
            let size = wanted.max(CHUNK_BYTES.min(usize::try_from(end - offset).unwrap_or(usize::MAX)));
            self.fill(size)?;
        }
        let available = self.held(offset).min(wanted);
        Ok(self.held_at(offset, available))
    }

    /// Bytes that an earlier `load` made available.
    pub fn held_at(&self, offset: u64, count: usize) -> &[u8] {
        let at = offset.saturating_sub(self.start) as usize;
        self.bytes.get(at..at + count).unwrap_or_default()
    }

    /// Forgets what was read, because the file may have changed since.
    pub fn forget(&mut self) {
        self.bytes.clear();
    }

    fn held(&self, offset: u64) -> usize {
        match offset.checked_sub(self.start) {
            Some(at) => (self.bytes.len() as u64).saturating_sub(at) as usize,
            None => 0,
        }
    }

    /// Drops what lies before `offset`, and gives back the room that a large frame took.
    fn slide_to(&mut self, offset: u64) {
        let held = self.held(offset);
        let passed = self.bytes.len() - held;
        self.bytes.drain(..passed);
        self.bytes.shrink_to(CHUNK_BYTES);
        self.start = offset;
    }

    fn fill(&mut self, size: usize) -> io::Result<()> {
        let held = self.bytes.len();
        self.bytes.reserve_exact(size - held);
        self.bytes.resize(size, 0);
        let read = match read_full_at(&*self.file, &mut self.bytes[held..], self.start + held as u64) {
            Err(_) if self.unreadable_is_zero => self.fill_blockwise(held),
            other => other,
        };
        self.bytes.truncate(held + read.as_ref().map_or(0, |read| *read));
        read.map(|_| ())
    }

    fn fill_blockwise(&mut self, held: usize) -> io::Result<usize> {
        let mut at = held;
        while at < self.bytes.len() {
            let offset = self.start + at as u64;
            let block_end = (offset / BLOCK_BYTES + 1) * BLOCK_BYTES;
            let until = self.bytes.len().min(at + (block_end - offset) as usize);
            match read_full_at(&*self.file, &mut self.bytes[at..until], offset) {
                Ok(read) if read < until - at => return Ok(at + read - held),
                Ok(_) => {}
                Err(_) => self.bytes[at..until].fill(0),
            }
            at = until;
        }
        Ok(at - held)
    }
}
