//! Whole numbers in settings, which JSON may write with a fraction of zero (`30.0`); for `#[serde(deserialize_with)]`.

use serde::{Deserialize, Deserializer, de};
use serde_json::Number;
use std::collections::BTreeMap;

/// A number, or `null` for none.
pub fn if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    Option::<Number>::deserialize(deserializer)?.as_ref().map(whole).transpose()
}

/// Every value of an object.
pub fn of_each<'de, K, D>(deserializer: D) -> Result<BTreeMap<K, u32>, D::Error>
where
    K: Deserialize<'de> + Ord,
    D: Deserializer<'de>,
{
    let written = BTreeMap::<K, Number>::deserialize(deserializer)?;
    written.into_iter().map(|(key, number)| Ok((key, whole(&number)?))).collect()
}

fn whole<E: de::Error>(number: &Number) -> Result<u32, E> {
    let of_float = || number.as_f64().filter(|float| float.fract() == 0.0).map(|float| float as i64);
    let found = number.as_i64().or_else(of_float).and_then(|found| u32::try_from(found).ok());
    found.ok_or_else(|| E::custom(format!("expected a whole number from 0 to {}", u32::MAX)))
}
