//! Secrets that stand in files of their own: `token_file`, `password_file`.

use std::borrow::Cow;
use std::path::PathBuf;

use super::{Config, Text};

type Mistake = (Cow<'static, str>, Text);

/// Reads the secret files into their values. Gives what is wrong, by key.
pub(super) fn read(config: &mut Config) -> Vec<Mistake> {
    let mut found = Vec::new();
    if let Some(influx) = &mut config.influx {
        found.extend(read_one("influx.token_file", "token", influx.token_file.as_ref(), &mut influx.token));
        let file = influx.password_file.as_ref();
        found.extend(read_one("influx.password_file", "password", file, &mut influx.password));
    }
    for (name, channel) in &mut config.alerts.channels {
        let key = |key: &str| format!("alerts.channels.{name}.{key}");
        // An address that is not there is an empty one, since every channel but mail must have one.
        let mut url = Some(std::mem::take(&mut channel.url)).filter(|url| !url.is_empty());
        found.extend(read_one(key("url_file"), "url", channel.url_file.as_ref(), &mut url));
        channel.url = url.unwrap_or_default();
        let file = channel.secret_file.as_ref();
        found.extend(read_one(key("secret_file"), "secret", file, &mut channel.secret));
        found.extend(read_one(key("token_file"), "token", channel.token_file.as_ref(), &mut channel.token));
        let file = channel.password_file.as_ref();
        found.extend(read_one(key("password_file"), "password", file, &mut channel.password));
    }
    found
}

fn read_one(
    key: impl Into<Cow<'static, str>>,
    other: &str,
    file: Option<&PathBuf>,
    secret: &mut Option<String>,
) -> Option<Mistake> {
    let file = file?;
    let wrong = |zh: String, en: String| Some((key.into(), Text::new(zh, en)));
    if secret.is_some() {
        return wrong(
            format!("与 `{other}` 同时出现；请只保留一个"),
            format!("stands beside `{other}`; keep one of the two"),
        );
    }
    let shown = file.display();
    match std::fs::read_to_string(file) {
        Ok(text) if text.trim().is_empty() => wrong(
            format!("文件 {shown} 是空的；请把密钥写进去"),
            format!("{shown} is empty; write the secret into it"),
        ),
        Ok(text) => {
            *secret = Some(text.trim().to_owned());
            None
        }
        Err(error) => wrong(
            format!("无法读取 {shown}：{error}；请检查路径和权限"),
            format!("{shown} cannot be read: {error}; check the path and its permissions"),
        ),
    }
}
