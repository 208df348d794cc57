//! WeCom's group robot. Its Markdown can mention people by their id; phone numbers and "all" only plain text can.
//! <https://developer.work.weixin.qq.com/document/path/91770>

use reqwest::{Client, Url};
use serde_json::{Value, json};

use super::super::client;
use super::super::notice::Notice;
use super::super::outcome::{Outcome, of_wecom};
use super::super::words::Words;
use super::{calls, markdown, with_json};
use crate::config::Channel;

const MARKDOWN_BYTES_MAX: usize = 4_096;
const TEXT_BYTES_MAX: usize = 2_048;

pub(super) async fn send(
    http: &Client,
    url: &Url,
    config: &Channel,
    notices: &[Notice],
    words: &Words,
) -> Outcome {
    client::send(with_json(http.post(url.clone()), &body(config, notices, words)), Some(of_wecom)).await
}

fn body(config: &Channel, notices: &[Notice], words: &Words) -> Value {
    let call = calls(notices);
    if call && (config.mention_all || !config.mobiles.is_empty()) {
        let mut mobiles = config.mobiles.clone();
        if config.mention_all {
            mobiles.push("@all".into());
        }
        let content = markdown(notices, words, config, TEXT_BYTES_MAX).replace("**", "");
        return json!({
            "msgtype": "text",
            "text": {
                "content": content,
                "mentioned_list": config.users,
                "mentioned_mobile_list": mobiles,
            },
        });
    }
    let mut mentions = String::new();
    for user in config.users.iter().filter(|_| call) {
        // However many are to be called, half of the room is the message's.
        if mentions.len() + user.len() + 3 <= MARKDOWN_BYTES_MAX / 2 {
            mentions.push_str(&format!("<@{user}>"));
        }
    }
    let room = MARKDOWN_BYTES_MAX - mentions.len() - 2;
    let mut content = markdown(notices, words, config, room);
    if !mentions.is_empty() {
        content.push_str(&format!("\n\n{mentions}"));
    }
    json!({ "msgtype": "markdown", "markdown": { "content": content } })
}
