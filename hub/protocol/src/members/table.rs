//! `member_table!`, and the reading of an object that it declares.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::{DeserializeSeed, MapAccess, Visitor};

use super::{FromMembers, Member, MemberSpec};
use crate::reason::{Fault, Reason};

/// Declares a struct of optional members: `name: Type [lowest, highest],`. The name is the wire name.
macro_rules! member_table {
    ($(#[$outer:meta])* pub struct $table:ident {
        $($(#[$inner:meta])* $name:ident: $type:ty $([$low:expr, $high:expr])?,)+
    }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $table { $($(#[$inner])* pub $name: Option<$type>,)+ }

        const _: () = {
            use $crate::members::{FromMembers, Member, MemberSpec, MemberType, Sink, Table, counts};

            #[allow(non_camel_case_types)]
            enum Index { $($name,)+ }

            // A bit each in the `u32` of `read_map`, next to those of `ts`, `device` and `kind`.
            const _: () = assert!(MEMBERS.len() <= 28);
            const MEMBERS: &[MemberSpec] = &[$(MemberSpec {
                name: stringify!($name),
                ty: if counts(stringify!($name)) { MemberType::Count } else { <$type as Member>::TYPE },
                range: member_table!(@range $($low, $high)?),
            },)+];

            impl FromMembers for $table {
                #[inline]
                fn index_of(name: &str) -> Option<u32> {
                    match name {
                        $(stringify!($name) => Some(Index::$name as u32),)+
                        _ => None,
                    }
                }

                fn name_of(index: u32) -> &'static str {
                    MEMBERS[index as usize].name
                }

                #[inline]
                fn read_member<'de, D: serde::Deserializer<'de>>(
                    &mut self,
                    index: u32,
                    deserializer: D,
                    fault: &mut $crate::reason::Fault,
                ) -> Result<(), D::Error> {
                    $(if index == Index::$name as u32 {
                        const SPEC: &MemberSpec = &MEMBERS[Index::$name as usize];
                        self.$name = $crate::members::read_optional(deserializer, SPEC, fault)?;
                        return Ok(());
                    })+
                    Err(fault.stop($crate::reason::Reason::UnknownMember, None))
                }
            }

            impl Table for $table {
                const MEMBERS: &'static [MemberSpec] = MEMBERS;

                #[inline]
                fn each<'a, S: Sink<'a>>(&'a self, sink: &mut S) {
                    $(if let Some(value) = &self.$name {
                        sink.member(Index::$name as u32, &MEMBERS[Index::$name as usize], value);
                    })+
                }

                fn decode_member(
                    &mut self,
                    index: u32,
                    input: &mut &[u8],
                ) -> Result<(), $crate::codec::CodecError> {
                    $(if index == Index::$name as u32 {
                        self.$name = Some(Member::decode(input)?);
                        return Ok(());
                    })+
                    Err($crate::codec::CodecError::Newer)
                }

                #[inline]
                fn is_empty(&self) -> bool {
                    $(self.$name.is_none())&&+
                }
            }
        };
    };
    (@range) => { None };
    (@range $low:expr, $high:expr) => { Some(($low, $high)) };
}
pub(crate) use member_table;

/// Reads a whole object into `target`. `seen` holds a bit for each member that was read before.
#[inline]
pub(crate) fn read_map<'de, T: FromMembers, A: MapAccess<'de>>(
    mut map: A,
    target: &mut T,
    mut seen: u32,
    fault: &mut Fault,
) -> Result<(), A::Error> {
    while let Some(index) = map.next_key_seed(Key::<T>(fault, PhantomData))? {
        let bit = 1 << index;
        if seen & bit != 0 {
            return Err(fault.stop(Reason::DuplicateMember, Some(T::name_of(index))));
        }
        seen |= bit;
        if let Err(error) = map.next_value_seed(MemberOf { target: &mut *target, index, fault: &mut *fault })
        {
            fault.note(Reason::WrongType, Some(T::name_of(index)));
            return Err(error);
        }
    }
    Ok(())
}

/// `null` is the same as absent.
#[inline]
pub(crate) fn read_optional<'de, M: Member, D: Deserializer<'de>>(
    deserializer: D,
    spec: &MemberSpec,
    fault: &mut Fault,
) -> Result<Option<M>, D::Error> {
    deserializer.deserialize_option(Nullable { spec, fault, member: PhantomData })
}

struct Key<'f, T>(&'f mut Fault, PhantomData<T>);

impl<'de, T: FromMembers> DeserializeSeed<'de> for Key<'_, T> {
    type Value = u32;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u32, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<'de, T: FromMembers> Visitor<'de> for Key<'_, T> {
    type Value = u32;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a member's name")
    }

    #[inline]
    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<u32, E> {
        T::index_of(name).ok_or_else(|| self.0.stop(Reason::UnknownMember, Some(name)))
    }
}

struct MemberOf<'t, 'f, T> {
    target: &'t mut T,
    index: u32,
    fault: &'f mut Fault,
}

impl<'de, T: FromMembers> DeserializeSeed<'de> for MemberOf<'_, '_, T> {
    type Value = ();

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.target.read_member(self.index, deserializer, self.fault)
    }
}

struct Nullable<'s, 'f, M> {
    spec: &'s MemberSpec,
    fault: &'f mut Fault,
    member: PhantomData<M>,
}

impl<'de, M: Member> Visitor<'de> for Nullable<'_, '_, M> {
    type Value = Option<M>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a value or null")
    }

    #[inline]
    fn visit_none<E: serde::de::Error>(self) -> Result<Option<M>, E> {
        Ok(None)
    }

    #[inline]
    fn visit_unit<E: serde::de::Error>(self) -> Result<Option<M>, E> {
        Ok(None)
    }

    #[inline]
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<M>, D::Error> {
        M::read(deserializer, self.spec, self.fault).map(Some)
    }
}
