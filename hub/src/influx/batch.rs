//! Lines on their way: gathered in a window, ordered so that the lines of one series stand together, cut into
//! bodies, and taken apart again when InfluxDB refuses one.
//!
//! The order is worth more than anything else that the hub can do for InfluxDB: it looks up, logs and caches a
//! series once a request, whatever the number of its points. Measured with InfluxDB 1.6.7 and readings of five
//! fields: 17.7 µs of its CPU a line when each line of a request is of another series, 8.0 µs with ten of each.

use super::line::Measurement;
use bytes::{Bytes, BytesMut};
use flate2::{Compression, write::GzEncoder};
use memchr::{memchr, memchr_iter, memrchr};
use std::io::{self, Write};
use waystation_durable_log::Seq;

/// Bits of a sort key that hold a line's place in the window.
const PLACE_BITS: u32 = 24;
/// The most lines that a window may be planned for; one reading may go beyond it by its slots.
pub const WINDOW_LINES_MAX: usize = 1 << 20;

/// A window of lines, one after the other in the order of the log.
#[derive(Debug, Default)]
pub struct Lines {
    text: Vec<u8>,
    /// Where each line begins.
    starts: Vec<u32>,
    /// For each line, from the top: 4 bits of measurement, 36 of its station's hash, 24 of its place. Stations that
    /// share a hash share a place in the order, which does no harm.
    keys: Vec<u64>,
    station_hash: u64,
}

impl Lines {
    /// The lines that follow are this station's.
    pub fn station(&mut self, station: &str) {
        // FNV-1a: short ids, and nobody gains from collisions.
        self.station_hash = station.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    }

    /// Appends the line that `write` makes; it is taken back when `write` says that it is none.
    pub fn line(&mut self, measurement: Measurement, write: impl FnOnce(&mut Vec<u8>) -> bool) {
        let start = self.text.len();
        if write(&mut self.text) {
            let group = (measurement as u64) << 36 | self.station_hash >> 28;
            self.keys.push(group << PLACE_BITS | self.starts.len() as u64);
            // A window is handed over long before it has 4 GiB.
            self.starts.push(u32::try_from(start).unwrap_or(u32::MAX));
        } else {
            self.text.truncate(start);
        }
    }

    /// How many lines there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.starts.len()
    }

    /// How many bytes they take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Orders the lines by measurement, station and age, to be taken as bodies. The window is empty afterwards.
    pub fn drain(&mut self) -> Drain<'_> {
        self.keys.sort_unstable();
        Drain { window: self, next: 0 }
    }
}

/// Lines that leave their window.
pub struct Drain<'a> {
    window: &'a mut Lines,
    next: usize,
}

impl Drain<'_> {
    /// Whether all lines have left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.next == self.window.keys.len()
    }

    /// The next lines, at most `lines_max` of them and not much more than `bytes_max` bytes, in `room` if that is
    /// given; `None` at the end.
    pub fn next_body(&mut self, lines_max: usize, bytes_max: usize, room: Option<BytesMut>) -> Option<Body> {
        if self.is_empty() {
            return None;
        }
        let Lines { text, starts, keys, .. } = &*self.window;
        let mut bytes = room.unwrap_or_default();
        bytes.clear();
        let mut lines = 0;
        while lines < lines_max && bytes.len() < bytes_max && self.next < keys.len() {
            let place = (keys[self.next] & ((1 << PLACE_BITS) - 1)) as usize;
            let end = starts.get(place + 1).map_or(text.len(), |end| *end as usize);
            bytes.extend_from_slice(&text[starts[place] as usize..end]);
            lines += 1;
            self.next += 1;
        }
        Some(Body { bytes: bytes.freeze(), lines })
    }
}

impl Drop for Drain<'_> {
    fn drop(&mut self) {
        self.window.text.clear();
        self.window.starts.clear();
        self.window.keys.clear();
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
    /// Everything up to this record is written once this batch and all before it are. All batches of a window but
    /// the last repeat the end of the window before.
    pub last: Seq,
    pub body: Body,
    /// The same compressed, if it is to be sent so.
    pub gzip: Option<Bytes>,
}

#[cfg(test)]
#[path = "batch_tests.rs"]
mod tests;
