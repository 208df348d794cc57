//! A JSON object taken apart member by member: for messages that are too rare to need the typed pass.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::reason::{Fault, Reason};

/// The members of an object in their order, still unparsed.
pub(crate) struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Fields<'a> {
    /// Takes a UTF-8 payload apart. A member that stands twice is refused, whatever it is.
    pub fn parse(payload: &'a [u8]) -> Result<Self, Fault> {
        let json = std::str::from_utf8(payload).map_err(|_| without_member(Reason::NotUtf8))?;
        let value: &RawValue = serde_json::from_str(json).map_err(|_| without_member(Reason::NotJson))?;
        if !value.get().starts_with('{') {
            return Err(without_member(Reason::NotAnObject));
        }
        let fields: Self = serde_json::from_str(json).map_err(|_| without_member(Reason::NotJson))?;
        fields.refuse_duplicates()?;
        Ok(fields)
    }

    /// Takes a member out; `None` if it is absent or null.
    pub fn optional<T: Deserialize<'a>>(&mut self, name: &str) -> Result<Option<T>, Fault> {
        let Some(value) = self.take(name) else { return Ok(None) };
        serde_json::from_str(value.get()).map_err(|_| Fault::new(Reason::WrongType, name))
    }

    /// Takes a member out that must be there.
    pub fn required<T: Deserialize<'a>>(&mut self, name: &str) -> Result<T, Fault> {
        self.optional(name)?.ok_or_else(|| Fault::new(Reason::MissingMember, name))
    }

    /// Takes a text out and converts it.
    pub fn optional_text<T: FromStr>(&mut self, name: &str) -> Result<Option<T>, Fault> {
        let Some(text) = self.optional::<Cow<'a, str>>(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| Fault::new(Reason::BadValue, name))
    }

    /// Takes a text out that must be there and converts it.
    pub fn required_text<T: FromStr>(&mut self, name: &str) -> Result<T, Fault> {
        self.optional_text(name)?.ok_or_else(|| Fault::new(Reason::MissingMember, name))
    }

    /// Nothing may be left over.
    pub fn finish(self) -> Result<(), Fault> {
        match self.0.first() {
            Some((name, _)) => Err(Fault::new(Reason::UnknownMember, name)),
            None => Ok(()),
        }
    }

    fn take(&mut self, name: &str) -> Option<&'a RawValue> {
        let position = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(position).1)
    }

    fn refuse_duplicates(&self) -> Result<(), Fault> {
        let mut names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_ref()).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(Fault::new(Reason::DuplicateMember, pair[0])),
            None => Ok(()),
        }
    }
}

fn without_member(reason: Reason) -> Fault {
    Fault { reason: Some(reason), member: None }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Fields<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
                    members.push(member);
                }
                Ok(Fields(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}
