//! What the installer's commands say to people, in Chinese and English: one table, so that neither language can be
//! forgotten.
//!
//! Keys: `trial.*` what is tried; `found.*` what a trial that passed has found; `problem.*` what is wrong, and `fix.*`
//! under the same name what to do about it; `mistake.*` what is wrong in `agent.toml`; `claim.*` what that command says. Texts have `{placeholders}` for facts.

mod claim;
mod mistakes;
mod problems;
mod sources;

/// The languages of the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    Zh,
    En,
}

impl Language {
    /// The language of the environment, by the rules of POSIX: `LC_ALL` before `LC_MESSAGES` before `LANG`.
    pub fn of_environment() -> Self {
        Self::of(["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok()))
    }

    /// As HTTP names it.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    fn of(mut values: impl Iterator<Item = String>) -> Self {
        match values.find(|value| !value.is_empty()) {
            Some(value) if value.starts_with("zh") => Self::Zh,
            _ => Self::En,
        }
    }
}

/// Something to say in either language: a name of the table of texts, and the facts that go into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub name: &'static str,
    facts: Vec<(&'static str, String)>,
}

impl Message {
    pub fn new(name: &'static str) -> Self {
        Self { name, facts: Vec::new() }
    }

    pub fn with(mut self, fact: &'static str, value: impl ToString) -> Self {
        self.facts.push((fact, value.to_string()));
        self
    }

    /// The problem and its fix in English, for the log.
    pub fn for_log(&self) -> String {
        format!("{} {}", self.text("problem", Language::En), self.text("fix", Language::En))
    }

    /// The text of `group.name` with the facts in it.
    pub fn text(&self, group: &str, language: Language) -> String {
        let pattern = find(group, self.name, language).unwrap_or(self.name);
        let fill = |text: String, (fact, value): &(&str, String)| text.replace(&format!("{{{fact}}}"), value);
        self.facts.iter().fold(pattern.to_owned(), fill)
    }
}

type Row = (&'static str, &'static str, &'static str);

/// The text of `group.name`; none if there is no such text.
pub fn find(group: &str, name: &str, language: Language) -> Option<&'static str> {
    let (_, zh, en) = table().find(|(key, _, _)| key.split_once('.') == Some((group, name)))?;
    Some(match language {
        Language::Zh => zh,
        Language::En => en,
    })
}

fn table() -> impl Iterator<Item = &'static Row> {
    TEXTS.iter().chain(problems::TEXTS).chain(sources::TEXTS).chain(mistakes::TEXTS).chain(claim::TEXTS)
}

#[rustfmt::skip]
const TEXTS: &[Row] = &[
    ("trial.configuration", "配置", "configuration"),
    ("trial.clock", "时钟", "clock"),
    ("trial.disk", "磁盘", "disk"),
    ("trial.source", "数据源", "source"),
    ("trial.authorities", "信任的证书", "authorities"),
    ("trial.dns", "域名解析", "DNS"),
    ("trial.tcp", "TCP 连接", "TCP"),
    ("trial.tls", "TLS 加密", "TLS"),
    ("trial.login", "登录", "login"),
    ("trial.hub_clock", "与中枢对时", "hub's clock"),
    ("trial.round_trip", "往返确认", "round trip"),
    ("found.configuration", "站点 {station}，中枢 {hub}", "station {station}, hub {hub}"),
    ("found.clock", "{now}", "{now}"),
    ("found.disk", "剩余 {free_mib} MiB，写盘（fsync）{fsync_ms} ms", "{free_mib} MiB free, an fsync takes {fsync_ms} ms"),
    ("found.source_ready", "可以接收", "ready to take readings"),
    ("found.source_running", "已被占用：采集代理正在运行", "in use: the agent is running"),
    ("found.authorities", "可以使用", "can be used"),
    ("found.authorities_unused", "不使用 TLS，不需要", "not needed without TLS"),
    ("found.addresses", "{addresses}", "{addresses}"),
    ("found.connected", "已连接 {host} 的 {port} 端口", "connected to port {port} of {host}"),
    ("found.secured", "中枢的证书有效", "the hub's certificate is good"),
    ("found.in_the_clear", "没有加密：读数和令牌明文传输，只宜在内网使用", "not encrypted: readings and token travel in the clear, which only a closed network allows"),
    ("found.logged_in", "以 {station} 的身份登录成功", "logged in as {station}"),
    ("found.hub_clock", "本机时钟与中枢相差 {offset_s} 秒", "this clock is {offset_s} s off the hub's"),
    ("found.hub_clock_untold", "服务器不提供时间，未比较", "the server does not tell the time; not compared"),
    ("found.acknowledged", "中枢已写入磁盘并确认", "the hub has it on its disk and acknowledged it"),
    ("summary.well", "一切正常。", "All is well."),
    ("summary.failed", "{count} 项未通过，请按上面的“处理”逐项解决后再次检查。", "{count} trial(s) failed: do what is said after \"fix\" and check again."),
    ("summary.skipped", "其后的步骤没有进行。", "What comes after it was not tried."),
    ("mark.ok", "通过", "ok"),
    ("mark.failed", "失败", "FAIL"),
    ("mark.fix", "处理", "fix"),
    ("log.unreachable", "已有 {minutes} 分钟连不上中枢：{problem} 处理：{fix}", "The hub could not be reached for {minutes} min: {problem} Fix: {fix}"),
    ("log.reachable", "已有 {minutes} 分钟没有连上中枢，但刚才的检查全部通过", "The hub could not be reached for {minutes} min, but every trial passes now"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_text_stands_once_and_in_both_languages_with_the_same_facts() {
        let mut keys = BTreeSet::new();
        for (key, zh, en) in table() {
            assert!(keys.insert(key), "{key} stands twice");
            assert!(!zh.is_empty() && !en.is_empty(), "{key}");
            let facts = |text: &str| -> BTreeSet<String> {
                text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())).collect()
            };
            assert_eq!(facts(zh), facts(en), "{key}");
        }
        let names =
            |group: &str| -> BTreeSet<_> { keys.iter().filter_map(|key| key.strip_prefix(group)).collect() };
        assert_eq!(names("problem."), names("fix."), "each problem has its fix");
    }

    #[test]
    fn the_first_variable_that_is_set_decides_the_language() {
        let check = |values: &[&str], expected| {
            assert_eq!(Language::of(values.iter().map(|value| (*value).to_owned())), expected, "{values:?}");
        };
        check(&[], Language::En);
        check(&["zh_CN.UTF-8"], Language::Zh);
        check(&["", "zh_CN.UTF-8"], Language::Zh);
        check(&["C", "zh_CN.UTF-8"], Language::En);
    }
}
