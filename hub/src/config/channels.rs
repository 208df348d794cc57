//! `[alerts.channels.NAME]`: where alerts are sent.

use std::borrow::Cow;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize};

use super::{Alerts, Severity, Text};

/// What speaks at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelKind {
    Alertmanager,
    Webhook,
    Dingtalk,
    Wecom,
    Feishu,
    Email,
}

impl ChannelKind {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alertmanager => "alertmanager",
            Self::Webhook => "webhook",
            Self::Dingtalk => "dingtalk",
            Self::Wecom => "wecom",
            Self::Feishu => "feishu",
            Self::Email => "email",
        }
    }
}

/// The language of a channel's messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelLanguage {
    #[default]
    Zh,
    En,
    Both,
}

/// How a mail server is talked to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    #[default]
    Starttls,
    Tls,
    None,
}

/// One channel. Which keys mean something depends on its kind.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Channel {
    pub kind: Option<ChannelKind>,
    /// Of the robot, the webhook, or the Alertmanager's base.
    pub url: String,
    /// A robot's address is a secret by itself.
    pub url_file: Option<PathBuf>,
    /// With which DingTalk and Feishu want messages signed, and a webhook gets them.
    pub secret: Option<String>,
    pub secret_file: Option<PathBuf>,
    /// Bearer token of an Alertmanager or a webhook.
    pub token: Option<String>,
    pub token_file: Option<PathBuf>,
    /// Of the mail server, or basic authentication.
    pub username: Option<String>,
    pub password: Option<String>,
    pub password_file: Option<PathBuf>,
    /// PEM file of the authority that signed the server's certificate, instead of the system's authorities.
    pub ca: Option<PathBuf>,
    /// Mail: `host:port`.
    pub server: String,
    pub security: MailSecurity,
    pub from: String,
    #[serde(deserialize_with = "list")]
    pub to: Vec<String>,
    /// Who is mentioned: phone numbers that the robot's service knows.
    #[serde(deserialize_with = "list")]
    pub mobiles: Vec<String>,
    /// Who is mentioned: ids of the robot's service.
    #[serde(deserialize_with = "list")]
    pub users: Vec<String>,
    pub mention_all: bool,
    /// The least severe alert that it gets.
    pub min_severity: Severity,
    pub language: ChannelLanguage,
    /// Whether it is told that an alert is over.
    pub send_resolved: bool,
    pub timeout_s: u64,
}

impl Default for Channel {
    fn default() -> Self {
        Self {
            kind: None,
            url: String::new(),
            url_file: None,
            secret: None,
            secret_file: None,
            token: None,
            token_file: None,
            username: None,
            password: None,
            password_file: None,
            ca: None,
            server: String::new(),
            security: MailSecurity::default(),
            from: String::new(),
            to: Vec::new(),
            mobiles: Vec::new(),
            users: Vec::new(),
            mention_all: false,
            min_severity: Severity::Warning,
            language: ChannelLanguage::default(),
            send_resolved: true,
            timeout_s: 10,
        }
    }
}

/// A list, or one text with commas, as environment variables give it.
fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        List(Vec<String>),
        Text(String),
    }
    Ok(match Written::deserialize(deserializer)? {
        Written::List(items) => items,
        Written::Text(text) => {
            text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
        }
    })
}

type Found = Vec<(Cow<'static, str>, Text)>;

/// What is wrong with the channels, by key.
pub(super) fn check(alerts: &Alerts, found: &mut Found) {
    for (name, channel) in &alerts.channels {
        Checked { name, channel, found }.check();
    }
    if let Some(name) = alerts.escalate_to.as_ref().filter(|name| !alerts.channels.contains_key(*name)) {
        let text = Text::new(
            format!("没有名为 `{name}` 的通道；请添加 [alerts.channels.{name}] 或改成已有的名称"),
            format!("there is no channel `{name}`; add [alerts.channels.{name}], or name one that there is"),
        );
        found.push(("alerts.escalate_to".into(), text));
    }
}

struct Checked<'a> {
    name: &'a str,
    channel: &'a Channel,
    found: &'a mut Found,
}

impl Checked<'_> {
    fn check(&mut self) {
        let fits =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
        if self.name.len() > 32 || !self.name.bytes().all(fits) {
            self.report(
                "",
                "通道名称只能用 1 到 32 个 a-z 0-9 _ -",
                "a channel's name is 1 to 32 of a-z 0-9 _ -",
            );
        }
        let Some(kind) = self.channel.kind else {
            return self.report(
                "kind",
                "缺少；请写 alertmanager、webhook、dingtalk、wecom、feishu 或 email",
                "is missing; write alertmanager, webhook, dingtalk, wecom, feishu or email",
            );
        };
        match kind {
            ChannelKind::Email => self.check_mail(),
            _ => self.check_url(),
        }
        self.check_unused(kind);
        let (user, password) = (self.channel.username.is_some(), self.channel.password.is_some());
        if user != password && self.channel.password_file.is_none() {
            self.report("username", "username 与 password 要同时给出", "username and password go together");
        }
        if !(1..=300).contains(&self.channel.timeout_s) {
            self.report("timeout_s", "请取 1 到 300", "choose 1 to 300");
        }
    }

    fn check_url(&mut self) {
        let url = &self.channel.url;
        let host = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
        if !host.is_some_and(|host| {
            !host.is_empty() && !host.starts_with('/') && !host.contains(char::is_whitespace)
        }) {
            self.report(
                "url",
                "不是网址；请写成 https:// 开头的完整地址，机器人的地址在群设置里",
                "is no web address; write it in full from https:// on; a robot's stands in its group's settings",
            );
        }
    }

    fn check_mail(&mut self) {
        let port = self.channel.server.rsplit_once(':').map(|(host, port)| (host, port.parse::<u16>()));
        if !matches!(port, Some((host, Ok(port))) if !host.is_empty() && port > 0) {
            self.report("server", "请写成 smtp.example.com:587", "write it like smtp.example.com:587");
        }
        if !is_address(&self.channel.from) {
            self.report("from", "请写发件地址", "write the sender's address");
        }
        if self.channel.to.is_empty() || !self.channel.to.iter().all(|to| is_address(to)) {
            self.report(
                "to",
                "请写收件地址，如 [\"a@example.com\"]",
                "write addresses like [\"a@example.com\"]",
            );
        }
    }

    /// A key that another kind knows: somebody expects something of it that will not happen.
    fn check_unused(&mut self, kind: ChannelKind) {
        use ChannelKind::{Alertmanager, Dingtalk, Email, Feishu, Webhook, Wecom};
        let Channel { secret, token, username, ca, mobiles, users, server, from, to, url, .. } = self.channel;
        let keys: [(&'static str, bool, &[ChannelKind]); 11] = [
            ("secret", secret.is_some(), &[Dingtalk, Feishu, Webhook]),
            ("token", token.is_some(), &[Alertmanager, Webhook]),
            ("username", username.is_some(), &[Alertmanager, Webhook, Email]),
            ("ca", ca.is_some(), &[Alertmanager, Webhook, Email]),
            ("mobiles", !mobiles.is_empty(), &[Dingtalk, Wecom]),
            ("users", !users.is_empty(), &[Dingtalk, Wecom, Feishu]),
            ("mention_all", self.channel.mention_all, &[Dingtalk, Wecom, Feishu]),
            ("server", !server.is_empty(), &[Email]),
            ("from", !from.is_empty(), &[Email]),
            ("to", !to.is_empty(), &[Email]),
            ("url", !url.is_empty(), &[Alertmanager, Webhook, Dingtalk, Wecom, Feishu]),
        ];
        for (key, given, kinds) in keys {
            if given && !kinds.contains(&kind) {
                let name = kind.as_str();
                self.report(
                    key,
                    format!("对 {name} 不起作用；请删除"),
                    format!("means nothing to {name}; remove it"),
                );
            }
        }
    }

    fn report(&mut self, key: &str, zh: impl Into<String>, en: impl Into<String>) {
        let dot = if key.is_empty() { "" } else { "." };
        self.found.push((format!("alerts.channels.{}{dot}{key}", self.name).into(), Text::new(zh, en)));
    }
}

fn is_address(text: &str) -> bool {
    // `Name <a@b>` is an address too; the mail library has the last word.
    text.split_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty())
}

#[cfg(test)]
#[path = "channels_tests.rs"]
mod tests;
