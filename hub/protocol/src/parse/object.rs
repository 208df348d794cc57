//! One reading, from the JSON object that holds it.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};

use super::{Accepted, Decoded, Limits};
use crate::ids::DeviceId;
use crate::kind::Kind;
use crate::members::{FromMembers, Member, MemberSpec, MemberType, read_map, read_optional};
use crate::reading::{
    Amenity, BodyTable, Cabinet, Door, Environment, Fund, Gateway, Occupancy, Reading, Refusal, Swap,
};
use crate::reason::{Fault, Reason};

/// What a reading is measured against.
#[derive(Clone, Copy)]
pub(super) struct Context<'l> {
    pub now_ms: i64,
    pub limits: &'l Limits,
    /// In a batch `kind` and `ts` are required; elsewhere `kind` is unknown and `ts` is stamped.
    pub in_batch: bool,
}

/// Where a reading goes once it is found good. It is built in place: a reading is too large to be handed around.
pub(super) struct Target<'o> {
    pub index: u32,
    pub accepted: &'o mut Vec<Accepted>,
}

/// Reads one object as a reading of type `T`.
pub(super) struct ReadingSeed<'c, 'o, 'f, T> {
    context: Context<'c>,
    target: Target<'o>,
    fault: &'f mut Fault,
    body: PhantomData<T>,
}

impl<'c, 'o, 'f, T> ReadingSeed<'c, 'o, 'f, T> {
    pub fn new(context: Context<'c>, target: Target<'o>, fault: &'f mut Fault) -> Self {
        Self { context, target, fault, body: PhantomData }
    }
}

impl<'de, T: BodyTable> DeserializeSeed<'de> for ReadingSeed<'_, '_, '_, T> {
    type Value = ();

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: BodyTable> Visitor<'de> for ReadingSeed<'_, '_, '_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a reading")
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        read_reading::<T, A>(map, self.context, 0, self.target, self.fault)
    }
}

/// Reads the rest of an object whose `kind` is known already.
pub(super) fn read_rest_of_kind<'de, A: MapAccess<'de>>(
    kind: Kind,
    map: A,
    context: Context<'_>,
    target: Target<'_>,
    fault: &mut Fault,
) -> Result<(), A::Error> {
    const SEEN: u32 = 1 << KIND;
    match kind {
        Kind::Door => read_reading::<Door, A>(map, context, SEEN, target, fault),
        Kind::Cabinet => read_reading::<Cabinet, A>(map, context, SEEN, target, fault),
        Kind::Swap => read_reading::<Swap, A>(map, context, SEEN, target, fault),
        Kind::Occupancy => read_reading::<Occupancy, A>(map, context, SEEN, target, fault),
        Kind::Environment => read_reading::<Environment, A>(map, context, SEEN, target, fault),
        Kind::Amenity => read_reading::<Amenity, A>(map, context, SEEN, target, fault),
        Kind::Fund => read_reading::<Fund, A>(map, context, SEEN, target, fault),
        Kind::Gateway => read_reading::<Gateway, A>(map, context, SEEN, target, fault),
    }
}

/// Parses one reading that stands alone, with the exact reason if it is refused. `json` is a JSON value.
pub(super) fn parse_reading<T: BodyTable>(json: &str, context: Context<'_>, index: u32, out: &mut Decoded) {
    let mut fault = Fault::default();
    if !json.trim_ascii_start().starts_with('{') {
        fault.note(Reason::NotAnObject, None);
        return out.rejected.push(fault.reject(index, json.as_bytes()));
    }
    let target = Target { index, accepted: &mut out.accepted };
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let result = ReadingSeed::<T>::new(context, target, &mut fault).deserialize(&mut deserializer);
    if let Err(error) = result {
        // The text is JSON, so a syntax error in a value is a number too large for a float (1e999).
        if fault.reason == Some(Reason::WrongType) && error.is_syntax() {
            fault.reason = Some(Reason::OutOfRange);
        }
        out.rejected.push(fault.reject(index, json.as_bytes()));
    }
}

fn read_reading<'de, T: BodyTable, A: MapAccess<'de>>(
    map: A,
    context: Context<'_>,
    seen: u32,
    target: Target<'_>,
    fault: &mut Fault,
) -> Result<(), A::Error> {
    let mut draft = Draft::<T> { in_batch: context.in_batch, ..Draft::default() };
    read_map(map, &mut draft, seen, fault)?;
    draft.finish(context, target).map_err(|(reason, member)| fault.stop(reason, member))
}

const TS_SPEC: MemberSpec = MemberSpec { name: "ts", ty: MemberType::Integer, range: None };
const DEVICE_SPEC: MemberSpec = MemberSpec { name: "device", ty: DeviceId::TYPE, range: None };

const TS: u32 = 0;
const DEVICE: u32 = 1;
const KIND: u32 = 2;
/// The members of the body follow.
const BODY: u32 = 3;

/// A reading while it is read.
#[derive(Default)]
struct Draft<T> {
    in_batch: bool,
    ts: Option<i64>,
    device: Option<DeviceId>,
    body: T,
}

impl<T: BodyTable> Draft<T> {
    fn finish(self, context: Context<'_>, target: Target<'_>) -> Result<(), Refusal> {
        let device = self.device.ok_or((Reason::MissingMember, Some("device")))?;
        let ts = match self.ts {
            Some(ts) => ts,
            None if context.in_batch => return Err((Reason::MissingMember, Some("ts"))),
            None => context.now_ms,
        };
        if ts > context.now_ms.saturating_add(context.limits.future_ms) {
            return Err((Reason::FutureTime, Some("ts")));
        }
        if ts < context.now_ms.saturating_sub(context.limits.past_ms) {
            return Err((Reason::TooOld, Some("ts")));
        }
        self.body.check()?;
        let reading = Reading { ts, device, body: self.body.into() };
        target.accepted.push(Accepted { index: target.index, reading });
        Ok(())
    }
}

impl<T: BodyTable> FromMembers for Draft<T> {
    #[inline]
    fn index_of(name: &str) -> Option<u32> {
        match name {
            "ts" => Some(TS),
            "device" => Some(DEVICE),
            "kind" => Some(KIND),
            other => T::index_of(other).map(|index| BODY + index),
        }
    }

    fn name_of(index: u32) -> &'static str {
        match index {
            TS => "ts",
            DEVICE => "device",
            KIND => "kind",
            other => T::name_of(other - BODY),
        }
    }

    #[inline]
    fn read_member<'de, D: Deserializer<'de>>(
        &mut self,
        index: u32,
        deserializer: D,
        fault: &mut Fault,
    ) -> Result<(), D::Error> {
        match index {
            TS => self.ts = read_optional(deserializer, &TS_SPEC, fault)?,
            DEVICE => self.device = read_optional(deserializer, &DEVICE_SPEC, fault)?,
            // Whoever cut the batch into readings has read it.
            KIND if self.in_batch => deserializer.deserialize_ignored_any(IgnoredAny).map(drop)?,
            KIND => return Err(fault.stop(Reason::UnknownMember, Some("kind"))),
            other => self.body.read_member(other - BODY, deserializer, fault)?,
        }
        Ok(())
    }
}
