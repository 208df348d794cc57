//! A new token on its way to a station.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest token taken, bytes: the hub's have 68.
const TOKEN_BYTES_MAX: usize = 512;

/// `{"id":"token-1","token":"wst_…"}`. [`fmt::Debug`] hides the token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenOffer {
    /// Under which a station answers on `result` that it does not take it.
    pub id: CompactString,
    pub token: String,
}

impl TokenOffer {
    /// `offer` grows from offer to offer of a station.
    pub fn new(offer: u32, token: &str) -> Self {
        Self { id: compact_str::format_compact!("token-{offer}"), token: token.to_owned() }
    }

    /// `None`: the payload is none, or its token no text that stands on one line.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let offer: Self = serde_json::from_slice(payload).ok()?;
        let is_plain = offer.token.bytes().all(|byte| byte.is_ascii_graphic());
        let fits = (1..=TOKEN_BYTES_MAX).contains(&offer.token.len());
        (is_plain && fits && Self::answered_offer(&offer.id).is_some()).then_some(offer)
    }

    /// Whether a payload is about a token, be it understood or not: such a one is shown to nobody.
    pub fn is_one(payload: &[u8]) -> bool {
        #[derive(Deserialize)]
        struct Named {
            #[serde(rename = "token")]
            _token: serde::de::IgnoredAny,
        }
        serde_json::from_slice::<Named>(payload).is_ok()
    }

    #[expect(clippy::expect_used, reason = "writing to a Vec cannot fail, and every key is a string")]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("JSON into memory")
    }

    /// The offer that an answer is about; `None`: it is about something else.
    pub fn answered_offer(id: &str) -> Option<u32> {
        id.strip_prefix("token-")?.parse().ok()
    }
}

impl fmt::Debug for TokenOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenOffer({}, hidden)", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_strictly_and_shown_nowhere() {
        let check = |json: &str, expected: bool| {
            assert_eq!(TokenOffer::parse(json.as_bytes()).is_some(), expected, "{json}");
        };
        check(r#"{"id":"token-7","token":"wst_1"}"#, true);
        check(r#"{"id":"token-7","token":"wst 1"}"#, false);
        check(r#"{"id":"token-7","token":"wst_1\n"}"#, false);
        check(r#"{"id":"token-7","token":""}"#, false);
        check(r#"{"id":"c-7","token":"wst_1"}"#, false);
        check(r#"{"token":"wst_1"}"#, false);
        check(r#"{"id":"token-7","token":"wst_1","more":1}"#, false);
        check(&format!(r#"{{"id":"token-7","token":"{}"}}"#, "x".repeat(513)), false);
        assert!(
            TokenOffer::is_one(br#"{"token":7,"version":1}"#) && !TokenOffer::is_one(br#"{"version":1}"#)
        );
        let offer = TokenOffer::new(7, "wst_secret");
        assert_eq!(TokenOffer::parse(&offer.to_json()), Some(offer.clone()));
        assert_eq!(TokenOffer::answered_offer(&offer.id), Some(7));
        assert_eq!(format!("{offer:?}"), "TokenOffer(token-7, hidden)");
    }
}
