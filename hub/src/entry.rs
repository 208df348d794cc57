//! What one record of the hub's log holds.
//!
//! Format: `tag u8 | station len u8, bytes | received_ms i64 | body`, integers little-endian. The tag names both
//! the kind of entry and its version; a tag once written keeps its meaning for ever, so that a log of last year is
//! read by the hub of this year. Readings inside have the protocol's binary form, whose tables only grow at the end.

use thiserror::Error;
use waystation_protocol::{CodecError, OutboxId, PresenceState, Reading, StationId};

const READINGS: u8 = 1;
const BATCH: u8 = 2;
const QUARANTINED: u8 = 3;
const PRESENCE: u8 = 4;
const RESULT: u8 = 5;

/// One record of the log: what arrived from one station in one message, or why it was set aside.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub station: StationId,
    /// When the hub took it in, ms since the Unix epoch.
    pub received_ms: i64,
    pub what: What,
}

/// The body of an entry.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Readings published on their own channel.
    Readings(Vec<Reading>),
    /// New readings of a batch (repeats are left out) and the batch's place in its outbox.
    Batch(Place, Vec<Reading>),
    Quarantined(Quarantined),
    Presence(PresenceChange),
    /// The outcome of a command, as the station's JSON.
    Result(Vec<u8>),
}

/// Where a batch stands in the outbox that it came from: `count` readings from `first_seq` on are now on disk,
/// those in the quarantine included; `lost` are ranges that the agent had to drop, both ends inclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub outbox: OutboxId,
    pub first_seq: u64,
    pub count: u32,
    pub lost: Vec<(u64, u64)>,
}

/// A reading or payload that could not be taken, with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// The last part of the topic it came on, such as `environment`.
    pub channel: String,
    /// Stable label of the reason, such as `out_of_range`.
    pub reason: String,
    /// The member at fault, if it is one member's.
    pub member: Option<String>,
    /// What was received, at most [`QUARANTINED_BYTES_MAX`] of it.
    pub payload: Vec<u8>,
}

/// The most of a payload that the quarantine keeps: one largest MQTT packet.
pub const QUARANTINED_BYTES_MAX: usize = 256 << 10;

/// A station's word on itself, or its will, or the hub's own finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresenceChange {
    pub state: PresenceState,
    pub ts: i64,
    pub agent: Option<String>,
}

/// A record that this program cannot read.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum EntryError {
    #[error("the record ends in the middle of its {0}")]
    Short(&'static str),
    #[error("the record's {0} is not valid")]
    Invalid(&'static str),
    #[error("the record's {0} was written by a newer hub, which this version cannot read; run the newer one")]
    Newer(&'static str),
}

impl Entry {
    /// Appends the record to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let (station, at) = (&self.station, self.received_ms);
        match &self.what {
            What::Readings(readings) => encode_readings(out, station, at, readings.iter()),
            What::Batch(place, readings) => encode_batch(out, station, at, place, readings.iter()),
            What::Quarantined(item) => encode_quarantined(out, station, at, item),
            What::Presence(change) => encode_presence(out, station, at, change),
            What::Result(json) => {
                head(out, RESULT, station, at);
                bytes(out, json);
            }
        }
    }

    /// Reads a record back.
    pub fn decode(record: &[u8]) -> Result<Self, EntryError> {
        let mut input = Input(record);
        let tag = input.u8("tag")?;
        let station =
            StationId::try_from(input.short_text("station")?).map_err(|_| EntryError::Invalid("station"))?;
        let received_ms = input.i64("time")?;
        let what = match tag {
            READINGS => What::Readings(input.readings()?),
            BATCH => What::Batch(input.place()?, input.readings()?),
            QUARANTINED => What::Quarantined(input.quarantined()?),
            PRESENCE => What::Presence(input.presence()?),
            RESULT => What::Result(input.bytes("result")?.to_vec()),
            _ => return Err(EntryError::Newer("tag")),
        };
        Ok(Self { station, received_ms, what })
    }
}

/// Appends a [`What::Readings`] record without building an [`Entry`]: the hot path of intake.
pub fn encode_readings<'a>(
    out: &mut Vec<u8>,
    station: &StationId,
    received_ms: i64,
    readings: impl Iterator<Item = &'a Reading>,
) {
    head(out, READINGS, station, received_ms);
    readings.for_each(|reading| reading.encode(out));
}

/// Appends a [`What::Batch`] record.
pub fn encode_batch<'a>(
    out: &mut Vec<u8>,
    station: &StationId,
    received_ms: i64,
    place: &Place,
    readings: impl Iterator<Item = &'a Reading>,
) {
    head(out, BATCH, station, received_ms);
    short_text(out, place.outbox.as_str());
    out.extend_from_slice(&place.first_seq.to_le_bytes());
    out.extend_from_slice(&place.count.to_le_bytes());
    out.extend_from_slice(&len_u32(place.lost.len()).to_le_bytes());
    for (from, to) in &place.lost {
        out.extend_from_slice(&from.to_le_bytes());
        out.extend_from_slice(&to.to_le_bytes());
    }
    readings.for_each(|reading| reading.encode(out));
}

/// Appends a [`What::Quarantined`] record.
pub fn encode_quarantined(out: &mut Vec<u8>, station: &StationId, received_ms: i64, item: &Quarantined) {
    head(out, QUARANTINED, station, received_ms);
    short_text(out, &item.channel);
    short_text(out, &item.reason);
    short_text(out, item.member.as_deref().unwrap_or(""));
    bytes(out, &item.payload[..item.payload.len().min(QUARANTINED_BYTES_MAX)]);
}

/// Appends a [`What::Presence`] record.
pub fn encode_presence(out: &mut Vec<u8>, station: &StationId, received_ms: i64, change: &PresenceChange) {
    head(out, PRESENCE, station, received_ms);
    out.push(u8::from(change.state == PresenceState::Online));
    out.extend_from_slice(&change.ts.to_le_bytes());
    short_text(out, change.agent.as_deref().unwrap_or(""));
}

fn head(out: &mut Vec<u8>, tag: u8, station: &StationId, received_ms: i64) {
    out.push(tag);
    short_text(out, station.as_str());
    out.extend_from_slice(&received_ms.to_le_bytes());
}

/// A length and at most 255 bytes of text, cut at a character's boundary.
fn short_text(out: &mut Vec<u8>, text: &str) {
    let mut end = text.len().min(255);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    out.push(u8::try_from(end).unwrap_or(u8::MAX));
    out.extend_from_slice(&text.as_bytes()[..end]);
}

fn bytes(out: &mut Vec<u8>, data: &[u8]) {
    out.extend_from_slice(&len_u32(data.len()).to_le_bytes());
    out.extend_from_slice(data);
}

/// Lengths in a record are bounded by the largest MQTT packet (256 MiB), far below 4 GiB.
fn len_u32(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, len: usize, part: &'static str) -> Result<&'a [u8], EntryError> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(EntryError::Short(part))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, part: &'static str) -> Result<[u8; N], EntryError> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(EntryError::Short(part))?;
        self.0 = rest;
        Ok(*taken)
    }

    fn u8(&mut self, part: &'static str) -> Result<u8, EntryError> {
        Ok(self.array::<1>(part)?[0])
    }

    fn u32(&mut self, part: &'static str) -> Result<u32, EntryError> {
        Ok(u32::from_le_bytes(self.array(part)?))
    }

    fn u64(&mut self, part: &'static str) -> Result<u64, EntryError> {
        Ok(u64::from_le_bytes(self.array(part)?))
    }

    fn i64(&mut self, part: &'static str) -> Result<i64, EntryError> {
        Ok(i64::from_le_bytes(self.array(part)?))
    }

    fn short_text(&mut self, part: &'static str) -> Result<&'a str, EntryError> {
        let len = self.u8(part)?;
        std::str::from_utf8(self.take(usize::from(len), part)?).map_err(|_| EntryError::Invalid(part))
    }

    fn optional_text(&mut self, part: &'static str) -> Result<Option<String>, EntryError> {
        let text = self.short_text(part)?;
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    fn bytes(&mut self, part: &'static str) -> Result<&'a [u8], EntryError> {
        let len = self.u32(part)?;
        self.take(len as usize, part)
    }

    fn readings(&mut self) -> Result<Vec<Reading>, EntryError> {
        let mut readings = Vec::new();
        while !self.0.is_empty() {
            readings.push(Reading::decode(&mut self.0).map_err(|error| match error {
                CodecError::Newer => EntryError::Newer("reading"),
                CodecError::Truncated | CodecError::Corrupt(_) => EntryError::Invalid("reading"),
            })?);
        }
        Ok(readings)
    }

    fn place(&mut self) -> Result<Place, EntryError> {
        let outbox =
            OutboxId::try_from(self.short_text("outbox")?).map_err(|_| EntryError::Invalid("outbox"))?;
        let first_seq = self.u64("sequence")?;
        let count = self.u32("count")?;
        let ranges = self.u32("lost ranges")?;
        let lost = (0..ranges)
            .map(|_| Ok((self.u64("lost ranges")?, self.u64("lost ranges")?)))
            .collect::<Result<_, EntryError>>()?;
        Ok(Place { outbox, first_seq, count, lost })
    }

    fn quarantined(&mut self) -> Result<Quarantined, EntryError> {
        Ok(Quarantined {
            channel: self.short_text("channel")?.to_owned(),
            reason: self.short_text("reason")?.to_owned(),
            member: self.optional_text("member")?,
            payload: self.bytes("payload")?.to_vec(),
        })
    }

    fn presence(&mut self) -> Result<PresenceChange, EntryError> {
        let state = match self.u8("state")? {
            0 => PresenceState::Offline,
            1 => PresenceState::Online,
            _ => return Err(EntryError::Invalid("state")),
        };
        Ok(PresenceChange { state, ts: self.i64("time")?, agent: self.optional_text("agent")? })
    }
}

#[cfg(test)]
mod tests;
