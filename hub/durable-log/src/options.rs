//! How a log is laid out and what it does when it is full.

use crate::error::OpenError;
use crate::frame::FRAME_HEADER_BYTES;
use crate::header::HEADER_BYTES;

/// What a commit does when the log would grow past [`Options::max_bytes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// The commit fails and keeps everything in memory until readers have freed a segment.
    Refuse,
    /// The oldest segment goes, and its unread range is remembered (see [`crate::Log::lost`]).
    DropOldest,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Size of a segment file. Made smaller where fewer than 8 would fit into `max_bytes`.
    pub segment_bytes: u64,
    /// The most that all segments together may take on disk.
    pub max_bytes: u64,
    pub when_full: WhenFull,
    /// The largest record that `append` takes.
    pub max_record_bytes: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            max_bytes: u64::MAX,
            when_full: WhenFull::Refuse,
            max_record_bytes: 16 << 20,
        }
    }
}

/// So that dropping or freeing the oldest segment gives back an eighth of the log, not all of it.
const SEGMENTS_MIN: u64 = 8;
const SEGMENT_BYTES_MIN: u64 = 256;
/// Offsets inside a segment stay far below the 31 bits that a frame has for its length.
const SEGMENT_BYTES_MAX: u64 = 1 << 30;
const RECORD_BYTES_MAX: u32 = 1 << 30;

impl Options {
    /// The options as they are applied: sizes that fit each other.
    pub(crate) fn fitted(&self) -> Result<Self, OpenError> {
        let refused = |reason: String| Err(OpenError::Options { reason });
        let max_bytes_min = SEGMENTS_MIN * SEGMENT_BYTES_MIN;
        if self.max_bytes < max_bytes_min {
            return refused(format!("max_bytes is {}, the least is {max_bytes_min}", self.max_bytes));
        }
        if !(SEGMENT_BYTES_MIN..=SEGMENT_BYTES_MAX).contains(&self.segment_bytes) {
            let range = format!("{SEGMENT_BYTES_MIN} to {SEGMENT_BYTES_MAX}");
            return refused(format!("segment_bytes is {}, it must be {range}", self.segment_bytes));
        }
        if !(1..=RECORD_BYTES_MAX).contains(&self.max_record_bytes) {
            let range = format!("1 to {RECORD_BYTES_MAX}");
            return refused(format!("max_record_bytes is {}, it must be {range}", self.max_record_bytes));
        }
        let largest_that_fits = self.max_bytes - (HEADER_BYTES + FRAME_HEADER_BYTES) as u64;
        Ok(Self {
            segment_bytes: self.segment_bytes.min(self.max_bytes / SEGMENTS_MIN),
            max_record_bytes: u32::try_from(largest_that_fits)
                .map_or(self.max_record_bytes, |most| self.max_record_bytes.min(most)),
            ..self.clone()
        })
    }
}
