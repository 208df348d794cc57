//! Thinning: a closed segment is rewritten with fewer records, which keep their numbers.
//!
//! Steps, each of which may fail or be the last before a crash:
//! 1. The records that stay go into a temporary file, which is synced. The first one, and each behind a hole, is
//!    marked as the start of a commit: what is missing before it is no torn end.
//! 2. What is dropped is made durable in `lost`: as lost what some cursor has not passed, the rest as told. From here
//!    on it is gone, whatever file a crash leaves: a reader passes over what is in `lost`.
//! 3. The temporary file takes the segment's name.

use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;

use crate::Seq;
use crate::disk::{DiskFile, write_all_at};
use crate::frame::{FRAME_HEADER_BYTES, FrameHeader, FrameKey};
use crate::header::{HEADER_BYTES, Header};
use crate::options::WhenFull;
use crate::scan::Scan;
use crate::shared::{Segment, Shared, locked};
use crate::small_file::TEMPORARY;
use crate::window::CHUNK_BYTES;

/// A segment that is not written to any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosedSegment {
    pub first_seq: Seq,
    pub last_seq: Seq,
    /// On disk.
    pub bytes: u64,
    /// 0, or what the last thinning called it.
    pub level: u32,
}

/// What thinning a segment did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Thinned {
    /// Records that no cursor had passed and that are lost now.
    pub lost: u64,
    pub bytes_before: u64,
    pub bytes_after: u64,
}

/// A stretch between two records that stay.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    from: Seq,
    to: Seq,
    /// Records in it that are there so far and that some cursor has not passed.
    lost: u64,
    /// Records in it, passed or not.
    dropped: u64,
}

impl Shared {
    pub fn closed_segments(&self) -> Vec<ClosedSegment> {
        let state = self.state();
        let closed = state.segments.len().saturating_sub(1);
        let of = |(index, segment): (usize, &Segment)| ClosedSegment {
            first_seq: segment.first_seq,
            last_seq: state.last_seq(index),
            bytes: segment.disk_bytes,
            level: segment.level,
        };
        state.segments.iter().enumerate().take(closed).map(of).collect()
    }

    /// See [`crate::Log::thin`].
    pub fn thin(
        &self,
        first_seq: Seq,
        level: u32,
        ranges_max: usize,
        keep: &mut dyn FnMut(Seq, &[u8]) -> bool,
    ) -> io::Result<Option<Thinned>> {
        if self.options.when_full != WhenFull::DropOldest {
            return Err(io::Error::other("this log may not drop records"));
        }
        let _one_at_a_time = locked(&self.reclaiming);
        let Some((segment, last_seq)) = self.closed_segment(first_seq) else { return Ok(None) };
        let passed = self.save_cursors()?;
        let mut source = Source::open(self, segment, last_seq)?;
        let stretches = source.stretches(passed, ranges_max, keep)?;
        let unchanged =
            Thinned { lost: 0, bytes_before: segment.disk_bytes, bytes_after: segment.disk_bytes };
        if stretches.is_empty() && !source.holds_gone {
            self.change_segment(first_seq, |segment| segment.level = level);
            return Ok(Some(unchanged));
        }
        let path = self.segment_path(first_seq);
        let temporary = path.with_extension(TEMPORARY);
        let end = self.rewrite(&mut source, &stretches, level, &temporary, &path, passed);
        let end = end.inspect_err(|_| {
            // Its room is needed. If this fails too, the next open deletes it.
            self.disk.remove(&temporary).ok();
        })?;
        self.change_segment(first_seq, |segment| {
            (segment.end, segment.disk_bytes, segment.level) = (end, end, level);
        });
        self.rewrites.fetch_add(1, Ordering::AcqRel);
        // Without this the old file may come back after a power cut: what is gone in it is passed over.
        self.disk.sync_dir(&self.dir)?;
        let lost = stretches.iter().map(|stretch| stretch.lost).sum();
        Ok(Some(Thinned { lost, bytes_after: end, ..unchanged }))
    }

    fn closed_segment(&self, first_seq: Seq) -> Option<(Segment, Seq)> {
        let state = self.state();
        let index = state.segments.iter().position(|segment| segment.first_seq == first_seq)?;
        (index + 1 < state.segments.len()).then(|| (state.segments[index], state.last_seq(index)))
    }

    fn change_segment(&self, first_seq: Seq, change: impl FnOnce(&mut Segment)) {
        let state = &mut *self.state();
        if let Some(segment) = state.segments.iter_mut().find(|segment| segment.first_seq == first_seq) {
            change(segment);
        }
    }

    /// Writes what stays, remembers what goes, and puts the new file in place; gives its length.
    fn rewrite(
        &self,
        source: &mut Source,
        stretches: &[Stretch],
        level: u32,
        temporary: &Path,
        path: &Path,
        passed: Seq,
    ) -> io::Result<u64> {
        let file = self.disk.create(temporary)?;
        let header = Header {
            identity: self.identity.clone(),
            record_bytes_max: source.record_bytes_max,
            first_seq: source.segment.first_seq,
            created_ms: source.segment.created_ms,
            level,
        };
        let end = source.copy(stretches, &header, &*file)?;
        file.sync()?;
        let ranges: Vec<_> = stretches.iter().map(|stretch| (stretch.from, stretch.to)).collect();
        self.remember_losses_durably(&ranges, passed)?;
        self.rewrites.fetch_add(1, Ordering::AcqRel);
        self.disk.rename(temporary, path)?;
        Ok(end)
    }
}

/// The segment as it is.
struct Source {
    segment: Segment,
    last_seq: Seq,
    key: FrameKey,
    scan: Scan,
    record_bytes_max: u32,
    /// Ranges that are gone although the file may still hold them, and whether it does.
    gone: Vec<(Seq, Seq)>,
    holds_gone: bool,
}

impl Source {
    fn open(log: &Shared, segment: Segment, last_seq: Seq) -> io::Result<Self> {
        let key = log.identity.frame_key();
        let file = log.disk.open(&log.segment_path(segment.first_seq))?;
        let mut scan = Scan::new(file, key, u32::MAX >> 1);
        let header = Header::decode(scan.window.load(0, HEADER_BYTES, HEADER_BYTES as u64)?);
        let record_bytes_max = header.map_or(log.options.max_record_bytes, |header| header.record_bytes_max);
        scan.limit_records(record_bytes_max);
        let gone = locked(&log.losses).within(segment.first_seq, last_seq);
        Ok(Self { segment, last_seq, key, scan, record_bytes_max, gone, holds_gone: false })
    }

    /// Calls `see` for each record that is there, with its place.
    fn each(&mut self, mut see: impl FnMut(&mut Scan, u64, FrameHeader) -> io::Result<()>) -> io::Result<()> {
        let (mut offset, mut next) = (HEADER_BYTES as u64, self.segment.first_seq);
        while next <= self.last_seq {
            let found = match self.scan.frame_at(offset, next, next, self.segment.end)? {
                Some(frame) => Some((offset, frame)),
                None => self.scan.search(offset, next, self.last_seq, self.segment.end)?,
            };
            let Some((place, frame)) = found else { break };
            if self.gone.iter().any(|(from, to)| (*from..=*to).contains(&frame.seq)) {
                self.holds_gone = true;
            } else {
                see(&mut self.scan, place, frame)?;
            }
            (offset, next) = (place + frame.bytes as u64, frame.seq + 1);
        }
        Ok(())
    }

    /// The stretches to drop: those that hold most, at most `ranges_max`, in order.
    fn stretches(
        &mut self,
        passed: Seq,
        ranges_max: usize,
        keep: &mut dyn FnMut(Seq, &[u8]) -> bool,
    ) -> io::Result<Vec<Stretch>> {
        let mut stretches = Vec::new();
        let mut open = Stretch { from: self.segment.first_seq, to: 0, lost: 0, dropped: 0 };
        self.each(|scan, place, frame| {
            let record = record_at(scan, place, &frame);
            if frame.seq > passed && keep(frame.seq, record) {
                open.to = frame.seq - 1;
                stretches.extend((open.dropped > 0).then_some(open));
                open = Stretch { from: frame.seq + 1, to: 0, lost: 0, dropped: 0 };
            } else {
                open.dropped += 1;
                open.lost += u64::from(frame.seq > passed);
            }
            Ok(())
        })?;
        open.to = self.last_seq;
        stretches.extend((open.dropped > 0).then_some(open));
        // What everybody has passed costs no range.
        stretches.sort_by_key(|stretch| {
            std::cmp::Reverse(if stretch.lost == 0 { u64::MAX } else { stretch.lost })
        });
        let free = stretches.iter().take_while(|stretch| stretch.lost == 0).count();
        stretches.truncate(free.saturating_add(ranges_max));
        stretches.sort_by_key(|stretch| stretch.from);
        Ok(stretches)
    }

    /// Copies all but the stretches; gives the new length.
    fn copy(&mut self, stretches: &[Stretch], header: &Header, to: &dyn DiskFile) -> io::Result<u64> {
        let (mut out, mut written) = (header.encode().to_vec(), 0);
        let mut expected = None;
        let key = self.key;
        self.each(|scan, place, frame| {
            let after = stretches.partition_point(|stretch| stretch.from <= frame.seq);
            if after > 0 && frame.seq <= stretches[after - 1].to {
                return Ok(());
            }
            let at = out.len();
            out.extend_from_slice(scan.window.held_at(place, frame.bytes));
            if expected != Some(frame.seq) {
                key.mark_starts_commit(frame.seq, &mut out[at..]);
            }
            expected = Some(frame.seq + 1);
            if out.len() >= CHUNK_BYTES {
                write_all_at(to, &out, written)?;
                written += out.len() as u64;
                out.clear();
            }
            Ok(())
        })?;
        write_all_at(to, &out, written)?;
        Ok(written + out.len() as u64)
    }
}

/// The frame was found just now, so the window holds it.
fn record_at<'s>(scan: &'s Scan, place: u64, frame: &FrameHeader) -> &'s [u8] {
    scan.window.held_at(place + FRAME_HEADER_BYTES as u64, frame.bytes - FRAME_HEADER_BYTES)
}
