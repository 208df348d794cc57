//! The end of the last segment: which records are durable, which are damaged, and what a crash tore.
//!
//! A commit is written only after the one before was synced. So a frame that starts a commit proves that everything
//! before it was durable once: a hole before it is damage, and is counted. A hole with no such frame behind it is in
//! the last commit, which nobody was told about: it and what follows are cut off.
//!
//! What is kept of the last commit is written again before it is synced. After a sync that failed, a killed process
//! may leave pages that look clean and are not on disk; writing makes the system take them seriously.

use std::io;
use std::path::Path;

use super::io_error;
use crate::Seq;
use crate::disk::{Disk, write_all_at};
use crate::error::OpenError;
use crate::frame::FRAME_HEADER_BYTES;
use crate::header::{HEADER_BYTES, Header};
use crate::identity::Identity;
use crate::scan::Scan;
use crate::window::CHUNK_BYTES;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tail {
    pub next_seq: Seq,
    /// Where the last record that is kept stops.
    pub end: u64,
    pub damaged: Vec<(Seq, Seq)>,
    pub torn_bytes: u64,
    /// Where the last commit that is kept starts.
    commit_start: u64,
}

impl Tail {
    pub fn empty(first_seq: Seq) -> Self {
        let start = HEADER_BYTES as u64;
        Self { next_seq: first_seq, end: start, damaged: Vec::new(), torn_bytes: 0, commit_start: start }
    }
}

/// Finds the end of the segment at `path`, cuts off what is torn, and makes the rest durable.
pub(super) fn recover(
    disk: &dyn Disk,
    path: &Path,
    identity: &Identity,
    first_seq: Seq,
) -> Result<Tail, OpenError> {
    let file = disk.open(path).map_err(io_error("open", path))?;
    let length = file.length().map_err(io_error("measure", path))?;
    let mut scan = Scan::new(file, identity.frame_key(), u32::MAX >> 1);
    let tail = find(&mut scan, first_seq, length).map_err(io_error("read", path))?;
    settle(&mut scan, &tail).map_err(io_error("cut off the torn end of", path))?;
    Ok(tail)
}

fn find(scan: &mut Scan, first_seq: Seq, length: u64) -> io::Result<Tail> {
    let header = scan.window.load(0, HEADER_BYTES, length)?;
    if let Ok(header) = Header::decode(header) {
        scan.limit_records(header.record_bytes_max);
    }
    let mut kept = Tail::empty(first_seq);
    let (mut offset, mut next) = (kept.end, kept.next_seq);
    // Holes that nothing has proved to be damage yet.
    let mut holes = Vec::new();
    loop {
        let frame = match scan.frame_at(offset, next, next, length)? {
            Some(frame) => frame,
            None => {
                // No more records than this can lie before the end.
                let most = length.saturating_sub(offset) / FRAME_HEADER_BYTES as u64;
                let Some((place, frame)) = scan.search(offset, next, next + most, length)? else { break };
                holes.extend((frame.seq > next).then(|| (next, frame.seq - 1)));
                offset = place;
                frame
            }
        };
        if frame.starts_commit {
            kept.damaged.append(&mut holes);
            kept.commit_start = offset;
        }
        offset += frame.bytes as u64;
        next = frame.seq + 1;
        if holes.is_empty() {
            (kept.end, kept.next_seq) = (offset, next);
        }
    }
    kept.torn_bytes = scan.data_end(kept.end, length)? - kept.end;
    Ok(kept)
}

fn settle(scan: &mut Scan, tail: &Tail) -> io::Result<()> {
    let mut offset = tail.commit_start;
    while offset < tail.end {
        let bytes = scan.window.load(offset, CHUNK_BYTES, tail.end)?.to_vec();
        if bytes.is_empty() {
            break;
        }
        write_all_at(scan.window.file(), &bytes, offset)?;
        offset += bytes.len() as u64;
    }
    scan.window.forget();
    scan.window.file().set_len(tail.end)?;
    scan.window.file().sync()
}
