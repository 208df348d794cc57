//! One record on disk: 12 bytes of header, then the payload.
//!
//! ```text
//! 0  4  top bit: first frame of a commit; the rest: length of the whole frame, so at least 12 (0 = nothing here)
//! 4  4  CRC-32C, begun with the salt, over bytes 0..4, the full 64-bit sequence number and the payload
//! 8  4  low half of the sequence number, masked with the salt
//! ```

use crate::Seq;
use crate::header::u32_at;

pub(crate) const FRAME_HEADER_BYTES: usize = 12;
const STARTS_COMMIT: u32 = 1 << 31;

/// What a log's salt makes of its frames.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameKey {
    crc_seed: u32,
    seq_mask: u32,
}

/// A header that could be a frame's; only the checksum can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    pub seq: Seq,
    /// Length with header.
    pub bytes: usize,
    pub starts_commit: bool,
    crc: u32,
}

impl FrameKey {
    pub fn new(salt: u64) -> Self {
        Self { crc_seed: crc32c::crc32c(&salt.to_le_bytes()), seq_mask: (salt >> 32) as u32 }
    }

    /// Appends a frame that does not start a commit. The caller has checked that `record` is below 2³⁰ bytes.
    pub fn encode(&self, seq: Seq, record: &[u8], out: &mut Vec<u8>) {
        let length = (FRAME_HEADER_BYTES + record.len()) as u32;
        out.reserve(length as usize);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&self.crc(length, seq, record).to_le_bytes());
        out.extend_from_slice(&(seq as u32 ^ self.seq_mask).to_le_bytes());
        out.extend_from_slice(record);
    }

    /// Marks the frame at the start of `frames` as the first of a commit; marking it again changes nothing.
    pub fn mark_starts_commit(&self, seq: Seq, frames: &mut [u8]) {
        let length = u32_at(frames, 0) | STARTS_COMMIT;
        let record = &frames[FRAME_HEADER_BYTES..(length & !STARTS_COMMIT) as usize];
        let crc = self.crc(length, seq, record);
        frames[0..4].copy_from_slice(&length.to_le_bytes());
        frames[4..8].copy_from_slice(&crc.to_le_bytes());
    }

    /// Reads a header that claims a sequence number from `from` to `to`; `to - from` is below 2³².
    pub fn header(&self, bytes: &[u8], from: Seq, to: Seq) -> Option<FrameHeader> {
        let length = u32_at(bytes, 0);
        let frame_bytes = (length & !STARTS_COMMIT) as usize;
        let ahead = (u32_at(bytes, 8) ^ self.seq_mask).wrapping_sub(from as u32);
        let seq = from.checked_add(u64::from(ahead))?;
        (frame_bytes >= FRAME_HEADER_BYTES && seq <= to).then_some(FrameHeader {
            seq,
            bytes: frame_bytes,
            starts_commit: length & STARTS_COMMIT != 0,
            crc: u32_at(bytes, 4),
        })
    }

    /// Whether `frame`, with its header, is what was written.
    pub fn verify(&self, header: &FrameHeader, frame: &[u8]) -> bool {
        self.crc(u32_at(frame, 0), header.seq, &frame[FRAME_HEADER_BYTES..]) == header.crc
    }

    fn crc(&self, length: u32, seq: Seq, record: &[u8]) -> u32 {
        let mut prefix = [0; 12];
        prefix[0..4].copy_from_slice(&length.to_le_bytes());
        prefix[4..12].copy_from_slice(&seq.to_le_bytes());
        crc32c::crc32c_append(crc32c::crc32c_append(self.crc_seed, &prefix), record)
    }
}

/// Length with header of the frame at the start of `frames`, which this process encoded.
pub(crate) fn encoded_bytes(frames: &[u8]) -> usize {
    (u32_at(frames, 0) & !STARTS_COMMIT) as usize
}
