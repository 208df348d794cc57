//! The binary form of a reading: the record format of the durable log.
//!
//! ```text
//! reading := kind u8 · ts signed · device text · table
//! table   := mask varint · the members whose bit is set, in the table's order
//! member  := f64 little endian | signed | boolean u8 (0, 1) | choice u8 (its position) | text | slots
//! text    := length varint · that many bytes of UTF-8
//! slots   := count varint · that many tables
//! signed  := zigzag varint;  varint := LEB128, at most 10 bytes
//! ```
//!
//! Invariants: bit *n* of a mask is member *n* of the table in `reading/`, and a choice's byte is its position in the
//! enumeration, so both only ever grow at the end; an older program that meets a newer bit, choice or kind says
//! [`CodecError::Newer`] and guesses nothing. Decoding arbitrary bytes never panics and allocates no more than the
//! input justifies. There is no checksum here: the log's frame has one.

use thiserror::Error;

use crate::ids::DeviceId;
use crate::kind::Kind;
use crate::members::{Member, MemberSpec, Sink, Table};
use crate::names::Named;
use crate::reading::{Body, Reading, each_kind};

/// Why bytes are no reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CodecError {
    #[error("the record ends before the reading does")]
    Truncated,
    #[error("the record was written by a newer program: upgrade this one")]
    Newer,
    #[error("the record is damaged: its {0} is not valid")]
    Corrupt(&'static str),
}

impl Reading {
    /// Appends the binary form.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.body.kind().position());
        put_signed(self.ts, out);
        self.device.encode(out);
        each_kind!(&self.body, body => encode_table(body, out));
    }

    /// Takes one reading off the front of `input`.
    pub fn decode(input: &mut &[u8]) -> Result<Self, CodecError> {
        let kind = Kind::decode(input)?;
        let ts = take_signed(input)?;
        let device = DeviceId::decode(input)?;
        let body = match kind {
            Kind::Door => Body::Door(decode_table(input)?),
            Kind::Cabinet => Body::Cabinet(decode_table(input)?),
            Kind::Swap => Body::Swap(decode_table(input)?),
            Kind::Occupancy => Body::Occupancy(decode_table(input)?),
            Kind::Environment => Body::Environment(decode_table(input)?),
            Kind::Amenity => Body::Amenity(decode_table(input)?),
            Kind::Fund => Body::Fund(decode_table(input)?),
            Kind::Gateway => Body::Gateway(decode_table(input)?),
        };
        Ok(Self { ts, device, body })
    }
}

pub(crate) fn encode_table<T: Table>(table: &T, out: &mut Vec<u8>) {
    let mut mask = Mask(0);
    table.each(&mut mask);
    put_unsigned(mask.0, out);
    table.each(&mut Encode(out));
}

pub(crate) fn decode_table<T: Table>(input: &mut &[u8]) -> Result<T, CodecError> {
    let mut mask = take_unsigned(input)?;
    let mut table = T::default();
    while mask != 0 {
        table.decode_member(mask.trailing_zeros(), input)?;
        mask &= mask - 1;
    }
    Ok(table)
}

struct Mask(u64);

impl<'a> Sink<'a> for Mask {
    #[inline]
    fn member<M: Member>(&mut self, index: u32, _: &'static MemberSpec, _: &'a M) {
        self.0 |= 1 << index;
    }
}

struct Encode<'o>(&'o mut Vec<u8>);

impl<'a> Sink<'a> for Encode<'_> {
    #[inline]
    fn member<M: Member>(&mut self, _: u32, _: &'static MemberSpec, value: &'a M) {
        value.encode(self.0);
    }
}

pub(crate) fn put_unsigned(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub(crate) fn take_unsigned(input: &mut &[u8]) -> Result<u64, CodecError> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take_byte(input)?;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            break;
        }
        number |= bits << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(CodecError::Corrupt("number"))
}

pub(crate) fn put_signed(number: i64, out: &mut Vec<u8>) {
    put_unsigned(((number << 1) ^ (number >> 63)) as u64, out);
}

pub(crate) fn take_signed(input: &mut &[u8]) -> Result<i64, CodecError> {
    let zigzag = take_unsigned(input)?;
    Ok((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
}

pub(crate) fn put_text(text: &str, out: &mut Vec<u8>) {
    put_unsigned(text.len() as u64, out);
    out.extend_from_slice(text.as_bytes());
}

pub(crate) fn take_text<'a>(input: &mut &'a [u8]) -> Result<&'a str, CodecError> {
    let length = take_unsigned(input)?;
    let length = usize::try_from(length).map_err(|_| CodecError::Truncated)?;
    let (text, rest) = input.split_at_checked(length).ok_or(CodecError::Truncated)?;
    *input = rest;
    std::str::from_utf8(text).map_err(|_| CodecError::Corrupt("text"))
}

pub(crate) fn take_byte(input: &mut &[u8]) -> Result<u8, CodecError> {
    take_array::<1>(input).map(|[byte]| *byte)
}

pub(crate) fn take_array<'a, const N: usize>(input: &mut &'a [u8]) -> Result<&'a [u8; N], CodecError> {
    let (array, rest) = input.split_first_chunk().ok_or(CodecError::Truncated)?;
    *input = rest;
    Ok(array)
}
