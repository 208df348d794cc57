//! What became of a message: the classes of answers, and which answer of which service is of which class. Pure.

use std::time::Duration;

use serde_json::Value;

use crate::config::Text;

/// DingTalk mutes a robot for ten minutes that sent more than 20 messages in one.
/// <https://open.dingtalk.com/document/robots/custom-robot-access>
const DINGTALK_MUTE: Duration = Duration::from_secs(600);
const BUSY_PAUSE: Duration = Duration::from_secs(60);

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Delivered,
    /// Too fast: come back later.
    Busy {
        after: Duration,
        message: String,
    },
    /// What only a person can mend, and what to do. Everything waits.
    Held {
        message: String,
        advice: Text,
    },
    /// This message is not taken; others may be.
    Refused {
        message: String,
    },
    /// Network error, timeout, 5xx.
    Failed {
        message: String,
    },
}

impl Outcome {
    /// The label of `alert_notifications_total`.
    #[must_use]
    pub const fn result(&self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Busy { .. } => "busy",
            Self::Held { .. } => "held",
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "failed",
        }
    }

    /// What was said; empty for a delivered one.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::Delivered => "",
            Self::Busy { message, .. }
            | Self::Held { message, .. }
            | Self::Refused { message }
            | Self::Failed { message } => message,
        }
    }
}

/// What a service's own code in a body says, if there is one.
pub type OfBody = fn(&str) -> Option<Outcome>;

/// An answer of a service that has codes of its own. They come with a 200, and say more than a 4xx: Feishu's "too
/// fast" comes with a 400.
#[must_use]
pub fn of_answer(status: u16, retry_after: Option<&str>, body: &str, of_body: OfBody) -> Outcome {
    match (of_status(status, retry_after, body), of_body(body)) {
        (Outcome::Delivered, said) => said.unwrap_or_else(|| foreign(excerpt(status, body))),
        (_, Some(said @ (Outcome::Busy { .. } | Outcome::Held { .. } | Outcome::Failed { .. })))
            if (400..429).contains(&status) =>
        {
            said
        }
        (by_status, _) => by_status,
    }
}

/// An HTTP status by itself; `body` is its beginning.
#[must_use]
pub fn of_status(status: u16, retry_after: Option<&str>, body: &str) -> Outcome {
    let message = excerpt(status, body);
    match status {
        200..300 => Outcome::Delivered,
        400 | 413 | 422 => Outcome::Refused { message },
        401 | 403 => held(message, "请检查该通道的凭据", "check the credentials of this channel"),
        404 | 410 => held(message, "请检查该通道的 url", "check the url of this channel"),
        429 | 503 => {
            let seconds = retry_after.and_then(|text| text.trim().parse().ok());
            let after = seconds.map_or(BUSY_PAUSE, Duration::from_secs).min(Duration::from_secs(3_600));
            Outcome::Busy { after, message }
        }
        408 | 500.. => Outcome::Failed { message },
        _ => held(
            message,
            "请检查该通道的 url：回答的似乎是别的程序",
            "check the url of this channel: something else seems to answer",
        ),
    }
}

/// DingTalk's `errcode`.
#[must_use]
pub fn of_dingtalk(body: &str) -> Option<Outcome> {
    let (code, message) = code_of(body, "errcode", "errmsg");
    Some(match code? {
        0 => Outcome::Delivered,
        130_101 | 410_100 | 90_030 => Outcome::Busy { after: DINGTALK_MUTE, message },
        310_000 => held(
            message,
            "请核对机器人安全设置：加签密钥、关键词、IP 地址段",
            "compare the robot's security settings: secret for signing, keywords, addresses",
        ),
        300_001 | 300_005 | 40_035 | 40_014 => held(
            message,
            "请检查 url 里的 access_token：机器人可能已被删除",
            "check the access_token in url: the robot may be gone",
        ),
        -1 => Outcome::Failed { message },
        _ => Outcome::Refused { message },
    })
}

/// WeCom's `errcode`. <https://developer.work.weixin.qq.com/document/path/90313>
#[must_use]
pub fn of_wecom(body: &str) -> Option<Outcome> {
    let (code, message) = code_of(body, "errcode", "errmsg");
    Some(match code? {
        0 => Outcome::Delivered,
        45_009 | 45_033 => Outcome::Busy { after: BUSY_PAUSE, message },
        93_000 | 93_008 | 40_014 => held(
            message,
            "请检查 url 里的 key：机器人可能已被删除",
            "check the key in url: the robot may be gone",
        ),
        -1 => Outcome::Failed { message },
        _ => Outcome::Refused { message },
    })
}

/// Feishu's `code`; older bots say `StatusCode`. <https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot>
#[must_use]
pub fn of_feishu(body: &str) -> Option<Outcome> {
    let (code, message) = code_of(body, "code", "msg");
    let code = code.or_else(|| code_of(body, "StatusCode", "StatusMessage").0);
    Some(match code? {
        0 => Outcome::Delivered,
        11_232 | 11_233 | 99_991_400 => Outcome::Busy { after: BUSY_PAUSE, message },
        // One code for a request in the wrong form and for one too many: only its words tell.
        9_499 if message.to_ascii_lowercase().contains("too many") => {
            Outcome::Busy { after: BUSY_PAUSE, message }
        }
        19_021 => held(
            message,
            "请核对签名校验的密钥，并检查中枢的时钟",
            "compare the secret of the signature check, and look at the hub's clock",
        ),
        19_022 | 19_024 => held(
            message,
            "请核对机器人安全设置：IP 白名单、关键词",
            "compare the bot's security settings: addresses, keywords",
        ),
        19_001 => held(message, "请检查 url：机器人可能已被删除", "check the url: the bot may be gone"),
        19_007 => held(message, "请在群设置里启用机器人", "enable the bot in its group's settings"),
        2_200 => Outcome::Failed { message },
        _ => Outcome::Refused { message },
    })
}

fn held(message: String, zh: &str, en: &str) -> Outcome {
    Outcome::Held { message, advice: Text::new(zh, en) }
}

/// A 200 without the service's own words is a captive portal's or a proxy's.
fn foreign(message: String) -> Outcome {
    held(
        message,
        "请检查该通道的 url：回答的不是这个服务",
        "check the url of this channel: it is not this service that answers",
    )
}

fn code_of(body: &str, code: &str, text: &str) -> (Option<i64>, String) {
    let Ok(answer) = serde_json::from_str::<Value>(body) else { return (None, excerpt(200, body)) };
    let number = answer.get(code).and_then(Value::as_i64);
    let said = answer.get(text).and_then(Value::as_str).unwrap_or_default();
    (number, excerpt_of(&format!("{} {said}", number.map_or_else(String::new, |number| number.to_string()))))
}

/// The status and the beginning of what was said, on one line.
fn excerpt(status: u16, body: &str) -> String {
    excerpt_of(&format!("{status} {body}"))
}

fn excerpt_of(text: &str) -> String {
    let clean: String = text.chars().take(300).map(|c| if c.is_control() { ' ' } else { c }).collect();
    clean.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{OfBody, Outcome, of_answer, of_dingtalk, of_feishu, of_status, of_wecom};

    /// An answer with this status and body; the class that it is taken for.
    fn check(of_body: OfBody, status: u16, body: &str, expected: &str) {
        let outcome = of_answer(status, None, body, of_body);
        assert_eq!(outcome.result(), expected, "{outcome:?}");
    }

    #[test]
    fn codes_that_come_with_a_200_are_classed() {
        for (body, expected) in [
            (r#"{"errcode":0,"errmsg":"ok"}"#, "delivered"),
            (r#"{"errcode":310000,"errmsg":"sign not match"}"#, "held"),
            (r#"{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}"#, "busy"),
            (r#"{"errcode":410100,"errmsg":"发送速度太快而限流"}"#, "busy"),
            (r#"{"errcode":90030,"errmsg":"webhook over limit"}"#, "busy"),
            (r#"{"errcode":300005,"errmsg":"token is not exist"}"#, "held"),
            (r#"{"errcode":460101,"errmsg":"message too long, exceed 20000 bytes"}"#, "refused"),
            (r#"{"errcode":-1,"errmsg":"system busy"}"#, "failed"),
            ("<html>log in</html>", "held"),
        ] {
            check(of_dingtalk, 200, body, expected);
        }
        for (body, expected) in [
            (r#"{"errcode":0,"errmsg":"ok"}"#, "delivered"),
            (r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#, "busy"),
            (r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#, "held"),
            (r#"{"errcode":40058,"errmsg":"markdown.content exceed max length 4096"}"#, "refused"),
            (r#"{"errcode":-1,"errmsg":"system busy"}"#, "failed"),
        ] {
            check(of_wecom, 200, body, expected);
        }
        for (body, expected) in [
            (r#"{"code":0,"msg":"success","data":{}}"#, "delivered"),
            (r#"{"StatusCode":0,"StatusMessage":"success"}"#, "delivered"),
            (r#"{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}"#, "held"),
            (r#"{"code":11232,"msg":"frequency limited psm[lark.oapi.app_platform_runtime]"}"#, "busy"),
            (r#"{"StatusCode":0,"StatusMessage":"","code":9499,"msg":"too many request"}"#, "busy"),
            (r#"{"code":9499,"msg":"Bad Request"}"#, "refused"),
            (r#"{"code":2200,"msg":"internal error"}"#, "failed"),
            ("{}", "held"),
        ] {
            check(of_feishu, 200, body, expected);
        }
    }

    #[test]
    fn a_code_says_more_than_a_4xx_and_less_than_a_5xx() {
        check(of_feishu, 400, r#"{"code":9499,"msg":"too many request","data":{}}"#, "busy");
        check(of_feishu, 400, r#"{"code":9499,"msg":"Bad Request"}"#, "refused");
        check(of_feishu, 400, r#"{"code":19021,"msg":"sign match fail"}"#, "held");
        check(of_feishu, 401, r#"{"code":1,"msg":"?"}"#, "held");
        check(of_feishu, 429, "", "busy");
        check(of_dingtalk, 502, r#"{"errcode":310000,"errmsg":"?"}"#, "failed");
        check(of_wecom, 404, r#"{"errcode":0,"errmsg":"ok"}"#, "held");
    }

    #[test]
    fn statuses_are_classed() {
        let check =
            |status, expected: &str| assert_eq!(of_status(status, None, "x").result(), expected, "{status}");
        for status in [200, 202, 204] {
            check(status, "delivered");
        }
        for status in [400, 413, 422] {
            check(status, "refused");
        }
        for status in [301, 401, 403, 404, 410, 418] {
            check(status, "held");
        }
        for status in [408, 500, 502] {
            check(status, "failed");
        }
        let busy = of_status(429, Some("17"), "slow down\nplease");
        let expected = Outcome::Busy {
            after: std::time::Duration::from_secs(17),
            message: "429 slow down please".into(),
        };
        assert_eq!(busy, expected);
    }
}
