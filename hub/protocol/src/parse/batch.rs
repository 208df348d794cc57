//! A batch: readings of any kind from an agent's outbox, with the sequence numbers that prove what is missing.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::fields::Fields;
use super::frame;
use super::object::{Context, Target, parse_reading, read_rest_of_kind};
use super::{Decoded, Limits, READINGS_MAX};
use crate::ids::OutboxId;
use crate::kind::Kind;
use crate::reading::{Amenity, Cabinet, Door, Environment, Fund, Gateway, Occupancy, Reading, Swap};
use crate::reason::{Fault, Reason};

/// What a batch says of itself. The reading at `index` has the sequence number `first_seq + index`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchHeader {
    pub outbox: OutboxId,
    pub first_seq: u64,
    /// Readings in the batch, good and bad.
    pub count: u32,
    /// Ranges that the agent had to drop, both ends included, ascending and apart.
    pub lost: Vec<(u64, u64)>,
}

/// Decodes what was published on `batch` and adds its readings to `out`. `None`: the whole payload was refused and
/// is one `Rejected` in `out`.
pub fn decode_batch(payload: &[u8], now_ms: i64, limits: &Limits, out: &mut Decoded) -> Option<BatchHeader> {
    let context = Context { now_ms, limits, in_batch: true };
    let json = match frame::unpack(payload, limits.decompressed_bytes) {
        Ok(json) => json,
        Err(reason) => {
            out.refuse(reason, payload);
            return None;
        }
    };
    match decode_json(&json, context, out) {
        Ok(header) => Some(header),
        Err(fault) => {
            out.rejected.push(fault.reject(0, payload));
            None
        }
    }
}

/// Appends the JSON of a batch, in the form that is fastest to read.
#[expect(clippy::expect_used, reason = "writing to a Vec cannot fail, and every key is a string")]
pub fn write_batch<'r>(
    outbox: &OutboxId,
    first_seq: u64,
    lost: &[(u64, u64)],
    readings: impl IntoIterator<Item = &'r Reading>,
    out: &mut Vec<u8>,
) {
    // The pattern of an outbox id needs no escapes.
    out.extend_from_slice(format!(r#"{{"outbox":"{outbox}","first_seq":{first_seq},"lost":"#).as_bytes());
    serde_json::to_writer(&mut *out, lost).expect("JSON into memory");
    out.extend_from_slice(br#","readings":["#);
    for (index, reading) in readings.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        reading.write_json(true, out);
    }
    out.extend_from_slice(b"]}");
}

/// Packs the JSON of a batch into one zstd frame.
///
/// # Errors
/// Only if zstd cannot allocate its context.
pub fn compress_batch(json: &[u8]) -> std::io::Result<Vec<u8>> {
    zstd::bulk::compress(json, zstd::DEFAULT_COMPRESSION_LEVEL)
}

fn decode_json(json: &[u8], context: Context<'_>, out: &mut Decoded) -> Result<BatchHeader, Fault> {
    let text = std::str::from_utf8(json).map_err(|_| whole(Reason::NotUtf8, None))?;
    let kept = out.accepted.len();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let batch = BatchSeed { context, out };
    if let Ok(header) = batch.deserialize(&mut deserializer).and_then(|header| {
        deserializer.end()?;
        Ok(header)
    }) && header.is_consistent()
    {
        return Ok(header);
    }
    out.accepted.truncate(kept);
    decode_slowly(json, context, out)
}

impl BatchHeader {
    /// The numbers exist, and the lost ranges are ascending and apart.
    fn is_consistent(&self) -> bool {
        self.fault().is_none()
    }

    fn fault(&self) -> Option<&'static str> {
        if self.first_seq.checked_add(u64::from(self.count)).is_none() {
            return Some("first_seq");
        }
        let ordered = self.lost.iter().all(|(first, last)| first <= last)
            && self.lost.windows(2).all(|pair| pair[0].1 < pair[1].0);
        if ordered { None } else { Some("lost") }
    }
}

/// Reads the header with care and each reading alone.
fn decode_slowly(json: &[u8], context: Context<'_>, out: &mut Decoded) -> Result<BatchHeader, Fault> {
    let mut fields = Fields::parse(json).map_err(bad_batch)?;
    let outbox = fields.required_text("outbox").map_err(bad_batch)?;
    let first_seq = fields.required("first_seq").map_err(bad_batch)?;
    let lost = fields.optional("lost").map_err(bad_batch)?.unwrap_or_default();
    let readings: Vec<&RawValue> = fields.required("readings").map_err(bad_batch)?;
    fields.finish().map_err(bad_batch)?;
    let count = u32::try_from(readings.len()).unwrap_or(u32::MAX);
    if readings.len() > READINGS_MAX {
        return Err(whole(Reason::TooLarge, Some("readings")));
    }
    let header = BatchHeader { outbox, first_seq, count, lost };
    if let Some(member) = header.fault() {
        return Err(whole(Reason::BadBatch, Some(member)));
    }
    for (index, reading) in (0..).zip(readings) {
        parse_any_kind(reading.get(), context, index, out);
    }
    Ok(header)
}

/// A fault of the header is a fault of the batch; that it is no text or no JSON stays what it is.
fn bad_batch(fault: Fault) -> Fault {
    match fault.reason {
        Some(Reason::NotUtf8 | Reason::NotJson) => fault,
        _ => Fault { reason: Some(Reason::BadBatch), ..fault },
    }
}

fn whole(reason: Reason, member: Option<&str>) -> Fault {
    let mut fault = Fault::default();
    fault.note(reason, member);
    fault
}

/// Parses one reading of a batch alone; its `kind` may stand anywhere.
fn parse_any_kind(json: &str, context: Context<'_>, index: u32, out: &mut Decoded) {
    match kind_of(json) {
        Ok(Kind::Door) => parse_reading::<Door>(json, context, index, out),
        Ok(Kind::Cabinet) => parse_reading::<Cabinet>(json, context, index, out),
        Ok(Kind::Swap) => parse_reading::<Swap>(json, context, index, out),
        Ok(Kind::Occupancy) => parse_reading::<Occupancy>(json, context, index, out),
        Ok(Kind::Environment) => parse_reading::<Environment>(json, context, index, out),
        Ok(Kind::Amenity) => parse_reading::<Amenity>(json, context, index, out),
        Ok(Kind::Fund) => parse_reading::<Fund>(json, context, index, out),
        Ok(Kind::Gateway) => parse_reading::<Gateway>(json, context, index, out),
        Err(fault) => out.rejected.push(fault.reject(index, json.as_bytes())),
    }
}

fn kind_of(json: &str) -> Result<Kind, Fault> {
    Fields::parse(json.as_bytes())?.required_text("kind").map_err(|fault| match fault.reason {
        Some(Reason::BadValue) => Fault { reason: Some(Reason::UnknownKind), ..fault },
        _ => fault,
    })
}

/// Reads a batch with nothing wrong in it, `kind` first in every reading.
struct BatchSeed<'c, 'o> {
    context: Context<'c>,
    out: &'o mut Decoded,
}

impl<'de> DeserializeSeed<'de> for BatchSeed<'_, '_> {
    type Value = BatchHeader;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<BatchHeader, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for BatchSeed<'_, '_> {
    type Value = BatchHeader;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a batch")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<BatchHeader, A::Error> {
        let (mut outbox, mut first_seq, mut count, mut lost) = (None, None, None, None);
        while let Some(name) = map.next_key::<&str>()? {
            match name {
                "outbox" if outbox.is_none() => outbox = Some(map.next_value()?),
                "first_seq" if first_seq.is_none() => first_seq = Some(map.next_value()?),
                "lost" if lost.is_none() => lost = Some(map.next_value()?),
                "readings" if count.is_none() => {
                    let readings = ReadingsSeed { context: self.context, out: &mut *self.out };
                    count = Some(map.next_value_seed(readings)?);
                }
                _ => return Err(A::Error::custom("refused")),
            }
        }
        match (outbox, first_seq, count) {
            (Some(outbox), Some(first_seq), Some(count)) => {
                Ok(BatchHeader { outbox, first_seq, count, lost: lost.unwrap_or_default() })
            }
            _ => Err(A::Error::custom("refused")),
        }
    }
}

struct ReadingsSeed<'c, 'o> {
    context: Context<'c>,
    out: &'o mut Decoded,
}

impl<'de> DeserializeSeed<'de> for ReadingsSeed<'_, '_> {
    type Value = u32;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u32, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ReadingsSeed<'_, '_> {
    type Value = u32;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an array of readings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<u32, A::Error> {
        let Self { context, out } = self;
        let mut count = 0;
        while let Some(()) = array.next_element_seed(KindFirst {
            context,
            target: Target { index: count, accepted: &mut out.accepted },
        })? {
            count += 1;
            if count as usize > READINGS_MAX {
                return Err(A::Error::custom("too many readings"));
            }
        }
        Ok(count)
    }
}

struct KindFirst<'c, 'o> {
    context: Context<'c>,
    target: Target<'o>,
}

impl<'de> DeserializeSeed<'de> for KindFirst<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for KindFirst<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a reading that begins with its kind")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if map.next_key::<&str>()? != Some("kind") {
            return Err(A::Error::custom("refused"));
        }
        let kind = map.next_value::<&str>()?.parse().map_err(A::Error::custom)?;
        read_rest_of_kind(kind, map, self.context, self.target, &mut Fault::default())
    }
}
