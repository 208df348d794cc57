//! The payload of a kind's own channel: one reading, or an array of them.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::object::{Context, ReadingSeed, Target, parse_reading};
use super::{Decoded, Limits, READINGS_MAX};
use crate::kind::Kind;
use crate::reading::{Amenity, BodyTable, Cabinet, Door, Environment, Fund, Gateway, Occupancy, Swap};
use crate::reason::{Fault, Reason};

/// Decodes what was published on the channel of `kind` and adds it to `out`: an object is one reading, an array
/// several. A payload that is no JSON, or an array without readings, is one `Rejected` with index 0.
pub fn decode_channel(kind: Kind, payload: &[u8], now_ms: i64, limits: &Limits, out: &mut Decoded) {
    let context = Context { now_ms, limits, in_batch: false };
    match kind {
        Kind::Door => decode::<Door>(payload, context, out),
        Kind::Cabinet => decode::<Cabinet>(payload, context, out),
        Kind::Swap => decode::<Swap>(payload, context, out),
        Kind::Occupancy => decode::<Occupancy>(payload, context, out),
        Kind::Environment => decode::<Environment>(payload, context, out),
        Kind::Amenity => decode::<Amenity>(payload, context, out),
        Kind::Fund => decode::<Fund>(payload, context, out),
        Kind::Gateway => decode::<Gateway>(payload, context, out),
    }
}

fn decode<T: BodyTable>(payload: &[u8], context: Context<'_>, out: &mut Decoded) {
    let Ok(json) = std::str::from_utf8(payload) else {
        return out.refuse(Reason::NotUtf8, payload);
    };
    if json.trim_ascii_start().starts_with('[') {
        decode_array::<T>(json, context, out);
    } else {
        decode_single::<T>(json, context, out);
    }
}

fn decode_single<T: BodyTable>(json: &str, context: Context<'_>, out: &mut Decoded) {
    let kept = out.accepted.len();
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let target = Target { index: 0, accepted: &mut out.accepted };
    let mut fault = Fault::default();
    let reading = ReadingSeed::<T>::new(context, target, &mut fault);
    if reading.deserialize(&mut deserializer).and_then(|()| deserializer.end()).is_ok() {
        return;
    }
    out.accepted.truncate(kept);
    match serde_json::from_str::<&RawValue>(json) {
        Ok(_) => parse_reading::<T>(json, context, 0, out),
        Err(_) => out.refuse(Reason::NotJson, json.as_bytes()),
    }
}

fn decode_array<T: BodyTable>(json: &str, context: Context<'_>, out: &mut Decoded) {
    let kept = out.accepted.len();
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let readings = ArraySeed::<T> { context, out, body: PhantomData };
    if readings.deserialize(&mut deserializer).and_then(|()| deserializer.end()).is_ok() {
        return;
    }
    out.accepted.truncate(kept);
    match serde_json::from_str::<Vec<&RawValue>>(json) {
        Err(_) => out.refuse(Reason::NotJson, json.as_bytes()),
        Ok(readings) if readings.is_empty() => out.refuse(Reason::NoMeasurement, json.as_bytes()),
        Ok(readings) if readings.len() > READINGS_MAX => out.refuse(Reason::TooLarge, json.as_bytes()),
        Ok(readings) => {
            for (index, reading) in (0..).zip(readings) {
                parse_reading::<T>(reading.get(), context, index, out);
            }
        }
    }
}

/// Reads an array none of whose readings is bad.
struct ArraySeed<'c, 'o, T> {
    context: Context<'c>,
    out: &'o mut Decoded,
    body: PhantomData<T>,
}

impl<'de, T: BodyTable> DeserializeSeed<'de> for ArraySeed<'_, '_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: BodyTable> Visitor<'de> for ArraySeed<'_, '_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an array of readings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        let Self { context, out, .. } = self;
        let mut fault = Fault::default();
        let mut count = 0;
        while let Some(()) = array.next_element_seed(ReadingSeed::<T>::new(
            context,
            Target { index: count, accepted: &mut out.accepted },
            &mut fault,
        ))? {
            count += 1;
            if count as usize > READINGS_MAX {
                return Err(A::Error::custom("too many readings"));
            }
        }
        if count == 0 { Err(A::Error::custom("no reading")) } else { Ok(()) }
    }
}
