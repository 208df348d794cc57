//! Secrets that stand in files of their own: `token_file`, `password_file`.

use std::path::PathBuf;

use super::{Config, Text};

/// Reads the secret files into their values. Gives what is wrong, by key.
pub(super) fn read(config: &mut Config) -> Vec<(&'static str, Text)> {
    let Some(influx) = &mut config.influx else { return Vec::new() };
    [
        read_one("influx.token_file", "token", influx.token_file.as_ref(), &mut influx.token),
        read_one("influx.password_file", "password", influx.password_file.as_ref(), &mut influx.password),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn read_one(
    key: &'static str,
    other: &str,
    file: Option<&PathBuf>,
    secret: &mut Option<String>,
) -> Option<(&'static str, Text)> {
    let file = file?;
    let wrong = |zh: String, en: String| Some((key, Text::new(zh, en)));
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
