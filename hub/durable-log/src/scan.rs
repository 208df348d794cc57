//! Finding frames in a segment: at a known place, or, behind damage, at the next place that holds one.

use std::io;

use crate::Seq;
use crate::disk::DiskFile;
use crate::frame::{FRAME_HEADER_BYTES, FrameHeader, FrameKey};
use crate::window::{CHUNK_BYTES, Window};

pub(crate) struct Scan {
    pub window: Window,
    key: FrameKey,
    /// No frame of this segment is longer.
    frame_bytes_max: usize,
}

/// A stretch this long without a byte set is passed over at once.
const ZERO_STRETCH: [u8; 64] = [0; 64];

impl Scan {
    pub fn new(file: Box<dyn DiskFile>, key: FrameKey, record_bytes_max: u32) -> Self {
        let frame_bytes_max = FRAME_HEADER_BYTES + record_bytes_max as usize;
        Self { window: Window::new(file), key, frame_bytes_max }
    }

    /// The segment's header says that no record is larger.
    pub fn limit_records(&mut self, record_bytes_max: u32) {
        self.frame_bytes_max = FRAME_HEADER_BYTES + record_bytes_max as usize;
    }

    /// The frame at `offset`, if it is whole, ends by `end`, and is numbered `from` to `to`.
    pub fn frame_at(&mut self, offset: u64, from: Seq, to: Seq, end: u64) -> io::Result<Option<FrameHeader>> {
        let head = self.window.load(offset, FRAME_HEADER_BYTES, end)?;
        if head.len() < FRAME_HEADER_BYTES {
            return Ok(None);
        }
        let Some(header) = self.key.header(head, from, to) else { return Ok(None) };
        if header.bytes > self.frame_bytes_max || header.bytes as u64 > end - offset {
            return Ok(None);
        }
        let frame = self.window.load(offset, header.bytes, end)?;
        Ok((frame.len() == header.bytes && self.key.verify(&header, frame)).then_some(header))
    }

    /// The first frame at or after `offset` that is whole and numbered `from` to `to`, with its place.
    pub fn search(
        &mut self,
        mut offset: u64,
        from: Seq,
        to: Seq,
        end: u64,
    ) -> io::Result<Option<(u64, FrameHeader)>> {
        loop {
            let bytes = self.window.load(offset, CHUNK_BYTES, end)?;
            if bytes.len() < FRAME_HEADER_BYTES {
                return Ok(None);
            }
            match next_candidate(&self.key, bytes, from, to, self.frame_bytes_max) {
                None => offset += (bytes.len() - FRAME_HEADER_BYTES + 1) as u64,
                Some(at) => {
                    let place = offset + at as u64;
                    if let Some(header) = self.frame_at(place, from, to, end)? {
                        return Ok(Some((place, header)));
                    }
                    offset = place + 1;
                }
            }
        }
    }

    /// Where the last byte before `end` that is not zero stops; `offset` if there is none.
    pub fn data_end(&mut self, offset: u64, end: u64) -> io::Result<u64> {
        let (mut at, mut last) = (offset, offset);
        loop {
            let bytes = self.window.load(at, CHUNK_BYTES, end)?;
            if bytes.is_empty() {
                return Ok(last);
            }
            if let Some(place) = bytes.iter().rposition(|&byte| byte != 0) {
                last = at + place as u64 + 1;
            }
            at += bytes.len() as u64;
        }
    }
}

fn next_candidate(key: &FrameKey, bytes: &[u8], from: Seq, to: Seq, frame_bytes_max: usize) -> Option<usize> {
    let mut at = 0;
    while at + FRAME_HEADER_BYTES <= bytes.len() {
        if bytes[at..].starts_with(&ZERO_STRETCH) {
            // No length lies wholly in these zeros.
            at += ZERO_STRETCH.len() - 3;
            continue;
        }
        let header = key.header(&bytes[at..], from, to);
        if header.is_some_and(|header| header.bytes <= frame_bytes_max) {
            return Some(at);
        }
        at += 1;
    }
    None
}
