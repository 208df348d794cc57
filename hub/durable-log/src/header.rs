//! The first 64 bytes of a segment.
//!
//! ```text
//!  0  8  magic "WaystLog"            32  8  salt
//!  8  4  format version (1)          40  8  sequence number of the first record
//! 12  4  largest record, in bytes    48  8  creation time, ms since 1970
//! 16 16  id of the log               56  4  level of thinning, 0 at first    60  4  CRC-32C of bytes 0..60
//! ```
//! All numbers are little-endian.

use crate::Seq;
use crate::identity::Identity;

pub(crate) const HEADER_BYTES: usize = 64;
pub(crate) const VERSION: u32 = 1;
const MAGIC: &[u8; 8] = b"WaystLog";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub identity: Identity,
    pub record_bytes_max: u32,
    pub first_seq: Seq,
    pub created_ms: u64,
    pub level: u32,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum HeaderError {
    Damaged,
    Version(u32),
}

impl Header {
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[0..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.record_bytes_max.to_le_bytes());
        bytes[16..32].copy_from_slice(&self.identity.id);
        bytes[32..40].copy_from_slice(&self.identity.salt.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.first_seq.to_le_bytes());
        bytes[48..56].copy_from_slice(&self.created_ms.to_le_bytes());
        bytes[56..60].copy_from_slice(&self.level.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..60]);
        bytes[60..64].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        let Some(bytes) = bytes.first_chunk::<HEADER_BYTES>() else { return Err(HeaderError::Damaged) };
        let crc = u32_at(bytes, 60);
        if &bytes[..8] != MAGIC || crc32c::crc32c(&bytes[..60]) != crc {
            return Err(HeaderError::Damaged);
        }
        if u32_at(bytes, 8) != VERSION {
            return Err(HeaderError::Version(u32_at(bytes, 8)));
        }
        let mut id = [0; 16];
        id.copy_from_slice(&bytes[16..32]);
        Ok(Self {
            identity: Identity { id, salt: u64_at(bytes, 32) },
            record_bytes_max: u32_at(bytes, 12),
            first_seq: u64_at(bytes, 40),
            created_ms: u64_at(bytes, 48),
            level: u32_at(bytes, 56),
        })
    }
}

/// The caller has seen to it that `at + 4` bytes are there.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
