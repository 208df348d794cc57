//! From a device's value to a member of a reading: scale, offset, names of values, and the member's type.

use crate::config::keys::Keys;
use crate::texts::Message;
use serde_json::Value;
use std::collections::BTreeMap;
use waystation_protocol::{MemberSpec, MemberType};

/// A device's decimals beyond this are noise of the conversion.
const DECIMALS: f64 = 1e6;

/// How a value becomes a member's.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversion {
    pub target: Target,
    pub scale: f64,
    pub offset: f64,
    /// What a value's text stands for; when there are any, another text is refused.
    pub values: BTreeMap<String, Value>,
}

/// The JSON type that the wire asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    Float,
    Integer,
    Bool,
    Text,
}

/// The value does not fit the member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfit;

impl Conversion {
    /// Reads `scale`, `offset` and `values` of a rule.
    pub fn read(keys: &mut Keys, rule: &str, member: &MemberSpec) -> Option<Self> {
        let target = Target::of(member.ty);
        let scale = keys.number(&format!("{rule}.scale"), 1.0, -1e9..=1e9);
        let offset = keys.number(&format!("{rule}.offset"), 0.0, -1e12..=1e12);
        let table = format!("{rule}.values");
        let mut values = BTreeMap::new();
        for text in keys.names(&table) {
            let key = format!("{table}.{text}");
            let meaning = keys.text(&key)?;
            match literal(member, &meaning) {
                Some(value) => drop(values.insert(text, value)),
                None => keys
                    .mistake(&key, Message::new("value").with("member", member.name).with("value", meaning)),
            }
        }
        Some(Self { target: target?, scale: scale?, offset: offset?, values })
    }

    /// The member's value; `None` when the device has none.
    pub fn apply(&self, raw: &Value) -> Result<Option<Value>, Unfit> {
        if raw.is_null() {
            return Ok(None);
        }
        if !self.values.is_empty() {
            let text = text_of(raw).ok_or(Unfit)?;
            return self.values.get(&text).map(|value| Some(value.clone())).ok_or(Unfit);
        }
        match self.target {
            Target::Float => {
                let Some(number) = finite(raw)? else { return Ok(None) };
                let converted = number * self.scale + self.offset;
                Ok(Some(Value::from((converted * DECIMALS).round() / DECIMALS)))
            }
            Target::Integer => {
                let Some(number) = finite(raw)? else { return Ok(None) };
                Ok(Some(Value::from((number * self.scale + self.offset).round() as i64)))
            }
            Target::Bool => truth(raw).map(|truth| Some(Value::Bool(truth))).ok_or(Unfit),
            Target::Text => text_of(raw).map(|text| Some(Value::String(text))).ok_or(Unfit),
        }
    }
}

impl Target {
    /// `None` for slots, which are no single value.
    fn of(ty: MemberType) -> Option<Self> {
        match ty {
            MemberType::Float => Some(Self::Float),
            MemberType::Integer | MemberType::Count => Some(Self::Integer),
            MemberType::Bool => Some(Self::Bool),
            MemberType::Text { .. } | MemberType::Choice(_) => Some(Self::Text),
            MemberType::Slots(_) => None,
        }
    }
}

/// A member's value as it stands in a configuration.
pub fn literal(member: &MemberSpec, text: &str) -> Option<Value> {
    match member.ty {
        MemberType::Float => text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Value::from),
        MemberType::Integer | MemberType::Count => text.parse::<i64>().ok().map(Value::from),
        MemberType::Bool => text.parse::<bool>().ok().map(Value::from),
        MemberType::Choice(choices) => choices.contains(&text).then(|| Value::from(text)),
        MemberType::Text { .. } => Some(Value::from(text)),
        MemberType::Slots(_) => None,
    }
}

/// A number, or a text of one, as plain payloads and some firmware have it. A sensor that says `nan`, `unknown` or
/// `unavailable` has no value now. A truth is no number: `values` says which one it stands for.
fn finite(raw: &Value) -> Result<Option<f64>, Unfit> {
    let number = match raw {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.trim() {
            "" | "unknown" | "unavailable" => return Ok(None),
            text => text.parse().ok(),
        },
        _ => None,
    };
    match number {
        Some(number) if number.is_nan() => Ok(None),
        Some(number) if number.is_finite() => Ok(Some(number)),
        _ => Err(Unfit),
    }
}

fn truth(raw: &Value) -> Option<bool> {
    match text_of(raw)?.to_ascii_lowercase().as_str() {
        "true" | "on" | "1" | "yes" => Some(true),
        "false" | "off" | "0" | "no" => Some(false),
        _ => None,
    }
}

/// The text by which `values` names it; a whole number has no decimals.
fn text_of(raw: &Value) -> Option<String> {
    match raw {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 1e15 => Some((float as i64).to_string()),
            _ => Some(number.to_string()),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(target: Target, values: &[(&str, Value)], raw: Value, expected: Result<Option<Value>, Unfit>) {
        let values = values.iter().map(|(text, value)| ((*text).to_owned(), value.clone())).collect();
        let conversion = Conversion { target, scale: 0.1, offset: -2.0, values };
        assert_eq!(conversion.apply(&raw), expected, "{raw}");
    }

    #[test]
    fn values_become_what_the_member_asks_for() {
        check(Target::Float, &[], json!(305), Ok(Some(json!(28.5))));
        check(Target::Float, &[], json!("30.5"), Ok(Some(json!(1.05))));
        check(Target::Float, &[], json!(null), Ok(None));
        check(Target::Float, &[], json!("nan"), Ok(None));
        check(Target::Float, &[], json!("unavailable"), Ok(None));
        check(Target::Float, &[], json!("inf"), Err(Unfit));
        check(Target::Float, &[], json!({}), Err(Unfit));
        check(Target::Integer, &[], json!(1234), Ok(Some(json!(121))));
        check(Target::Float, &[], json!(true), Err(Unfit));
        check(Target::Integer, &[], json!(false), Err(Unfit));
        check(Target::Float, &[("true", json!(1.0))], json!(true), Ok(Some(json!(1.0))));
        check(Target::Bool, &[], json!("ON"), Ok(Some(json!(true))));
        check(Target::Bool, &[], json!(0), Ok(Some(json!(false))));
        check(Target::Bool, &[], json!("perhaps"), Err(Unfit));
        check(Target::Text, &[], json!(7.0), Ok(Some(json!("7"))));
        let contact = [("true", json!("closed")), ("0", json!("open"))];
        check(Target::Text, &contact, json!(true), Ok(Some(json!("closed"))));
        check(Target::Text, &contact, json!(0.0), Ok(Some(json!("open"))));
        check(Target::Text, &contact, json!(false), Err(Unfit));
    }
}
