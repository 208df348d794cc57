//! Reading the log in order, past whatever is damaged or gone.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::Seq;
use crate::error::ReadError;
use crate::frame::FRAME_HEADER_BYTES;
use crate::header::{HEADER_BYTES, Header};
use crate::options::WhenFull;
use crate::scan::Scan;
use crate::shared::{Segment, Shared, locked};

/// Reads records one after the other. It holds one file open and 256 KiB, or the largest record, in memory.
pub struct Reader {
    log: Arc<Shared>,
    next: Seq,
    current: Option<Current>,
    skipped: Vec<(Seq, Seq)>,
    unreadable_is_damage: bool,
    /// As it was when `current` was looked up.
    rewrites: u64,
}

struct Current {
    scan: Scan,
    path: PathBuf,
    first_seq: Seq,
    /// As far as was known when the segment was looked up.
    last_seq: Seq,
    end: u64,
    /// Given up, whether the file still holds it or not.
    gone: Vec<(Seq, Seq)>,
    /// Where the next frame is expected, and its number.
    offset: u64,
    seq_at_offset: Seq,
}

/// What the place of the next record holds.
enum Found {
    Record {
        offset: u64,
        bytes: usize,
    },
    /// Nothing of this segment is left.
    SegmentEnd,
    /// A record that was given up has been passed over.
    Gone,
}

/// A reader that nobody asks for `skipped` keeps at most this many stretches apart.
const SKIPPED_MAX: usize = 1024;

impl Reader {
    pub(crate) fn new(log: Arc<Shared>, from: Seq) -> Self {
        let next = from.max(log.state().first());
        Self { log, next, current: None, skipped: Vec::new(), unreadable_is_damage: false, rewrites: 0 }
    }

    /// The next record with its number; `None` while nothing beyond the position is durable.
    ///
    /// Damaged stretches, and records deleted before they were reached, are passed over: see [`Self::skipped`].
    /// After an error the position is unchanged.
    #[allow(clippy::should_implement_trait)] // An iterator could not lend its buffer.
    pub fn next(&mut self) -> Result<Option<(Seq, &[u8])>, ReadError> {
        loop {
            if self.next > self.log.durable() {
                return Ok(None);
            }
            let rewrites = self.log.rewrites.load(Ordering::Acquire);
            if rewrites != self.rewrites {
                (self.current, self.rewrites) = (None, rewrites);
            }
            let seq = self.next;
            if !self
                .current
                .as_ref()
                .is_some_and(|current| (current.first_seq..=current.last_seq).contains(&seq))
            {
                self.find_segment()?;
                continue;
            }
            match self.find_record()? {
                Found::Record { offset, bytes } => {
                    let seq = self.next;
                    self.next += 1;
                    let window = self.current.as_ref().map(|current| &current.scan.window);
                    let record = window.map_or(&[][..], |window| window.held_at(offset, bytes));
                    return Ok(Some((seq, record)));
                }
                Found::SegmentEnd | Found::Gone => {}
            }
        }
    }

    /// Number of the last record returned or passed over; `next` goes on behind it.
    pub fn position(&self) -> Seq {
        self.next - 1
    }

    /// The stretches passed over since the last call: damaged, or deleted before this reader came to them.
    pub fn skipped(&mut self) -> Vec<(Seq, Seq)> {
        std::mem::take(&mut self.skipped)
    }

    /// From now on, blocks of 4 KiB that the disk cannot read count as damage instead of failing `next`.
    ///
    /// For a caller that has tried again long enough: a bad sector must not stop the log for good.
    pub fn skip_unreadable(&mut self) {
        self.unreadable_is_damage = true;
        self.current = None;
    }

    fn find_segment(&mut self) -> Result<(), ReadError> {
        let (first, found) = {
            let state = self.log.state();
            (state.first(), state.segment_of(self.next))
        };
        if self.next < first {
            // Deleted by the size cap, which has remembered what of it was unread.
            self.pass_over(first - 1);
            return Ok(());
        }
        let Some((segment, last_seq)) = found else { return Ok(()) };
        match self.current.as_mut().filter(|current| current.first_seq == segment.first_seq) {
            Some(current) => {
                current.last_seq = last_seq;
                current.end = segment.end;
            }
            None => self.current = self.open(segment, last_seq)?,
        }
        Ok(())
    }

    /// `None` when the file has been deleted since it was looked up.
    fn open(&self, segment: Segment, last_seq: Seq) -> Result<Option<Current>, ReadError> {
        let path = self.log.segment_path(segment.first_seq);
        let opened = self.open_scan(&path).map(|scan| Current {
            scan,
            path: path.clone(),
            first_seq: segment.first_seq,
            last_seq,
            end: segment.end,
            gone: self.gone(segment.first_seq, last_seq),
            offset: HEADER_BYTES as u64,
            seq_at_offset: segment.first_seq,
        });
        match opened {
            Ok(current) => Ok(Some(current)),
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.log.state().first() > self.next => {
                Ok(None)
            }
            Err(source) => Err(ReadError { seq: self.next, path, source }),
        }
    }

    /// Only a log that may drop records gives some up; elsewhere what one reader found damaged another may still read.
    fn gone(&self, first: Seq, last: Seq) -> Vec<(Seq, Seq)> {
        match self.log.options.when_full {
            WhenFull::Refuse => Vec::new(),
            WhenFull::DropOldest => locked(&self.log.losses).within(first, last),
        }
    }

    fn open_scan(&self, path: &Path) -> io::Result<Scan> {
        let file = self.log.disk.open(path)?;
        let mut scan = Scan::new(file, self.log.identity.frame_key(), u32::MAX >> 1);
        scan.window.unreadable_is_zero = self.unreadable_is_damage;
        let header = scan.window.load(0, HEADER_BYTES, HEADER_BYTES as u64)?;
        if let Ok(header) = Header::decode(header) {
            scan.limit_records(header.record_bytes_max);
        }
        Ok(scan)
    }

    fn find_record(&mut self) -> Result<Found, ReadError> {
        let next = self.next;
        let Some(current) = self.current.as_mut() else { return Ok(Found::SegmentEnd) };
        let located = current.locate(next);
        let failed = |source| ReadError { seq: next, path: current.path.clone(), source };
        let Some((offset, seq, bytes)) = located.map_err(failed)? else {
            let last = current.last_seq;
            (current.offset, current.seq_at_offset) = (current.end, last + 1);
            self.pass_over(last);
            return Ok(Found::SegmentEnd);
        };
        let gone = current.gone.iter().find(|(from, to)| (*from..=*to).contains(&seq)).copied();
        if let Some((_, to)) = gone {
            let last = current.last_seq;
            self.pass_over(to.min(last));
            return Ok(Found::Gone);
        }
        if seq > next {
            self.pass_over(seq - 1);
        }
        Ok(Found::Record { offset: offset + FRAME_HEADER_BYTES as u64, bytes: bytes - FRAME_HEADER_BYTES })
    }

    /// Everything up to `to` cannot be had. What is still in a segment is damage, and is remembered as lost.
    fn pass_over(&mut self, to: Seq) {
        let from = self.next;
        self.next = to + 1;
        if self.current.as_ref().is_some_and(|current| current.first_seq <= from && to <= current.last_seq) {
            self.log.remember_loss(from, to);
        }
        let full = self.skipped.len() >= SKIPPED_MAX;
        match self.skipped.last_mut() {
            Some(last) if last.1 + 1 == from || full => last.1 = to,
            _ => self.skipped.push((from, to)),
        }
    }
}

impl Current {
    /// Place, number and length of the first whole frame numbered `next` or above.
    ///
    /// A reader that begins in the middle of a segment walks over the frames before `next`, damaged or not.
    fn locate(&mut self, next: Seq) -> io::Result<Option<(u64, Seq, usize)>> {
        loop {
            let expected =
                self.scan.frame_at(self.offset, self.seq_at_offset, self.seq_at_offset, self.end)?;
            let found = match expected {
                Some(header) => Some((self.offset, header)),
                None => self.scan.search(self.offset, self.seq_at_offset, self.last_seq, self.end)?,
            };
            let Some((offset, header)) = found else { return Ok(None) };
            self.offset = offset + header.bytes as u64;
            self.seq_at_offset = header.seq + 1;
            if header.seq >= next {
                return Ok(Some((offset, header.seq, header.bytes)));
            }
        }
    }
}
