//! The services at the other end: what each wants to be sent, and how fast.

mod alertmanager;
mod dingtalk;
mod email;
mod feishu;
mod webhook;
mod wecom;

use reqwest::Url;

use super::bucket::Rate;
use super::client::{ChannelError, client};
use super::notice::Notice;
use super::outcome::Outcome;
use super::words::Words;
use crate::config::{Channel, ChannelKind};

pub use alertmanager::REFRESH_MS;

/// A channel that can be sent to.
pub struct Sender {
    config: Channel,
    kind: Kind,
}

enum Kind {
    Web { kind: ChannelKind, url: Url, http: reqwest::Client },
    Email(Box<email::Mailer>),
}

impl Sender {
    /// Nothing is sent yet.
    ///
    /// # Errors
    /// If an address is none, or TLS has no CA certificates.
    pub fn new(name: &str, config: &Channel) -> Result<Self, ChannelError> {
        let wrong = |what: String| ChannelError { channel: name.to_owned(), what };
        let kind = match config.kind {
            None => return Err(wrong("it has no kind".into())),
            Some(ChannelKind::Email) => Kind::Email(Box::new(email::Mailer::new(config).map_err(wrong)?)),
            Some(kind) => {
                let url =
                    Url::parse(&config.url).map_err(|error| wrong(format!("its url is none: {error}")))?;
                if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
                    return Err(wrong("its url must begin with http:// or https:// and name a host".into()));
                }
                let http = client(&url, config.ca.as_deref(), config.timeout_s).map_err(wrong)?;
                Kind::Web { kind, url, http }
            }
        };
        Ok(Self { config: config.clone(), kind })
    }

    /// Whether it is told the state over and over, rather than what happens.
    #[must_use]
    pub fn wants_state(&self) -> bool {
        self.config.kind == Some(ChannelKind::Alertmanager)
    }

    /// How fast messages may leave, with the services' own limits below it: DingTalk and WeCom take 20 a minute,
    /// Feishu 100 a minute and 5 a second.
    #[must_use]
    pub fn rate(&self) -> Rate {
        match self.config.kind {
            Some(ChannelKind::Dingtalk | ChannelKind::Wecom) => Rate { burst: 5, per_minute: 15 },
            Some(ChannelKind::Feishu) => Rate { burst: 4, per_minute: 60 },
            Some(ChannelKind::Email) => Rate { burst: 5, per_minute: 20 },
            Some(ChannelKind::Alertmanager | ChannelKind::Webhook) | None => {
                Rate { burst: 20, per_minute: 600 }
            }
        }
    }

    /// Sends these notices as one message. `now_ms`: the wall clock, which signatures hold.
    pub async fn send(&self, notices: &[Notice], words: &Words, now_ms: i64) -> Outcome {
        let (kind, url, http) = match &self.kind {
            Kind::Email(mailer) => return mailer.send(&self.config, notices, words).await,
            Kind::Web { kind, url, http } => (*kind, url, http),
        };
        match kind {
            ChannelKind::Alertmanager => {
                alertmanager::send(http, url, &self.config, notices, words, now_ms).await
            }
            ChannelKind::Webhook => webhook::send(http, url, &self.config, notices, words, now_ms).await,
            ChannelKind::Dingtalk => dingtalk::send(http, url, &self.config, notices, words, now_ms).await,
            ChannelKind::Wecom => wecom::send(http, url, &self.config, notices, words).await,
            ChannelKind::Feishu => feishu::send(http, url, &self.config, notices, words, now_ms).await,
            ChannelKind::Email => Outcome::Refused { message: "mail has no url".into() },
        }
    }

    /// Whether the service can be reached, without telling anybody anything.
    pub async fn probe(&self) -> Outcome {
        match &self.kind {
            Kind::Email(mailer) => mailer.probe().await,
            Kind::Web { kind: ChannelKind::Alertmanager, url, http } => {
                alertmanager::probe(http, url, &self.config).await
            }
            Kind::Web { url, http, .. } => super::client::reach(http, url).await,
        }
    }

    /// Where it sends to, without what is secret in the address.
    #[must_use]
    pub fn address(&self) -> String {
        match &self.kind {
            Kind::Email(_) => self.config.server.clone(),
            Kind::Web { url, .. } => {
                let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
                format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
            }
        }
    }
}

/// With the credentials of an Alertmanager or a webhook.
fn authorised(request: reqwest::RequestBuilder, config: &Channel) -> reqwest::RequestBuilder {
    match (&config.token, &config.username) {
        (Some(token), _) => request.bearer_auth(token),
        (None, Some(username)) => request.basic_auth(username, config.password.as_ref()),
        (None, None) => request,
    }
}

fn with_json(request: reqwest::RequestBuilder, body: &serde_json::Value) -> reqwest::RequestBuilder {
    request.header("content-type", "application/json; charset=utf-8").body(body.to_string())
}

/// A body of at most `bytes_max`, made by `body` for a text of so many bytes: what surrounds the text, and JSON's
/// escapes, count too.
fn fitted(bytes_max: usize, body: impl Fn(usize) -> serde_json::Value) -> serde_json::Value {
    let mut room = bytes_max;
    loop {
        let made = body(room);
        let over = made.to_string().len().saturating_sub(bytes_max);
        if over == 0 || room == 0 {
            return made;
        }
        room = room.saturating_sub(over);
    }
}

/// The notices as Markdown, as much of it as fits: what DingTalk, WeCom and Feishu's cards have in common.
fn markdown(notices: &[Notice], words: &Words, config: &Channel, bytes_max: usize) -> String {
    let parts: Vec<String> = notices.iter().map(|notice| markdown_part(notice, words, config)).collect();
    super::words::fit(&parts, "\n\n---\n\n", bytes_max, |count| words.more(count, config.language))
}

fn markdown_part(notice: &Notice, words: &Words, config: &Channel) -> String {
    let mut text = String::new();
    for block in words.blocks(notice, config.language) {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(&format!("**{}**\n", block.heading));
        for line in &block.lines {
            text.push_str(&format!("\n- {line}"));
        }
    }
    if let Some(link) = words.link(notice) {
        text.push_str(&format!("\n\n[{link}]({link})"));
    }
    text
}

/// Whether people are to be called: not for what is over.
fn calls(notices: &[Notice]) -> bool {
    notices.iter().any(Notice::is_urgent)
}
