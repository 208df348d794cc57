//! Lines on their way: gathered by measurement, closed as one body, and taken apart again when InfluxDB refuses it.

use super::line::Measurement;
use bytes::{Bytes, BytesMut};
use flate2::{Compression, write::GzEncoder};
use memchr::{memchr, memchr_iter, memrchr};
use std::io::{self, Write};
use waystation_durable_log::Seq;

/// Lines being gathered, those of one measurement together: InfluxDB finds its series faster that way.
#[derive(Debug, Default)]
pub struct Lines {
    buffers: [Vec<u8>; Measurement::COUNT],
    count: usize,
    bytes: usize,
}

impl Lines {
    /// Appends the line that `write` makes; it is taken back when `write` says that it is none.
    pub fn line(&mut self, measurement: Measurement, write: impl FnOnce(&mut Vec<u8>) -> bool) {
        let buffer = &mut self.buffers[measurement as usize];
        let start = buffer.len();
        if write(buffer) {
            self.count += 1;
            self.bytes += buffer.len() - start;
        } else {
            buffer.truncate(start);
        }
    }

    /// How many lines there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many bytes they take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Moves all lines into one body, in `room` if that is given. The gathering buffers keep their memory.
    pub fn close(&mut self, room: Option<BytesMut>) -> Body {
        let mut bytes = room.unwrap_or_default();
        bytes.clear();
        bytes.reserve(self.bytes);
        for buffer in &mut self.buffers {
            bytes.extend_from_slice(buffer);
            buffer.clear();
        }
        self.bytes = 0;
        Body { bytes: bytes.freeze(), lines: std::mem::take(&mut self.count) }
    }
}

/// Whole lines, each ended by a newline. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    pub bytes: Bytes,
    pub lines: usize,
}

impl Body {
    fn new(bytes: Bytes) -> Self {
        let lines = memchr_iter(b'\n', &bytes).count();
        Self { bytes, lines }
    }

    /// Two halves of about the same size; `None` for a single line.
    #[must_use]
    pub fn halves(&self) -> Option<(Self, Self)> {
        let middle = self.bytes.len() / 2;
        let newline = memrchr(b'\n', &self.bytes[..middle])
            .or_else(|| memchr(b'\n', &self.bytes[middle..]).map(|at| middle + at))?;
        let (first, second) = (self.bytes.slice(..=newline), self.bytes.slice(newline + 1..));
        (!second.is_empty()).then(|| (Self::new(first), Self::new(second)))
    }

    /// The lines for which `suspect` holds, and the others; `None` if that does not divide them.
    #[must_use]
    pub fn divide(&self, suspect: impl Fn(&str) -> bool) -> Option<(Self, Self)> {
        let (mut suspects, mut others) = (BytesMut::new(), BytesMut::new());
        for line in self.bytes.split_inclusive(|byte| *byte == b'\n') {
            let suspected = std::str::from_utf8(line).is_ok_and(&suspect);
            if suspected { &mut suspects } else { &mut others }.extend_from_slice(line);
        }
        let divided = !suspects.is_empty() && !others.is_empty();
        divided.then(|| (Self::new(suspects.freeze()), Self::new(others.freeze())))
    }

    /// The lines one by one, without their newlines.
    pub fn each_line(&self) -> impl Iterator<Item = String> {
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        text.lines().map(str::to_owned).collect::<Vec<_>>().into_iter()
    }

    /// The body as one gzip member at the fastest level: line protocol shrinks to a tenth even so.
    ///
    /// # Errors
    /// None in practice: it writes into memory.
    pub fn gzip(&self) -> io::Result<Bytes> {
        let mut encoder = GzEncoder::new(Vec::with_capacity(self.bytes.len() / 6), Compression::fast());
        encoder.write_all(&self.bytes)?;
        encoder.finish().map(Bytes::from)
    }
}

/// A body and its place in the log.
#[derive(Debug)]
pub struct Batch {
    /// Its number in the order of reading, from 0.
    pub order: u64,
    /// Everything up to this record is written once this batch and all before it are.
    pub last: Seq,
    pub body: Body,
    /// The same compressed, if it is to be sent so.
    pub gzip: Option<Bytes>,
}

#[cfg(test)]
#[path = "batch_tests.rs"]
mod tests;
