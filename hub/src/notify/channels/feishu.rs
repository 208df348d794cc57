//! Feishu's custom bot: an interactive card, signed in the body.
//! <https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot>

use reqwest::{Client, Url};
use serde_json::{Value, json};

use super::super::client;
use super::super::notice::Notice;
use super::super::outcome::{Outcome, of_feishu};
use super::super::sign;
use super::super::words::Words;
use super::{calls, fitted, markdown, with_json};
use crate::config::{Channel, Severity};

/// Of a request's body.
const BODY_BYTES_MAX: usize = 20_000;

pub(super) async fn send(
    http: &Client,
    url: &Url,
    config: &Channel,
    notices: &[Notice],
    words: &Words,
    now_ms: i64,
) -> Outcome {
    let body = fitted(BODY_BYTES_MAX, |text_bytes_max| body(config, notices, words, text_bytes_max, now_ms));
    client::send(with_json(http.post(url.clone()), &body), Some(of_feishu)).await
}

fn body(config: &Channel, notices: &[Notice], words: &Words, text_bytes_max: usize, now_ms: i64) -> Value {
    let mut text = markdown(notices, words, config, text_bytes_max);
    if calls(notices) {
        let all = config.mention_all.then_some("all");
        let ids: Vec<&str> = all.into_iter().chain(config.users.iter().map(String::as_str)).collect();
        if !ids.is_empty() {
            let mentions: String = ids.iter().map(|id| format!("<at id={id}></at>")).collect();
            text.push_str(&format!("\n\n{mentions}"));
        }
    }
    let mut body = json!({
        "msg_type": "interactive",
        "card": {
            "config": { "wide_screen_mode": true },
            "header": {
                "title": { "tag": "plain_text", "content": words.headline(notices, config.language) },
                "template": colour(notices),
            },
            "elements": [{ "tag": "markdown", "content": text }],
        },
    });
    if let Some(secret) = &config.secret {
        let timestamp_s = now_ms / 1_000;
        body["timestamp"] = timestamp_s.to_string().into();
        body["sign"] = sign::feishu(secret, timestamp_s).into();
    }
    body
}

/// Of the worst that still fires.
fn colour(notices: &[Notice]) -> &'static str {
    let worst = notices.iter().filter(|notice| notice.is_urgent()).max_by_key(|notice| notice.rank());
    match worst.map(|notice| notice.alert.severity) {
        Some(Severity::Critical) => "red",
        Some(Severity::Warning) => "orange",
        Some(Severity::Info) => "blue",
        None => "green",
    }
}
