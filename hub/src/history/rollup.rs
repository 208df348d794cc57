//! Roll-ups: count, sum, least and greatest of each member, per minute of an hour or per hour of a day.
//!
//! Format, inside the packing of `block`: for each series `kind text | device text | member text | buckets varint`,
//! then for each bucket `place u8 | count varint`, and the value when the count is 1, else sum, least and greatest.
//! Series are sorted, buckets too. Truth values count as 0 and 1; texts have no roll-up. Of a cabinet's slots charge and
//! temperature are rolled up, to minutes alone: seventy slots by the hour, for ever, would outgrow all the rest. Their
//! member is written `SLOT.MEMBER`. Of its snapshots, which have all slots, batteries are counted by class ([`STOCK`]).

use super::block::{BlockError, pack_bytes, unpack_bytes};
use super::bytes::{put_float, put_text, put_unsigned, take_float, take_text, take_unsigned};
use super::utilisation::stock_of_snapshot;
use std::collections::BTreeMap;
use waystation_protocol::{Body, DeviceId, Kind, Reading, Value, VoltageClass, members};

/// What a series is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeriesKey {
    pub kind: Kind,
    pub device: DeviceId,
    /// The number of a slot, for its members.
    pub slot: Option<i64>,
    pub member: &'static str,
}

/// The values of a minute, an hour, or whatever they are gathered to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    pub count: u64,
    pub sum: f64,
    pub min: f64,
    pub max: f64,
}

impl Bucket {
    #[must_use]
    pub fn of(value: f64) -> Self {
        Self { count: 1, sum: value, min: value, max: value }
    }

    #[must_use]
    pub fn mean(&self) -> f64 {
        self.sum / self.count as f64
    }

    pub fn merge(&mut self, other: &Bucket) {
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

/// The roll-up of a stretch: an hour by minutes, or a day by hours.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rollup(pub BTreeMap<SeriesKey, BTreeMap<u8, Bucket>>);

impl Rollup {
    /// Gathers readings of `[start_ms, start_ms + places · place_ms)`.
    pub fn of(readings: &[Reading], start_ms: i64, place_ms: i64) -> Self {
        let mut rollup = Self::default();
        for reading in readings {
            let Ok(place) = u8::try_from((reading.ts - start_ms).div_euclid(place_ms)) else { continue };
            each_number(reading, |slot, member, number| {
                let key =
                    SeriesKey { kind: reading.body.kind(), device: reading.device.clone(), slot, member };
                rollup.put(key, place, Bucket::of(number));
            });
        }
        rollup
    }

    pub fn put(&mut self, key: SeriesKey, place: u8, bucket: Bucket) {
        let series = self.0.entry(key).or_default();
        series.entry(place).and_modify(|known| known.merge(&bucket)).or_insert(bucket);
    }

    /// Everything of each series but those of slots as one bucket at `place`.
    pub fn condensed(&self, place: u8) -> Self {
        let mut condensed = Self::default();
        for (key, buckets) in self.0.iter().filter(|(key, _)| key.slot.is_none()) {
            buckets.values().for_each(|bucket| condensed.put(key.clone(), place, *bucket));
        }
        condensed
    }

    /// Adds the values of another one.
    pub fn merge(&mut self, other: Rollup) {
        for (key, buckets) in other.0 {
            for (place, bucket) in buckets {
                self.put(key.clone(), place, bucket);
            }
        }
    }

    /// Forgets what stands at a place.
    pub fn clear(&mut self, place: u8) {
        self.0.retain(|_, buckets| {
            buckets.remove(&place);
            !buckets.is_empty()
        });
    }

    pub fn pack(&self) -> Result<Vec<u8>, BlockError> {
        let mut plain = Vec::new();
        for (key, buckets) in &self.0 {
            put_text(key.kind.as_str(), &mut plain);
            put_text(key.device.as_str(), &mut plain);
            match key.slot {
                Some(slot) => put_text(&format!("{slot}.{}", key.member), &mut plain),
                None => put_text(key.member, &mut plain),
            }
            put_unsigned(buckets.len() as u64, &mut plain);
            for (place, bucket) in buckets {
                plain.push(*place);
                put_unsigned(bucket.count, &mut plain);
                put_float(bucket.sum, &mut plain);
                if bucket.count != 1 {
                    put_float(bucket.min, &mut plain);
                    put_float(bucket.max, &mut plain);
                }
            }
        }
        pack_bytes(&plain)
    }

    pub fn unpack(blob: &[u8]) -> Result<Self, BlockError> {
        let plain = unpack_bytes(blob)?;
        let mut input = plain.as_slice();
        let mut rollup = Self::default();
        while !input.is_empty() {
            rollup.take_series(&mut input).ok_or(BlockError::Damaged("a roll-up is not valid"))?;
        }
        Ok(rollup)
    }

    fn take_series(&mut self, input: &mut &[u8]) -> Option<()> {
        let kind: Kind = take_text(input)?.parse().ok()?;
        let device = DeviceId::try_from(take_text(input)?).ok()?;
        let name = take_text(input)?;
        let (slot, member) = match name.split_once('.') {
            Some((slot, name)) => {
                (Some(slot.parse().ok()?), SLOT_MEMBERS.into_iter().find(|member| *member == name)?)
            }
            None => (None, member_of(kind, name)?),
        };
        let mut buckets = BTreeMap::new();
        for _ in 0..take_unsigned(input)? {
            let (place, rest) = input.split_first()?;
            *input = rest;
            let count = take_unsigned(input)?;
            let sum = take_float(input)?;
            let (min, max) = if count == 1 { (sum, sum) } else { (take_float(input)?, take_float(input)?) };
            buckets.insert(*place, Bucket { count, sum, min, max });
        }
        self.0.insert(SeriesKey { kind, device, slot, member }, buckets);
        Some(())
    }
}

/// A member of the kind, or a count that is made of its readings.
fn member_of(kind: Kind, name: &str) -> Option<&'static str> {
    let own = members(kind).iter().map(|member| member.name);
    own.chain(STOCK.iter().flat_map(|(_, ready, installed)| [*ready, *installed]))
        .find(|known| *known == name)
}

/// Batteries of a cabinet by class: those that are ready, and all that are in it, as members of their own.
pub const STOCK: [(VoltageClass, &str, &str); 2] =
    [(VoltageClass::V48, "ready_48v", "installed_48v"), (VoltageClass::V60, "ready_60v", "installed_60v")];

/// Members of a slot that are rolled up.
const SLOT_MEMBERS: [&str; 2] = ["soc_pct", "cell_temp_max_c"];

/// Calls `visit` for each member that is a number, with the slot that it is of.
pub fn each_number(reading: &Reading, mut visit: impl FnMut(Option<i64>, &'static str, f64)) {
    if let Body::Cabinet(cabinet) = &reading.body {
        for slot in cabinet.slots.iter().flatten().filter(|slot| slot.slot.is_some()) {
            for (member, number) in SLOT_MEMBERS.into_iter().zip([slot.soc_pct, slot.cell_temp_max_c]) {
                if let Some(number) = number {
                    visit(slot.slot, member, number);
                }
            }
        }
    }
    if let Body::Cabinet(cabinet) = &reading.body
        && let Some(stock) = stock_of_snapshot(cabinet)
    {
        for (class, ready, installed) in STOCK {
            visit(None, ready, stock.ready[class as usize] as f64);
            visit(None, installed, stock.installed[class as usize] as f64);
        }
    }
    reading.body.visit(&mut |name, value| match value {
        Value::Float(number) => visit(None, name, number),
        Value::Count(count) => visit(None, name, count as f64),
        Value::Bool(truth) => visit(None, name, f64::from(u8::from(truth))),
        Value::Text(_) => {}
    });
}
