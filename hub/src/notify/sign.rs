//! Signatures by HMAC-SHA256, as the robots and webhooks want them. Pure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// DingTalk: of `<ms>\n<secret>` under the secret, base64; goes into the URL with `timestamp=<ms>`.
/// <https://open.dingtalk.com/document/robots/customize-robot-security-settings>
#[must_use]
pub fn dingtalk(secret: &str, timestamp_ms: i64) -> String {
    STANDARD.encode(hmac(secret.as_bytes(), format!("{timestamp_ms}\n{secret}").as_bytes()))
}

/// Feishu: of nothing under the key `<s>\n<secret>`, base64; goes into the body with `"timestamp": "<s>"`.
/// <https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot>
#[must_use]
pub fn feishu(secret: &str, timestamp_s: i64) -> String {
    STANDARD.encode(hmac(format!("{timestamp_s}\n{secret}").as_bytes(), b""))
}

/// Our webhook: of `<s>.<body>` under the secret, hexadecimal. With the time in it an old message cannot be played
/// again later.
#[must_use]
pub fn webhook(secret: &str, timestamp_s: i64, body: &[u8]) -> String {
    let signed = [format!("{timestamp_s}.").as_bytes(), body].concat();
    hmac(secret.as_bytes(), &signed).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length (RFC 2104), so that the error, an empty code, is never seen.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::{dingtalk, feishu, hmac, webhook};

    /// RFC 4231, test cases 1, 2 and 6 (a key longer than a block).
    #[test]
    fn hmac_gives_the_answers_of_the_rfc() {
        let check = |key: &[u8], message: &[u8], expected: &str| {
            let code: String = hmac(key, message).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(code, expected);
        };
        check(&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        check(
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        );
        check(
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        );
    }

    /// Worked out with the services' own published Python.
    #[test]
    fn signatures_are_those_of_the_services_examples() {
        assert_eq!(
            dingtalk("this is secret", 1_577_262_236_757),
            "hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM="
        );
        assert_eq!(feishu("demo", 1_599_360_473), "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=");
        assert_eq!(
            webhook("key", 1_700_000_000, b"{}"),
            "9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"
        );
    }
}
