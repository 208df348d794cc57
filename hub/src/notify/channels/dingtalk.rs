//! DingTalk's group robot: Markdown, signed in the address, with mentions.
//! <https://open.dingtalk.com/document/robots/custom-robot-access>

use reqwest::{Client, Url};
use serde_json::{Value, json};

use super::super::client;
use super::super::notice::Notice;
use super::super::outcome::{Outcome, of_dingtalk};
use super::super::sign;
use super::super::words::Words;
use super::{calls, fitted, markdown, with_json};
use crate::config::Channel;

/// Of a request's body; more is refused as 460101.
const BODY_BYTES_MAX: usize = 20_000;

pub(super) async fn send(
    http: &Client,
    url: &Url,
    config: &Channel,
    notices: &[Notice],
    words: &Words,
    now_ms: i64,
) -> Outcome {
    let request = http.post(signed(url, config.secret.as_deref(), now_ms));
    let body = fitted(BODY_BYTES_MAX, |text_bytes_max| body(config, notices, words, text_bytes_max));
    client::send(with_json(request, &body), Some(of_dingtalk)).await
}

fn signed(url: &Url, secret: Option<&str>, now_ms: i64) -> Url {
    let mut url = url.clone();
    if let Some(secret) = secret {
        let sign = sign::dingtalk(secret, now_ms);
        url.query_pairs_mut().append_pair("timestamp", &now_ms.to_string()).append_pair("sign", &sign);
    }
    url
}

fn body(config: &Channel, notices: &[Notice], words: &Words, text_bytes_max: usize) -> Value {
    let mut text = markdown(notices, words, config, text_bytes_max);
    let call = calls(notices);
    let named = |names: &[String]| if call { names.to_vec() } else { Vec::new() };
    let (mobiles, users) = (named(&config.mobiles), named(&config.users));
    // Only who stands in the text too is marked in it.
    let mentions: Vec<String> = mobiles.iter().chain(&users).map(|name| format!("@{name}")).collect();
    if !mentions.is_empty() {
        text.push_str(&format!("\n\n{}", mentions.join(" ")));
    }
    json!({
        "msgtype": "markdown",
        "markdown": { "title": words.headline(notices, config.language), "text": text },
        "at": { "atMobiles": mobiles, "atUserIds": users, "isAtAll": call && config.mention_all },
    })
}
