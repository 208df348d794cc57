//! Numbers, booleans and texts.

use std::fmt;

use compact_str::CompactString;
use serde::Deserializer;
use serde::de::{Error, Visitor};

use super::{Member, MemberSpec, MemberType, Value};
use crate::codec::{self, CodecError};
use crate::ids::DeviceId;
use crate::reason::{Fault, Reason};

/// The longest text of a member [J]: a swap id is said to be at most 64 characters, the others follow it.
const TEXT_CHARS_MAX: usize = 64;

/// The largest integer that every JSON reader keeps exactly: 2^53 − 1 (RFC 8259, section 6).
pub(crate) const INTEGER_MAX: f64 = 9_007_199_254_740_991.0;

impl Member for f64 {
    const TYPE: MemberType = MemberType::Float;

    #[inline]
    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        spec: &MemberSpec,
        fault: &mut Fault,
    ) -> Result<Self, D::Error> {
        let number = deserializer.deserialize_f64(Number)?;
        within(number, spec, fault)?;
        Ok(number)
    }

    fn value(&self, _: &MemberSpec) -> Option<Value<'_>> {
        Some(Value::Float(*self))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }

    fn decode(input: &mut &[u8]) -> Result<Self, CodecError> {
        let number = Self::from_le_bytes(*codec::take_array(input)?);
        if number.is_finite() { Ok(number) } else { Err(CodecError::Corrupt("number")) }
    }
}

impl Member for i64 {
    const TYPE: MemberType = MemberType::Integer;

    #[inline]
    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        spec: &MemberSpec,
        fault: &mut Fault,
    ) -> Result<Self, D::Error> {
        let number = deserializer.deserialize_i64(Integer { spec, fault: &mut *fault })?;
        within(number as f64, spec, fault)?;
        Ok(number)
    }

    fn value(&self, spec: &MemberSpec) -> Option<Value<'_>> {
        Some(match spec.ty {
            MemberType::Count => Value::Count(*self),
            _ => Value::Float(*self as f64),
        })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        codec::put_signed(*self, out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, CodecError> {
        codec::take_signed(input)
    }
}

impl Member for bool {
    const TYPE: MemberType = MemberType::Bool;

    #[inline]
    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        _: &MemberSpec,
        _: &mut Fault,
    ) -> Result<Self, D::Error> {
        serde::Deserialize::deserialize(deserializer)
    }

    fn value(&self, _: &MemberSpec) -> Option<Value<'_>> {
        Some(Value::Bool(*self))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn decode(input: &mut &[u8]) -> Result<Self, CodecError> {
        match codec::take_byte(input)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(CodecError::Corrupt("boolean")),
        }
    }
}

impl Member for CompactString {
    const TYPE: MemberType = MemberType::Text { chars_max: TEXT_CHARS_MAX };

    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        spec: &MemberSpec,
        fault: &mut Fault,
    ) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text(|text: &str| {
            if valid_text(text) {
                Ok(Self::new(text))
            } else {
                fault.note(Reason::BadValue, Some(spec.name));
                Err(())
            }
        }))
    }

    fn value(&self, _: &MemberSpec) -> Option<Value<'_>> {
        Some(Value::Text(self.as_str()))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        codec::put_text(self.as_str(), out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, CodecError> {
        codec::take_text(input).map(Self::new)
    }
}

impl Member for DeviceId {
    const TYPE: MemberType = MemberType::Text { chars_max: 32 };

    #[inline]
    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        spec: &MemberSpec,
        fault: &mut Fault,
    ) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text(|text: &str| {
            Self::try_from(text).map_err(|_| fault.note(Reason::BadValue, Some(spec.name)))
        }))
    }

    fn value(&self, _: &MemberSpec) -> Option<Value<'_>> {
        Some(Value::Text(self.as_str()))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        codec::put_text(self.as_str(), out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, CodecError> {
        Self::try_from(codec::take_text(input)?).map_err(|_| CodecError::Corrupt("device"))
    }
}

/// 1 to 64 characters without control characters.
pub(crate) fn valid_text(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= TEXT_CHARS_MAX * 4
        && text.chars().count() <= TEXT_CHARS_MAX
        && !text.chars().any(char::is_control)
}

#[inline]
fn within<E: Error>(number: f64, spec: &MemberSpec, fault: &mut Fault) -> Result<(), E> {
    match spec.range {
        Some((low, high)) if !(low..=high).contains(&number) => {
            Err(fault.stop(Reason::OutOfRange, Some(spec.name)))
        }
        _ => Ok(()),
    }
}

/// A JSON number. serde_json gives no other than a finite one.
struct Number;

impl Visitor<'_> for Number {
    type Value = f64;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a number")
    }

    #[inline]
    fn visit_f64<E: Error>(self, number: f64) -> Result<f64, E> {
        Ok(number)
    }

    #[inline]
    fn visit_i64<E: Error>(self, number: i64) -> Result<f64, E> {
        Ok(number as f64)
    }

    #[inline]
    fn visit_u64<E: Error>(self, number: u64) -> Result<f64, E> {
        Ok(number as f64)
    }
}

/// A JSON number without a fraction.
struct Integer<'s, 'f> {
    spec: &'s MemberSpec,
    fault: &'f mut Fault,
}

impl Visitor<'_> for Integer<'_, '_> {
    type Value = i64;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an integer")
    }

    #[inline]
    fn visit_i64<E: Error>(self, number: i64) -> Result<i64, E> {
        Ok(number)
    }

    #[inline]
    fn visit_u64<E: Error>(self, number: u64) -> Result<i64, E> {
        i64::try_from(number).map_err(|_| self.fault.stop(Reason::OutOfRange, Some(self.spec.name)))
    }
}

/// A JSON string, converted where it stands, without a copy.
pub(super) struct Text<F>(pub F);

impl<T, F: FnOnce(&str) -> Result<T, ()>> Visitor<'_> for Text<F> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a string")
    }

    #[inline]
    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(|()| E::custom("refused"))
    }
}
