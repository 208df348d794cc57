//! The members of a kind: one declarative table gives the struct, the JSON reader and writer, the visitor, the
//! binary codec and the public description. A table's order is part of the durable log's format (see `codec`):
//! append at the end, never reorder, never remove.

mod choice;
mod scalar;
mod table;

use serde::{Deserializer, Serialize};

use crate::codec::CodecError;
use crate::kind::Kind;
use crate::reading::{Amenity, Cabinet, Door, Environment, Fund, Gateway, Occupancy, Swap};
use crate::reason::Fault;
pub(crate) use scalar::{INTEGER_MAX, valid_text};
pub(crate) use table::{member_table, read_map, read_optional};

/// One member of the contract.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MemberSpec {
    pub name: &'static str,
    pub ty: MemberType,
    /// Physical range, both ends included, in the unit that the name ends with.
    pub range: Option<(f64, f64)>,
}

/// The JSON type of a member.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MemberType {
    /// A finite number; an integer is one as well.
    Float,
    /// A number without a fraction.
    Integer,
    /// An integer named `*_total` or `*_fen`: a counter or money, never stored as a float.
    Count,
    Bool,
    /// At least one character, none of them a control character.
    Text {
        chars_max: usize,
    },
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// An array of objects with these members.
    Slots(&'static [MemberSpec]),
}

/// The value of a member that is present.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    Float(f64),
    Count(i64),
    Bool(bool),
    Text(&'a str),
}

/// Every member of a kind besides `ts`, `device` and `kind`, in the table's order.
pub fn members(kind: Kind) -> &'static [MemberSpec] {
    match kind {
        Kind::Door => Door::MEMBERS,
        Kind::Cabinet => Cabinet::MEMBERS,
        Kind::Swap => Swap::MEMBERS,
        Kind::Occupancy => Occupancy::MEMBERS,
        Kind::Environment => Environment::MEMBERS,
        Kind::Amenity => Amenity::MEMBERS,
        Kind::Fund => Fund::MEMBERS,
        Kind::Gateway => Gateway::MEMBERS,
    }
}

/// A type that a member can have.
pub(crate) trait Member: Serialize + Sized {
    const TYPE: MemberType;

    /// Reads a value that is not null. A refusal is noted in `fault`; an error without a note is a wrong type.
    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        spec: &MemberSpec,
        fault: &mut Fault,
    ) -> Result<Self, D::Error>;

    /// `None` for slots, which are not one value.
    fn value(&self, spec: &MemberSpec) -> Option<Value<'_>>;

    fn encode(&self, out: &mut Vec<u8>);

    fn decode(input: &mut &[u8]) -> Result<Self, CodecError>;
}

/// An object that is read member by member; `index` counts from 0 to 31.
pub(crate) trait FromMembers {
    fn index_of(name: &str) -> Option<u32>;

    fn name_of(index: u32) -> &'static str;

    fn read_member<'de, D: Deserializer<'de>>(
        &mut self,
        index: u32,
        deserializer: D,
        fault: &mut Fault,
    ) -> Result<(), D::Error>;
}

/// An object that a `member_table!` declares.
pub(crate) trait Table: FromMembers + Default {
    const MEMBERS: &'static [MemberSpec];

    /// Hands every member that is present to `sink`, in the table's order.
    fn each<'a, S: Sink<'a>>(&'a self, sink: &mut S);

    fn decode_member(&mut self, index: u32, input: &mut &[u8]) -> Result<(), CodecError>;

    /// Whether no member at all is present.
    fn is_empty(&self) -> bool;
}

/// What takes the members of a table: the visitor, the JSON writer, the encoder.
pub(crate) trait Sink<'a> {
    fn member<M: Member>(&mut self, index: u32, spec: &'static MemberSpec, value: &'a M);
}

/// Feeds the values of a table to a closure, slots excluded.
pub(crate) struct Visit<F>(pub F);

impl<'a, F: FnMut(&'static str, Value<'a>)> Sink<'a> for Visit<F> {
    fn member<M: Member>(&mut self, _: u32, spec: &'static MemberSpec, value: &'a M) {
        if let Some(value) = value.value(spec) {
            (self.0)(spec.name, value);
        }
    }
}

/// Whether a member of this name is a counter or money.
pub(crate) const fn counts(name: &str) -> bool {
    ends_with(name.as_bytes(), b"_total") || ends_with(name.as_bytes(), b"_fen")
}

const fn ends_with(text: &[u8], end: &[u8]) -> bool {
    if text.len() < end.len() {
        return false;
    }
    let (_, mut tail) = text.split_at(text.len() - end.len());
    let mut end = end;
    while let ([first, tail_rest @ ..], [wanted, end_rest @ ..]) = (tail, end) {
        if *first != *wanted {
            return false;
        }
        (tail, end) = (tail_rest, end_rest);
    }
    true
}
