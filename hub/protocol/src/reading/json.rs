//! The JSON form of a reading, as `wire.md` gives it.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{Reading, each_kind};
use crate::members::{Member, MemberSpec, Sink, Table};

impl Serialize for Reading {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(self, false, serializer)
    }
}

impl Reading {
    /// Appends `{"kind":…,"ts":…,"device":…,members…}`; `kind` only if asked for, as in a batch.
    #[expect(clippy::expect_used, reason = "writing to a Vec cannot fail, and every key is a string")]
    pub fn write_json(&self, with_kind: bool, out: &mut Vec<u8>) {
        let mut serializer = serde_json::Serializer::new(out);
        serialize(self, with_kind, &mut serializer).expect("JSON into memory");
    }
}

fn serialize<S: Serializer>(reading: &Reading, with_kind: bool, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    if with_kind {
        map.serialize_entry("kind", &reading.body.kind())?;
    }
    map.serialize_entry("ts", &reading.ts)?;
    map.serialize_entry("device", &reading.device)?;
    each_kind!(&reading.body, table => serialize_members(table, &mut map))?;
    map.end()
}

pub(super) fn serialize_members<T: Table, M: SerializeMap>(table: &T, map: &mut M) -> Result<(), M::Error> {
    let mut entries = Entries { map, result: Ok(()) };
    table.each(&mut entries);
    entries.result
}

struct Entries<'m, M: SerializeMap> {
    map: &'m mut M,
    result: Result<(), M::Error>,
}

impl<'a, S: SerializeMap> Sink<'a> for Entries<'_, S> {
    fn member<M: Member>(&mut self, _: u32, spec: &'static MemberSpec, value: &'a M) {
        if self.result.is_ok() {
            self.result = self.map.serialize_entry(spec.name, value);
        }
    }
}
