//! A webhook of the operator's own: JSON, signed if there is a secret.
//!
//! ```text
//! {"version":1,"sent_at":ms,"notices":[{"event":"firing|changed|repeated|escalated|resolved|test","alert":{…},
//!   "title":{"zh":…,"en":…},"advice":{"zh":…,"en":…},"link":null|…}]}
//! X-Waystation-Timestamp: <s>
//! X-Waystation-Signature: sha256=<hexadecimal HMAC-SHA256 of "<s>.<body>" under the secret>
//! ```
//! A test has the rule `test`. Any 2xx is an acknowledgement. A notice may come twice; `alert.id` with `event` tells them apart.

use reqwest::{Client, Url};
use serde_json::{Value, json};

use super::super::client;
use super::super::notice::Notice;
use super::super::outcome::Outcome;
use super::super::sign;
use super::super::words::{Lang, Words};
use super::authorised;
use crate::config::Channel;

pub(super) async fn send(
    http: &Client,
    url: &Url,
    config: &Channel,
    notices: &[Notice],
    words: &Words,
    now_ms: i64,
) -> Outcome {
    let body = body(notices, words, now_ms).to_string();
    let timestamp_s = now_ms / 1_000;
    let mut request = authorised(http.post(url.clone()), config)
        .header("content-type", "application/json")
        .header("x-waystation-timestamp", timestamp_s);
    if let Some(secret) = &config.secret {
        let signature = sign::webhook(secret, timestamp_s, body.as_bytes());
        request = request.header("x-waystation-signature", format!("sha256={signature}"));
    }
    client::send(request.body(body), None).await
}

fn body(notices: &[Notice], words: &Words, now_ms: i64) -> Value {
    let items = notices.iter().map(|notice| {
        let mut alert = json!(notice.alert);
        alert["rule"] = notice.rule().into();
        json!({
            "event": notice.event,
            "alert": alert,
            "title": { "zh": words.title(notice, Lang::Zh), "en": words.title(notice, Lang::En) },
            "advice": { "zh": words.advice(notice, Lang::Zh), "en": words.advice(notice, Lang::En) },
            "link": words.link(notice),
        })
    });
    json!({ "version": 1, "sent_at": now_ms, "notices": items.collect::<Vec<_>>() })
}
