//! Times as callers write and read them: ms since the Unix epoch, or RFC 3339.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de};

/// Both forms in one sentence, for errors.
pub const EXPECTED: &str = "a time as ms since the Unix epoch, or as RFC 3339 like 2026-03-01T08:00:00+08:00";

/// The instant of either form, ms since the Unix epoch.
#[must_use]
pub fn parse(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return text
            .parse()
            .ok()
            .and_then(|ms| Timestamp::from_millisecond(ms).ok())
            .map(Timestamp::as_millisecond);
    }
    // In a query string `+` means a space, and an offset written without escaping arrives as one.
    let text = text.replacen(' ', if text.contains('T') { "+" } else { " " }, 1);
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// An instant in a body, of either form; for `#[serde(deserialize_with)]` together with `default`.
///
/// # Errors
/// If it is neither.
pub fn in_body<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Ms(i64),
        Text(String),
    }
    let ms = match Option::<Form>::deserialize(deserializer).map_err(|_| de::Error::custom(EXPECTED))? {
        None => return Ok(None),
        Some(Form::Ms(ms)) => parse(&ms.to_string()),
        Some(Form::Text(text)) => parse(&text),
    };
    ms.map(Some).ok_or_else(|| de::Error::custom(format!("expected {EXPECTED}")))
}

/// A whole number in a body, which JSON may write with a fraction of zero; for `#[serde(deserialize_with)]` together
/// with `default`.
///
/// # Errors
/// If it is no whole number.
pub fn whole_in_body<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    const EXPECTED: &str = "expected a whole number";
    let number = Option::<serde_json::Number>::deserialize(deserializer);
    let Some(number) = number.map_err(|_| de::Error::custom(EXPECTED))? else { return Ok(None) };
    let of_float = || number.as_f64().filter(|float| float.fract() == 0.0).map(|float| float as i64);
    number.as_i64().or_else(of_float).map(Some).ok_or_else(|| de::Error::custom(EXPECTED))
}

/// RFC 3339 in UTC, to the second.
#[must_use]
pub fn rfc3339(ms: i64) -> String {
    let whole = ms.div_euclid(1_000);
    Timestamp::from_second(whole).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        for (text, expected) in [
            ("1763800000123", Some(1_763_800_000_123)),
            ("-1", Some(-1)),
            ("2025-11-22T08:26:40Z", Some(1_763_800_000_000)),
            ("2025-11-22T16:26:40.123+08:00", Some(1_763_800_000_123)),
            ("2025-11-22T16:26:40 08:00", Some(1_763_800_000_000)),
            ("2025-11-22", None),
            ("yesterday", None),
            ("", None),
            ("-", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        assert_eq!(rfc3339(1_763_800_000_999), "2025-11-22T08:26:40Z");
    }
}
