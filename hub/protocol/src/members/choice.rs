//! Members that hold one of a few names.

use serde::{Deserializer, Serialize};

use super::scalar::Text;
use super::{Member, MemberSpec, MemberType, Value};
use crate::codec::{self, CodecError};
use crate::names::Named;
use crate::reason::{Fault, Reason};

impl<C: Named + Serialize> Member for C {
    const TYPE: MemberType = MemberType::Choice(C::NAMES);

    #[inline]
    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        spec: &MemberSpec,
        fault: &mut Fault,
    ) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text(|name: &str| {
            C::from_name(name).ok_or_else(|| fault.note(Reason::BadValue, Some(spec.name)))
        }))
    }

    fn value(&self, _: &MemberSpec) -> Option<Value<'_>> {
        C::NAMES.get(usize::from(self.position())).copied().map(Value::Text)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.position());
    }

    fn decode(input: &mut &[u8]) -> Result<Self, CodecError> {
        let position = usize::from(codec::take_byte(input)?);
        C::ALL.get(position).copied().ok_or(CodecError::Newer)
    }
}
