//! The slots of a swap cabinet, and the batteries in them.

use std::fmt;

use compact_str::CompactString;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde::{Deserializer, de};

use super::json::serialize_members;
use crate::codec::{self, CodecError};
use crate::members::{Member, MemberSpec, MemberType, Table, Value, Visit, member_table, read_map};
use crate::names::{names, show_by_name};
use crate::reason::{Fault, Reason};

/// The most slots of one reading, and the highest slot number [J]: the largest site known has 78.
const SLOTS_MAX: usize = 1000;

member_table! {
    /// One slot. A decoded one always has its number in `slot`; alone it is enough.
    pub struct Slot {
        slot: i64 [1.0, 1000.0],
        state: SlotState,
        class: VoltageClass,
        soc_pct: f64 [0.0, 100.0],
        soh_pct: f64 [0.0, 100.0],
        /// [J] both classes' windows lie within 37.5–73 V, an empty slot shows 0, and a charger's fault more.
        voltage_v: f64 [0.0, 150.0],
        /// Positive while charging.
        current_a: f64 [-100.0, 100.0],
        cell_temp_max_c: f64 [-40.0, 125.0],
        cycles: i64 [0.0, 10_000.0],
        /// An asset id; kept raw for 30 days at most.
        battery: CompactString,
    }
}

names! {
    /// What a slot is good for now.
    pub enum SlotState {
        Empty = "empty",
        Charging = "charging",
        Ready = "ready",
        Locked = "locked",
        Fault = "fault",
        Disabled = "disabled",
    }
}

names! {
    /// The class of a battery. The device must declare it: the classes' voltage windows overlap.
    pub enum VoltageClass {
        V48 = "48V",
        V60 = "60V",
    }
}

show_by_name!(SlotState, VoltageClass);

impl Slot {
    /// Hands every member that is present to `visitor` under its wire name, `slot` itself included.
    pub fn visit(&self, visitor: &mut dyn FnMut(&'static str, Value<'_>)) {
        self.each(&mut Visit(visitor));
    }
}

impl Serialize for Slot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        serialize_members(self, &mut map)?;
        map.end()
    }
}

impl Member for Vec<Slot> {
    const TYPE: MemberType = MemberType::Slots(Slot::MEMBERS);

    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        spec: &MemberSpec,
        fault: &mut Fault,
    ) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Slots { spec, fault })
    }

    fn value(&self, _: &MemberSpec) -> Option<Value<'_>> {
        None
    }

    fn encode(&self, out: &mut Vec<u8>) {
        codec::put_unsigned(self.len() as u64, out);
        for slot in self {
            codec::encode_table(slot, out);
        }
    }

    fn decode(input: &mut &[u8]) -> Result<Self, CodecError> {
        let count = codec::take_unsigned(input)?;
        if count > SLOTS_MAX as u64 {
            return Err(CodecError::Corrupt("number of slots"));
        }
        (0..count).map(|_| codec::decode_table(input)).collect()
    }
}

struct Slots<'s, 'f> {
    spec: &'s MemberSpec,
    fault: &'f mut Fault,
}

impl<'de> Visitor<'de> for Slots<'_, '_> {
    type Value = Vec<Slot>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an array of slots")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Vec<Slot>, A::Error> {
        let mut slots = Vec::new();
        let mut numbers = SlotNumbers::default();
        while let Some((number, slot)) = array.next_element_seed(OneSlot(self.spec, &mut *self.fault))? {
            if !numbers.insert(number) {
                return Err(self.fault.stop(Reason::BadValue, Some(self.spec.name)));
            }
            slots.push(slot);
        }
        Ok(slots)
    }
}

/// The slot numbers met so far, a bit each.
#[derive(Default)]
struct SlotNumbers([u64; SLOTS_MAX / 64 + 1]);

impl SlotNumbers {
    /// False for a number that was there before. No other number than 1 to `SLOTS_MAX` comes here, so the slots of
    /// a reading cannot outnumber it.
    fn insert(&mut self, number: usize) -> bool {
        let Some(word) = self.0.get_mut(number / 64) else { return false };
        let bit = 1 << (number % 64);
        let new = *word & bit == 0;
        *word |= bit;
        new
    }
}

struct OneSlot<'s, 'f>(&'s MemberSpec, &'f mut Fault);

impl<'de> DeserializeSeed<'de> for OneSlot<'_, '_> {
    type Value = (usize, Slot);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(usize, Slot), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OneSlot<'_, '_> {
    type Value = (usize, Slot);

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a slot")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(usize, Slot), A::Error> {
        let Self(spec, fault) = self;
        let mut slot = Slot::default();
        if let Err(error) = read_map(map, &mut slot, 0, fault) {
            if fault.reason.is_some() {
                fault.prefix(spec.name);
            }
            return Err(error);
        }
        match slot.slot.and_then(|number| usize::try_from(number).ok()) {
            Some(number) => Ok((number, slot)),
            None => {
                let error: A::Error = de::Error::custom("refused");
                fault.note(Reason::MissingMember, Some("slot"));
                fault.prefix(spec.name);
                Err(error)
            }
        }
    }
}
